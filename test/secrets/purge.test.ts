import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { purgeExpiredDeletions } from '../../src/secrets/housekeeping.ts';
import type { Client } from '../support/app.ts';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { refusals, remove, restore, rotate } from './operations.ts';

let w: World;
let admin: Client;
beforeAll(async () => {
  w = await world();
  admin = w.admin;
});
afterAll(() => w.close());

/** Advances the clock past the expiry of all tokens that the gateway issues now. */
async function wait(by: { days: number; seconds?: number }) {
  w.clock.advance(by);
  admin = await w.signIn('admin', w.adminPassword);
}

/** Returns the secret values that the database still contains for this name. */
const left = async (name: string) => {
  const [row] = await w.database.query(
    `SELECT count(*)::int AS rows, count(ciphertext)::int AS ciphertexts, count(wrapped_key)::int AS keys, count(v.destroyed_at)::int AS destroyed
     FROM secret_versions v JOIN secrets s ON s.id = v.secret_id WHERE s.name = $1`,
    [name],
  );
  return row;
};
const node = async (id: string) => (await admin.get('query ($id: ID!) { node(id: $id) { id } }', { id })).node;

describe('purging a secret', () => {
  test('purging a secret destroys all its versions immediately, and the secret can no longer be restored', async () => {
    const { id } = await w.secret('burnt', { tags: ['env:prod'] });
    await rotate(admin, { name: 'burnt', value: sentinel() });
    const { data } = await remove(admin, 'burnt', { purge: true });
    expect(data.deleteSecret).toEqual({ id, restorableUntil: null });
    expect(await left('burnt')).toEqual({ rows: 2, ciphertexts: 0, keys: 0, destroyed: 2 });
    expect(refusals(await restore(admin, id))).toEqual([{ code: 'NOT_FOUND', path: 'restoreSecret', field: 'id' }]);
    expect(await node(id)).toBeNull();
    const { secrets } = await admin.get('{ secrets(filter: { deleted: true }) { nodes { name } } }');
    expect(secrets.nodes).toEqual([]);
  });

  test('after a secret is purged, a new secret can have its name', async () => {
    const { value } = await w.secret('burnt');
    expect(await w.reveal(admin, 'burnt')).toBe(value);
  });

  test('purging a secret requires DELETE', async () => {
    const who = await w.user('cannot');
    await w.secret('guarded');
    await w.grant(who.id, ['READ', 'UPDATE'], 'guarded');
    expect((await remove(who, 'guarded', { purge: true })).code).toBe('FORBIDDEN');
    expect(await left('guarded')).toMatchObject({ ciphertexts: 1 });
  });
});

describe('purging secrets that were deleted more than 30 days ago', () => {
  test('the gateway purges secrets that were deleted more than 30 days ago, records each purge as an audit event, and purges no other secrets', async () => {
    const old = [await w.secret('old-1', { tags: ['env:prod'] }), await w.secret('old-2')];
    await remove(admin, 'old-1');
    await remove(admin, 'old-2');
    await wait({ days: 2 });
    const young = await w.secret('young', { by: admin });
    await remove(admin, 'young');
    await w.secret('alive', { by: admin });
    expect(await purgeExpiredDeletions(w)).toBe(0);
    await wait({ days: 28, seconds: 5 });
    expect(await purgeExpiredDeletions(w)).toBe(2);
    for (const name of ['old-1', 'old-2'])
      expect(await left(name)).toEqual({ rows: 1, ciphertexts: 0, keys: 0, destroyed: 1 });
    expect(await left('young')).toMatchObject({ ciphertexts: 1 });
    expect(await left('alive')).toMatchObject({ ciphertexts: 1 });
    expect(await purgeExpiredDeletions(w)).toBe(0);
    expect((await restore(admin, young.id)).code).toBeUndefined();

    const { auditEvents } = await admin.get(
      '{ auditEvents(filter: { secret: "old-1", actions: [SECRET_DELETE] }) { nodes { outcome actor { kind name } subject { id } changes } } }',
    );
    expect(auditEvents.nodes[0]).toEqual({
      outcome: 'DONE',
      actor: { kind: 'OPERATOR', name: 'gateway' },
      subject: { id: old[0]?.id },
      changes: { purged: true, afterDays: 30 },
    });
    const [open] = await w.database.query(
      `SELECT (SELECT count(*)::int FROM secret_tags t JOIN secrets s ON s.id = t.secret_id WHERE s.name = 'old-1' AND t.valid_to IS NULL) AS tags,
              (SELECT count(*)::int FROM permissions p JOIN secrets s ON s.id = p.secret_id WHERE s.name LIKE 'old-_' AND p.valid_to IS NULL) AS grants`,
    );
    expect(open).toEqual({ tags: 0, grants: 0 });
  });

  test('if several gateways purge a secret at the same time, the secret is purged once, with one audit event', async () => {
    for (let i = 0; i < 12; i += 1) {
      await w.secret(`crowd-${i}`, { by: admin });
      await remove(admin, `crowd-${i}`);
    }
    await wait({ days: 31 });
    const counts = await Promise.all([purgeExpiredDeletions(w), purgeExpiredDeletions(w), purgeExpiredDeletions(w)]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(12);
    const { auditEvents } = await admin.get(
      '{ auditEvents(filter: { secret: "crowd-7", actions: [SECRET_DELETE] }) { nodes { changes } } }',
    );
    expect(auditEvents.nodes).toHaveLength(2);
  });

  test('the gateway purges all secrets deleted more than 30 days ago in batches', async () => {
    await w.database.query(
      `INSERT INTO secrets (id, name, current_version, created_at, updated_at, deleted_at)
       SELECT gen_random_uuid(), 'bulk-' || i, 1, now(), now(), '2001-01-01' FROM generate_series(1, 230) i`,
    );
    expect(await purgeExpiredDeletions(w)).toBe(230);
  });
});
