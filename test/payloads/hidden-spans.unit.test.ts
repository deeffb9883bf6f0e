// Masking finds secret values in what common tools print.
import { describe, expect, test } from 'vitest';
import { hiddenSpans } from '../../src/payloads/masking/hidden-spans.ts';
import { completed } from '../../src/payloads/masking/masking.ts';
import { indexOfValues } from '../../src/payloads/masking/value-index.ts';

function shown(value: string, text: string): string {
  const spans = hiddenSpans(text, [completed(indexOfValues([value]))], { left: 1e9 });
  let result = '';
  let at = 0;
  for (const { start, end } of spans) {
    result += `${text.slice(at, start)}***`;
    at = end;
  }
  return result + text.slice(at);
}

const PHRASE = 'correct horse battery staple is long enough for it';
const PEM = `-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj
MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu
NMoSfm76oqFvAp8Gy0iz5sxjZmSnXyCdPEovGhLa0VzMaQ8s+CLOyS56YyCFGeJZ
-----END PRIVATE KEY-----
`;
const LINES = PEM.trim().split('\n');
const URL_VALUE = 'sqlserver://sa:yourStrong%28%21%29Password@host';
const bytes = (text: string) => [...Buffer.from(text)];
const base64 = (text: string) => Buffer.from(text).toString('base64');
const hex = (text: string) => Buffer.from(text).toString('hex');

/** The value, what a tool prints, and what masking shows. */
const PRINTED: [string, string, string, string][] = [
  ['a phrase in YAML at 80 columns', PHRASE, PHRASE.replace(' long', '\n  long'), '***'],
  [
    'a PEM with a log level on each line',
    PEM,
    LINES.map((line) => `INFO ${line}`).join('\n'),
    'INFO -----BEGIN PRIVATE KEY-----\nINFO ***\nINFO ***\nINFO ***\nINFO -----END PRIVATE KEY-----',
  ],
  ['a PEM quoted in a mail', PEM, LINES.map((line) => `> ${line}`).join('\n'), '> ***'],
  ['a PEM in colours', PEM, LINES.map((line) => `\x1b[31m${line}\x1b[0m`).join('\n'), '\x1b[31m***\x1b[0m'],
  ['one line of a PEM', PEM, `see ${LINES[2]}`, 'see ***'],
  ['the first 200 characters of a PEM', PEM, PEM.slice(0, 200), '***'],
  ['a PEM in YAML with escaped line breaks', PEM, `"${LINES.join('\\n\\\n  ')}\\n"`, '"***\\n"'],
  ["the output of bash's set -x", "foo'bar-baz9", "+ echo 'foo'\\''bar-baz9'", "+ echo '***'"],
  ["the output of Python's shlex.quote", "foo'bar-baz9", `'foo'"'"'bar-baz9'`, "'***'"],
  ['SQL', "foo'bar-baz9", "VALUES ('foo''bar-baz9')", "VALUES ('***')"],
  ["the output of bash's printf %q", 'yourStrong(!)Password', 'p=yourStrong\\(\\!\\)Password', 'p=***'],
  ["the output of bash's declare -p", 'pa3$jiflaj$wod', 'declare -- p="pa3\\$jiflaj\\$wod"', 'declare -- p="***"'],
  ['PowerShell', 'pa3$jiflaj$wod', '"pa3`$jiflaj`$wod"', '"***"'],
  ['Docker Compose', 'pa3$jiflaj$wod', 'P: pa3$$jiflaj$$wod', 'P: ***'],
  ['Java properties', 'abc=def:ghi!jkl', 'p=abc\\=def\\:ghi\\!jkl', 'p=***'],
  ['bash in the C locale', 'pässwörd-99', "$'p\\303\\244ssw\\303\\266rd-99'", "$'***'"],
  ['a password of a URL', URL_VALUE, 'p=yourStrong(!)Password', 'p=***'],
  [
    'a password of a URL for basic authentication',
    URL_VALUE,
    `Basic ${base64('sa:yourStrong(!)Password')}`,
    'Basic c2E6***',
  ],
  [
    'base64 with line breaks of another system',
    LINES.slice(1, 3).join('\n'),
    base64(LINES.slice(1, 3).join('\r\n')),
    '***',
  ],
  [
    'hexadecimal digits with line breaks of another system',
    LINES.slice(1, 3).join('\n'),
    hex(LINES.slice(1, 3).join('\r\n')),
    '***',
  ],
  ['line feeds in a system log', LINES.slice(1, 3).join('\n'), `a ${LINES.slice(1, 3).join('#012')}`, 'a ***'],
  ['octal line feeds', LINES.slice(1, 3).join('\n'), `a ${LINES.slice(1, 3).join('\\012')}`, 'a ***'],
  ['line breaks of HTML', LINES.slice(1, 3).join('\n'), `a ${LINES.slice(1, 3).join('<br>')}`, 'a ***'],
  ['Unicode line separators', LINES.slice(1, 3).join('\n'), `a ${LINES.slice(1, 3).join('\u2028')}`, 'a ***'],
  ['a list of bytes in JSON', 'hunter2hunter2', `[${bytes('hunter2hunter2').join(',')}]`, '[***]'],
  ['a list of bytes in Java', 'pässwörd-99', `[${[...new Int8Array(bytes('pässwörd-99'))].join(', ')}]`, '[***]'],
  ['a list of bytes in Go', 'hunter2hunter2', `[${bytes('hunter2hunter2').join(' ')}]`, '[***]'],
  ['hexadecimal digits with colons', 'hunter2hunter2', hex('hunter2hunter2').replace(/..(?=.)/g, '$&:'), '***'],
  ['the own spelling of a number', '{"n":1.5234e9}', 'n is 1.5234e9', 'n is ***'],
  ['a number without its exponent', '{"n":1.5234e9}', 'n is 1523400000', 'n is ***'],
  ['a number with an exponent', '{"n":12345678}', '1.2345678e+07', '***'],
  ['a number with separators', '{"n":48151623}', 'n is 48,151,623', 'n is ***'],
  ['quoted-printable', 'pässwörd-99', 'p=C3=A4ssw=\n=C3=B6rd-99', '***'],
  ['UTF-8 that was read as Latin-1', 'pässwörd-99', Buffer.from('pässwörd-99').toString('latin1'), '***'],
  ['base64 of UTF-16', 'hunter2hunter2', Buffer.from('hunter2hunter2', 'utf16le').toString('base64'), '***'],
  ['base64 of URL encoding of base64', PHRASE, base64(encodeURIComponent(base64(PHRASE))), '***'],
];

describe('masking finds a secret value', () => {
  test.each(PRINTED)('in %s', (_, value, text, expected) => {
    expect(shown(value, text)).toBe(expected);
  });
});

describe('masking shows', () => {
  test.each([
    ['a number of fewer than 8 digits that is a part of a text', '{"pin":2026}', 'in 2026'],
    ['a word that contains another word', 'android', 'androiddebugkey'],
    ['a word of fewer than 8 letters', '{"user":"admin"}', 'the admin said'],
    ['single digits that together equal a number', '{"n":48151623}', '4 8 1 5 1 6 2 3'],
    ['a short sequence of letters without the signs of the value', 'a-b-c-d', 'abcd'],
  ])('%s', (_, value, text) => {
    expect(shown(value, text)).toBe(text);
  });
});
