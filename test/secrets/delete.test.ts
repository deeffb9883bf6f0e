import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../support/app.ts';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { read, refusals, remove, restore, rotate, tag, update, versions } from './operations.ts';

const DAY = 86_400;
let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

/** Sets the clock to a later time, runs `work` with new tokens, and then resets the clock. */
async function later(by: { days: number; hours?: number; seconds?: number }, work: (admin: Client) => Promise<void>) {
  const { days, hours = 0, seconds = 0 } = by;
  w.clock.advance(by);
  try {
    await work(await w.signIn('admin', w.adminPassword));
  } finally {
    w.clock.advance({ days: -days, hours: -hours, seconds: -seconds });
  }
}

const deletedNames = async (who = w.admin, filter = {}) => {
  const { secrets } = await who.get(
    'query ($f: SecretFilter!) { secrets(filter: $f, first: 200) { nodes { name } } }',
    {
      f: { deleted: true, ...filter },
    },
  );
  return secrets.nodes.map((node: { name: string }) => node.name);
};

describe('a deleted secret before its purge', () => {
  test('reads by name, lists and counts omit a deleted secret, and the secret shows until when it can be restored', async () => {
    const { id } = await w.secret('gone', { tags: ['only:gone'] });
    const now = w.clock.now().getTime();
    const { data } = await remove(w.admin, 'gone');
    expect(data.deleteSecret.id).toBe(id);
    const until = new Date(data.deleteSecret.restorableUntil).getTime();
    expect(until).toBeGreaterThanOrEqual(now + 30 * DAY * 1_000);
    expect(until).toBeLessThan(now + 30 * DAY * 1_000 + 60_000);
    expect((await read(w.admin, 'gone')).data.secret).toBeNull();
    const { secrets, tags } = await w.admin.get(
      '{ secrets(first: 200) { nodes { name } } tags(key: "only") { nodes { id } } }',
    );
    expect(secrets.nodes).not.toContainEqual({ name: 'gone' });
    expect(tags.nodes).toEqual([]);
  });

  test('the list of deleted secrets contains a deleted secret, and a caller can still read the secret by its id', async () => {
    const { id } = await w.secret('listed', { tags: ['where:attic'] });
    expect(await deletedNames()).not.toContain('listed');
    await remove(w.admin, 'listed');
    expect(await deletedNames()).toContain('listed');
    expect(await deletedNames(w.admin, { tags: [{ key: 'where', value: 'attic' }] })).toEqual(['listed']);
    const { node } = await w.admin.get(
      'query ($id: ID!) { node(id: $id) { ... on Secret { name deletedAt tags { id } } } }',
      { id },
    );
    expect(node).toEqual({ name: 'listed', deletedAt: expect.any(String), tags: [{ id: 'where:attic' }] });
  });

  test('no mutation can change a deleted secret', async () => {
    const { value } = await w.secret('still');
    await remove(w.admin, 'still');
    const answers = [
      await rotate(w.admin, { name: 'still', value }),
      await update(w.admin, { name: 'still', description: 'x' }),
      await tag(w.admin, 'still', [{ key: 'a', value: 'b' }]),
      await remove(w.admin, 'still'),
      await remove(w.admin, 'still', { purge: true }),
    ];
    expect(answers.map((answer) => answer.code)).toEqual(Array(5).fill('NOT_FOUND'));
  });

  test('the list of deleted secrets shows a secret only to callers who saw the secret before its deletion', async () => {
    const [ann, bob] = [await w.user('ann'), await w.user('bob')];
    const { id } = await w.secret('shared');
    await w.grant(ann.id, 'READ', 'shared');
    await remove(w.admin, 'shared');
    expect(await deletedNames(ann)).toEqual(['shared']);
    expect(await deletedNames(bob)).toEqual([]);
    const ask = (who: typeof ann) => who.get('query ($id: ID!) { node(id: $id) { id } }', { id });
    expect((await ask(ann)).node).toEqual({ id });
    expect((await ask(bob)).node).toBeNull();
  });
});

describe('restoring a deleted secret within 30 days', () => {
  test('restoring a secret also restores its value, history, tags, description and access', async () => {
    const who = await w.user('reader');
    const first = await w.secret('back', { tags: ['env:prod'] });
    await w.grant(who.id, 'READ', 'back');
    const second = sentinel();
    await rotate(w.admin, { name: 'back', value: second });
    await update(w.admin, { name: 'back', description: 'as it was' });
    const before = (await read(w.admin, 'back')).data.secret;
    await remove(w.admin, 'back');
    expect(await w.sees(who, 'back')).toBe(false);
    await later({ days: 29, hours: 23 }, async (admin) => {
      const { data } = await restore(admin, first.id);
      expect({ ...data.restoreSecret.secret, value: '***' }).toEqual(before);
    });
    expect(await w.reveal(who, 'back')).toBe(second);
    expect(await w.reveal(who, 'back', 1)).toBe(first.value);
    expect(await versions(w.admin, 'back')).toHaveLength(2);
    expect(await deletedNames()).not.toContain('back');
  });

  test('a secret that was deleted more than 30 days ago cannot be restored and is no longer visible', async () => {
    const { id } = await w.secret('too-late');
    await remove(w.admin, 'too-late');
    await later({ days: 30, seconds: 1 }, async (admin) => {
      expect(refusals(await restore(admin, id))).toEqual([{ code: 'NOT_FOUND', path: 'restoreSecret', field: 'id' }]);
      expect(await deletedNames(admin)).not.toContain('too-late');
      expect((await admin.get('query ($id: ID!) { node(id: $id) { id } }', { id })).node).toBeNull();
    });
  });

  test('if a second secret has taken the name of a deleted secret, restoring fails with NAME_TAKEN and changes neither secret', async () => {
    const old = await w.secret('reborn');
    await remove(w.admin, 'reborn');
    const young = await w.secret('reborn');
    expect(refusals(await restore(w.admin, old.id))).toEqual([
      { code: 'NAME_TAKEN', path: 'restoreSecret', field: 'id' },
    ]);
    expect(await w.reveal(w.admin, 'reborn')).toBe(young.value);
    await remove(w.admin, 'reborn');
    expect((await restore(w.admin, old.id)).code).toBeUndefined();
    expect(await w.reveal(w.admin, 'reborn')).toBe(old.value);
  });
});

describe('permission to delete and restore', () => {
  test('deleting a secret requires DELETE, and deleting a hidden secret fails with NOT_FOUND', async () => {
    const who = await w.user('deletes');
    await w.secret('guarded');
    expect(refusals(await remove(who, 'guarded'))).toEqual([
      { code: 'NOT_FOUND', path: 'deleteSecret', field: 'name' },
    ]);
    await w.grant(who.id, ['READ', 'UPDATE', 'EXECUTE', 'CREATE'], 'guarded');
    expect(refusals(await remove(who, 'guarded'))).toEqual([
      { code: 'FORBIDDEN', path: 'deleteSecret', field: 'name' },
    ]);
    expect(await w.sees(who, 'guarded')).toBe(true);
    await w.grant(who.id, 'DELETE', 'guarded');
    expect((await remove(who, 'guarded')).code).toBeUndefined();
  });

  test('restoring a secret requires DELETE, and fails equally for the ids of hidden secrets, existing secrets and missing secrets', async () => {
    const who = await w.user('restores');
    const { id } = await w.secret('to-restore');
    const live = await w.secret('live');
    await remove(w.admin, 'to-restore');
    const ids = [
      id,
      live.id,
      'sec_0000000000007000800000000000ffff',
      'usr_0000000000007000800000000000ffff',
      'garbage',
      '',
    ];
    const answers = await Promise.all(ids.map((one) => restore(who, one)));
    expect(answers[0]?.code).toBe('NOT_FOUND');
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect((await restore(w.admin, live.id)).code).toBe('NOT_FOUND');
    await w.grant(who.id, ['READ', 'UPDATE'], 'to-restore');
    expect(refusals(await restore(who, id))).toEqual([{ code: 'FORBIDDEN', path: 'restoreSecret', field: 'id' }]);
    await w.grant(who.id, 'DELETE', 'to-restore');
    expect((await restore(who, id)).code).toBeUndefined();
  });
});
