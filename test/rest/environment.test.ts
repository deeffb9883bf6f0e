import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf } from '../audit/events.ts';
import { create } from '../secrets/operations.ts';
import { type RestClient, restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeUser, type World, world } from '../support/world.ts';
import { grantOnResource, someRole } from './resource-grants.ts';

let w: World;
let admin: RestClient;
let manager: SomeUser;
let asManager: RestClient;
/** A user who has no roles. */
let nobody: SomeUser;
let asNobody: RestClient;
beforeAll(async () => {
  w = await world();
  admin = restClient(w.url, w.admin.token);
  manager = await w.user('manager', { roles: ['METADATA_MANAGER'] });
  asManager = restClient(w.url, manager.token);
  nobody = await w.user('nobody');
  asNobody = restClient(w.url, nobody.token);
});
afterAll(() => w.close());

const TEXT = { 'content-type': 'text/plain' };
const JSON_TYPE = { 'content-type': 'application/json' };
const set = (who: RestClient, name: string, value: string = sentinel(), headers: Record<string, string> = TEXT) =>
  who.send('PUT', `/environment/${name}`, value, { headers });
const read = (who: RestClient, name: string) => who.send('GET', `/environment/${name}`, undefined, { revealing: true });
const unset = (who: RestClient, name: string) =>
  who.send('DELETE', `/environment/${name}`, undefined, { revealing: true });
const list = async (who: RestClient): Promise<{ name: string; value: string; tags: object[] }[]> =>
  (await who.send('GET', '/environment', undefined, { revealing: true })).json;
const tagsOf = (who: RestClient, name: string) => who.send('GET', `/environment/${name}/tags`);
const tag = (who: RestClient, name: string, ...tags: string[]) =>
  who.send('PUT', `/environment/${name}/tags`, tags.map(pair));
const untag = (who: RestClient, name: string, ...tags: string[]) =>
  who.send('DELETE', `/environment/${name}/tags`, tags.map(pair));
const pair = (text: string) => ({
  key: text.slice(0, text.indexOf(':')),
  value: text.slice(text.indexOf(':') + 1),
});
const grant = (subject: string, access: string[], name: string, options = {}) =>
  grantOnResource(w, subject, access, { kind: 'ENV_VARIABLE', name }, options);

let serial = 0;
const fresh = (prefix = 'fresh') => `${prefix}_${++serial}`;

describe('values of environment variables through REST', () => {
  const VALUES = {
    plain: 'http://post.example:8080/?a=b&c=d',
    empty: '',
    spaces: '  \t\r\n  ',
    quoted: '"quoted"',
    quotes: `it's "so"`,
    backslashes: '\\n \\u0041 \\\\',
    emoji: '🔑 clé 鍵 \u{1F468}\u200D\u{1F469}',
    bom: '\ufeffbegins with one',
    json: '{"a": {"b": [1, 2.50, null]}}',
    number: '123',
    control: '\u0001\u001b[31m\u007f',
    longest: 'x'.repeat(65_535),
    'longest-of-4-bytes': '🔑'.repeat(65_535),
  };

  test.each(Object.entries(VALUES))(
    'an environment variable preserves a value in plain text: %s',
    async (name, value) => {
      const put = await set(admin, `t_${name}`, value, { 'content-type': 'text/plain; charset=utf-8' });
      expect([put.status, put.text, put.headers.get('content-length')]).toEqual([200, '', '0']);
      const response = await fetch(`${w.url}/api/environment/t_${name}`, {
        headers: { 'x-authorization': w.admin.token ?? '', accept: 'application/json' },
      });
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.from(value))).toBe(true);
      expect((await list(admin)).find((one) => one.name === `t_${name}`)).toEqual({ name: `t_${name}`, value });
    },
  );

  test.each(Object.entries(VALUES))(
    'an environment variable preserves a value in a JSON string: %s',
    async (name, value) => {
      expect((await set(admin, `j_${name}`, JSON.stringify(value), JSON_TYPE)).status).toBe(200);
      expect((await list(admin)).find((one) => one.name === `j_${name}`)?.value).toBe(value);
    },
  );

  test.each(['{"a": {"b": [1, 2.50, null]}}', '123', 'not JSON', '"half'])(
    'if the JSON body is not a string, the gateway stores the body unchanged as the value of the environment variable: %s',
    async (body) => {
      const name = fresh('raw');
      expect((await set(admin, name, body, JSON_TYPE)).status).toBe(200);
      expect((await read(admin, name)).text).toBe(body);
    },
  );

  test.each([
    ['a NUL', 'a\0b', TEXT],
    ['a NUL in JSON', '"a\\u0000b"', JSON_TYPE],
    ['one character too many', 'x'.repeat(65_536), TEXT],
    ['half a character', '"\\ud800"', JSON_TYPE],
  ])(
    'the gateway rejects a value with %s for an environment variable, and does not store the value',
    async (_, body, headers) => {
      const name = fresh('refused');
      const { status, json } = await set(admin, name, body, headers);
      expect({ status, code: json.code, path: json.validationErrors?.[0].path }).toEqual({
        status: 400,
        code: 'BAD_USER_INPUT',
        path: 'value',
      });
      expect((await read(admin, name)).status).toBe(404);
    },
  );

  test('the gateway rejects a value for an environment variable that is not UTF-8', async () => {
    const name = fresh('bytes');
    const { status } = await admin.send('PUT', `/environment/${name}`, new Uint8Array([0xc3, 0x28]), { headers: TEXT });
    expect(status).toBe(400);
    expect((await read(admin, name)).status).toBe(404);
  });

  test('a new value of an environment variable replaces the earlier value, and deleting the variable returns the value', async () => {
    const name = fresh();
    await set(admin, name, 'first');
    await set(asManager, name, 'second');
    expect((await read(admin, name)).text).toBe('second');
    const gone = await unset(asManager, name);
    expect([gone.status, gone.text, gone.headers.get('content-type')]).toEqual([
      200,
      'second',
      'text/plain; charset=utf-8',
    ]);
  });
});

describe('names of environment variables in REST paths', () => {
  test.each([
    ['a dot', 'a.b'],
    ['a space', 'a%20b'],
    ['a colon', 'a:b'],
    ['a slash', 'a%2Fb'],
    ['a NUL', '%00'],
    ['an accent', 'caf%C3%A9'],
    ['256 characters', 'n'.repeat(256)],
    ['5,000 characters', 'n'.repeat(5_000)],
  ])(
    'a request for an environment variable with an invalid name fails, or its answer is empty: %s',
    async (_, name) => {
      for (const answer of [await set(admin, name), await unset(admin, name), await tag(admin, name, 'a:b')]) {
        expect(answer.status).toBe(400);
        expect(answer.json.validationErrors[0].path).toBe('key');
      }
      expect((await read(admin, name)).status).toBe(404);
      expect((await tagsOf(admin, name)).status).toBe(404);
    },
  );

  test('the name of an environment variable may have 255 characters and is case-sensitive', async () => {
    const long = 'N'.repeat(255);
    await set(admin, long, 'capital');
    await set(admin, long.toLowerCase(), 'small');
    expect((await read(admin, long)).text).toBe('capital');
    expect((await read(admin, long.toLowerCase())).text).toBe('small');
  });

  test('the error about a missing environment variable contains the name of the variable', async () => {
    const calls = [
      read(admin, 'absent'),
      unset(admin, 'absent'),
      tagsOf(admin, 'absent'),
      tag(admin, 'absent', 'a:b'),
      untag(admin, 'absent', 'a:b'),
    ];
    for (const { status, json } of await Promise.all(calls)) {
      expect({ status, code: json.code }).toEqual({ status: 404, code: 'NOT_FOUND' });
      expect(json.message).toContain('absent');
    }
  });

  test('the path of an environment variable refuses every undocumented method', async () => {
    const { status, headers } = await admin.send('POST', '/environment/absent', {});
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT, DELETE']);
    expect((await admin.send('GET', '/environment/a/b/c')).status).toBe(404);
  });
});

describe('permission to read environment variables', () => {
  /** One environment variable for each kind of grant, and whether the grant allows reading the variable. */
  const WAYS = {
    m_read: true,
    m_execute: true,
    m_all: true,
    m_by_group: true,
    m_by_tag: true,
    m_by_tag_execute: true,
    m_by_tag_of_group: true,
    m_until_later: true,
    m_tag_until_later: true,
    m_update_delete_create: false,
    m_tag_update: false,
    m_expired: false,
    m_tag_expired: false,
    m_ended: false,
    m_untagged_again: false,
    m_to_another: false,
    m_to_a_group_left: false,
    m_to_a_role: false,
    m_other_kind: false,
    m_as_secret: false,
    m_ungranted: false,
  };
  const names = Object.keys(WAYS);
  const readable = Object.entries(WAYS).flatMap(([name, may]) => (may ? name : []));
  const people: Record<string, RestClient> = {};
  const expected: Record<string, string[]> = {};

  beforeAll(async () => {
    for (const name of names) await set(admin, name, `value of ${name}`);
    for (const name of names.filter((one) => one.includes('tag'))) await tag(admin, name, `way:${name}`);
    await grant((await w.user('another')).id, ['READ'], 'm_to_another');
    await grant(await someRole(w, 'ENGINE_ROLE'), ['READ', 'EXECUTE'], 'm_to_a_role');

    for (const kind of ['user', 'application'] as const) {
      const who = kind === 'user' ? await w.user('reader') : await w.application('reader');
      const group = await w.group(`readers-${kind}`, [who.id]);
      const left = await w.group(`left-${kind}`, [who.id]);
      await grant(who.id, ['READ'], 'm_read');
      await grant(who.id, ['EXECUTE'], 'm_execute');
      await grant(who.id, ['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'], 'm_all');
      await grant(group, ['READ'], 'm_by_group');
      await w.grant(who.id, 'READ', 'way:m_by_tag');
      await w.grant(who.id, 'EXECUTE', 'way:m_by_tag_execute');
      await w.grant(group, 'READ', 'way:m_by_tag_of_group');
      await grant(who.id, ['READ'], 'm_until_later', { expiresAt: w.clock.in({ days: 30 }) });
      await w.grant(who.id, 'READ', 'way:m_tag_until_later', { expiresAt: w.clock.in({ days: 30 }) });
      await grant(who.id, ['CREATE', 'UPDATE', 'DELETE'], 'm_update_delete_create');
      await w.grant(who.id, ['CREATE', 'UPDATE', 'DELETE'], 'way:m_tag_update');
      await grant(who.id, ['READ'], 'm_expired', { expiresAt: w.clock.in({ minutes: 5 }) });
      await w.grant(who.id, 'READ', 'way:m_tag_expired', { expiresAt: w.clock.in({ minutes: 5 }) });
      await grant(who.id, ['READ'], 'm_ended', { ended: true });
      await w.grant(who.id, 'READ', 'way:m_untagged_again');
      await grant(left, ['READ'], 'm_to_a_group_left');
      await grantOnResource(w, who.id, ['READ'], { kind: 'WORKFLOW_DEF', name: 'm_other_kind' });
      await w.grant(who.id, 'READ', 'm_as_secret');
      await w.admin.get(
        'mutation ($g: ID!, $p: [ID!]!) { removeGroupMembers(groupId: $g, principalIds: $p) { group { id } } }',
        { g: left, p: [who.id] },
      );
      people[kind] = restClient(w.url, who.token);
      expected[kind] = readable;
    }
    await untag(admin, 'm_untagged_again', 'way:m_untagged_again');
    w.clock.advance({ minutes: 6 });

    const member = await w.user('member');
    await w.group('metadata', [member.id], { roles: ['METADATA_MANAGER'] });
    people['metadata by group'] = restClient(w.url, member.token);
    for (const [name, role] of [
      ['auditor', 'AUDITOR'],
      ['plain', 'USER'],
      ['worker', 'WORKER'],
      ['read-only', 'USER_READ_ONLY'],
      ['app-manager', 'APPLICATION_MANAGER'],
    ] as const) {
      people[name] = restClient(w.url, (await w.user(`m-${name}`, { roles: [role] })).token);
      expected[name] = [];
    }
    Object.assign(people, { admin, manager: asManager, nobody: asNobody });
    Object.assign(expected, { admin: names, manager: names, 'metadata by group': names, nobody: [] });
  });

  const sorted = (all: string[] = []) => [...all].sort();

  test('for each caller, the list of environment variables shows exactly those variables that the caller can read individually', async () => {
    expect(Object.keys(people).length).toBe(11);
    for (const [name, who] of Object.entries(people)) {
      const listed = (await list(who)).filter((one) => one.name in WAYS);
      expect({ name, listed: listed.map((one) => one.name) }).toEqual({ name, listed: sorted(expected[name]) });
      for (const one of listed) expect(one.value).toBe(`value of ${one.name}`);

      const answers = await Promise.all(
        names.map(async (one) => ({ one, read: await read(who, one), tags: await tagsOf(who, one) })),
      );
      const shown = answers.filter(({ read: { status } }) => status === 200);
      expect({ name, shown: sorted(shown.map(({ one }) => one)) }).toEqual({ name, shown: sorted(expected[name]) });
      for (const { one, read: answer, tags } of answers) {
        expect([200, 404]).toContain(answer.status);
        expect(tags.status).toBe(answer.status);
        if (answer.status === 200) expect(answer.text).toBe(`value of ${one}`);
        else expect(answer.text).not.toContain('value of');
      }
    }
  });

  test('the gateway gives the same answer for a hidden environment variable as for a missing one', async () => {
    const hidden = await read(asNobody, 'm_ungranted');
    const missing = await read(asNobody, 'm_missing');
    expect(hidden.status).toBe(404);
    const described = (answer: typeof hidden) => ({ ...answer.json, instance: '' });
    expect(described(hidden)).toEqual({
      ...described(missing),
      message: missing.json.message.replace('m_missing', 'm_ungranted'),
    });
  });

  test('after the grant is revoked or expires, or the tag is removed, a caller can no longer read the environment variable', async () => {
    const who = await w.user('for-a-while');
    const as = restClient(w.url, who.token);
    const [byTag, byName] = [fresh('while'), fresh('while')];
    await set(admin, byTag);
    await set(admin, byName);
    await tag(admin, byTag, 'while:tagged');
    await w.grant(who.id, 'READ', 'while:tagged');
    await grant(who.id, ['READ'], byName, { expiresAt: w.clock.in({ minutes: 5 }) });
    expect((await list(as)).map((one) => one.name)).toEqual([byTag, byName]);
    await untag(admin, byTag, 'while:tagged');
    expect((await read(as, byTag)).status).toBe(404);
    expect((await list(as)).map((one) => one.name)).toEqual([byName]);
    w.clock.advance({ minutes: 6 });
    expect((await read(as, byName)).status).toBe(404);
    expect(await list(as)).toEqual([]);
  });

  test('a REST request can grant and revoke access to read an environment variable', async () => {
    const who = await w.user('granted-by-rest');
    const as = restClient(w.url, who.token);
    const name = fresh('rest');
    await set(admin, name, 'by REST');
    const body = {
      subject: { type: 'USER', id: who.name },
      target: { type: 'ENV_VARIABLE', id: name },
      access: ['EXECUTE'],
    };
    expect((await read(as, name)).status).toBe(404);
    expect((await admin.send('POST', '/auth/authorization', body)).status).toBe(200);
    expect((await read(as, name)).text).toBe('by REST');
    expect((await admin.send('DELETE', '/auth/authorization', body)).status).toBe(200);
    expect((await read(as, name)).status).toBe(404);
    const toRole = {
      subject: { type: 'ROLE', id: 'WORKER' },
      target: { type: 'ENV_VARIABLE', id: name },
      access: ['READ'],
    };
    expect((await admin.send('POST', '/auth/authorization', toRole)).status).toBe(200);
    const worker = restClient(w.url, (await w.application('a-worker', { roles: ['WORKER'] })).token);
    expect((await read(worker, name)).status).toBe(404);
    expect(await list(worker)).toEqual([]);
  });

  test('an unauthenticated caller cannot read any environment variable', async () => {
    const stranger = restClient(w.url, undefined);
    expect((await read(stranger, 'm_read')).status).toBe(401);
    expect((await set(stranger, 'm_read')).status).toBe(401);
    expect((await stranger.send('GET', '/environment')).status).toBe(401);
  });
});

describe('permission to write environment variables', () => {
  test('only ADMIN and METADATA_MANAGER can write environment variables, whether they exist or not, and no grant allows writing them', async () => {
    const name = fresh('writes');
    await set(asManager, name, 'unchanged');
    const granted = await w.user('granted');
    await grant(granted.id, ['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'], name);
    const auditor = await w.user('auditor', { roles: ['AUDITOR', 'USER', 'WORKFLOW_MANAGER', 'APPLICATION_MANAGER'] });
    const application = await w.application('writer', { roles: ['METADATA_API', 'WORKER'] });
    for (const { token } of [granted, auditor, application, nobody]) {
      const who = restClient(w.url, token);
      for (const one of [name, 'not_there']) {
        const answers = [
          await set(who, one),
          await unset(who, one),
          await tag(who, one, 'a:b'),
          await untag(who, one, 'a:b'),
        ];
        expect(answers.map(({ status, json }) => [status, json.code])).toEqual(Array(4).fill([403, 'FORBIDDEN']));
        expect(new Set(answers.map(({ json }) => json.message)).size).toBe(1);
      }
    }
    expect((await read(admin, name)).text).toBe('unchanged');
    expect((await tagsOf(admin, name)).json).toEqual([]);
    expect((await read(admin, 'not_there')).status).toBe(404);
  });

  test('an application can write environment variables after an administrator gives the application the required role', async () => {
    const application = restClient(w.url, (await w.application('metadata', { roles: ['METADATA_MANAGER'] })).token);
    const name = fresh();
    expect((await set(application, name, 'by an application')).status).toBe(200);
    expect((await unset(application, name)).text).toBe('by an application');
  });
});

describe('tags of environment variables', () => {
  test('the gateway adds or replaces tags of an environment variable by tag key, removes them by tag key and value, and lists them with the variable', async () => {
    const name = fresh('tagged');
    await set(admin, name, 'v');
    expect((await tag(asManager, name, 'env:prod', 'env:test', 'team:a')).text).toBe('');
    expect((await tagsOf(admin, name)).json).toEqual(['env:prod', 'env:test', 'team:a'].map(pair));
    await tag(admin, name, 'env:dev', 'owner:ann');
    const tags = ['env:dev', 'owner:ann', 'team:a'].map(pair);
    expect((await tagsOf(admin, name)).json).toEqual(tags);
    expect((await list(admin)).find((one) => one.name === name)).toEqual({ name, value: 'v', tags });
    await untag(admin, name, 'env:prod', 'team:a', 'owner:somebody');
    expect((await tagsOf(admin, name)).json).toEqual(['env:dev', 'owner:ann'].map(pair));
  });

  test('the body of a request for tags of an environment variable may be a single tag or an empty list', async () => {
    const name = fresh('tagged');
    await set(admin, name);
    await admin.send('PUT', `/environment/${name}/tags`, { key: 'a', value: 'b', type: 'METADATA' });
    await admin.send('PUT', `/environment/${name}/tags`, []);
    await admin.send('DELETE', `/environment/${name}/tags`, []);
    expect((await tagsOf(admin, name)).json).toEqual([{ key: 'a', value: 'b' }]);
    await admin.send('DELETE', `/environment/${name}/tags`, { key: 'a', value: 'b' });
    expect((await tagsOf(admin, name)).json).toEqual([]);
  });

  test('deleting an environment variable removes its tags, and grants on its name apply to a later variable with the same name', async () => {
    const name = fresh('again');
    const [byName, byTag] = [await w.user('by-name'), await w.user('by-tag')];
    await set(admin, name, 'first');
    await tag(admin, name, 'again:yes');
    await grant(byName.id, ['READ'], name);
    await w.grant(byTag.id, 'READ', 'again:yes');
    expect((await read(restClient(w.url, byTag.token), name)).text).toBe('first');
    await unset(admin, name);
    expect((await list(restClient(w.url, byName.token))).length).toBe(0);
    await set(admin, name, 'second');
    expect((await tagsOf(admin, name)).json).toEqual([]);
    expect((await read(restClient(w.url, byTag.token), name)).status).toBe(404);
    expect((await read(restClient(w.url, byName.token), name)).text).toBe('second');
  });
});

describe('an environment variable and a secret with the same name or tag', () => {
  const ALL = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'];

  test('a grant on an environment variable or on its tag gives no access to the secret with the same name', async () => {
    const who = await w.user('of-the-variable');
    const as = restClient(w.url, who.token);
    await w.secret('twin');
    await w.secret('twin_tagged', { tags: ['other:tag'] });
    await set(admin, 'twin', 'configuration');
    await set(admin, 'twin_tagged', 'configuration');
    await tag(admin, 'twin_tagged', 'twin:tag');
    await grant(who.id, ALL, 'twin');
    await w.grant(who.id, 'READ', 'twin:tag');
    expect((await list(as)).map((one) => one.name)).toEqual(['twin', 'twin_tagged']);

    for (const name of ['twin', 'twin_tagged']) {
      expect(await w.sees(who, name)).toBe(false);
      expect(await w.reveal(who, name)).toBeNull();
      expect((await as.send('GET', `/secrets/${name}`)).status).toBe(404);
      expect((await as.send('GET', `/secrets/${name}/exists`)).json).toBe(false);
      expect((await as.send('PUT', `/secrets/${name}`, sentinel(), { headers: TEXT })).status).not.toBe(200);
      expect((await as.send('PUT', `/secrets/${name}/tags`, [pair('a:b')])).status).toBe(404);
      expect((await as.send('DELETE', `/secrets/${name}`)).status).toBe(500);
    }
    expect((await as.send('GET', '/secrets')).json).toEqual([]);
    expect((await as.send('POST', '/secrets')).json).toEqual([]);
  });

  test('CREATE on an environment variable does not allow a caller to create the secret with the same name', async () => {
    const who = await w.user('creates');
    await grant(who.id, ALL, 'not_made');
    const { code } = await create(who, { name: 'not_made', value: sentinel() });
    expect(code).toBe('FORBIDDEN');
  });

  test('a caller who adds tags to environment variables gains no access to a secret with the same name', async () => {
    await w.secret('untouched', { tags: ['mine:no'] });
    await w.grant(manager.id, ['READ', 'UPDATE'], 'mine:yes');
    await set(asManager, 'untouched');
    expect((await tag(asManager, 'untouched', 'mine:yes')).status).toBe(200);
    expect(await w.sees(manager, 'untouched')).toBe(false);
    expect(await w.reveal(manager, 'untouched')).toBeNull();
    expect((await asManager.send('PUT', '/secrets/untouched/tags', [pair('mine:yes')])).status).toBe(404);
  });

  test('a grant on a secret gives no access to the environment variable with the same name', async () => {
    const who = await w.user('of-the-secret');
    await w.secret('sibling', { tags: ['sibling:tag'] });
    await set(admin, 'sibling');
    await w.grant(who.id, ['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'], 'sibling');
    await w.grant(who.id, 'READ', 'sibling:tag');
    expect(await w.sees(who, 'sibling')).toBe(true);
    expect(await list(restClient(w.url, who.token))).toEqual([]);
    expect((await read(restClient(w.url, who.token), 'sibling')).status).toBe(404);
  });
});

describe('audit events about environment variables', () => {
  test('the audit log contains changes of environment variables and refused requests, and never a value', async () => {
    const [name, value, next] = [fresh('audited'), sentinel(), sentinel()];
    await set(admin, name, value);
    await set(asManager, name, next);
    await tag(admin, name, 'env:prod');
    await tag(admin, name, 'env:test', 'team:a');
    await untag(admin, name, 'team:a', 'team:b');
    await set(asNobody, name, sentinel());
    await unset(asNobody, name);
    await unset(admin, name);
    await unset(admin, name);
    const events = (await eventsOf(w.admin)).filter((event) => event.subject?.name === name).reverse();
    expect(events.map(({ action, outcome, changes }) => [action, outcome, changes])).toEqual([
      ['ENV_VARIABLE_SET', 'DONE', { created: true }],
      ['ENV_VARIABLE_SET', 'DONE', { created: false }],
      ['RESOURCE_TAG', 'DONE', { tags: ['env:prod'] }],
      ['RESOURCE_UNTAG', 'DONE', { tags: ['env:prod'] }],
      ['RESOURCE_TAG', 'DONE', { tags: ['env:test', 'team:a'] }],
      ['RESOURCE_UNTAG', 'DONE', { tags: ['team:a'] }],
      ['ENV_VARIABLE_SET', 'REFUSED', { code: 'FORBIDDEN' }],
      ['ENV_VARIABLE_DELETE', 'REFUSED', { code: 'FORBIDDEN' }],
      ['ENV_VARIABLE_DELETE', 'DONE', null],
      ['ENV_VARIABLE_DELETE', 'REFUSED', { code: 'NOT_FOUND' }],
    ]);
    for (const { subject } of events) expect(subject).toEqual({ kind: 'RESOURCE', id: 'ENV_VARIABLE', name });
    for (const secret of [value, next]) {
      expect(JSON.stringify(events)).not.toContain(secret);
      expect(w.logged()).not.toContain(secret);
    }
  });
});

describe('concurrent writes of an environment variable', () => {
  test('if many callers concurrently write a new environment variable, all requests succeed, and one value remains', async () => {
    const name = fresh('contested');
    const values = Array.from({ length: 12 }, (_, i) => `value ${i}`);
    const answers = await Promise.all(values.map((value) => set(admin, name, value)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(values).toContain((await read(admin, name)).text);
    const made = (await eventsOf(w.admin)).filter(
      (event) => event.subject?.name === name && event.changes?.created === true,
    );
    expect(made).toHaveLength(1);
  });

  test('if many callers concurrently delete an environment variable, exactly one request returns the value', async () => {
    const name = fresh('contested');
    await set(admin, name, 'the value');
    const answers = await Promise.all(Array.from({ length: 8 }, () => unset(admin, name)));
    expect(answers.filter(({ status }) => status === 200).map(({ text }) => text)).toEqual(['the value']);
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(7);
  });

  test('if many callers concurrently add tags with the same tag key to an environment variable, one of the tags remains', async () => {
    const name = fresh('contested');
    await set(admin, name);
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => tag(admin, name, `owner:${i}`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await tagsOf(admin, name)).json).toHaveLength(1);
  });

  test('tags that are added while an environment variable is deleted do not belong to the next variable with this name', async () => {
    for (let round = 0; round < 5; round += 1) {
      const name = fresh('contested');
      await set(admin, name);
      const answers = await Promise.all([
        ...Array.from({ length: 4 }, (_, i) => tag(admin, name, `round:${i}`)),
        unset(admin, name),
        ...Array.from({ length: 4 }, (_, i) => tag(admin, name, `round:${i}`)),
      ]);
      for (const { status } of answers) expect([200, 404]).toContain(status);
      await set(admin, name);
      expect((await tagsOf(admin, name)).json).toEqual([]);
    }
  });
});

test('a list of many environment variables is complete and ordered, for callers who may read all variables or only some variables', async () => {
  const { database, clock } = w;
  await database.query(
    `INSERT INTO environment_variables (id, name, value, created_at, updated_at)
     SELECT gen_random_uuid(), 'many-' || n, n::text, $1::timestamptz, $1::timestamptz FROM generate_series(1, 450) n`,
    [clock.now()],
  );
  const who = await w.user('reads-many');
  await database.query(
    `INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, access, valid_from)
     SELECT gen_random_uuid(), 'USER', u.id, 'ENV_VARIABLE', 'many-' || n, '{READ}', $1::timestamptz
     FROM generate_series(1, 450) n, users u WHERE u.username = 'reads-many' AND n % 2 = 0`,
    [clock.now()],
  );
  const all = Array.from({ length: 450 }, (_, i) => `many-${i + 1}`).sort();
  const listed = (await list(admin)).filter((one) => one.name.startsWith('many-'));
  expect(listed.map((one) => one.name)).toEqual(all);
  for (const { name, value } of listed) expect(name).toBe(`many-${value}`);
  expect((await list(restClient(w.url, who.token))).map((one) => one.name)).toEqual(
    all.filter((name) => Number(name.slice(5)) % 2 === 0),
  );
});
