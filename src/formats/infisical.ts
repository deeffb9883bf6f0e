// The exports of Infisical: `infisical export --format json`, `dotenv`, `dotenv-export`, `yaml` and `csv`.
import { collector, lineCounter, matchAt, withoutMark } from './collect.ts';
import type { Format, Parsed } from './format.ts';
import { json } from './json.ts';
import { jsonItems, parsedJson } from './json-members.ts';
import { yaml } from './yaml.ts';

export const infisical: Format = {
  parse(source) {
    const text = withoutMark(source);
    if (/^\s*\[/.test(text)) return parseJson(text);
    if (/^\s*\{/.test(text)) return json.parse(text);
    if (/^Key,Value\r?\n/i.test(text)) return parseCsv(text);
    if (/^(?:export )?[\w.-]+='/m.test(text)) return parseDotenv(text);
    return yaml.parse(text);
  },
  print(secrets) {
    const items = secrets.map(({ name, value }) =>
      JSON.stringify({ key: name, value, type: 'shared', secretPath: '/', tags: [], comment: '' }),
    );
    return { text: items.length === 0 ? '[]\n' : `[\n  ${items.join(',\n  ')}\n]\n`, unprintable: [] };
  },
};

function parseJson(text: string): Parsed {
  const found = collector();
  for (const { source, line } of jsonItems(text, '[', found)) {
    const item = parsedJson(source) as { key?: unknown; value?: unknown } | null;
    const [name, value] = typeof item === 'object' ? [item?.key, item?.value] : [];
    if (typeof name !== 'string') found.problem('SYNTAX', line);
    else if (typeof value !== 'string') found.problem('NO_VALUE', line, name);
    else found.entry(name, value, line);
  }
  return found.parsed();
}

const HEAD = /(?:export )?([\w.-]+)='/y;

/**
 * Parses lines `NAME='value'`. Infisical escapes no quotes. Therefore a value ends at the first quote that is followed by the end of the file or by the
 * line of another name.
 */
function parseDotenv(text: string): Parsed {
  const found = collector();
  const lineOf = lineCounter(text);
  for (let at = 0; at < text.length; ) {
    if (text[at] === '\n' || text[at] === '\r') {
      at++;
      continue;
    }
    const head = matchAt(HEAD, text, at);
    const line = lineOf(at);
    if (head === null) {
      found.problem('SYNTAX', line);
      at = text.indexOf('\n', at) + 1 || text.length;
      continue;
    }
    const name = head[1] as string;
    const start = at + head[0].length;
    const end = /'\r?(?:\n(?=(?:export )?[\w.-]+='|\s*$)|$)/g;
    end.lastIndex = start;
    const closing = end.exec(text);
    if (closing === null) {
      found.problem('UNTERMINATED_QUOTE', line, name);
      break;
    }
    const value = text.slice(start, closing.index);
    if (value.includes('\\n')) found.problem('ESCAPE_KEPT', line, name);
    found.entry(name, value, line);
    at = end.lastIndex;
  }
  return found.parsed();
}

const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/** Parses comma-separated values with the columns `Key` and `Value`. */
function parseCsv(text: string): Parsed {
  const found = collector();
  const lineOf = lineCounter(text);
  let row: string[] = [];
  let line = 1;
  for (let at = 0; at < text.length; ) {
    if (row.length === 0) line = lineOf(at);
    const cell = matchAt(CELL, text, at);
    if (cell === null) {
      found.problem(text[at] === '"' ? 'UNTERMINATED_QUOTE' : 'SYNTAX', line);
      break;
    }
    at += cell[0].length;
    row.push(cell[1]?.replaceAll('""', '"') ?? cell[2] ?? '');
    if (cell[3] === ',' && at < text.length) continue;
    const [name = '', value] = row;
    if (line > 1 && row.length === 2) found.entry(name, value as string, line);
    else if (line > 1 && (row.length > 2 || name !== '')) found.problem('SYNTAX', line);
    row = [];
  }
  return found.parsed();
}
