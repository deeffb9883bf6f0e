// The downloads of Doppler: `doppler secrets download --format json`, `env`, `yaml` and `docker`, and `doppler secrets --json`.
import { collector, lineCounter, matchAt, withoutMark } from './collect.ts';
import { docker } from './docker.ts';
import { type Format, type Parsed, PROBLEMS, printEach } from './format.ts';
import { addJson, jsonObject } from './json.ts';
import { jsonItems, parsedJson } from './json-members.ts';
import { yaml } from './yaml.ts';

/** The names that Doppler adds to each download. */
const ADDED: ReadonlySet<string> = new Set(['DOPPLER_PROJECT', 'DOPPLER_ENVIRONMENT', 'DOPPLER_CONFIG']);

export const doppler: Format = {
  parse(source) {
    const text = withoutMark(source);
    if (/^\s*\{/.test(text)) return withoutAdded(parseJson(text));
    if (/^\s*[\w.-]+="/.test(text)) return withoutAdded(parseEnv(text));
    if (/^\s*"?[\w.-]+"?:(\s|$)/m.test(text) && !/^\s*[\w.-]+=/.test(text)) return withoutAdded(yaml.parse(text));
    return withoutAdded(docker.parse(text));
  },
  print(secrets) {
    const printed = new Set<string>();
    const { unprintable } = printEach(secrets, ({ name }) => {
      // Doppler accepts only names in capital letters.
      if (!/^[A-Z_][A-Z0-9_]*$/.test(name) || ADDED.has(name)) return { code: 'NAME' };
      printed.add(name);
      return name;
    });
    return { text: jsonObject(secrets.filter(({ name }) => printed.has(name))), unprintable };
  },
};

function withoutAdded({ entries, problems }: Parsed): Parsed {
  const added = entries.filter(({ name }) => ADDED.has(name));
  const notes = added.map(({ name, line }) => ({
    code: 'NOT_A_SECRET' as const,
    line,
    name,
    message: PROBLEMS.NOT_A_SECRET.message,
  }));
  return {
    entries: entries.filter(({ name }) => !ADDED.has(name)),
    problems: [...problems, ...notes].toSorted((a, b) => a.line - b.line),
  };
}

/** Parses an object of texts, or the object of `doppler secrets --json`, in which the member `computed` contains the value. */
function parseJson(text: string): Parsed {
  const found = collector();
  for (const { name, source, line } of jsonItems(text, '{', found)) {
    const json = parsedJson(source) as { computed?: unknown; computedValue?: { value?: unknown } } | null;
    const computed = typeof json === 'object' ? (json?.computed ?? json?.computedValue?.value) : undefined;
    addJson(found, name, typeof computed === 'string' ? JSON.stringify(computed) : source, line);
  }
  return found.parsed();
}

const HEAD = /\s*([\w.-]+)="/y;

/** Parses lines `NAME="value"`. In a value, Doppler writes a backslash before each quote and each backslash. A value can contain line breaks. */
function parseEnv(text: string): Parsed {
  const found = collector();
  const lineOf = lineCounter(text);
  for (let at = 0; text.slice(at).trim() !== ''; ) {
    const head = matchAt(HEAD, text, at);
    if (head === null) {
      found.problem('SYNTAX', lineOf(at));
      at = text.indexOf('\n', at) + 1 || text.length;
      continue;
    }
    const name = head[1] as string;
    const start = at + head[0].length;
    const line = lineOf(start);
    let end = start;
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
    if (end >= text.length) {
      found.problem('UNTERMINATED_QUOTE', line, name);
      break;
    }
    const content = text.slice(start, end);
    if (/(?:^|[^\\])(?:\\\\)*\\[^"\\]/.test(content)) found.problem('ESCAPE_KEPT', line, name);
    found.entry(name, content.replace(/\\(["\\])/g, '$1'), line);
    at = end + 1;
  }
  return found.parsed();
}
