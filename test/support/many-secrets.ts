import type { TestApp } from './app.ts';

/** The number of rows in one database statement, so that no statement takes too long. */
const STRETCH = 5_000;

/**
 * Creates many secrets with a few database statements. Each name consists of `prefix` and a number with at least four
 * digits, starting at 0. The secrets have no values.
 */
export async function manySecrets(
  { database }: Pick<TestApp, 'database'>,
  prefix: string,
  count: number,
): Promise<void> {
  for (let from = 0; from < count; from += STRETCH) {
    await database.query(
      `INSERT INTO secrets (id, name, current_version, created_at, updated_at)
       SELECT uuidv7(), $1 || lpad(n::text, greatest(4, length(n::text)), '0'), 1, now(), now() FROM generate_series($2::int, $3::int - 1) n`,
      [prefix, from, Math.min(from + STRETCH, count)],
    );
  }
}
