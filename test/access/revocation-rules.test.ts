// Tests which callers may revoke the access of other principals, by revoking grants on the name of a secret or by
// removing tags from the secret.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { restClient } from '../support/rest.ts';
import { type SomeUser, tagInput, type World, world } from '../support/world.ts';
import { grant, refusal, revoke, tag, untag } from './asking.ts';

let w: World;
let owner: SomeUser;
let editor: SomeUser;
let reader: SomeUser;
let count = 0;

beforeAll(async () => {
  w = await world();
  owner = await w.user('owner', { roles: ['USER'] });
  editor = await w.user('editor');
  reader = await w.user('reader');
});
afterAll(() => w.close());

const EVERY = ['READ', 'UPDATE', 'DELETE', 'EXECUTE', 'CREATE'] as const;
/** Creates a secret of the owner, on which the editor has all accesses for one hour. */
async function shared(): Promise<{ name: string; label: `team:${string}` }> {
  count += 1;
  const name = `shared_${count}`;
  await w.secret(name, { by: owner });
  await w.grant(editor.id, [...EVERY], name, { by: owner, expiresAt: w.clock.in({ hours: 1 }) });
  return { name, label: `team:${count}` };
}
const KEPT = { code: 'FORBIDDEN', field: 'input.access' };
const SIMULATE = 'query ($c: [AccessChange!]!) { simulateAccess(changes: $c) { lost { principal { name } } } }';
const simulate = (who: SomeUser, change: object) => who.ask(SIMULATE, { c: [change] });

describe('who may revoke a grant', () => {
  test("a caller with UPDATE cannot revoke grants of the secret's creator or of an administrator, and cannot simulate this revocation", async () => {
    const { name } = await shared();
    const byAdmin = await w.grant(reader.id, 'READ', name);
    for (const subject of [owner, reader]) {
      const answer = await revoke(editor, subject.id, [], name);
      expect(refusal(answer)).toEqual(KEPT);
      const input = { subjectId: subject.id, target: { secret: name }, access: [] };
      const simulated = await simulate(editor, { revoke: input });
      expect(refusal(simulated)).toEqual({ code: 'FORBIDDEN', field: 'changes.0.revoke.access' });
      expect(simulated.errors[0]?.extensions.permissions).toEqual(answer.errors[0]?.extensions.permissions);
    }
    expect((await revoke(editor, reader.id, [], name)).errors[0]?.extensions.permissions).toEqual([byAdmin]);
    expect(await w.sees(owner, name)).toBe(true);
    expect(await w.sees(reader, name)).toBe(true);
  });

  test('a caller with UPDATE can revoke every grant that the caller made, even if the caller no longer has the granted access', async () => {
    const { name } = await shared();
    await w.grant(reader.id, ['READ', 'EXECUTE'], name, { by: editor, expiresAt: w.clock.in({ minutes: 30 }) });
    await revoke(w.admin, editor.id, ['READ', 'EXECUTE'], name);
    expect((await revoke(editor, reader.id, ['READ'], name)).data.revokePermission.permission.access).toEqual([
      'EXECUTE',
    ]);
    expect((await revoke(editor, reader.id, [], name)).data.revokePermission.permission).toBeNull();
  });

  test('a caller without UPDATE may revoke every grant to itself, regardless of the grantor, but no grant to a group', async () => {
    const { name } = await shared();
    await w.grant(reader.id, 'READ', name);
    await w.grant(reader.id, 'EXECUTE', name, { by: owner });
    const group = await w.group(`readers ${name}`, [reader.id]);
    await w.grant(group, 'READ', name);
    expect((await revoke(reader, group, [], name)).code).toBe('FORBIDDEN');
    expect((await revoke(reader, reader.id, [], name)).data.revokePermission.permission).toBeNull();
    expect(await w.sees(reader, name)).toBe(true);
  });

  test('the creator of a secret can revoke grants that other callers made, except grants that an administrator made', async () => {
    const { name } = await shared();
    await w.grant(reader.id, 'READ', name, { by: editor, expiresAt: w.clock.in({ minutes: 30 }) });
    expect((await revoke(owner, reader.id, [], name)).data.revokePermission.permission).toBeNull();
    await w.grant(reader.id, 'READ', name);
    expect(refusal(await revoke(owner, reader.id, [], name))).toEqual(KEPT);
  });

  test('a request to revoke several grants fails if the caller may not revoke one of the grants, and the argument permissionId selects a single grant to revoke', async () => {
    const { name } = await shared();
    const expiresAt = w.clock.in({ minutes: 30 });
    const byOwner = await w.grant(reader.id, 'READ', name, { by: owner, expiresAt });
    const byEditor = await w.grant(reader.id, 'READ', name, { by: editor, expiresAt });
    const both = await revoke(editor, reader.id, [], name);
    expect(both.errors[0]?.extensions).toMatchObject({ ...KEPT, permissions: [byOwner] });
    const one = (permissionId: string) => ({
      subjectId: reader.id,
      target: { secret: name },
      access: [],
      permissionId,
    });
    const REVOKE = 'mutation ($i: PermissionInput!) { revokePermission(input: $i) { permission { id } } }';
    expect(refusal(await editor.ask(REVOKE, { i: one(byOwner) }))).toEqual(KEPT);
    expect((await simulate(editor, { revoke: one(byOwner) })).code).toBe('FORBIDDEN');
    expect((await simulate(editor, { revoke: one(byEditor) })).data.simulateAccess.lost).toEqual([]);
    expect((await editor.ask(REVOKE, { i: one(byEditor) })).data.revokePermission.permission.id).toBe(byOwner);
    const grantIt = { ...one(byOwner), access: ['READ'] };
    const GRANT = 'mutation ($i: PermissionInput!) { grantPermission(input: $i) { permission { id } } }';
    expect(refusal(await owner.ask(GRANT, { i: grantIt }))).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'input.permissionId',
    });
  });

  test('if a caller extends access that a different grantor granted, the gateway creates a separate grant and does not change the grantor of the existing grant', async () => {
    const { name } = await shared();
    const expiresAt = w.clock.in({ minutes: 30 });
    const first = await w.grant(reader.id, 'READ', name, { by: owner, expiresAt });
    const second = await w.grant(reader.id, 'EXECUTE', name, { by: editor, expiresAt });
    expect(second).not.toBe(first);
    expect(refusal(await revoke(editor, reader.id, ['READ'], name))).toEqual(KEPT);
    expect((await revoke(editor, reader.id, ['EXECUTE'], name)).data.revokePermission.permission.id).toBe(first);
  });

  test('the field viewerMayRevoke predicts whether the caller can revoke the grant', async () => {
    const { name } = await shared();
    await w.grant(reader.id, 'READ', name);
    await w.grant(reader.id, 'EXECUTE', name, { by: editor, expiresAt: w.clock.in({ minutes: 30 }) });
    const LIST = `query ($n: String!) { permissions(target: { secret: $n }) { nodes {
      id viewerMayRevoke access subject { ... on User { id } } } } }`;
    for (const who of [owner, editor, reader]) {
      for (const one of (await who.get(LIST, { n: name })).permissions.nodes) {
        const input = { subjectId: one.subject.id, target: { secret: name }, access: [], permissionId: one.id };
        // The test simulates each revocation separately. A caller without UPDATE cannot simulate a revocation.
        if (who !== reader)
          expect((await simulate(who, { revoke: input })).code === undefined).toBe(one.viewerMayRevoke);
        else expect(one.viewerMayRevoke).toBe(one.subject.id === reader.id);
      }
    }
  });

  test('REST refuses the same revocations as GraphQL, and its errors contain the reason', async () => {
    const { name } = await shared();
    await w.grant(reader.id, 'READ', name);
    const body = (id: string) => ({
      subject: { type: 'USER', id },
      target: { type: 'SECRET_NAME', id: name },
      access: ['READ'],
    });
    const rest = restClient(w.url, editor.token);
    for (const id of ['owner', 'reader']) {
      const { status, json } = await rest.send('DELETE', '/auth/authorization', body(id));
      expect([status, json.code]).toEqual([403, 'FORBIDDEN']);
    }
    expect((await rest.send('DELETE', '/auth/authorization', body('editor'))).status).toBe(200);
  });
});

describe('who may remove a tag', () => {
  const TAGS_KEPT = { code: 'FORBIDDEN', field: 'tags' };

  test('a caller with UPDATE cannot remove a tag of another user that gives other principals access, neither directly nor in a simulation, in GraphQL or REST', async () => {
    const { name, label } = await shared();
    await w.grant(reader.id, 'READ', label);
    await tag(owner, name, label);
    const answer = await untag(editor, name, label, 'not:there');
    expect(answer.errors[0]?.extensions).toMatchObject({ ...TAGS_KEPT, tags: [label] });
    const simulated = await simulate(editor, { untag: { name, tags: [tagInput(label)] } });
    expect(refusal(simulated)).toEqual({ code: 'FORBIDDEN', field: 'changes.0.untag.tags' });
    const rest = restClient(w.url, editor.token);
    expect((await rest.send('DELETE', `/secrets/${name}/tags`, [tagInput(label)])).status).toBe(403);
    // PUT of a tag removes the existing tag with the same tag key.
    expect((await rest.send('PUT', `/secrets/${name}/tags`, [{ key: 'team', value: 'other' }])).status).toBe(403);
    expect(await w.sees(reader, name)).toBe(true);
  });

  test('a caller with UPDATE can remove a tag that gives no other principal access, unless an administrator added the tag', async () => {
    const { name, label } = await shared();
    await tag(owner, name, label);
    await w.grant(editor.id, 'READ', label);
    await w.grant(await w.group(`alone ${name}`, [editor.id]), 'READ', label);
    await w.grant(reader.id, 'READ', label, { expiresAt: w.clock.in({ hours: -1 }) });
    expect((await untag(editor, name, label)).data.untagSecret.secret.tags).toEqual([]);
  });

  test('only a caller with ADMIN can remove a tag that an administrator added, even if the tag gives no principal access', async () => {
    const { name, label } = await shared();
    await tag(w.admin, name, label);
    for (const who of [editor, owner]) {
      const answer = await untag(who, name, label);
      expect(answer.errors[0]?.extensions).toMatchObject({ ...TAGS_KEPT, tags: [label] });
      expect((await simulate(who, { untag: { name, tags: [tagInput(label)] } })).code).toBe('FORBIDDEN');
      const rest = restClient(w.url, who.token);
      expect((await rest.send('PUT', `/secrets/${name}/tags`, [{ key: 'team', value: 'other' }])).status).toBe(403);
      // If a caller adds an existing tag again, the gateway still records the first principal who added the tag.
      expect((await tag(who, name, label)).code).toBeUndefined();
    }
    await w.grant(reader.id, 'READ', label);
    expect((await untag(editor, name, label)).code).toBe('FORBIDDEN');
    expect(await w.sees(reader, name)).toBe(true);
    expect((await untag(w.admin, name, label)).data.untagSecret.secret.tags).toEqual([]);
  });

  test('a user can remove each tag that the user added, and the creator of a secret can remove each tag that no administrator added', async () => {
    const { name, label } = await shared();
    await w.grant(reader.id, 'READ', label);
    for (const [by, off, code] of [
      [editor, editor, undefined],
      [editor, owner, undefined],
      [w.admin, editor, 'FORBIDDEN'],
      [w.admin, owner, 'FORBIDDEN'],
      [w.admin, w.admin, undefined],
    ] as const) {
      await tag(by, name, label);
      expect((await untag(off, name, label)).code).toBe(code);
    }
  });
});

describe('creating a secret with a name on which other principals have or had access', () => {
  const NAMED = { code: 'FORBIDDEN', field: 'input.name' };
  const create = (who: SomeUser, name: string, ...tags: string[]) =>
    who.ask('mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { id } } }', {
      i: { name, value: 'x', tags: tags.map(tagInput) },
    });
  const restore = (who: SomeUser, id: string) =>
    who.ask('mutation ($i: ID!) { restoreSecret(id: $i) { secret { id } } }', { i: id });
  const remove = async (who: SomeUser | World['admin'], name: string, purge = false) => {
    await who.get('mutation ($n: String!, $p: Boolean!) { deleteSecret(name: $n, purge: $p) { id } }', {
      n: name,
      p: purge,
    });
  };
  const fresh = () => {
    count += 1;
    return `named_${count}`;
  };
  const holders: Record<string, () => Promise<string>> = {
    'a user': async () => reader.id,
    'an application': async () => (await w.application(`app ${count}`)).id,
    'a group without members': () => w.group(`empty ${count}`),
    'a group with the caller and another': () => w.group(`both ${count}`, [owner.id, reader.id]),
  };

  test.each(Object.entries(holders))(
    'a USER cannot create a secret with a name on which other principals have grants: %s',
    async (_, holder) => {
      const name = fresh();
      const subject = await holder();
      await w.grant(subject, 'EXECUTE', name);
      expect(refusal(await create(owner, name))).toEqual(NAMED);
      const rest = restClient(w.url, owner.token);
      expect((await rest.send('PUT', `/secrets/${name}`, 'x')).status).toBe(403);
      const task = { _secrets: { secretKey: name, secretValue: 'x' } };
      const RUN = 'mutation ($i: JSON!) { runUpdateSecretTask(input: $i) { secret { id } } }';
      expect((await owner.ask(RUN, { i: task })).code).toBe('FORBIDDEN');
      const { json } = await rest.send('GET', `/users/owner/checkPermissions?type=SECRET_NAME&id=${name}`);
      expect(json.CREATE).toBe(false);
      await w.grant(owner.id, 'CREATE', name);
      expect((await create(owner, name)).code).toBeUndefined();
    },
  );

  test('a USER can create a secret with a name on which all grants are to the caller, expired, bound to an earlier secret, or to a group with the caller as its only member', async () => {
    const name = fresh();
    await w.secret(name, { by: owner });
    await w.grant(reader.id, 'EXECUTE', name, { by: owner });
    await remove(owner, name);
    // The caller also created the earlier secret with this name.
    await w.grant(owner.id, 'READ', name);
    await w.grant(await w.group(`alone ${name}`, [owner.id]), 'READ', name);
    await w.grant(reader.id, 'READ', name, { expiresAt: w.clock.in({ hours: -1 }) });
    expect((await create(owner, name)).code).toBeUndefined();
    expect(await w.sees(reader, name)).toBe(false);
  });

  test('a caller who deletes or purges a secret that other principals use through its name or its tag cannot create a new secret with this name', async () => {
    const vandal = await w.user(`vandal ${count}`, { roles: ['USER'] });
    for (const purge of [false, true]) {
      const [byName, byTag] = [fresh(), fresh()];
      const label = `used:${byTag}` as const;
      await w.secret(byName);
      await w.secret(byTag, { tags: [label] });
      const app = await w.application(`task ${byName}`);
      await w.grant(app.id, 'EXECUTE', byName);
      await w.grant(app.id, 'EXECUTE', label);
      for (const name of [byName, byTag]) {
        await w.grant(vandal.id, 'DELETE', name);
        await remove(vandal, name, purge);
        await w.revoke(vandal.id, name);
      }
      const answers = [await create(vandal, byName)];
      for (const tags of [[label], ['other:tag'], []]) answers.push(await create(vandal, byTag, ...tags));
      for (const answer of answers) expect(refusal(answer)).toEqual(NAMED);
      // All answers contain the same message, so the message does not reveal which tag the earlier secret had.
      expect(new Set(answers.map(({ errors }) => errors[0]?.message)).size).toBe(1);
      await w.grant(vandal.id, 'CREATE', byTag);
      expect((await create(vandal, byTag)).code).toBeUndefined();
    }
  });

  test.each([
    ['deleted', false, 'editor'],
    ['purged', true, 'editor'],
    ['deleted by its creator', false, 'owner'],
    ['purged by its creator', true, 'owner'],
  ] as const)(
    'a caller cannot create a new secret with the name of an earlier secret that was shared with an application and then %s',
    async (_, purge, by) => {
      const { name } = await shared();
      const other = await w.user(`other ${name}`, { roles: ['USER'] });
      const app = await w.application(`task ${name}`);
      await w.grant(app.id, 'EXECUTE', name, { by: owner });
      await remove(by === 'owner' ? owner : editor, name, purge);
      expect(refusal(await create(other, name))).toEqual(NAMED);
      const rest = restClient(w.url, other.token);
      expect((await rest.send('PUT', `/secrets/${name}`, 'x')).status).toBe(403);
      const task = { _secrets: { secretKey: name, secretValue: 'x' } };
      const RUN = 'mutation ($i: JSON!) { runUpdateSecretTask(input: $i) { secret { id } } }';
      expect((await other.ask(RUN, { i: task })).code).toBe('FORBIDDEN');
      const { json } = await rest.send(
        'GET',
        `/users/${encodeURIComponent(`other ${name}`)}/checkPermissions?type=SECRET_NAME&id=${name}`,
      );
      expect(json.CREATE).toBe(false);
      expect((await create(owner, name)).code).toBeUndefined();
    },
  );

  test('another user may reuse the name of a deleted secret only if every grant on the deleted secret is revoked or its subject is deleted', async () => {
    for (const purge of [false, true]) {
      const name = fresh();
      const [first, second] = [
        await w.user(`first ${name}`, { roles: ['USER'] }),
        await w.user(`second ${name}`, { roles: ['USER'] }),
      ];
      await w.secret(name, { by: first });
      await w.grant(reader.id, 'READ', name, { by: first });
      await revoke(first, reader.id, [], name);
      await remove(first, name, purge);
      expect(refusal(await create(second, name))).toEqual(NAMED);
      await w.admin.get('mutation ($i: ID!) { deleteUser(id: $i) { id } }', { i: first.id });
      expect((await create(second, name)).code).toBeUndefined();
    }
  });

  test('after a secret of another user with the same name was shared through a tag, a caller cannot restore an earlier secret', async () => {
    const name = fresh();
    const { id } = await w.secret(name, { by: owner });
    await remove(owner, name);
    w.clock.advance({ minutes: 1 });
    const label = `later:${name}` as const;
    await w.secret(name, { tags: [label] });
    await w.grant((await w.application(`later ${name}`)).id, 'EXECUTE', label);
    await remove(w.admin, name, true);
    expect(refusal(await restore(owner, id))).toEqual({ code: 'FORBIDDEN', field: 'id' });
  });

  test('the creator of a deleted secret can restore the secret, unless other principals received a grant on a later secret with the same name', async () => {
    const name = fresh();
    const { id } = await w.secret(name, { by: owner });
    await w.grant(reader.id, 'EXECUTE', name);
    await remove(owner, name);
    expect((await restore(owner, id)).code).toBeUndefined();
    await remove(owner, name);
    w.clock.advance({ minutes: 1 });
    await w.secret(name);
    await w.grant((await w.application(`late ${name}`)).id, 'EXECUTE', name);
    await remove(w.admin, name);
    expect(refusal(await restore(owner, id))).toEqual({ code: 'FORBIDDEN', field: 'id' });
    expect(
      (await w.admin.ask('mutation ($i: ID!) { restoreSecret(id: $i) { secret { id } } }', { i: id })).code,
    ).toBeUndefined();
  });

  test('when the gateway refuses to create a secret, the error does not reveal which principals have grants on the name; a taken name fails with NAME_TAKEN', async () => {
    const name = fresh();
    await w.grant(reader.id, 'READ', name);
    const { text } = await create(owner, name);
    for (const described of ['reader', reader.id]) expect(text).not.toContain(described);
    await w.secret(name);
    expect((await create(owner, name)).code).toBe('NAME_TAKEN');
  });

  test('an administrator can grant access on a name on which other principals already have grants', async () => {
    const name = fresh();
    await w.grant(reader.id, 'READ', name);
    await w.secret(name);
    expect((await grant(w.admin, reader.id, ['EXECUTE'], name)).code).toBeUndefined();
  });
});
