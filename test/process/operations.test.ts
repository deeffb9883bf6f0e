import { hash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { command } from '../support/command.ts';
import { freshDatabase } from '../support/database.ts';
import { cleanUp, type Settings, startGateway, temporaryDir } from '../support/gateway-process.ts';
import { sentinel } from '../support/sentinel.ts';

// These tests start real processes, and the processes need more time on a busy machine.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

let settings: Settings;
let url: string;
let dir: string;
let drop: (() => Promise<void>) | undefined;
beforeAll(async () => {
  const database = await freshDatabase(inject('databaseUrl'));
  drop = database.drop;
  dir = await temporaryDir();
  settings = { DATA_DIR: dir, DATABASE_URL: database.url };
  const admits = { ADMIN_PASSWORD: sentinel('password'), OPERATIONS: 'registered' };
  url = await startGateway({ ...settings, ...admits }).ready();
});
afterAll(async () => {
  await cleanUp();
  await drop?.();
});

const run = (...args: string[]) => command(['operations', ...args], settings);
const sha = (text: string) => hash('sha256', text);
async function file(name: string, content: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, content);
  return path;
}
async function ask(sha256Hash: string): Promise<{ data?: unknown; errors?: { extensions: { code: string } }[] }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash } } }),
  });
  return (await response.json()) as never;
}

test('the command operations registers the operations of a file or a manifest while a gateway runs, and the gateway then answers and lists these operations', async () => {
  const [one, two] = ['query One { __typename }', 'query Two { a: __typename }'];
  expect((await ask(sha(one))).errors?.[0]?.extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');
  const manifest = { format: 'apollo-persisted-query-manifest', version: 1, operations: [{ id: sha(two), body: two }] };
  const files = [await file('one.graphql', `${one}\n`), await file('all.json', JSON.stringify(manifest))];
  const { code, out } = await run('register', ...files);
  expect(code).toBe(0);
  for (const text of [sha(one), sha(two), ...files]) expect(out).toContain(text);
  expect(await ask(sha(one))).toEqual({ data: { __typename: 'Query' } });
  expect(await ask(sha(two))).toEqual({ data: { a: 'Query' } });

  expect((await run('register', files[0] ?? '')).out).toContain('already registered');
  const rows = (await run('list')).out.trim().split('\n').slice(1);
  expect(rows.map((row) => row.split(/ {2,}/).slice(0, 2))).toEqual([
    [sha(one), 'One'],
    [sha(two), 'Two'],
  ]);
});

test('if one of several files is invalid, the command operations registers no file, and its error contains the position of the fault', async () => {
  const text = 'query Right { __typename }';
  const files = [await file('right.graphql', text), await file('wrong.graphql', '{\n  nothing\n}\n')];
  const { code, out, said } = await run('register', ...files);
  expect([code, out]).toEqual([1, '']);
  expect(said).toContain(`${files[1]}:2:3: `);
  expect((await ask(sha(text))).errors?.[0]?.extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');
});

test('if the ids in a manifest are not the hashes that clients send, the command operations registers no operation of the manifest', async () => {
  const [one, two] = ['query Usual { __typename }', 'query Named { a: __typename }'];
  const operations = [
    { id: sha(one), body: one },
    { id: 'my-own-id', body: two },
  ];
  const path = await file('own-ids.json', JSON.stringify({ operations }));
  const { code, out, said } = await run('register', path);
  expect([code, out]).toEqual([1, '']);
  expect(said).toContain(`${path}: the id of Named `);
  expect((await ask(sha(one))).errors?.[0]?.extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');
});

test('if operations register cannot read a file, its error contains the name of the file', async () => {
  expect(await run('register', dir)).toMatchObject({ code: 1, out: '', said: expect.stringContaining(dir) });
});

test('operations remove removes the operation with the requested hash, and fails if no operation with this hash is registered', async () => {
  const text = 'query Gone { __typename }';
  expect((await run('register', await file('gone.graphql', text))).code).toBe(0);
  expect((await run('remove', sha(text))).code).toBe(0);
  expect(await run('remove', sha(text))).toMatchObject({ code: 5, out: '' });
  expect((await run('list')).out).not.toContain(sha(text));
});

test.each([[], ['register'], ['remove'], ['list', 'all']])(
  'the command operations %s %s prints its usage',
  async (...args) => {
    const { code, out, said } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(said).toContain('Usage: secrets-gateway operations');
  },
);
