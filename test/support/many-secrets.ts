import type { TestApp } from './app.ts';

/** Secrets in a number that is not made one by one: `prefix` and four digits or more, from 0. They have no value. */
export async function manySecrets(
  { database }: Pick<TestApp, 'database'>,
  prefix: string,
  count: number,
): Promise<void> {
  await database.query(
    `INSERT INTO secrets (id, name, current_version, created_at, updated_at)
     SELECT uuidv7(), $1 || lpad(n::text, greatest(4, length(n::text)), '0'), 1, now(), now() FROM generate_series(0, $2::int - 1) n`,
    [prefix, count],
  );
}
