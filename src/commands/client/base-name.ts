/**
 * Returns the name without the value of a tag at its start or end: with the tag `env:prod`, the base name of `orders_db_prod`, `orders-db-PROD` and
 * `prod_orders_db` begins with `orders`. Other names stay unchanged.
 */
function baseName(name: string, tag: string): string {
  const part = tag.slice(tag.indexOf(':') + 1).toLowerCase();
  const lower = name.toLowerCase();
  if (part === '' || name.length <= part.length + 1) return name;
  const rest = name.length - part.length;
  if (lower.endsWith(part) && /[_-]/.test(name[rest - 1] as string)) return name.slice(0, rest - 1);
  if (lower.startsWith(part) && /[_-]/.test(name[part.length] as string)) return name.slice(part.length + 1);
  return name;
}

/** Returns the items by the base names of their names. An item keeps its complete name if several items have the same base name. */
export function byBaseName<T extends { readonly name: string }>(items: readonly T[], tag: string): Map<string, T> {
  const counts = new Map<string, number>();
  for (const { name } of items) counts.set(baseName(name, tag), (counts.get(baseName(name, tag)) ?? 0) + 1);
  return new Map(
    items.map((item) => {
      const base = baseName(item.name, tag);
      return [counts.get(base) === 1 ? base : item.name, item];
    }),
  );
}
