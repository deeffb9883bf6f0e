// Collects the entries and the problems of one file, and checks the names and values of the entries.
import { MAX_NAME_LENGTH, valueProblem } from '../primitives/input.ts';
import { isReferenceName } from '../primitives/reference-name.ts';
import { type Entry, type Parsed, PROBLEMS, type Problem, type ProblemCode } from './format.ts';

export interface Collector {
  entry(name: string, value: string, line: number): void;
  problem(code: ProblemCode, line: number, name?: string): void;
  /** Returns the collected entries and problems, after the checks of names and values. */
  parsed(): Parsed;
}

/** The maximum number of lines that the problem of a duplicate names. */
const MOST_LINES = 5;

export function collector(): Collector {
  const entries: Entry[] = [];
  const problems: Problem[] = [];
  const problem: Collector['problem'] = (code, line, name) => {
    problems.push({ code, line, ...(name !== undefined && { name }), message: PROBLEMS[code].message });
  };
  return {
    entry(name, value, line) {
      const wrong = valueProblem(value);
      if (wrong !== undefined) return problem(value.isWellFormed() ? 'TOO_LONG' : 'NOT_TEXT', line, name);
      if (isReferenceName(name)) entries.push({ name, value, line });
      else if (name === '') problem('SYNTAX', line);
      else {
        problem('INVALID_NAME', line, name);
        entries.push({ name, value, line, proposal: proposedName(name) });
      }
    },
    problem,
    parsed() {
      const lines = new Map<string, number[]>();
      for (const { name, proposal = name, line } of entries) {
        const all = lines.get(proposal);
        if (all === undefined) lines.set(proposal, [line]);
        else all.push(line);
      }
      const once = entries.filter(({ name, proposal = name, line }) => {
        const all = lines.get(proposal) as number[];
        if (all.length === 1) return true;
        const more = all.length > MOST_LINES ? ' and more' : '';
        const message = `${PROBLEMS.DUPLICATE.message} Lines: ${all.slice(0, MOST_LINES).join(', ')}${more}.`;
        problems.push({ code: 'DUPLICATE', line, name, message });
        return false;
      });
      return { entries: once, problems: problems.toSorted((a, b) => a.line - b.line) };
    },
  };
}

/** Returns a valid name of a secret: each run of invalid characters is replaced by `_`. */
export function proposedName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, MAX_NAME_LENGTH);
}

/** Returns a function that returns the line of an offset. INVARIANT: the offsets of the calls never decrease. */
export function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let at = 0;
  return (offset) => {
    for (; at < offset; at++) if (text.charCodeAt(at) === 10) line++;
    return line;
  };
}

/** Matches a sticky pattern at the offset `at`. Returns null if the pattern does not match. */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Decodes UTF-8 without any change, also of a byte order mark. Returns undefined if the bytes are not UTF-8. */
export function decodedUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Removes the byte order mark that some editors write at the start of a file. */
export const withoutMark = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text);

const [PEM_START, PEM_END] = ['-----BEGIN ', '\n-----END '] as const;

/**
 * Returns the offset after a text in PEM format that begins at `start` and has several lines. Returns undefined for other text. Parsers skip a PEM text
 * without quotes, because its lines look like names, and a private key must not appear in a problem.
 */
export function endOfPem(text: string, start: number): number | undefined {
  if (!text.startsWith(PEM_START, start)) return undefined;
  const next = text.indexOf(PEM_START, start + 1);
  const end = text.slice(start, next < 0 ? undefined : next).indexOf(PEM_END);
  if (end < 0) return undefined;
  const lineBreak = text.indexOf('\n', start + end + 1);
  return lineBreak < 0 ? text.length : lineBreak + 1;
}
