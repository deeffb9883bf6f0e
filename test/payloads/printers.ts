// Prints a secret value in the ways of Node programs, and by the rules of tools that are not on every machine.
import { deepStrictEqual } from 'node:assert';
import { escape as escapeQuery } from 'node:querystring';
import { inspect } from 'node:util';
import { stringify } from 'yaml';

type Printing = (value: string) => string;

const base64 = (text: string) => Buffer.from(text).toString('base64');
const { escape: oldEscape } = globalThis as unknown as { escape: Printing };

export const NODE_PRINTINGS: Record<string, Printing> = {
  'JSON.stringify': (v) => JSON.stringify({ value: v }),
  'JSON.stringify twice': (v) => JSON.stringify({ body: JSON.stringify({ value: v }) }),
  'JSON.stringify three times': (v) => JSON.stringify([JSON.stringify([JSON.stringify(v)])]),
  'util.inspect': (v) => inspect(v),
  'util.inspect of an object': (v) => inspect({ user: 'sa', values: [v, { deep: v }] }),
  'util.inspect with colours': (v) => inspect({ value: v }, { colors: true }),
  'util.inspect of lines': (v) => inspect(v.split('\n')),
  'util.inspect of a Map': (v) => inspect(new Map([['value', v]])),
  'util.inspect of a Buffer': (v) => inspect(Buffer.from(v)),
  'util.inspect of bytes': (v) => inspect(new Uint8Array(Buffer.from(v)), { maxArrayLength: null }),
  'JSON of a Buffer': (v) => JSON.stringify(Buffer.from(v)),
  'JSON of a Buffer in JSON': (v) => JSON.stringify({ body: JSON.stringify(Buffer.from(v), null, 1) }),
  'JSON of a Uint8Array': (v) => JSON.stringify(new Uint8Array(Buffer.from(v))),
  'Error with the value': (v) => String(new Error(`bad value ${v}`)),
  'message of assert': (v) => {
    try {
      deepStrictEqual({ value: v }, { value: 'x' });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  },
  encodeURIComponent,
  encodeURI,
  escape: oldEscape,
  URLSearchParams: (v) => new URLSearchParams({ user: 'sa', value: v }).toString(),
  'querystring escape': (v) => escapeQuery(v),
  'href of a URL': (v) => new URL(`https://example.org/a?value=${encodeURIComponent(v)}#x`).href,
  'base64 in JSON': (v) => JSON.stringify({ data: base64(v) }),
  'base64 in a URL in JSON': (v) => JSON.stringify({ url: `https://x/?q=${encodeURIComponent(base64(v))}` }),
  'URL encoding in base64': (v) => base64(encodeURIComponent(v)),
  'hex of latin1': (v) => Buffer.from(v, 'latin1').toString('hex'),
  'base64 of hex': (v) => base64(Buffer.from(v).toString('hex')),
  'Authorization: Basic': (v) => `authorization: Basic ${base64(`deployer:${v}`)}`,
};

export const YAML_PRINTINGS: Record<string, Printing> = {
  stringify: (v) => stringify({ value: v }),
  'in double quotes': (v) => stringify({ value: v }, { defaultStringType: 'QUOTE_DOUBLE', lineWidth: 40 }),
  'in single quotes': (v) => stringify({ value: v }, { defaultStringType: 'QUOTE_SINGLE', lineWidth: 60 }),
  'folded block': (v) => stringify({ a: { value: v } }, { blockQuote: 'folded', lineWidth: 50 }),
  'literal block': (v) => stringify({ a: [{ value: v }] }, { blockQuote: 'literal' }),
  'list of lines': (v) => stringify(v.split('\n')),
};

const before = (signs: RegExp, sign: string) => (v: string) => v.replace(signs, `${sign}$&`);

export const RULE_PRINTINGS: Record<string, Printing> = {
  'PowerShell in double quotes': (v) => `"${before(/[$"`]/g, '`')(v)}"`,
  'PowerShell in single quotes': (v) => `$value = '${v.replaceAll("'", "''")}'`,
  'PowerShell -EncodedCommand of CRLF': (v) => base64(`Set-Value '${v.replaceAll('\n', '\r\n')}'`),
  'cmd with carets': before(/[()!^"<>&|]/g, '^'),
  'batch file': (v) => `set VALUE=${v.replaceAll('%', '%%')}`,
  'Docker Compose': (v) => `  VALUE: '${v.replaceAll('$', '$$$$').replaceAll("'", "''")}'`,
  'Java properties': (v) =>
    `value=${v
      .replace(/[\\:=#!]/g, '\\$&')
      .replace(/[^ -~\n]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .replaceAll('\n', '\\n\\\n    ')}`,
  'rsyslog #012': (v) => `Jan  1 10:00:00 host app[7]: ${v.replaceAll('\n', '#012')}`,
  'line separators U+2028': (v) => v.replaceAll('\n', '\u2028'),
  'pilcrow for a line feed': (v) => v.replaceAll('\n', '¶ '),
  Markdown: before(/[\\`*_{}[\]()#+\-.!|<>]/g, '\\'),
  LaTeX: (v) => before(/[#$%&_{}]/g, '\\')(v).replace(/[\\~^]$/g, '\\textbackslash{}'),
  'LDAP filter': (v) => v.replace(/[*()\\\0]/g, (sign) => `\\${sign.charCodeAt(0).toString(16).padStart(2, '0')}`),
  'C string of lines': (v) =>
    v
      .split(/(?<=\n)/)
      .map((line) => `  "${line.replace(/[\\"]/g, '\\$&').replace('\n', '\\n')}"`)
      .join('\n'),
  'JavaScript template': (v) => `\`${before(/[`\\$]/g, '\\')(v)}\``,
  'JavaScript concatenation': (v) =>
    (v.match(/[\s\S]{1,30}/g) ?? []).map((part) => JSON.stringify(part)).join(' +\n  '),
  'Terraform string': (v) =>
    `value = "${before(
      /[\\"]/g,
      '\\',
    )(v)
      .replace(/[$%]\{/g, (sign) => sign[0] + sign)
      .replaceAll('\n', '\\n')}"`,
  'Terraform plan heredoc': (v) => `      + value = <<-EOT\n${v.replace(/^/gm, '            ')}\n        EOT`,
  'SQL of MySQL': (v) => `'${v.replace(/[\\'"]/g, '\\$&').replaceAll('\n', '\\n')}'`,
  'COPY of PostgreSQL': (v) => v.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t'),
  'bytea of PostgreSQL': (v) => `\\x${Buffer.from(v).toString('hex')}`,
  'bytea of PostgreSQL, escaped': (v) =>
    [...Buffer.from(v)]
      .map((byte) =>
        byte === 92
          ? '\\\\'
          : byte < 32 || byte > 126
            ? `\\${byte.toString(8).padStart(3, '0')}`
            : String.fromCharCode(byte),
      )
      .join(''),
  'nginx log': (v) =>
    [...Buffer.from(v)]
      .map((byte) =>
        byte < 32 || byte > 126 || byte === 34 || byte === 92
          ? `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
          : String.fromCharCode(byte),
      )
      .join(''),
  'GitHub workflow command': (v) =>
    `::error::${v.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')}`,
  'TeamCity message': (v) => `##teamcity[message text='${v.replace(/['|[\]]/g, '|$&').replaceAll('\n', '|n')}']`,
  'Rust debug of bytes': (v) => `[${[...Buffer.from(v)].map((byte) => `0x${byte.toString(16)}`).join(', ')}]`,
  'Rust escapes \\u{…}': (v) => v.replace(/[^ -~]/g, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`),
  'CSS escapes': (v) => v.replace(/[^A-Za-z0-9]/g, (c) => `\\${c.charCodeAt(0).toString(16)} `),
  'C# byte list': (v) => [...Buffer.from(v)].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('-'),
  'HTML highlighted by word': (v) => v.replace(/[A-Za-z]+/g, '<b>$&</b>'),
  'HTML one element a line': (v) =>
    v
      .split('\n')
      .map((line) => `<div>${line}</div>`)
      .join(''),
  'terminal colours by word': (v) => v.replace(/[A-Za-z]+/g, '\u001b[1;32m$&\u001b[0m'),
  'asciinema frames': (v) =>
    (v.match(/[\s\S]{1,9}/g) ?? []).map((part, i) => JSON.stringify([i / 8, 'o', part])).join('\n'),
  'soft hyphens': (v) => (v.match(/[\s\S]{1,8}/g) ?? []).join('\u00ad'),
  'zero-width spaces': (v) => [...v].join('\u200b'),
  'wrapped with arrows': (v) => (v.match(/[\s\S]{1,30}/g) ?? []).join('↩\n  ↪ '),
};

/** Printings of one value only. */
export const PARTS: readonly { readonly name: string; readonly of: string; readonly printed: Printing }[] = [
  {
    name: 'user and password of a URL',
    of: 'database URL',
    printed: (v) => `user ${new URL(v).username}, password ${decodeURIComponent(new URL(v).password)}`,
  },
  {
    name: 'Basic of the user information',
    of: 'database URL',
    printed: (v) => `Basic ${base64(`sa:${decodeURIComponent(new URL(v).password)}`)}`,
  },
  {
    name: 'password of a URL in JSON',
    of: 'database URL',
    printed: (v) => JSON.stringify({ options: decodeURIComponent(new URL(v).password) }),
  },
  { name: 'util.inspect of the parsed URL', of: 'database URL', printed: (v) => inspect(new URL(v)) },
  {
    name: 'decoded parts of a JWT',
    of: 'JWT',
    printed: (v) =>
      v
        .split('.')
        .slice(0, 2)
        .map((part) => Buffer.from(part, 'base64url').toString())
        .join('\n'),
  },
  { name: 'private_key alone', of: 'GCP service account', printed: (v) => JSON.parse(v).private_key },
  { name: 'private_key in base64', of: 'GCP service account', printed: (v) => base64(JSON.parse(v).private_key) },
  {
    name: 'flat fields',
    of: 'GCP service account',
    printed: (v) =>
      Object.entries(JSON.parse(v))
        .map(([key, field]) => `gcp.${key}=${String(field).replaceAll('\n', '\\n')}`)
        .join('\n'),
  },
  {
    name: 'fields in another order',
    of: 'GCP service account',
    printed: (v) => inspect(Object.fromEntries(Object.entries(JSON.parse(v)).reverse())),
  },
];
