// Verification also compares three properties of a secret with the audit log: its deletion, its expiry and its
// destroyed versions.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { StoredEvent } from '../../src/audit/audit-chain.ts';
import { findMonths, retireMonth } from '../../src/audit/audit-retirement.ts';
import { operatorAudit } from '../../src/audit/operator.ts';
import { secretLives } from '../../src/audit/secret-life.ts';
import { destroyVersion, remove, restore, rotate, update } from '../secrets/operations.ts';
import type { Answer } from '../support/app.ts';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { type Hands, handsIn } from './tampering.ts';

const [SOON, LATE] = ['2031-01-01T00:00:00.000Z', '2032-01-01T00:00:00.000Z'];

let w: World;
let other: World;
let hands: Hands;
let folder: string;
const verify = async () =>
  (await w.admin.get('mutation { verifyAuditLog { intact problem eventsChecked } }')).verifyAuditLog;

const done = async (answer: Promise<Answer>) => expect((await answer).errors).toEqual([]);

beforeAll(async () => {
  w = await world();
  // A second gateway with a separate audit stream. Its clock is behind the clock of the first gateway.
  const { databaseUrl, keyring, adminPassword } = w;
  other = await world({ databaseUrl, keyring, adminPassword });
  other.clock.advance({ minutes: -10 });
  other.admin = await other.signIn('admin', adminPassword);
  folder = await mkdtemp(join(tmpdir(), 'audit-'));
  hands = await handsIn(w.databaseUrl);

  const { id } = await w.secret('to-and-fro');
  await done(remove(w.admin, 'to-and-fro'));
  await done(restore(other.admin, id));
  await done(remove(other.admin, 'to-and-fro'));
  await done(restore(w.admin, id));
  await w.secret('deleted');
  await done(remove(other.admin, 'deleted'));
  await w.secret('purged');
  await done(remove(w.admin, 'purged', { purge: true }));

  await w.secret('expiring', { expiresAt: LATE });
  await done(update(other.admin, { name: 'expiring', expiresAt: null }));
  await done(update(w.admin, { name: 'expiring', expiresAt: LATE }));
  await done(update(w.admin, { name: 'expiring', expiresAt: LATE, description: 'x' }));
  await done(update(other.admin, { name: 'expiring', expiresAt: SOON }));
  await w.secret('lasting', { expiresAt: SOON });
  await done(update(w.admin, { name: 'lasting', expiresAt: null }));

  await w.secret('many');
  for (let i = 0; i < 22; i += 1) await done(rotate(w.admin, { name: 'many', value: sentinel() }));
  await done(destroyVersion(other.admin, 'many', 20));
  await done(destroyVersion(w.admin, 'many', 20));
});
afterAll(async () => {
  await hands.end();
  await other.close();
  await w.close();
  await rm(folder, { recursive: true, force: true });
});

/** Replaces the sealed value of one version by the sealed value of a different version. */
const bringBack = (number: number) =>
  `UPDATE secret_versions v SET ciphertext = o.ciphertext, wrapped_key = o.wrapped_key, key_id = o.key_id, destroyed_at = NULL
   FROM secret_versions o, secrets s WHERE s.name = 'many' AND v.secret_id = s.id AND o.secret_id = s.id AND v.number = ${number} AND o.number = 21`;

const TAMPERING: [what: string, statement: string, problem: string][] = [
  [
    'a deleted secret that was made live again',
    `UPDATE secrets SET deleted_at = NULL WHERE name = 'deleted'`,
    'is live again',
  ],
  ['a live secret that was deleted', `UPDATE secrets SET deleted_at = now() WHERE name = 'to-and-fro'`, 'as deleted'],
  ['a secret that expires later', `UPDATE secrets SET expires_at = '${LATE}' WHERE name = 'expiring'`, `at ${SOON}`],
  [
    'a secret that expires a moment later',
    `UPDATE secrets SET expires_at = expires_at + interval '1 microsecond' WHERE name = 'expiring'`,
    `at ${SOON}`,
  ],
  ['a secret that no longer expires', `UPDATE secrets SET expires_at = NULL WHERE name = 'expiring'`, `at ${SOON}`],
  ['a secret that newly expires', `UPDATE secrets SET expires_at = '${SOON}' WHERE name = 'lasting'`, 'never'],
  ['a destroyed version that has a value again', bringBack(20), 'version 20 was destroyed'],
  ['a version destroyed by newer ones that has a value again', bringBack(3), 'version 3 was destroyed'],
  [
    'a version without an event',
    `INSERT INTO secret_versions SELECT secret_id, 99, ciphertext, wrapped_key, key_id, created_at, created_by, destroyed_at
     FROM secret_versions v WHERE number = 22 AND ciphertext IS NOT NULL`,
    'version 99 exists',
  ],
];

/** A list of changes that verification must detect. Before each change, verification reports no fault. */
function areFound() {
  beforeAll(() => hands.keep());
  // Records additional events in the audit log.
  afterEach(() => hands.putBack(['secrets', 'secret_versions']));

  test('verification reports no fault in secrets that several gateways changed', async () => {
    expect(await verify()).toMatchObject({ intact: true, problem: null });
  });

  test.each(TAMPERING)('verification detects this change of a secret by SQL: %s', async (_, statement, problem) => {
    expect(await hands.do(statement)).toBe(1);
    const found = await verify();
    expect(found.intact).toBe(false);
    expect(found.problem).toContain(problem);
  });
}

describe('changes of secrets that bypass the gateway', areFound);

describe('changes of secrets that bypass the gateway, after the audit events of the secrets were retired', () => {
  beforeAll(async () => {
    w.clock.advance({ days: 40 });
    w.admin = await w.signIn('admin', w.adminPassword);
    const [first] = await findMonths(w.database);
    if (first === undefined) expect.unreachable();
    const { events } = await retireMonth({ ...w, audit: operatorAudit(w) }, first, folder);
    expect(events).toBeGreaterThan(40);
  });
  areFound();
});

test('verification gives the same result for any order in which it reads the parts of the audit log', () => {
  const [deleted, restored] = ['SECRET_DELETE', 'SECRET_RESTORE'];
  const steps = [
    { action: 'SECRET_CREATE', changes: { tags: [], expiresAt: SOON } },
    { action: deleted, changes: { purged: false } },
    { action: restored, changes: null },
    { action: deleted, changes: { purged: false } },
    { action: 'SECRET_UPDATE', changes: { fields: ['expiresAt'], expiresAt: { from: SOON, to: null } } },
    { action: 'SECRET_UPDATE', changes: { fields: ['expiresAt'], expiresAt: { from: null, to: LATE } } },
    { action: 'SECRET_UPDATE', changes: { fields: ['description'] } },
    { action: 'SECRET_ROTATE', changes: { from: 21, destroyedUpTo: 2 } },
    { action: 'SECRET_ROTATE', changes: { from: 20, destroyedUpTo: 1 } },
  ].map(({ action, changes }) => ({ action, changes: JSON.stringify(changes), subjectId: 'sec_1', version: null }));
  fc.assert(
    fc.property(fc.shuffledSubarray(steps, { minLength: steps.length }), fc.nat(steps.length), (events, cut) => {
      const part = (some: typeof events) => {
        const lives = secretLives();
        for (const event of some) lives.event(event as StoredEvent);
        return lives.all().values();
      };
      const whole = secretLives();
      for (const life of [...part(events.slice(cut)), ...part(events.slice(0, cut))]) whole.add(life);
      const { expires, ...life } = whole.all().get('sec_1') ?? { id: '' };
      expect(life).toEqual({ id: 'sec_1', deleted: 1, destroyedUpTo: 2 });
      expect(expires).toEqual({ [SOON]: 0, [LATE]: 1 });
    }),
  );
});
