// Files for `docker run --env-file`. Docker reads each line as it is: Docker removes no quotes and replaces no variables. The rules are documented in
// the package `pkg/kvfile` of Docker's command line.
import { collector, endOfPem, withoutMark } from './collect.ts';
import { type Format, printEach } from './format.ts';

/** Docker rejects a file with a longer line. In bytes, without the line break. */
const LONGEST_LINE = 65_535;
/** The characters that Docker removes from the start of a line. */
const SPACES = /^[\t\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

export const docker: Format = {
  parse(source) {
    const found = collector();
    const text = withoutMark(source);
    for (let at = 0, number = 1; at < text.length; number++) {
      const end = text.indexOf('\n', at) < 0 ? text.length : text.indexOf('\n', at);
      const isTooLong = bytesOf(text.slice(at, end)) > LONGEST_LINE;
      const line = text.slice(at, end).replace(/\r$/, '').replace(SPACES, '');
      const equals = line.indexOf('=');
      const name = equals < 0 ? line : line.slice(0, equals);
      const value = equals < 0 ? undefined : line.slice(equals + 1);
      const pem = value === undefined ? undefined : endOfPem(text, text.indexOf('=', at) + 1);
      if (line === '' || line.startsWith('#')) {
        // Docker ignores empty lines and comments.
      } else if (name === '' || /[ \t]/.test(name) || isTooLong) found.problem('SYNTAX', number);
      // INVARIANT: the problem of a line without `=` contains no name, because the line may be a part of a value.
      else if (value === undefined) found.problem('NO_VALUE', number);
      else if (pem !== undefined) {
        found.problem('UNQUOTED_LINES', number, name);
        number += text.slice(at, pem).split('\n').length - 2;
        at = pem;
        continue;
      } else {
        if (/^(["']).*\1$/.test(value)) found.problem('QUOTES_KEPT', number, name);
        found.entry(name, value, number);
      }
      at = end + 1;
    }
    return found.parsed();
  },
  print(secrets) {
    const { texts, unprintable } = printEach(secrets, ({ name, value }) => {
      if (value.includes('\n')) return { code: 'LINE_BREAK' };
      if (value.includes('\0')) return { code: 'NUL' };
      if (value.endsWith('\r')) return { code: 'CARRIAGE_RETURN' };
      const line = `${name}=${value}`;
      return bytesOf(line) > LONGEST_LINE ? { code: 'TOO_LONG' } : `${line}\n`;
    });
    return { text: texts.join(''), unprintable };
  },
};
