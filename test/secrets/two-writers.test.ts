import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../support/app.ts';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { remove, restore, rollback, rotate, tag, versions } from './operations.ts';

let w: World;
/** A second gateway that uses the same database. */
let other: World;
beforeAll(async () => {
  w = await world();
  other = await world({
    databaseUrl: w.databaseUrl,
    keyring: w.keyring,
    adminPassword: w.adminPassword,
    clock: w.clock,
  });
});
afterAll(async () => {
  await other.close();
  await w.close();
});

const writers = (count: number): Client[] =>
  Array.from({ length: count }, (_, i) => (i % 2 === 0 ? w.admin : other.admin));

test('each of several concurrent rotations stores a separate version', async () => {
  const first = await w.secret('busy');
  const values = Array.from({ length: 16 }, () => sentinel());
  const answers = await Promise.all(writers(16).map((who, i) => rotate(who, { name: 'busy', value: values[i] })));
  expect(answers.flatMap((answer) => answer.errors)).toEqual([]);
  const numbers: number[] = answers.map((answer) => answer.data.rotateSecret.secret.version);
  expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i + 2));
  expect((await versions(w.admin, 'busy')).map((version) => version.number)).toEqual(
    Array.from({ length: 17 }, (_, i) => 17 - i),
  );
  expect(await w.reveal(w.admin, 'busy', 1)).toBe(first.value);
  for (const [i, number] of numbers.entries()) expect(await w.reveal(w.admin, 'busy', number)).toBe(values[i]);
});

test('if many rotations have the same expectedVersion, exactly one succeeds, and the errors of all others contain the new version number', async () => {
  await w.secret('contested');
  const values = Array.from({ length: 10 }, () => sentinel());
  const answers = await Promise.all(
    writers(10).map((who, i) => rotate(who, { name: 'contested', value: values[i], expectedVersion: 1 })),
  );
  const winner = answers.findIndex((answer) => answer.errors.length === 0);
  expect(answers.filter((answer) => answer.errors.length === 0)).toHaveLength(1);
  for (const { errors } of answers.filter((_, i) => i !== winner)) {
    expect(errors.map((error) => error.extensions)).toMatchObject([{ code: 'VERSION_CONFLICT', currentVersion: 2 }]);
  }
  expect(await w.reveal(other.admin, 'contested')).toBe(values[winner]);
  expect(await versions(w.admin, 'contested')).toHaveLength(2);
});

test('if concurrent writers read the version, rotate with this expectedVersion and retry after a conflict, all writers finally succeed', async () => {
  await w.secret('patient');
  const written = new Map<number, string>();
  const write = async (who: Client) => {
    for (let done = 0; done < 3; ) {
      const { secret } = await who.get('{ secret(name: "patient") { version } }');
      const value = sentinel();
      const answer = await rotate(who, { name: 'patient', value, expectedVersion: secret.version });
      if (answer.code === undefined) {
        expect(answer.data.rotateSecret.secret.version).toBe(secret.version + 1);
        written.set(secret.version + 1, value);
        done += 1;
      } else expect(answer.code).toBe('VERSION_CONFLICT');
    }
  };
  await Promise.all(writers(4).map(write));
  expect([...written.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i + 2));
  for (const [number, value] of written) expect(await w.reveal(w.admin, 'patient', number)).toBe(value);
});

test('concurrent rotations to the same value create a single version', async () => {
  await w.secret('unanimous');
  const value = sentinel();
  const answers = await Promise.all(writers(6).map((who) => rotate(who, { name: 'unanimous', value })));
  expect(answers.map((answer) => answer.data.rotateSecret.changed).filter(Boolean)).toHaveLength(1);
  expect(new Set(answers.map((answer) => answer.data.rotateSecret.secret.version))).toEqual(new Set([2]));
});

test('concurrent rotations and rollbacks lose no version', async () => {
  const { value } = await w.secret('to-and-fro');
  await rotate(w.admin, { name: 'to-and-fro', value: sentinel() });
  const answers = await Promise.all(
    writers(8).map((who, i) =>
      i < 4 ? rotate(who, { name: 'to-and-fro', value: sentinel() }) : rollback(who, 'to-and-fro', 1),
    ),
  );
  expect(answers.flatMap((answer) => answer.errors)).toEqual([]);
  const back = answers.slice(4).map((answer) => answer.data.rollbackSecret.secret.version);
  for (const number of back) expect(await w.reveal(w.admin, 'to-and-fro', number)).toBe(value);
  expect((await versions(w.admin, 'to-and-fro')).map((version) => version.number)).toEqual(
    Array.from({ length: 10 }, (_, i) => 10 - i),
  );
});

test('if several requests add the same tags concurrently, the secret has each tag once', async () => {
  await w.secret('labelled');
  const tags = [
    { key: 'a', value: '1' },
    { key: 'b', value: '2' },
  ];
  const answers = await Promise.all(
    writers(6).map((who, i) => tag(who, 'labelled', i % 2 ? tags : [...tags].reverse())),
  );
  expect(answers.flatMap((answer) => answer.errors)).toEqual([]);
  for (const { data } of answers) expect(data.tagSecret.secret.tags).toEqual([{ id: 'a:1' }, { id: 'b:2' }]);
});

test('if many requests concurrently delete a secret, exactly one succeeds, and if many requests concurrently restore it, exactly one succeeds', async () => {
  const { id } = await w.secret('once');
  const codes = (answers: { errors: { extensions: { code: string } }[] }[]) =>
    answers.map((answer) => answer.errors[0]?.extensions.code ?? 'DONE').sort();
  const deleted = await Promise.all(writers(4).map((who) => remove(who, 'once')));
  expect(codes(deleted)).toEqual(['DONE', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND']);
  const restored = await Promise.all(writers(4).map((who) => restore(who, id)));
  expect(codes(restored)).toEqual(['DONE', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND']);
  expect(await w.sees(w.admin, 'once')).toBe(true);
});
