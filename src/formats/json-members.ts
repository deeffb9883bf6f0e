// Reads the members of a JSON object or the items of a JSON array with their source text and line. `JSON.parse` gives neither lines nor duplicates.
import { type Collector, lineCounter, matchAt } from './collect.ts';

export interface JsonItem {
  /** The name of the member. Empty for an item of an array. */
  readonly name: string;
  /** The value, as the file spells it. */
  readonly source: string;
  readonly line: number;
}

const TOKEN = /\s*(?:([{}[\],:])|("[^"\\]*(?:\\[\s\S][^"\\]*)*")|([^\s{}[\],:"]+))/y;

/** Reads the members or items of the outermost value. If the text is not JSON, adds a problem and returns no items. */
export function jsonItems(text: string, open: '{' | '[', found: Collector): JsonItem[] {
  const lineOf = lineCounter(text);
  const items: JsonItem[] = [];
  let offset = 0;
  const next = (): string => {
    const token = matchAt(TOKEN, text, offset);
    if (token === null) return '';
    offset += token[0].length;
    return token[1] ?? token[2] ?? token[3] ?? '';
  };
  const wrong = (): [] => {
    found.problem('SYNTAX', lineOf(offset));
    return [];
  };
  const close = open === '{' ? '}' : ']';
  if (next() !== open) return wrong();
  let token = next();
  while (token !== close || items.length > 0) {
    let name = '';
    const line = lineOf(offset - token.length);
    if (open === '{') {
      const parsed = parsedJson(token);
      if (typeof parsed !== 'string' || next() !== ':') return wrong();
      name = parsed;
      token = next();
      if (token === '') return wrong();
    }
    const start = offset - token.length;
    for (let depth = 0; ; token = next()) {
      if (token === '') return wrong();
      if (token === '{' || token === '[') depth++;
      if (token === '}' || token === ']') depth--;
      if (depth <= 0) break;
    }
    const source = text.slice(start, offset);
    if (parsedJson(source) === undefined) return wrong();
    items.push({ name, source, line });
    token = next();
    if (token === close) break;
    if (token !== ',') return wrong();
    token = next();
  }
  return text.slice(offset).trim() === '' ? items : wrong();
}

/** Returns the value of a JSON text. Returns undefined if the text is not JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
