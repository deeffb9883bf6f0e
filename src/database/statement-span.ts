// Names SQL statements in traces.
import { LRUCache } from 'lru-cache';

const summaries = new LRUCache<string, string>({ max: 1_000 });

/** Returns the span of a statement. The span contains neither the text of the statement nor the parameters. */
export function statementSpan(summary: string) {
  const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': summary };
  return { name: summary, kind: 'client', attributes } as const;
}

/** SQL that changes a table, in the order of preference: a statement that changes several tables has the name of one of the changes. */
const CHANGES = {
  INSERT: /\bINSERT INTO\s+"?([a-z_]+)/,
  UPDATE: /\bUPDATE\s+"?([a-z_]+)/,
  DELETE: /\bDELETE FROM\s+"?([a-z_]+)/,
};
/** A table in a query. Shorter names are aliases. */
const READ = /\b(?:FROM|JOIN)\s+"?([a-z_]{5,})\b(?!\.)/g;
/** Not the table of a statement: functions, and the epoch of the entitlements, which many statements also read. */
const NOT_TABLES = new Set(['unnest', 'generate_series', 'access_epoch']);

/** Returns the name of a statement: what the statement does with which table, such as `INSERT audit_events`. */
export function summaryOf(text: string): string {
  const known = summaries.get(text);
  if (known !== undefined) return known;
  const summary = newSummary(text);
  summaries.set(text, summary);
  return summary;
}

function newSummary(text: string): string {
  for (const [verb, pattern] of Object.entries(CHANGES)) {
    const table = pattern.exec(text)?.[1];
    if (table !== undefined) return `${verb} ${table}`;
  }
  const verb = /^\s*([A-Z]+)/.exec(text)?.[1] ?? 'SQL';
  const read = [...withoutParentheses(text).matchAll(READ), ...text.matchAll(READ)].map(([, name = '']) => name);
  const isQuery = (name: string) => new RegExp(`\\b${name}(?:\\([^)]*\\))? AS (?:MATERIALIZED )?\\(`).test(text);
  const tables = read.filter((name) => !NOT_TABLES.has(name) && !isQuery(name));
  const table = tables.includes('secrets') ? 'secrets' : (tables[0] ?? read[0]);
  return `${verb === 'WITH' ? 'SELECT' : verb} ${table ?? ''}`.trim();
}

/** Removes subqueries, so that the first table is the table of the outer query. */
function withoutParentheses(text: string): string {
  const shorter = text.replace(/\([^()]*\)/g, '');
  return shorter === text ? text : withoutParentheses(shorter);
}
