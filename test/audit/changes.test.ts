// Tests changes that the audit stream makes in the statement that writes their events.
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { changeOfGrants } from '../../src/access/grant-kind.ts';
import type { Permission, Target } from '../../src/access/permission.ts';
import { type ChangeKind, Stale } from '../../src/audit/as-of.ts';
import type { AuditEvent } from '../../src/audit/audit-event.ts';
import { type AuditStream, auditStream } from '../../src/audit/audit-stream.ts';
import { connect, type Database, type Sql } from '../../src/database/client.ts';
import { Unavailable } from '../../src/errors.ts';
import { newId, type Uuid } from '../../src/primitives/ids.ts';
import { testKeyring } from '../support/app.ts';
import { asTag } from '../support/brands.ts';
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

const event = (name: string): AuditEvent => ({
  ...{ id: newId(), at: clock.now(), action: 'SIGN_IN', outcome: 'DONE', subject: null, version: null, changes: null },
  ...{ actor: { kind: 'USER', id: 'usr_1', name }, requestId: 'r', address: null },
});
const names = async () =>
  (await database.query<{ name: string }>('SELECT actor_name AS name FROM audit_events ORDER BY stream, seq')).map(
    ({ name }) => name,
  );
const newSecret = async (name: string): Promise<Uuid> => {
  const id = newId();
  await database.query(
    'INSERT INTO secrets (id, name, current_version, created_at, updated_at) VALUES ($1::uuid, $2, 1, now(), now())',
    [id, name],
  );
  return id;
};
const described = async () =>
  Object.fromEntries(
    (
      await database.query<{ name: string; description: string | null; revision: number }>(
        'SELECT name, description, revision FROM secrets ORDER BY name',
      )
    ).map(({ name, description, revision }) => [name, `${description} ${revision}`]),
  );

/** A kind of change that sets the description of a secret. */
const DESCRIBE: ChangeKind<{ id: Uuid; revision: number; text: string }> = {
  columns: [
    ['id', 'uuid', ({ id }) => id],
    ['revision', 'int', ({ revision }) => revision],
    ['text', 'text', ({ text }) => text],
  ],
  lock: `SELECT FROM secrets s WHERE s.id = a.id AND s.revision = a.revision AND s.deleted_at IS NULL FOR NO KEY UPDATE SKIP LOCKED`,
  writes: `described AS (
    UPDATE secrets s SET description = a.text FROM asked a, head WHERE s.id = a.id AND 1 / length(a.text) < 2
  )`,
};
const describeAs = (text: string, id: Uuid, { revision = 1, epoch = 1, bytes = 0, on = stream } = {}) =>
  on.append(
    event(text),
    { epoch, secrets: [{ id, revision }] },
    { kind: DESCRIBE, row: { id, revision, text }, object: id, bytes, facts: { ended: [], begun: [] } },
  );

/** An audit stream whose second statement with audit events has an unknown outcome. */
function losing(what: 'answer' | 'question'): AuditStream {
  let times = 0;
  const around = (sql: Sql): Sql => ({
    async query(text, params) {
      if (!text.includes('INSERT INTO audit_events')) return sql.query(text, params);
      times += 1;
      const isLost = times === 2;
      const answer = isLost && what === 'question' ? [] : await sql.query<never>(text, params);
      if (isLost) throw new Unavailable(new Error('Connection terminated unexpectedly'));
      return answer;
    },
  });
  return auditStream({
    database: {
      ...database,
      connection: (work) => database.connection((sql, prepared) => work(around(sql), around(prepared))),
    },
    keyring,
    clock,
  });
}

test('changes of one kind and events without a change share one statement', async () => {
  const ids = [await newSecret('a'), await newSecret('b'), await newSecret('c')];
  const before = database.statements();
  await Promise.all([
    ...ids.map((id, i) => describeAs(`text ${i}`, id)),
    stream.append(event('read'), { epoch: 1, secrets: [{ id: ids[0]!, revision: 1 }] }),
  ]);
  expect(database.statements() - before).toBe(1);
  expect(await names()).toEqual(['first', 'text 0', 'text 1', 'text 2', 'read']);
  expect(await described()).toEqual({ a: 'text 0 2', b: 'text 1 2', c: 'text 2 2' });
});

test('the changes of a statement have at most 4 MiB together', async () => {
  const ids = await Promise.all(['a', 'b', 'c'].map((name) => newSecret(name)));
  const before = database.statements();
  await Promise.all(ids.map((id, i) => describeAs(`text ${i}`, id, { bytes: 2 * 1_048_576 })));
  expect(database.statements() - before).toBe(2);
  expect(await described()).toEqual({ a: 'text 0 2', b: 'text 1 2', c: 'text 2 2' });
});

test('the first statement of a process can make a change', async () => {
  const id = await newSecret('a');
  await describeAs('text', id, { on: auditStream({ database, keyring, clock }) });
  expect(await described()).toEqual({ a: 'text 2' });
});

test('one stale change of many fails, and the other changes are made', async () => {
  const ids = [await newSecret('a'), await newSecret('b'), await newSecret('c')];
  const settled = await Promise.allSettled([
    describeAs('text 0', ids[0]!),
    describeAs('text 1', ids[1]!, { revision: 7 }),
    describeAs('text 2', ids[2]!, { epoch: 9 }),
    stream.append(event('read')),
  ]);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect(settled[1]).toMatchObject({ reason: expect.any(Stale) });
  expect(await names()).toEqual(['first', 'text 0', 'read']);
  expect(await described()).toEqual({ a: 'text 0 2', b: 'null 1', c: 'null 1' });
});

test('two changes of one secret at the same moment are two statements, and the second change is stale', async () => {
  const id = await newSecret('a');
  const settled = await Promise.allSettled([describeAs('one', id), describeAs('two', id)]);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(settled[1]).toMatchObject({ reason: expect.any(Stale) });
  expect(await described()).toEqual({ a: 'one 2' });
  expect(await names()).toEqual(['first', 'one']);
});

/** Revokes or gives READ on the target. The subject of the grant is a new user. */
const changeGrant = async (field: 'ended' | 'begun', name: string, target: Target) => {
  const subject = { kind: 'USER', id: newId(), name } as const;
  await database.query(
    `INSERT INTO users (id, username, name_key, name, active, token_generation, created_at) VALUES ($1::uuid, $2, $2, $2, true, 0, now())`,
    [subject.id, name],
  );
  const grant: Permission = {
    ...{ id: newId(), subjectKind: 'USER', subjectId: subject.id, target, secretId: null },
    ...{ access: ['READ'], expiresAt: null, grantedBy: null, grantedAt: clock.now() },
  };
  const held = field === 'ended' ? [grant] : [];
  if (field === 'ended')
    await database.query(
      `INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, access, valid_from)
       VALUES ($1::uuid, 'USER', $2::uuid, $3, $4, '{READ}', now())`,
      [grant.id, subject.id, target.kind, target.text],
    );
  const changes = { ended: [], begun: [], [field]: [grant] };
  const raisesEpoch = target.kind === 'TAG';
  const happened = event(name);
  const change = changeOfGrants({
    ...{ subject, target, secret: null, held, changes, raisesEpoch, event: happened.id, at: clock.now() },
  });
  return () => stream.append(happened, { epoch: 1, secrets: [] }, change);
};

test('if a revocation on a tag and a grant on a secret wait at the same moment, the later change is stale', async () => {
  const revoke = await changeGrant('ended', 'revoke', { kind: 'TAG', text: asTag('a:1') });
  const grant = await changeGrant('begun', 'grant', { kind: 'SECRET', text: 'a' });
  const [revoked, granted] = await Promise.allSettled([revoke(), grant()]);
  expect(revoked).toMatchObject({ status: 'fulfilled' });
  expect(granted).toMatchObject({ reason: expect.any(Stale) });
  expect(await names()).toEqual(['first', 'revoke']);
});

test('if a grant on a secret waits before a revocation on a tag, the audit event of the grant has the lower number', async () => {
  const grant = await changeGrant('begun', 'grant', { kind: 'SECRET', text: 'a' });
  const revoke = await changeGrant('ended', 'revoke', { kind: 'TAG', text: asTag('a:1') });
  await Promise.all([grant(), revoke()]);
  expect(await names()).toEqual(['first', 'grant', 'revoke']);
});

test('changes of grants on different tags share one statement, which raises the epoch once', async () => {
  const acts = [
    await changeGrant('ended', 'revoke', { kind: 'TAG', text: asTag('a:1') }),
    await changeGrant('begun', 'grant', { kind: 'TAG', text: asTag('a:2') }),
  ];
  const before = database.statements();
  await Promise.all(acts.map((act) => act()));
  expect(database.statements() - before).toBe(1);
  expect(await database.query('SELECT epoch FROM access_epoch')).toEqual([{ epoch: 2 }]);
});

test('a change of a secret that another transaction has locked is stale at once, and the other changes do not wait', async () => {
  const ids = [await newSecret('a'), await newSecret('b')];
  let settled: PromiseSettledResult<void>[] = [];
  await database.transaction(async (tx) => {
    await tx.query('SELECT id FROM secrets WHERE id = $1::uuid FOR UPDATE', [ids[0]]);
    settled = await Promise.allSettled(ids.map((id, i) => describeAs(`text ${i}`, id)));
  });
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(settled[0]).toMatchObject({ reason: expect.any(Stale) });
  expect(await described()).toEqual({ a: 'null 1', b: 'text 1 2' });
});

test('if the database refuses one change, it still makes the other changes of the batch', async () => {
  const ids = [await newSecret('a'), await newSecret('b'), await newSecret('c')];
  // The empty text causes a division by zero.
  const settled = await Promise.allSettled(['one', '', 'three'].map((text, i) => describeAs(text, ids[i]!)));
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(settled[1]).toMatchObject({ reason: { code: '22012' } });
  expect(await described()).toEqual({ a: 'one 2', b: 'null 1', c: 'three 2' });
  expect(await names()).toEqual(['first', 'one', 'three']);
});

test.each([
  ['was committed', 'answer', 'two 2', [1, 2, 3]],
  ['was not committed', 'question', 'null 1', [1, 2]],
] as const)(
  'if the gateway loses the answer for a change that %s, the change fails with UNAVAILABLE, and the next event continues the chain',
  async (_, what, left, numbers) => {
    const on = losing(what);
    const id = await newSecret('a');
    await on.append(event('one'));
    await expect(describeAs('two', id, { on })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await on.append(event('three'));
    expect(await described()).toEqual({ a: left });
    const [stored] = await database.query<{ seqs: number[] }>(
      `SELECT array_agg(seq::int ORDER BY seq) AS seqs FROM audit_events WHERE actor_name <> 'first'`,
    );
    expect(stored?.seqs).toEqual(numbers);
    expect(on.committed()).toHaveLength(1);
  },
);
