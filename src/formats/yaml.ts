// A YAML mapping whose entries are secrets. Each printed value is a text in double quotes, so that every parser reads the same characters.
import { isMap, isScalar, LineCounter, type Node, type Pair, parseAllDocuments } from 'yaml';
import { type Collector, collector, withoutMark } from './collect.ts';
import type { Format } from './format.ts';

export const yaml: Format = {
  parse(source) {
    const found = collector();
    for (const { contents, lineOf } of yamlDocuments(source, found)) {
      if (isMap(contents)) addPairs(found, contents.items, lineOf);
      else if (!isEmpty(contents)) found.problem('SYNTAX', lineOf(contents));
    }
    return found.parsed();
  },
  print: (secrets) => ({
    text:
      secrets.length === 0
        ? '{}\n'
        : secrets.map(({ name, value }) => `${yamlText(name)}: ${yamlText(value)}\n`).join(''),
    unprintable: [],
  }),
};

export interface YamlDocument {
  readonly contents: Node | null;
  /** Returns the line of a node. */
  lineOf(node: unknown): number;
}

/** Parses all documents of a YAML file. Adds a problem for each document that is not YAML, and returns the other documents. */
export function yamlDocuments(source: string, found: Collector): YamlDocument[] {
  const lines = new LineCounter();
  const all = parseAllDocuments(withoutMark(source), {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
    uniqueKeys: false,
    keepSourceTokens: true,
  });
  const lineOf = (node: unknown): number => lines.linePos((node as Node | null)?.range?.[0] ?? 0).line;
  return all.flatMap(({ contents, errors }) => {
    for (const { pos } of errors.slice(0, 1)) found.problem('SYNTAX', lines.linePos(pos[0]).line);
    return errors.length > 0 ? [] : [{ contents, lineOf }];
  });
}

/** Adds an entry for each pair of a YAML mapping. */
function addPairs(found: Collector, pairs: readonly Pair[], lineOf: YamlDocument['lineOf']): void {
  for (const { key, value } of pairs) {
    const line = lineOf(key);
    const name = scalarText(key);
    const text = scalarText(value);
    if (name === undefined || name === '') found.problem('SYNTAX', line);
    else if (isEmpty(value)) found.problem('NO_VALUE', line, name);
    else if (text === undefined) found.problem('NESTED', line, name);
    else found.entry(name, text, line);
  }
}

/** Returns the text of a scalar. A number or a boolean keeps the spelling of the file. Returns undefined for other nodes. */
export function scalarText(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined;
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

/** Returns whether a node has no value. An alias is not empty. */
function isEmpty(node: unknown): boolean {
  return node == null || (isScalar(node) && node.value === null);
}

/** A name that every YAML parser reads as text without quotes. `y`, `no` and other short names are booleans for some parsers. */
const PLAIN = /^[A-Za-z_][A-Za-z0-9_]{5,}$/;
/** The characters that JSON writes as they are and YAML does not allow. */
const UNSAFE = /[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]/g;

/** Returns a text in the double quotes of YAML. */
export function yamlText(text: string): string {
  if (PLAIN.test(text)) return text;
  return JSON.stringify(text).replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
