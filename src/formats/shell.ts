// Files of variable assignments in the language of the POSIX shell. Parsing reads quotes as the shell does, and runs nothing.
import { collector, decodedUtf8, endOfPem, lineCounter, matchAt, withoutMark } from './collect.ts';
import { type Format, type ProblemCode, printEach } from './format.ts';

const HEAD = /[ \t]*(?:(?:export|readonly|declare[ \t]+-[a-z]+|typeset[ \t]+-[a-z]+)[ \t]+)?([A-Za-z_]\w*)=/y;
const BLANK = /[ \t\r]*(?:#[^\n]*)?(?:\n|$)/y;
const END = /[ \t]*;?[ \t\r]*(?:[ \t]#[^\n]*)?(?:\n|$)/y;

export const shell: Format = {
  parse(source) {
    const found = collector();
    const text = withoutMark(source);
    const lineOf = lineCounter(text);
    const lineAfter = (offset: number) => text.indexOf('\n', offset) + 1 || text.length + 1;
    for (let at = 0; at < text.length; ) {
      const line = lineOf(at);
      const blank = matchAt(BLANK, text, at);
      if (blank !== null) {
        at += blank[0].length;
        continue;
      }
      const head = matchAt(HEAD, text, at);
      if (head === null) {
        found.problem('SYNTAX', line);
        at = lineAfter(at);
        continue;
      }
      const name = head[1] as string;
      const start = at + head[0].length;
      const pem = endOfPem(text, start);
      if (pem !== undefined) {
        found.problem('UNQUOTED_LINES', line, name);
        at = pem;
        continue;
      }
      const word = readWord(text, start);
      const end = word.problem === undefined ? matchAt(END, text, word.end) : null;
      if (end !== null) found.entry(name, word.value, line);
      else found.problem(word.problem ?? 'SYNTAX', line, name);
      at = end !== null ? word.end + end[0].length : lineAfter(word.end);
    }
    return found.parsed();
  },
  print(secrets) {
    const { texts, unprintable } = printEach(secrets, ({ name, value }) => {
      if (!/^[A-Za-z_]\w*$/.test(name)) return { code: 'NAME' };
      if (value.includes('\0')) return { code: 'NUL' };
      return `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`;
    });
    return { text: texts.join(''), unprintable };
  },
};

interface Word {
  readonly value: string;
  /** The offset after the word. */
  readonly end: number;
  readonly problem?: ProblemCode;
}

/** Reads one word of the shell: text without quotes, and text in `'…'`, `"…"` and `$'…'`, without spaces between the parts. */
function readWord(text: string, start: number): Word {
  let value = '';
  let problem: ProblemCode | undefined;
  let at = start;
  while (at < text.length) {
    const char = text[at] as string;
    if (/[ \t\r\n;]/.test(char)) break;
    if (/[&|<>()]/.test(char)) problem ??= 'SYNTAX';
    if (char === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) return { value, end: text.length, problem: 'UNTERMINATED_QUOTE' };
      value += text.slice(at + 1, end);
      at = end + 1;
    } else if (char === '"' || (char === '$' && text[at + 1] === "'")) {
      const part = char === '"' ? readDoubleQuoted(text, at) : readAnsiQuoted(text, at);
      value += part.value;
      at = part.end;
      if (part.problem === 'UNTERMINATED_QUOTE') return { ...part, value };
      problem ??= part.problem;
    } else if (char === '\\') {
      // A backslash before a line break removes both.
      if (text[at + 1] !== '\n') value += text[at + 1] ?? '\\';
      at += 2;
    } else {
      const isHome = char === '~' && (at === start || text[at - 1] === ':');
      if (char === '`' || isHome || isExpansion(text, at)) problem ??= 'SUBSTITUTION';
      value += char;
      at++;
    }
  }
  return { value, end: at, ...(problem !== undefined && { problem }) };
}

/** True if `$` at the offset begins the name of a variable, a command or an arithmetic expression. */
const isExpansion = (text: string, at: number) => text[at] === '$' && /[\w{("'@*#?$!-]/.test(text[at + 1] ?? '');

function readDoubleQuoted(text: string, start: number): Word {
  let value = '';
  let problem: ProblemCode | undefined;
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at] as string;
    const next = text[at + 1];
    if (char === '"') return { value, end: at + 1, ...(problem !== undefined && { problem }) };
    if (char === '\\' && next !== undefined && '$`"\\\n'.includes(next)) {
      if (next !== '\n') value += next;
      at++;
      continue;
    }
    if (char === '`' || (isExpansion(text, at) && next !== '"' && next !== "'")) problem ??= 'SUBSTITUTION';
    value += char;
  }
  return { value, end: text.length, problem: 'UNTERMINATED_QUOTE' };
}

const ANSI_ESCAPE =
  /\\(?:([abeEfnrtv\\'"?])|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3}))/y;
const ANSI: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Reads `$'…'`, which bash prints for values with control characters. Escaped bytes are decoded as UTF-8. */
function readAnsiQuoted(text: string, start: number): Word {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let at = start + 2; at < text.length; ) {
    if (text[at] === "'") {
      const value = decodedUtf8(Uint8Array.from(bytes));
      return value === undefined ? { value: '', end: at + 1, problem: 'NOT_TEXT' } : { value, end: at + 1 };
    }
    const [all, letter, hex, short, long, octal] = matchAt(ANSI_ESCAPE, text, at) ?? [];
    const point = Number.parseInt(short ?? long ?? '', 16);
    const code = octal === undefined ? Number.parseInt(hex ?? '', 16) : Number.parseInt(octal, 8) & 0xff;
    if (letter !== undefined) bytes.push(...encoder.encode(ANSI[letter] ?? letter));
    else if (!Number.isNaN(code)) bytes.push(code);
    else if (!Number.isNaN(point))
      bytes.push(...encoder.encode(point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point)));
    else {
      const char = String.fromCodePoint(text.codePointAt(at) as number);
      bytes.push(...encoder.encode(char));
      at += char.length;
    }
    at += all?.length ?? 0;
  }
  return { value: '', end: text.length, problem: 'UNTERMINATED_QUOTE' };
}
