// Tests audit events that are committed only if the state of their decision is still current.
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { Stale } from '../../src/audit/as-of.ts';
import type { AuditEvent } from '../../src/audit/audit-event.ts';
import { type AuditStream, auditStream } from '../../src/audit/audit-stream.ts';
import { verifyLog } from '../../src/audit/audit-verification.ts';
import { connect, type Database } from '../../src/database/client.ts';
import { newId, type Uuid } from '../../src/primitives/ids.ts';
import { testKeyring } from '../support/app.ts';
import { TestClock } from '../support/clock.ts';
import { freshDatabase } from '../support/database.ts';

const keyring = testKeyring();
const clock = new TestClock();

let database: Database;
let stream: AuditStream;
let drop: () => Promise<void>;
beforeEach(async () => {
  const fresh = await freshDatabase(inject('databaseUrl'));
  drop = fresh.drop;
  database = connect({ url: fresh.url, connections: 3 });
  stream = auditStream({ database, keyring, clock });
  await stream.append(event('first'));
});
afterEach(async () => {
  await database.close();
  await drop();
});

const event = (name: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  ...{ id: newId(), at: clock.now(), action: 'SIGN_IN', outcome: 'DONE', subject: null, version: null, changes: null },
  ...{ actor: { kind: 'USER', id: 'usr_1', name }, requestId: 'r', address: null },
  ...more,
});
const names = async () =>
  (await database.query<{ name: string }>('SELECT actor_name AS name FROM audit_events ORDER BY stream, seq')).map(
    ({ name }) => name,
  );
const newSecret = async (name: string): Promise<Uuid> => {
  const id = newId();
  await database.query(
    `INSERT INTO secrets (id, name, current_version, created_at, updated_at) VALUES ($1::uuid, $2, 1, now(), now())`,
    [id, name],
  );
  return id;
};
const asOf = (epoch: number, ...secrets: [id: Uuid, revision: number][]) => ({
  epoch,
  secrets: secrets.map(([id, revision]) => ({ id, revision })),
});
const intact = async () => expect((await verifyLog({ database, keyring })).problem).toMatch(/^Secret "/);

test('one audit event is committed if its epoch and its revision are current, with one statement', async () => {
  const id = await newSecret('db');
  const before = database.statements();
  await stream.append(event('now'), asOf(1, [id, 1]));
  expect(database.statements() - before).toBe(1);
  expect(await names()).toEqual(['first', 'now']);
});

test.each<[string, (id: Uuid) => Promise<unknown>]>([
  ['the epoch has changed', () => database.query('UPDATE access_epoch SET epoch = epoch + 1')],
  ['the row of the epoch is missing', () => database.query('DELETE FROM access_epoch')],
  ['the secret has changed', (id) => database.query('UPDATE secrets SET updated_at = now() WHERE id = $1::uuid', [id])],
  ['the secret is deleted', (id) => database.query('UPDATE secrets SET deleted_at = now() WHERE id = $1::uuid', [id])],
  ['the row of the secret is missing', (id) => database.query('DELETE FROM secrets WHERE id = $1::uuid', [id])],
])('an audit event fails with Stale and is not committed if %s, alone and in a batch', async (_, change) => {
  const [id, other] = [await newSecret('db'), await newSecret('other')];
  await stream.append(event('before'), asOf(1, [id, 1]));
  await change(id);
  await expect(stream.append(event('alone'), asOf(1, [id, 1]))).rejects.toThrow(Stale);
  const settled = await Promise.allSettled([
    stream.append(event('one')),
    stream.append(event('two'), asOf(1, [other, 1], [id, 1])),
    stream.append(event('three'), asOf(1, [id, 1])),
    stream.append(event('four')),
  ]);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect(settled[1]).toMatchObject({ reason: expect.any(Stale) });
  await stream.append(event('after'));
  expect(await names()).toEqual(['first', 'before', 'one', 'four', 'after']);
});

test('a stale audit event costs the other events of its batch one more statement', async () => {
  const [id, other] = [await newSecret('db'), await newSecret('other')];
  const before = database.statements();
  const settled = await Promise.allSettled([
    stream.append(event('one'), asOf(1, [id, 1])),
    stream.append(event('two'), asOf(1, [other, 2])),
    stream.append(event('three'), asOf(1, [id, 1], [other, 1])),
  ]);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(database.statements() - before).toBe(2);
  expect(await names()).toEqual(['first', 'one', 'three']);
  await intact();
});

test('one statement compares the revisions of at most 500 secrets, unless one call names more', async () => {
  const ids = await Promise.all(Array.from({ length: 3 }, (_, i) => newSecret(`s${i}`)));
  const many = (count: number) =>
    asOf(1, ...Array.from({ length: count }, (_, i) => [ids[i % 3]!, 1] as [id: Uuid, revision: number]));
  const before = database.statements();
  const sizes = [200, 300, 300, 600, 1];
  await Promise.all(sizes.map((size, i) => stream.append(event(`e${i}`), many(size))));
  expect(database.statements() - before).toBe(4);
  expect(await names()).toEqual(['first', 'e0', 'e1', 'e2', 'e3', 'e4']);
  await intact();
});

test('several audit events of one call are committed together or not at all', async () => {
  const id = await newSecret('db');
  await stream.append([event('one'), event('two')], asOf(1, [id, 1]));
  await expect(stream.append([event('three'), event('four')], asOf(1, [id, 2]))).rejects.toThrow(Stale);
  const many = Array.from({ length: 600 }, (_, i) => event(`e${i}`));
  await stream.append(many, asOf(1, [id, 1]));
  await expect(stream.append([], asOf(1, [id, 1]))).rejects.toThrow('No audit event');
  expect(await names()).toEqual(['first', 'one', 'two', ...many.map(({ actor }) => actor.name)]);
  await intact();
});

test('the first audit event of a stream is committed only if its state is current', async () => {
  const id = await newSecret('db');
  const other = auditStream({ database, keyring, clock });
  await expect(other.append(event('one'), asOf(1, [id, 2]))).rejects.toThrow(Stale);
  await other.append(event('two'), asOf(1, [id, 1]));
  expect((await names()).sort()).toEqual(['first', 'two']);
  await intact();
});

test('if the database rejects the rest of a batch, a stale audit event of the batch is not sent again', async () => {
  const id = await newSecret('db');
  const stale = stream.append(event('stale'), asOf(1, [id, 2]));
  const bad = stream.append(event('bad', { outcome: 'MAYBE' as 'DONE' }));
  const good = stream.append(event('good'));
  await expect(stale).rejects.toThrow(Stale);
  await expect(bad).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await good;
  expect(await names()).toEqual(['first', 'good']);
});
