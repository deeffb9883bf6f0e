import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { create, manyTags, read, refusals, remove, versions } from './operations.ts';

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

test('a created secret contains the requested fields, version 1 and a masked value', async () => {
  const expiresAt = w.clock.in({ days: 7 });
  const { data } = await create(w.admin, {
    name: 'whole',
    value: sentinel(),
    description: 'For tests.\nTwo lines.',
    tags: [
      { key: 'team', value: 'shipping' },
      { key: 'env', value: 'prod' },
    ],
    expiresAt,
  });
  expect(data.createSecret.secret).toMatchObject({
    name: 'whole',
    description: 'For tests.\nTwo lines.',
    version: 1,
    tags: [{ id: 'env:prod' }, { id: 'team:shipping' }],
    viewerAccess: ['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'],
    deletedAt: null,
  });
  expect(new Date(data.createSecret.secret.expiresAt)).toEqual(new Date(expiresAt));
  expect(data.createSecret.secret.id).toMatch(/^sec_[0-9a-f]{32}$/);
  expect((await read(w.admin, 'whole')).data.secret).toMatchObject({ value: '***', version: 1 });
  expect(await versions(w.admin, 'whole')).toEqual([{ number: 1, destroyedAt: null }]);
});

describe('rules for the name of a new secret', () => {
  test.each([
    'a',
    '_',
    '-',
    '0',
    'post_office_username',
    'A-Z_09',
    'x'.repeat(255),
    '__proto__',
    'constructor',
    'null',
  ])('createSecret accepts the name %j', async (name) => {
    const { id } = await w.secret(name);
    expect((await read(w.admin, name)).data.secret).toMatchObject({ id, name });
  });

  test.each(['', ' ', 'a b', 'a.b', 'a/b', 'a:b', 'é', 'a\n', '\u0000', '$x', 'x'.repeat(256)])(
    'createSecret rejects the name %j',
    async (name) => {
      expect(refusals(await create(w.admin, { name, value: sentinel() }))).toEqual([
        { code: 'BAD_USER_INPUT', path: 'createSecret', field: 'input.name' },
      ]);
      expect((await read(w.admin, name)).data.secret).toBeNull();
    },
  );

  test('two secrets may have names that differ only in upper and lower case', async () => {
    const [lower, upper] = [await w.secret('case'), await w.secret('CASE')];
    expect(await w.reveal(w.admin, 'case')).toBe(lower.value);
    expect(await w.reveal(w.admin, 'CASE')).toBe(upper.value);
  });

  test('createSecret rejects the name of an existing secret, visible or hidden, and leaves the existing secret unchanged', async () => {
    const ann = await w.user('ann', { roles: ['USER'] });
    const { value } = await w.secret('taken');
    for (const who of [w.admin, ann]) {
      expect(refusals(await create(who, { name: 'taken', value: sentinel() }))).toEqual([
        { code: 'NAME_TAKEN', path: 'createSecret', field: 'input.name' },
      ]);
    }
    expect(await w.reveal(w.admin, 'taken')).toBe(value);
    expect(await w.sees(ann, 'taken')).toBe(false);
  });

  test('if several callers create a secret with the same name at once, exactly one caller succeeds', async () => {
    const values = Array.from({ length: 6 }, () => sentinel());
    const answers = await Promise.all(values.map((value) => create(w.admin, { name: 'rush', value })));
    const winners = values.filter((_, i) => answers[i]?.errors.length === 0);
    expect(winners).toHaveLength(1);
    expect(answers.flatMap((answer) => answer.errors.map((error) => error.extensions.code))).toEqual(
      Array(5).fill('NAME_TAKEN'),
    );
    expect(await w.reveal(w.admin, 'rush')).toBe(winners[0]);
  });

  test('after a secret is deleted, a new secret can have its name', async () => {
    const first = await w.secret('reused');
    await remove(w.admin, 'reused');
    const second = await w.secret('reused');
    expect(second.id).not.toBe(first.id);
    expect(await w.reveal(w.admin, 'reused')).toBe(second.value);
    expect(await versions(w.admin, 'reused')).toHaveLength(1);
  });
});

describe('tags of a new secret', () => {
  test('createSecret accepts 50 tags, and stores each tag once', async () => {
    const { data } = await create(w.admin, { name: 'fifty', value: sentinel(), tags: manyTags(50) });
    expect(data.createSecret.secret.tags).toHaveLength(50);
    const twice = await create(w.admin, { name: 'twice', value: sentinel(), tags: [...manyTags(2), ...manyTags(2)] });
    expect(twice.data.createSecret.secret.tags).toEqual([{ id: 'n:0' }, { id: 'n:1' }]);
  });

  test('createSecret rejects a list of 51 tags', async () => {
    const answer = await create(w.admin, { name: 'fifty-one', value: sentinel(), tags: manyTags(51) });
    expect(refusals(answer)).toEqual([{ code: 'BAD_USER_INPUT', path: 'createSecret', field: 'input.tags' }]);
    expect(await w.sees(w.admin, 'fifty-one')).toBe(false);
  });

  test.each([
    [{ key: 'a:b', value: 'x' }, 'input.tags.0.key'],
    [{ key: '', value: 'x' }, 'input.tags.0.key'],
    [{ key: ' a', value: 'x' }, 'input.tags.0.key'],
    [{ key: 'k'.repeat(101), value: 'x' }, 'input.tags.0.key'],
    [{ key: 'a', value: '' }, 'input.tags.0.value'],
    [{ key: 'a', value: 'x\n' }, 'input.tags.0.value'],
    [{ key: 'a', value: '\u0000' }, 'input.tags.0.value'],
    [{ key: 'a', value: 'v'.repeat(256) }, 'input.tags.0.value'],
  ])('createSecret rejects the tag %j', async (bad, field) => {
    const answer = await create(w.admin, { name: 'bad-tag', value: sentinel(), tags: [bad] });
    expect(refusals(answer)).toEqual([{ code: 'BAD_USER_INPUT', path: 'createSecret', field }]);
  });

  test('the value of a tag may contain a colon', async () => {
    await create(w.admin, { name: 'colon', value: sentinel(), tags: [{ key: 'arn', value: 'aws:iam::1' }] });
    const { secret } = await w.admin.get('{ secret(name: "colon") { tags { id key value } } }');
    expect(secret.tags).toEqual([{ id: 'arn:aws:iam::1', key: 'arn', value: 'aws:iam::1' }]);
  });
});

test('a secret that is created with an expiry in the past is expired immediately', async () => {
  for (const [i, by] of [{ seconds: -1 }, { days: -400 }].entries()) {
    await w.secret(`late-${i}`, { expiresAt: w.clock.in(by) });
    expect(await w.sees(w.admin, `late-${i}`)).toBe(true);
    expect(await w.reveal(w.admin, `late-${i}`)).toBe('EXPIRED');
  }
});

test('createSecret accepts a description of at most 2,000 characters', async () => {
  const long = 'd'.repeat(2_000);
  expect((await create(w.admin, { name: 'long', value: sentinel(), description: long })).code).toBeUndefined();
  expect(refusals(await create(w.admin, { name: 'longer', value: sentinel(), description: `${long}d` }))).toEqual([
    { code: 'BAD_USER_INPUT', path: 'createSecret', field: 'input.description' },
  ]);
});

describe('permission to create a secret', () => {
  test.each(['USER', 'METADATA_MANAGER'] as const)('a caller with the role %s can create any secret', async (role) => {
    const who = await w.user(`by-${role}`, { roles: [role] });
    expect((await create(who, { name: `of-${role}`, value: sentinel() })).code).toBeUndefined();
  });

  test.each(['AUDITOR', 'USER_READ_ONLY', 'WORKFLOW_MANAGER', 'WORKER', 'APPLICATION_MANAGER'] as const)(
    'a caller with only %s cannot create a secret',
    async (role) => {
      const who = await w.user(`by-${role}`, { roles: [role] });
      expect(refusals(await create(who, { name: `of-${role}`, value: sentinel() }))).toEqual([
        { code: 'FORBIDDEN', path: 'createSecret', field: 'input.name' },
      ]);
      expect(await w.sees(w.admin, `of-${role}`)).toBe(false);
    },
  );

  test('a caller with CREATE on a name can create a secret with this name', async () => {
    const who = await w.user('creates-by-name');
    await w.grant(who.id, 'CREATE', 'mine');
    expect((await create(who, { name: 'not-mine', value: sentinel() })).code).toBe('FORBIDDEN');
    const value = sentinel();
    expect((await create(who, { name: 'mine', value })).code).toBeUndefined();
    expect(await w.reveal(who, 'mine')).toBe(value);
  });

  test('a caller with CREATE on a tag, directly or through a group, can create a secret with this tag', async () => {
    const who = await w.user('creates-by-tag');
    const group = await w.group('creators', [who.id]);
    await w.grant(group, 'CREATE', 'area:docks');
    const tags = [
      { key: 'area', value: 'docks' },
      { key: 'area', value: 'yard' },
    ];
    expect((await create(who, { name: 'dock-0', value: sentinel() })).code).toBe('FORBIDDEN');
    expect((await create(who, { name: 'dock-0', value: sentinel(), tags: tags.slice(1) })).code).toBe('FORBIDDEN');
    expect((await create(who, { name: 'dock-0', value: sentinel(), tags })).code).toBeUndefined();
  });

  test('an expired or revoked grant of CREATE does not allow creating a secret', async () => {
    const who = await w.user('creates-no-more');
    await w.grant(who.id, 'CREATE', 'soon', { expiresAt: w.clock.in({ minutes: 5 }) });
    w.clock.advance({ minutes: 6 });
    expect((await create(who, { name: 'soon', value: sentinel() })).code).toBe('FORBIDDEN');
    await w.grant(who.id, 'CREATE', 'again');
    await w.revoke(who.id, 'again');
    expect((await create(who, { name: 'again', value: sentinel() })).code).toBe('FORBIDDEN');
  });

  test('READ, UPDATE, DELETE and EXECUTE on a name do not allow a caller to create a secret with this name', async () => {
    const who = await w.user('creates-not-by-others');
    await w.grant(who.id, ['READ', 'UPDATE', 'DELETE', 'EXECUTE'], 'other');
    expect((await create(who, { name: 'other', value: sentinel() })).code).toBe('FORBIDDEN');
  });

  test('if a caller may not create secrets, createSecret gives the same answer for a free name as for a taken name', async () => {
    const who = await w.user('creates-nothing');
    await w.secret('there');
    const [there, free] = [
      await create(who, { name: 'there', value: sentinel() }),
      await create(who, { name: 'free', value: sentinel() }),
    ];
    expect(there.text).toBe(free.text);
    expect(there.code).toBe('FORBIDDEN');
  });
});

test('the creator of a secret receives all five accesses through a grant that is visible and revocable', async () => {
  const ann = await w.user('ann-the-creator', { roles: ['USER'] });
  await w.secret('anns', { by: ann });
  const { permissions } = await ann.get(
    '{ permissions(target: { secret: "anns" }) { nodes { subject { ... on User { id } } access expiresAt } } }',
  );
  expect(permissions.nodes).toEqual([
    { subject: { id: ann.id }, access: ['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'], expiresAt: null },
  ]);
  await w.revoke(ann.id, 'anns', ['READ', 'DELETE']);
  expect(await w.reveal(ann, 'anns')).toBe('FORBIDDEN');
  expect((await read(ann, 'anns')).data.secret.viewerAccess).toEqual(['CREATE', 'UPDATE', 'EXECUTE']);
  await w.revoke(ann.id, 'anns');
  expect(await w.sees(ann, 'anns')).toBe(false);
  expect(await w.sees(w.admin, 'anns')).toBe(true);
});

test('if creating a secret is refused, the database stores nothing', async () => {
  const who = await w.user('leaves-nothing');
  const counted = () =>
    w.database.query(
      'SELECT (SELECT count(*) FROM secrets) s, (SELECT count(*) FROM secret_versions) v, (SELECT count(*) FROM permissions) p, (SELECT count(*) FROM secret_tags) t',
    );
  const before = await counted();
  await create(who, { name: 'nothing', value: sentinel(), tags: manyTags(3) });
  await create(w.admin, { name: 'taken', value: sentinel(), tags: manyTags(3) });
  expect(await counted()).toEqual(before);
});
