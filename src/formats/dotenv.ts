// `.env` files by the rules of the npm package `dotenv`: comments, `export`, single quotes, double quotes and backticks, values of several lines.
import { collector, endOfPem, lineCounter, matchAt, withoutMark } from './collect.ts';
import { type Format, type NamedValue, printEach, type UnprintableCode } from './format.ts';

const BLANK = /[^\S\n]*(?:#[^\n]*)?(?:\n|$)/y;
const HEAD = /[^\S\n]*(?:export[^\S\n]+)?([\w.-]+)[^\S\n]*(?:=|:(?=\s))[^\S\n]*/y;
const LINE = /[^\n]*(?:\n|$)/y;

export const dotenv: Format = { parse, print };

function parse(source: string) {
  const found = collector();
  // The package `dotenv` also reads CR LF and CR as line breaks, in values too.
  const text = withoutMark(source).replace(/\r\n?/g, '\n');
  const lineOf = lineCounter(text);
  let at = 0;
  while (at < text.length) {
    const line = lineOf(at);
    const blank = matchAt(BLANK, text, at);
    if (blank !== null) {
      at += blank[0].length;
      continue;
    }
    const head = matchAt(HEAD, text, at);
    if (head === null) {
      found.problem('SYNTAX', line);
      at += matchAt(LINE, text, at)![0].length;
      continue;
    }
    const name = head[1] as string;
    const start = at + head[0].length;
    const quote = text[start];
    const lineEnd = start + matchAt(LINE, text, start)![0].length;
    at = lineEnd;
    if (quote === "'" || quote === '"' || quote === '`') {
      const end = endOfQuoted(text, start, quote);
      if (typeof end === 'string') {
        found.problem(end, line, name);
        continue;
      }
      at = end + matchAt(LINE, text, end)![0].length;
      const content = text.slice(start + 1, end);
      const isDouble = quote === '"';
      if (content.includes(`\\${quote}`) || content.endsWith('\\') || (isDouble && /\\[^nr]/.test(content)))
        found.problem('ESCAPE_KEPT', line, name);
      if (quote !== "'" && content.includes('$')) found.problem('EXPANSION_KEPT', line, name);
      found.entry(name, isDouble ? content.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : content, line);
      continue;
    }
    const rest = text.slice(start, lineEnd).replace(/\n$/, '');
    const pem = endOfPem(text, start);
    if (pem !== undefined) {
      found.problem('UNQUOTED_LINES', line, name);
      at = pem;
      continue;
    }
    const comment = rest.indexOf('#');
    const value = comment < 0 ? rest : rest.slice(0, comment);
    if (comment > 0 && !/\s$/.test(value)) found.problem('COMMENT_CUT', line, name);
    if (value.includes('$')) found.problem('EXPANSION_KEPT', line, name);
    found.entry(name, value.trim(), line);
  }
  return found.parsed();
}

/**
 * Returns the offset of the closing quote. Only a comment can follow the closing quote on its line. A backslash before a quote continues the value,
 * unless no later quote can close the value.
 */
function endOfQuoted(text: string, start: number, quote: string): number | 'SYNTAX' | 'UNTERMINATED_QUOTE' {
  let last: number | undefined;
  for (let at = text.indexOf(quote, start + 1); at >= 0; at = text.indexOf(quote, at + 1)) {
    if (matchAt(BLANK, text, at + 1) !== null) last = at;
    if (text[at - 1] !== '\\' || at === start + 1) return last ?? 'SYNTAX';
  }
  return last ?? 'UNTERMINATED_QUOTE';
}

function print(secrets: readonly NamedValue[]) {
  const { texts, unprintable } = printEach(secrets, ({ name, value }) => {
    const quoted = quotedValue(value);
    return typeof quoted === 'string' ? `${name}=${quoted}\n` : quoted;
  });
  return { text: texts.join(''), unprintable };
}

/**
 * Returns the first spelling of a value that the packages `dotenv` and `@dotenvx/dotenvx` read in the same way. `@dotenvx/dotenvx` replaces variables
 * and runs commands after `$`, except in single quotes.
 */
function quotedValue(value: string): string | { code: UnprintableCode } {
  if (value.startsWith('encrypted:')) return { code: 'ENCRYPTED_MARK' };
  if (value.includes('\0')) return { code: 'NUL' };
  if (/^[\w@%+:,./=-]*$/.test(value)) return value;
  const isQuotable = !value.includes('\r') && !value.endsWith('\\');
  if (isQuotable && !value.includes("'")) return `'${value}'`;
  if (isQuotable && !/[`$]/.test(value)) return `\`${value}\``;
  if (!/["$\\]/.test(value)) return `"${value.replaceAll('\r', '\\r')}"`;
  if (/^[^\s'"`#$]([^'"`#$\r\n]*[^\s'"`#$])?$/u.test(value)) return value;
  return { code: 'QUOTES' };
}
