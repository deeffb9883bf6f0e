import type { TestApp } from './app.ts';

/** The number of rows in one statement, so that no statement takes too long. */
const STRETCH = 5_000;

/** Creates many secrets by a few statements. Their names are `prefix` and a number of at least four digits, from 0. They have no values. */
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
