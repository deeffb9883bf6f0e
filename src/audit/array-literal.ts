// Arrays as PostgreSQL reads them in text: quicker than what `pg` makes of arrays, which looks at what each member is.

/** Of numbers, UUIDs, times and hex: what needs no quotes. */
export function arrayOf(members: readonly (string | number | null)[]): string {
  return `{${members.map((member) => member ?? 'NULL').join(',')}}`;
}

/** Of any text. */
export function arrayOfText(members: readonly (string | null)[]): string {
  return `{${members.map((member) => (member === null ? 'NULL' : quoted(member))).join(',')}}`;
}

function quoted(text: string): string {
  return `"${text.includes('"') || text.includes('\\') ? text.replace(/["\\]/g, '\\$&') : text}"`;
}
