// A database from before chains: its events become one chain.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { ADOPTED, adoptEvents } from '../../src/audit/audit-adoption.ts';
import { openAuditKey } from '../../src/audit/audit-key.ts';
import { auditStream } from '../../src/audit/audit-stream.ts';
import { verifyLog } from '../../src/audit/audit-verification.ts';
import { writeCheckpoint } from '../../src/audit/checkpoint-store.ts';
import { writeBaseline } from '../../src/audit/fact-baseline.ts';
import { seal } from '../../src/crypto/envelope.ts';
import { contextString } from '../../src/crypto/sealed-value.ts';
import { connect, type Database } from '../../src/database/client.ts';
import { newId } from '../../src/primitives/ids.ts';
import { Sensitive } from '../../src/sensitive.ts';
import { prepare } from '../../src/startup/bootstrap.ts';
import { testKeyring } from '../support/app.ts';
import { TestClock } from '../support/clock.ts';
import { freshDatabase } from '../support/database.ts';
import { sentinel } from '../support/sentinel.ts';

const FOLDER = join(import.meta.dirname, '../../prisma/migrations');
const COUNT = 2_345;
const SECRET = '01938a5c-3333-7000-8000-000000000001';

let database: Database;
let client: pg.Client;
let drop: () => Promise<void>;
const needs = () => ({ database, keyring, clock });
/** The writes of the first start after adoption, and the result of verification then. */
const verified = async () => {
  await writeBaseline(needs());
  return verifyLog(needs());
};
const keyring = testKeyring();
const clock = new TestClock();

const apply = async (which: (name: string) => boolean) => {
  const names = readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  for (const name of names.filter(which)) await client.query(readFileSync(join(FOLDER, name, 'migration.sql'), 'utf8'));
};

beforeEach(async () => {
  const fresh = await freshDatabase(inject('databaseUrl'), { migrated: false });
  drop = fresh.drop;
  client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  database = connect({ url: fresh.url, connections: 4 });
  await apply((name) => name < '20261122190000');
  // Many events at one moment, over three months, to the microsecond.
  await client.query(
    `INSERT INTO audit_events (id, at, action, outcome, actor_kind, actor_id, actor_name, version, changes, request_id)
     SELECT gen_random_uuid(), '2026-08-30T23:59:59.123456Z'::timestamptz + (i / 50) * interval '17 hours', 'SECRET_REVEAL', 'DONE', 'USER', 'usr_1',
       'Zoë', i, jsonb_build_object('n', i, 'a', 1.50), 'r' FROM generate_series(1, $1::int) i`,
    [COUNT],
  );
  await client.query(
    `INSERT INTO secrets (id, name, current_version, created_at, updated_at) VALUES ($1, 'db', 2, now(), now())`,
    [SECRET],
  );
  for (const version of [1, 2]) {
    const context = { kind: 'secret-version', secretId: SECRET, version, name: '' } as const;
    const dataKey = randomBytes(32);
    const ciphertext = seal(dataKey, Buffer.from('x'), contextString('value', context));
    // Wrapped as in that version: not bound to the name.
    const { wrappedKey, keyId } = keyring.wrap(dataKey, contextString('data-key', context));
    await client.query(
      `INSERT INTO secret_versions (secret_id, number, ciphertext, wrapped_key, key_id, created_at) VALUES ($1, $2, $3, $4, $5, now())`,
      [SECRET, version, ciphertext, wrappedKey, keyId],
    );
  }
  await apply((name) => name >= '20261122190000');
});
afterEach(async () => {
  await database.close();
  await client.end();
  await drop();
});

const all = `SELECT id, at, action, actor_name, version, changes::jsonb AS changes FROM`;

test('every event from before chains is adopted once, in order, into a chain that verifies', async () => {
  const { rows: before } = await client.query(`${all} audit_events_before ORDER BY at, id`);
  expect(await adoptEvents(needs())).toBe(COUNT);
  const { rows: after } = await client.query(`${all} audit_events WHERE stream = $1 ORDER BY seq`, [ADOPTED]);
  expect(after).toEqual(before);
  expect(await verified()).toMatchObject({ intact: true, eventsChecked: COUNT, problem: null });
  expect(await adoptEvents(needs())).toBe(0);
});

test('verification compares secrets from before chains with their state at adoption', async () => {
  await adoptEvents(needs());
  await client.query('DELETE FROM secret_versions WHERE number = 2');
  await client.query('UPDATE secrets SET current_version = 1');
  expect((await verifyLog(needs())).problem).toContain('an older copy was put back');
});

test('several gateways that start at once, some of them killed, adopt each event once', async () => {
  let statements = 0;
  const dying: Database = {
    ...database,
    query: (text, params) => {
      statements += 1;
      if (statements > 8) return Promise.reject(new Error('killed'));
      return database.query(text, params);
    },
  };
  await expect(adoptEvents({ ...needs(), database: dying })).rejects.toThrow('killed');
  expect(await adoptEvents(needs()).catch(() => 0)).toBeGreaterThan(0);
  expect(await verified()).toMatchObject({ intact: true, eventsChecked: COUNT });
  const { rows } = await client.query(`SELECT to_regclass('audit_events_before') AS left`);
  expect(rows[0].left).toBeNull();
});

test('several adoptions at the same moment adopt no event twice', async () => {
  await Promise.allSettled([adoptEvents(needs()), adoptEvents(needs()), adoptEvents(needs())]);
  await adoptEvents(needs());
  expect(await verified()).toMatchObject({ intact: true, eventsChecked: COUNT });
});

test('an event inserted into the old table after adoption is not adopted', async () => {
  await client.query('CREATE TABLE forged AS SELECT * FROM audit_events_before LIMIT 1');
  await adoptEvents(needs());
  const stream = auditStream(needs());
  const actor = { kind: 'USER', id: 'usr_1', name: 'ann' } as const;
  const rest = { subject: null, version: null, changes: null, requestId: 'r', address: null };
  await stream.append({ id: newId(), at: clock.now(), action: 'SIGN_IN', outcome: 'DONE', actor, ...rest });
  await client.query(`UPDATE forged SET id = gen_random_uuid(), at = now() + interval '1 year'`);
  await client.query('ALTER TABLE forged RENAME TO audit_events_before');
  await expect(adoptEvents(needs())).rejects.toThrow('somebody put it there');
  expect(await verified()).toMatchObject({ intact: true, eventsChecked: COUNT + 1 });
});

test('a gateway continues when another one finished the adoption first', async () => {
  let looked = 0;
  const slow: Database = {
    ...database,
    query: async (text, params) => {
      looked += text.includes('FROM audit_events_before') ? 1 : 0;
      if (looked === 2) await adoptEvents(needs());
      return database.query(text, params);
    },
  };
  expect(await adoptEvents({ ...needs(), database: slow })).toBe(1_000);
  expect(await verified()).toMatchObject({ intact: true, eventsChecked: COUNT });
});

test('of several gateways that start at once one writes the baseline, and verification finds each later change by hand', async () => {
  await adoptEvents(needs());
  const wrote = await Promise.all([writeBaseline(needs()), writeBaseline(needs()), writeBaseline(needs())]);
  expect(wrote.filter(Boolean)).toHaveLength(1);
  expect(await writeBaseline(needs())).toBe(false);
  expect((await verifyLog(needs())).problem).toBeNull();
  await client.query(`UPDATE secrets SET name = 'api'`);
  expect((await verifyLog(needs())).problem).toContain('sec_01938a5c333370008000000000000001');
});

test('an incomplete baseline is ignored, and is written again', async () => {
  await adoptEvents(needs());
  const key = await openAuditKey(database, keyring, clock);
  const changes = `+${'A'.repeat(22)}`;
  await writeCheckpoint(database, key, clock.now(), { facts: { changes, baseline: newId() } });
  expect(await writeBaseline(needs())).toBe(true);
  expect((await verifyLog(needs())).problem).toBeNull();
});

test('no baseline is written once an event has facts, and verification finds one written by hand', async () => {
  await adoptEvents(needs());
  await writeBaseline(needs());
  await prepare({
    ...needs(),
    stream: auditStream(needs()),
    adminUsername: 'admin',
    adminPassword: new Sensitive(sentinel()),
  });
  expect((await verifyLog(needs())).problem).toBeNull();
  await client.query('SET session_replication_role = replica');
  await client.query(`INSERT INTO role_assignments (id, subject_kind, subject_id, role, valid_from)
    SELECT gen_random_uuid(), 'USER', gen_random_uuid(), 'ADMIN', now()`);
  await client.query('DELETE FROM audit_checkpoints');
  expect(await writeBaseline(needs())).toBe(false);
  expect((await verifyLog(needs())).intact).toBe(false);
  const streams = await database.query<{ id: string; seq: number }>('SELECT id, seq::float8 AS seq FROM audit_streams');
  const key = await openAuditKey(database, keyring, clock);
  await writeCheckpoint(database, key, clock.now(), { facts: { changes: '', baseline: newId(), covers: streams } });
  expect((await verifyLog(needs())).problem).toContain('a baseline was written over it');
});
