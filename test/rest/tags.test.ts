import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RESOURCE_TYPES } from '../../src/access/resource-type.ts';
import type { EngineTasks } from '../../src/conductor/engine-tasks.ts';
import type { Incoming } from '../../src/http/exchange.ts';
import type { SignIn } from '../../src/identity/sign-in.ts';
import { restApi } from '../../src/rest/rest-api.ts';
import type { Sessions } from '../../src/session/session.ts';
import { eventsOf } from '../audit/events.ts';
import { remove as deleteSecret } from '../secrets/operations.ts';
import { type RestClient, restClient } from '../support/rest.ts';
import { type SomeApplication, type SomeUser, type World, world } from '../support/world.ts';
import { grantOnResource } from './resource-grants.ts';

let w: World;
let admin: RestClient;
/**
 * A user who may create applications. The user has access only to objects that the user created or on which the user
 * has a grant.
 */
let maker: SomeUser;
let asMaker: RestClient;
let manager: SomeUser;
let asManager: RestClient;
let nobody: SomeUser;
let asNobody: RestClient;
beforeAll(async () => {
  w = await world();
  admin = restClient(w.url, w.admin.token);
  maker = await w.user('maker', { roles: ['USER'] });
  asMaker = restClient(w.url, maker.token);
  manager = await w.user('manager', { roles: ['METADATA_MANAGER'] });
  asManager = restClient(w.url, manager.token);
  nobody = await w.user('nobody');
  asNobody = restClient(w.url, nobody.token);
});
afterAll(() => w.close());

const pair = (text: string) => ({
  key: text.slice(0, text.indexOf(':')),
  value: text.slice(text.indexOf(':') + 1),
});
const join = ({ key, value }: { key: string; value: string }) => `${key}:${value}`;
const APPLICATION = (id: string) => `/applications/${id}/tags`;
const WORKFLOW = (name: string) => `/metadata/workflow/${name}/tags`;
const TASK = (name: string) => `/metadata/task/${name}/tags`;
const put = (who: RestClient, path: string, ...tags: string[]) => who.send('PUT', path, tags.map(pair));
const post = (who: RestClient, path: string, tag: string) => who.send('POST', path, pair(tag));
const take = (who: RestClient, path: string, ...tags: string[]) => who.send('DELETE', path, tags.map(pair));
const tagsAt = async (who: RestClient, path: string): Promise<string[]> => (await who.send('GET', path)).json.map(join);

let serial = 0;
const fresh = (prefix = 'fresh') => `${prefix}-${++serial}`;

const makeApplication = async (who: { get: World['admin']['get'] }, name = fresh('app')): Promise<string> => {
  const { createApplication } = await who.get(
    'mutation ($i: CreateApplicationInput!) { createApplication(input: $i) { application { id } } }',
    { i: { name } },
  );
  return createApplication.application.id;
};
const deleteApplication = (id: string) =>
  w.admin.get('mutation ($id: ID!) { deleteApplication(id: $id) { id } }', { id });

describe('REST: tags of an application', () => {
  test('REST adds or replaces tags of an application by tag key, and removes them by tag key and tag value', async () => {
    const path = APPLICATION(await makeApplication(maker));
    expect(await tagsAt(asMaker, path)).toEqual([]);
    const answer = await put(asMaker, path, 'team:b', 'env:prod', 'env:test');
    expect([answer.status, answer.text]).toEqual([200, '']);
    await put(asMaker, path, 'env:dev');
    expect((await asMaker.send('GET', path)).json).toEqual([
      { key: 'env', value: 'dev' },
      { key: 'team', value: 'b' },
    ]);
    expect((await take(asMaker, path, 'env:prod', 'team:b')).status).toBe(200);
    expect(await tagsAt(asMaker, path)).toEqual(['env:dev']);
    await asMaker.send('DELETE', path, pair('env:dev'));
    expect(await tagsAt(asMaker, path)).toEqual([]);
  });

  test('callers who see an application see its tags, and managers of the application can change its tags', async () => {
    const application: SomeApplication = await w.application('tagged');
    const path = APPLICATION(application.id);
    await put(admin, path, 'who:admin');
    const others = await Promise.all([
      w.user('app-manager', { roles: ['APPLICATION_MANAGER'] }),
      w.user('auditor', { roles: ['AUDITOR'] }),
    ]);
    const [appManager, auditor, itself] = [...others, application].map(({ token }) => restClient(w.url, token));
    const tried = async (who: RestClient | undefined) => {
      const answers = await Promise.all([who!.send('GET', path), put(who!, path, 'who:else'), take(who!, path, 'a:b')]);
      return answers.map(({ status }) => status);
    };
    expect(await tried(auditor)).toEqual([200, 403, 403]);
    expect(await tried(itself)).toEqual([200, 403, 403]);
    for (const who of [asMaker, asManager, asNobody]) expect(await tried(who)).toEqual([404, 404, 404]);
    expect(await tagsAt(admin, path)).toEqual(['who:admin']);
    expect(await tried(appManager)).toEqual([200, 200, 200]);
    expect(await tagsAt(admin, path)).toEqual(['who:else']);
  });

  test.each([
    ['an id that never existed', `app_${'0'.repeat(32)}`],
    ['a malformed id', 'post'],
    ['an id of another kind', `usr_${'0'.repeat(32)}`],
    ['a NUL for an id', '%00'],
    ['a long text for an id', 'a'.repeat(5_000)],
  ])('a request for the tags of an application with %s fails with 404', async (_, id) => {
    const answers = [
      await admin.send('GET', APPLICATION(id)),
      await put(admin, APPLICATION(id), 'a:b'),
      await take(admin, APPLICATION(id), 'a:b'),
    ];
    for (const { status, json } of answers) {
      expect([status, json.code]).toEqual([404, 'NOT_FOUND']);
      expect(json.message).toContain(decodeURIComponent(id));
    }
  });

  test('the list of applications reads all tags with one database statement', async () => {
    const count = async () => {
      const before = w.database.statements();
      const { json } = await asMaker.send('GET', '/applications');
      return { json, statements: w.database.statements() - before };
    };
    const [first, second] = [await makeApplication(maker), await makeApplication(maker)];
    await put(asMaker, APPLICATION(first), 'b:2', 'a:1');
    const few = await count();
    const shown = (id: string) => few.json.find((one: { id: string }) => one.id === id).tags;
    expect([shown(first), shown(second)]).toEqual([['a:1', 'b:2'].map(pair), []]);
    expect((await asMaker.send('GET', `/applications/${first}`)).json.tags).toEqual(['a:1', 'b:2'].map(pair));
    for (let i = 0; i < 5; i += 1) await put(asMaker, APPLICATION(await makeApplication(maker)), `n:${i}`);
    expect((await count()).statements).toBe(few.statements);
  });

  test('deleting an application removes its tags', async () => {
    const id = await makeApplication(w.admin);
    await put(admin, APPLICATION(id), `gone:${id}`);
    expect(await carriers('APPLICATION', `gone:${id}`)).toEqual([id]);
    await deleteApplication(id);
    expect((await admin.send('GET', APPLICATION(id))).status).toBe(404);
    expect(await carriers('APPLICATION', `gone:${id}`)).toEqual([]);
    const [row] = await w.database.query<{ ended: boolean }>(
      'SELECT valid_to IS NOT NULL AS ended FROM resource_tags WHERE resource = $1',
      [id],
    );
    expect(row).toEqual({ ended: true });
  });
});

test('both REST paths for the tags of a task definition return the same tags', async () => {
  const name = fresh();
  const path = `/metadata/taskdefs/${name}/tags`;
  await admin.send('POST', path, [pair('a:b')]);
  await post(admin, TASK(name), 'c:d');
  expect(await tagsAt(asNobody, path)).toEqual(['a:b', 'c:d']);
  await take(admin, path, 'a:b');
  expect(await tagsAt(admin, TASK(name))).toEqual(['c:d']);
  await put(admin, path, 'e:f');
  expect(await tagsAt(admin, TASK(name))).toEqual(['e:f']);
  expect((await put(asNobody, path, 'g:h')).status).toBe(403);
});

describe.each([
  ['workflow', WORKFLOW],
  ['task', TASK],
])('REST: tags of a %s definition', (_, at) => {
  test('POST adds tags to a workflow or task definition, PUT replaces its tags, and DELETE removes tags', async () => {
    const path = at(fresh());
    expect(await tagsAt(admin, path)).toEqual([]);
    const answer = await post(admin, path, 'org:IT');
    expect([answer.status, answer.text]).toEqual([200, '']);
    await post(asManager, path, 'org:sales');
    await post(asManager, path, 'org:sales');
    expect(await tagsAt(asNobody, path)).toEqual(['org:IT', 'org:sales']);
    await put(asManager, path, 'org:sales', 'env:prod');
    expect(await tagsAt(admin, path)).toEqual(['env:prod', 'org:sales']);
    await admin.send('DELETE', path, pair('org:IT'));
    await admin.send('DELETE', path, pair('org:sales'));
    expect(await tagsAt(admin, path)).toEqual(['env:prod']);
    await put(admin, path);
    expect(await tagsAt(admin, path)).toEqual([]);
  });

  test('every method for the tags of a workflow or task definition accepts a single tag or a list of tags', async () => {
    const path = at(fresh());
    await admin.send('POST', path, ['a:1', 'b:2', 'c:3'].map(pair));
    expect(await tagsAt(admin, path)).toEqual(['a:1', 'b:2', 'c:3']);
    await admin.send('DELETE', path, ['a:1', 'c:3'].map(pair));
    expect(await tagsAt(admin, path)).toEqual(['b:2']);
    await admin.send('PUT', path, { ...pair('d:4'), type: 'METADATA' });
    expect(await tagsAt(admin, path)).toEqual(['d:4']);
  });

  test('only callers with ADMIN or METADATA_MANAGER can change tags of workflow and task definitions', async () => {
    const path = at(fresh());
    await put(asManager, path, 'kept:yes');
    const worker = restClient(w.url, (await w.application('worker', { roles: ['METADATA_API', 'WORKER'] })).token);
    for (const who of [asMaker, asNobody, worker]) {
      const answers = [await post(who, path, 'a:b'), await put(who, path), await take(who, path, 'kept:yes')];
      expect(answers.map(({ status, json }) => [status, json.code])).toEqual(Array(3).fill([403, 'FORBIDDEN']));
      expect(await tagsAt(who, path)).toEqual(['kept:yes']);
    }
    const stranger = restClient(w.url, undefined);
    expect((await stranger.send('GET', path)).status).toBe(401);
    expect((await post(stranger, path, 'a:b')).status).toBe(401);
  });

  test('tags belong to the name of a workflow or task definition, and this name may be any single-line string', async () => {
    const name = `${fresh()} a/b %41 "é" 🔑`;
    const path = at(encodeURIComponent(name));
    await post(admin, path, 'of:it');
    expect(await tagsAt(admin, path)).toEqual(['of:it']);
    expect(await carriers(at === TASK ? 'TASK_DEF' : 'WORKFLOW_DEF', 'of:it')).toContain(name);
  });

  test.each([
    ['a NUL', '%00'],
    ['a line break', 'a%0Ab'],
    ['spaces around it', '%20a'],
    ['256 characters', 'n'.repeat(256)],
  ])('REST refuses tags of a workflow or task definition whose name has %s', async (_why, name) => {
    const path = at(name);
    for (const { status, json } of [
      await admin.send('GET', path),
      await post(admin, path, 'a:b'),
      await put(admin, path),
    ]) {
      expect([status, json.validationErrors?.[0].path]).toEqual([400, 'name']);
    }
  });

  test('tags of a workflow definition do not belong to a task definition with the same name, and vice versa', async () => {
    const name = fresh();
    await post(admin, at(name), 'a:b');
    expect(await tagsAt(admin, (at === TASK ? WORKFLOW : TASK)(name))).toEqual([]);
  });

  test('the path for tags of a workflow or task definition rejects unsupported methods', async () => {
    const { status, headers } = await admin.send('PATCH', at('any'), pair('a:b'));
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT, POST, DELETE']);
  });
});

describe('REST: limits of a tag', () => {
  test.each([
    ['no key', [{ value: 'b' }], 'tags.0.key'],
    ['no value', [pair('a:b'), { key: 'a' }], 'tags.1.value'],
    ['a number', [{ key: 'a', value: 1 }], 'tags.0.value'],
    ['a colon in the key', [{ key: 'a:b', value: 'c' }], 'tags.0.key'],
    ['an empty key', [{ key: '', value: 'c' }], 'tags.0.key'],
    ['an empty value', [{ key: 'a', value: '' }], 'tags.0.value'],
    ['a NUL', [{ key: 'a', value: 'b\0c' }], 'tags.0.value'],
    ['a long key', [{ key: 'k'.repeat(101), value: 'c' }], 'tags.0.key'],
    ['a long value', [{ key: 'a', value: 'v'.repeat(256) }], 'tags.0.value'],
    ['a text in its place', ['a:b'], 'tags.0'],
    ['nothing', undefined, 'tags'],
    ['too many', Array.from({ length: 51 }, (_, i) => ({ key: 'k', value: `${i}` })), 'tags'],
  ])('REST rejects a tag with %s, and the error contains the position of the fault', async (_, body, path) => {
    await w.database.query("DELETE FROM environment_variables WHERE name = 'checked'");
    await admin.send('PUT', '/environment/checked', 'v', { headers: { 'content-type': 'text/plain' } });
    const id = await makeApplication(w.admin);
    for (const at of [APPLICATION(id), WORKFLOW('checked'), TASK('checked'), '/environment/checked/tags']) {
      for (const method of ['PUT', 'DELETE']) {
        const { status, json } = await admin.send(method, at, body);
        expect([status, json.code, json.validationErrors?.[0].path]).toEqual([400, 'BAD_USER_INPUT', path]);
      }
      expect(await tagsAt(admin, at)).toEqual([]);
    }
  });

  test('a tag may be as long as a secret name, in any script', async () => {
    // The string is random, because the database would compress a repetitive string.
    const letters = (length: number) =>
      Array.from({ length }, () => String.fromCodePoint(0x20_000 + Math.floor(Math.random() * 40_000))).join('');
    const tag = `${letters(100)}:${letters(255)}`;
    const path = WORKFLOW(encodeURIComponent(letters(255)));
    expect((await post(admin, path, tag)).status).toBe(200);
    expect(await tagsAt(admin, path)).toEqual([tag]);
  });

  test('an object can have at most 50 tags', async () => {
    const path = TASK(fresh());
    const many = Array.from({ length: 50 }, (_, i) => `n:${String(i).padStart(2, '0')}`);
    await put(admin, path, ...many);
    expect(await tagsAt(admin, path)).toEqual(many);
    expect((await post(admin, path, 'n:00')).status).toBe(200);
    const { status, json } = await post(admin, path, 'one:more');
    expect([status, json.validationErrors[0].path]).toEqual([400, 'tags']);
    await put(admin, path, ...many.slice(1), 'one:more');
    expect(await tagsAt(admin, path)).toEqual([...many.slice(1), 'one:more']);
  });
});

describe('concurrent changes of tags', () => {
  const all200 = (answers: { status: number }[]) =>
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));

  test('if several requests concurrently replace all tags of a definition, the definition has exactly the tags of one request', async () => {
    for (let round = 0; round < 4; round += 1) {
      const path = WORKFLOW(fresh());
      const sets = Array.from({ length: 8 }, (_, i) => [`a:${i}`, `b:${i}`]);
      all200(await Promise.all(sets.map((tags) => put(admin, path, ...tags))));
      expect(sets).toContainEqual(await tagsAt(admin, path));
    }
  });

  test('if several requests concurrently add tags, no tag is lost and no tag is duplicated', async () => {
    const path = TASK(fresh());
    const tags = Array.from({ length: 12 }, (_, i) => `n:${String(i).padStart(2, '0')}`);
    all200(await Promise.all([...tags, ...tags].map((tag) => post(admin, path, tag))));
    expect(await tagsAt(admin, path)).toEqual(tags);
    all200(await Promise.all([...tags, ...tags].map((tag) => take(admin, path, tag))));
    expect(await tagsAt(admin, path)).toEqual([]);
  });

  test('if several requests concurrently add tags, an object never has more than 50 tags', async () => {
    const path = TASK(fresh());
    await put(admin, path, ...Array.from({ length: 46 }, (_, i) => `n:${i}`));
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => post(admin, path, `more:${i}`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 400, 400, 400, 400]);
    expect(await tagsAt(admin, path)).toHaveLength(50);
  });

  test('if several requests concurrently set tags with the same tag key, the application has one tag with this key', async () => {
    const path = APPLICATION(await makeApplication(w.admin));
    all200(await Promise.all(Array.from({ length: 10 }, (_, i) => put(admin, path, `owner:${i}`))));
    expect(await tagsAt(admin, path)).toHaveLength(1);
  });

  test('if a request adds tags while the application is deleted, the database contains no tag of the application afterwards', async () => {
    const id = await makeApplication(w.admin);
    const answers = await Promise.all([
      ...Array.from({ length: 4 }, (_, i) => put(admin, APPLICATION(id), `n:${i}`)),
      deleteApplication(id).then(() => ({ status: 200 })),
      ...Array.from({ length: 4 }, (_, i) => put(admin, APPLICATION(id), `n:${i}`)),
    ]);
    for (const { status } of answers) expect([200, 404]).toContain(status);
    const left = await w.database.query('SELECT 1 FROM resource_tags WHERE resource = $1 AND valid_to IS NULL', [id]);
    expect(left).toEqual([]);
  });

  test('the answer to a change of tags is the same whether the change waited for a concurrent change or not', async () => {
    expect(await w.database.query("SELECT 1 FROM resource_tags WHERE tag = ''")).toEqual([]);
  });
});

/** Returns the objects with a tag that `admin` sees, or that the requested caller sees. */
async function carriers(resourceType: string, tag: string, who: RestClient = admin): Promise<string[]> {
  const { key, value } = pair(tag);
  const query = new URLSearchParams({ tagKey: key, tagValue: value, resourceType });
  const { json } = await who.send('GET', `/metadata/tags/resources?${query}`);
  return json.map((one: { id: string }) => one.id);
}

describe('REST: the list of all tags', () => {
  let own: World;
  let root: RestClient;
  let ann: SomeUser;
  let asAnn: RestClient;
  let asStranger: RestClient;
  /** The user Ann created the first application. */
  const applications: string[] = [];
  beforeAll(async () => {
    own = await world();
    root = restClient(own.url, own.admin.token);
    ann = await own.user('ann', { roles: ['USER'] });
    asAnn = restClient(own.url, ann.token);
    asStranger = restClient(own.url, (await own.user('stranger')).token);
    await own.secret('s1', { tags: ['env:prod', 'only:secret'] });
    await own.secret('s2', { tags: ['env:prod', 'hidden:yes'] });
    await own.secret('s3', { tags: ['env:prod', 'gone:yes'] });
    await deleteSecret(own.admin, 's3');
    await own.grant(ann.id, 'READ', 's1');
    applications.push(await makeApplication(ann, 'billing'), await makeApplication(own.admin, 'mailing'));
    for (const [i, id] of applications.entries()) await put(root, APPLICATION(id), 'env:prod', `app:${i}`);
    for (const name of ['v1', 'v2', 'v3']) {
      await root.send('PUT', `/environment/${name}`, 'v', { headers: { 'content-type': 'text/plain' } });
      await put(root, `/environment/${name}/tags`, 'env:prod', `var:${name}`);
    }
    const on = (name: string, options = {}) =>
      grantOnResource(own, ann.id, ['READ'], { kind: 'ENV_VARIABLE', name }, options);
    await on('v1');
    await own.grant(ann.id, 'EXECUTE', 'var:v2');
    await on('v3', { expiresAt: own.clock.in({ minutes: 5 }) });
    own.clock.advance({ minutes: 6 });
    await put(root, WORKFLOW('order'), 'env:prod', 'was:here');
    await take(root, WORKFLOW('order'), 'was:here');
    await put(root, TASK('pay'), 'env:prod', 'env:test');
  });
  afterAll(() => own.close());

  test('the list of all tags contains each tag on a visible object once, in order', async () => {
    const listed = async (who: RestClient) => (await who.send('GET', '/metadata/tags')).json;
    expect(await listed(root)).toEqual(
      ['app:0', 'app:1', 'env:prod', 'env:test', 'hidden:yes', 'only:secret', 'var:v1', 'var:v2', 'var:v3'].map(pair),
    );
    expect((await listed(asAnn)).map(join)).toEqual([
      'app:0',
      'env:prod',
      'env:test',
      'only:secret',
      'var:v1',
      'var:v2',
    ]);
    expect((await listed(asStranger)).map(join)).toEqual(['env:prod', 'env:test']);
  });

  const grouped = async (who: RestClient): Promise<string[]> =>
    (await who.send('GET', '/metadata/tags/grouped')).json.map(
      (one: Record<string, unknown>) => `${one.tagKey}:${one.tagValue} ${one.resourceType} ${one.countPerResourceType}`,
    );

  test('the list of all tags contains the number of visible objects for each kind of object', async () => {
    expect((await asStranger.send('GET', '/metadata/tags/grouped')).json).toEqual([
      { tagKey: 'env', tagValue: 'prod', resourceType: 'TASK_DEF', countPerResourceType: 1 },
      { tagKey: 'env', tagValue: 'prod', resourceType: 'WORKFLOW_DEF', countPerResourceType: 1 },
      { tagKey: 'env', tagValue: 'test', resourceType: 'TASK_DEF', countPerResourceType: 1 },
    ]);
    expect(await grouped(root)).toEqual([
      'app:0 APPLICATION 1',
      'app:1 APPLICATION 1',
      'env:prod APPLICATION 2',
      'env:prod ENV_VARIABLE 3',
      'env:prod SECRET_NAME 2',
      'env:prod TASK_DEF 1',
      'env:prod WORKFLOW_DEF 1',
      'env:test TASK_DEF 1',
      'hidden:yes SECRET_NAME 1',
      'only:secret SECRET_NAME 1',
      'var:v1 ENV_VARIABLE 1',
      'var:v2 ENV_VARIABLE 1',
      'var:v3 ENV_VARIABLE 1',
    ]);
    expect(await grouped(asAnn)).toEqual([
      'app:0 APPLICATION 1',
      'env:prod APPLICATION 1',
      'env:prod ENV_VARIABLE 2',
      'env:prod SECRET_NAME 1',
      'env:prod TASK_DEF 1',
      'env:prod WORKFLOW_DEF 1',
      'env:test TASK_DEF 1',
      'only:secret SECRET_NAME 1',
      'var:v1 ENV_VARIABLE 1',
      'var:v2 ENV_VARIABLE 1',
    ]);
  });

  test('each role sees exactly the tags of the objects that this role sees', async () => {
    const roles = { AUDITOR: 2, APPLICATION_MANAGER: 2, METADATA_MANAGER: 0 };
    for (const [role, seen] of Object.entries(roles)) {
      const who = restClient(own.url, (await own.user(role.toLowerCase(), { roles: [role as 'AUDITOR'] })).token);
      const lines = (await grouped(who)).filter((line) => line.startsWith('env:prod'));
      expect({ role, lines }).toEqual({
        role,
        lines: [
          ...(seen > 0 ? [`env:prod APPLICATION ${seen}`] : []),
          ...(role === 'METADATA_MANAGER' ? ['env:prod ENV_VARIABLE 3'] : []),
          'env:prod TASK_DEF 1',
          'env:prod WORKFLOW_DEF 1',
        ],
      });
    }
  });

  const resources = (who: RestClient, query: string) => who.send('GET', `/metadata/tags/resources?${query}`);
  const PROD = 'tagKey=env&tagValue=prod&resourceType=';

  test('the list of objects with a tag omits hidden objects', async () => {
    const named = (...names: string[]) => names.map((name) => ({ id: name, displayName: name }));
    expect((await resources(root, `${PROD}SECRET_NAME`)).json).toEqual(named('s1', 's2'));
    expect((await resources(asAnn, `${PROD}SECRET_NAME`)).json).toEqual(named('s1'));
    expect((await resources(root, `${PROD}ENV_VARIABLE`)).json).toEqual(named('v1', 'v2', 'v3'));
    expect((await resources(asAnn, `${PROD}ENV_VARIABLE`)).json).toEqual(named('v1', 'v2'));
    expect((await resources(asStranger, `${PROD}ENV_VARIABLE`)).json).toEqual([]);
    expect((await resources(asStranger, `${PROD}WORKFLOW_DEF`)).json).toEqual(named('order'));
    expect((await resources(asStranger, `${PROD}TASK_DEF`)).json).toEqual(named('pay'));
    const [billing, mailing] = applications;
    expect((await resources(asAnn, `${PROD}APPLICATION`)).json).toEqual([{ id: billing, displayName: 'billing' }]);
    expect((await resources(root, `${PROD}APPLICATION`)).json).toEqual(
      expect.arrayContaining([
        { id: billing, displayName: 'billing' },
        { id: mailing, displayName: 'mailing' },
      ]),
    );
    expect((await resources(root, 'tagKey=hidden&tagValue=yes&resourceType=SECRET_NAME')).json).toEqual(named('s2'));
    expect((await resources(asAnn, 'tagKey=hidden&tagValue=yes&resourceType=SECRET_NAME')).json).toEqual([]);
    expect((await resources(root, 'tagKey=was&tagValue=here&resourceType=WORKFLOW_DEF')).json).toEqual([]);
    expect((await resources(root, 'tagKey=env&tagValue=pro&resourceType=SECRET_NAME')).json).toEqual([]);
  });

  test('if the gateway stores no tags for a type of object, the list of tagged objects of this type is empty, without an error', async () => {
    const kept = ['SECRET_NAME', 'APPLICATION', 'ENV_VARIABLE', 'TASK_DEF', 'WORKFLOW_DEF'];
    const others = ['TAG', ...RESOURCE_TYPES].filter((type) => !kept.includes(type));
    expect(others).toEqual(
      expect.arrayContaining(['WORKFLOW_SCHEDULE', 'USER_FORM_TEMPLATE', 'WEBHOOK', 'EVENT_HANDLER']),
    );
    for (const type of [...others, 'webhook']) {
      const { status, text } = await resources(asAnn, `${PROD}${type}`);
      expect([type, status, text]).toEqual([type, 200, '[]']);
    }
  });

  test('the list of tags accepts a resource type under each of its names', async () => {
    for (const type of ['SECRET', 'secret_name', 'Secret']) {
      expect((await resources(asAnn, `${PROD}${type}`)).json).toEqual([{ id: 's1', displayName: 's1' }]);
    }
  });

  test.each([
    ['an unknown kind', `${PROD}PASSWORD`, 'resourceType'],
    ['a name that all objects have', `${PROD}constructor`, 'resourceType'],
    ['an empty kind', PROD, 'resourceType'],
    ['no kind', 'tagKey=env&tagValue=prod', 'resourceType'],
    ['no key', 'tagValue=prod&resourceType=SECRET', 'tagKey'],
    ['no value', 'tagKey=env&resourceType=SECRET', 'tagValue'],
    ['a NUL', 'tagKey=env&tagValue=%00&resourceType=APPLICATION', 'tag.value'],
  ])('REST refuses the list of tags with %s', async (_, query, path) => {
    const { status, json } = await resources(root, query);
    expect([status, json.validationErrors?.[0].path]).toEqual([400, path]);
  });

  test('the list of tagged objects is complete even if the objects do not fit into one database page', async () => {
    await own.database.query(
      `INSERT INTO resource_tags (id, kind, resource, tag, valid_from)
       SELECT gen_random_uuid(), 'WORKFLOW_DEF', 'big', 'many:' || lpad(n::text, 3, '0'), $1::timestamptz FROM generate_series(1, 450) n
       UNION ALL SELECT gen_random_uuid(), 'TASK_DEF', 'task-' || lpad(n::text, 3, '0'), 'many:001', $1::timestamptz FROM generate_series(1, 450) n`,
      [own.clock.now()],
    );
    const many = (await asAnn.send('GET', '/metadata/tags')).json.filter((one: { key: string }) => one.key === 'many');
    const numbers = Array.from({ length: 450 }, (_, i) => String(i + 1).padStart(3, '0'));
    expect(many).toEqual(numbers.map((value) => ({ key: 'many', value })));
    expect(await grouped(asAnn)).toContain('many:001 TASK_DEF 450');
    const { json } = await resources(asAnn, 'tagKey=many&tagValue=001&resourceType=TASK_DEF');
    expect(json.map((one: { id: string }) => one.id)).toEqual(numbers.map((value) => `task-${value}`));
  });
});

test('a tag on an object that is not a secret gives no access to a secret', async () => {
  const who = await w.user('of-tags', { roles: ['USER', 'METADATA_MANAGER'] });
  const as = restClient(w.url, who.token);
  await w.secret('twin', { tags: ['other:tag'] });
  await w.grant(who.id, ['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'], 'twin:tag');
  await put(as, WORKFLOW('twin'), 'twin:tag');
  await put(as, TASK('twin'), 'twin:tag');
  await as.send('PUT', '/environment/twin', 'v', { headers: { 'content-type': 'text/plain' } });
  await put(as, '/environment/twin/tags', 'twin:tag');
  await put(as, APPLICATION(await makeApplication(who, 'twin')), 'twin:tag');
  expect(
    (await as.send('GET', '/metadata/tags/grouped')).json.filter((one: { tagKey: string }) => one.tagKey === 'twin'),
  ).toHaveLength(4);
  expect(await w.sees(who, 'twin')).toBe(false);
  expect(await w.reveal(who, 'twin')).toBeNull();
  expect((await as.send('GET', '/secrets')).json).toEqual([]);
  expect(await carriers('SECRET_NAME', 'twin:tag')).toEqual([]);
  const { tags } = await who.get('{ tags { nodes { id } } }');
  expect(tags.nodes).toEqual([]);
});

test('the audit log records every change of tags with the added and removed tags', async () => {
  const [name, id] = [fresh('audited'), await makeApplication(w.admin, 'audited')];
  await put(admin, WORKFLOW(name), 'a:1', 'b:2');
  await put(admin, WORKFLOW(name), 'b:2', 'c:3');
  await take(admin, WORKFLOW(name), 'c:3', 'd:4');
  await post(asNobody, WORKFLOW(name), 'a:1');
  await put(admin, APPLICATION(id), 'a:1');
  await put(asNobody, APPLICATION(id), 'a:2');
  const events = (await eventsOf(w.admin, { actions: ['RESOURCE_TAG', 'RESOURCE_UNTAG'] })).reverse();
  const described = (subject: object) =>
    events
      .filter((event) => JSON.stringify(event.subject) === JSON.stringify(subject))
      .map(({ action, outcome, changes }) => [action, outcome, changes]);
  expect(described({ kind: 'RESOURCE', id: 'WORKFLOW_DEF', name })).toEqual([
    ['RESOURCE_TAG', 'DONE', { tags: ['a:1', 'b:2'] }],
    ['RESOURCE_UNTAG', 'DONE', { tags: ['a:1'] }],
    ['RESOURCE_TAG', 'DONE', { tags: ['c:3'] }],
    ['RESOURCE_UNTAG', 'DONE', { tags: ['c:3'] }],
    ['RESOURCE_TAG', 'REFUSED', { code: 'FORBIDDEN' }],
  ]);
  expect(described({ kind: 'APPLICATION', id, name: 'audited' })).toEqual([
    ['RESOURCE_TAG', 'DONE', { tags: ['a:1'] }],
    ['RESOURCE_TAG', 'REFUSED', { code: 'NOT_FOUND' }],
  ]);
});

describe('a gateway that forwards requests to a Conductor server', () => {
  const forwarded: string[] = [];
  const [api] = restApi({
    sessions: { of: async () => ({ confirm: async () => {} }) } as unknown as Sessions,
    signIn: {} as SignIn,
    check: 'off',
    conductor: {
      forward: async ({ path }) => {
        forwarded.push(path);
        return { status: 200, headers: {}, body: '' };
      },
      tasks: {} as EngineTasks,
    },
  });
  const ask = async (method: string, path: string): Promise<number> => {
    const readShortBody = async () => Buffer.alloc(0);
    const incoming = {
      method,
      path: `/api${path}`,
      query: new URLSearchParams(),
      headers: {},
      readShortBody,
    } as unknown as Incoming;
    try {
      return (await api!.methods['*']!(incoming)).status;
    } catch (error) {
      return (error as { status: number }).status;
    }
  };

  test.each([
    ['PATCH', '/metadata/workflow/order/tags', 405],
    ['PATCH', '/metadata/task/pay/tags/', 405],
    ['PATCH', '/metadata/workflow/a%2Fb/%74ags', 405],
    ['POST', '/applications/app_1/tags', 405],
    ['PATCH', '/environment/x/tags', 405],
    ['POST', '/metadata/tags', 405],
    ['GET', '/metadata/tags/other', 404],
    ['PATCH', '/metadata/taskdefs/pay/tags', 405],
    ['GET', '/metadata/taskdefs/pay/tags/other', 404],
    ['GET', '/metadata/workflow/order/tags/other', 404],
    ['GET', '/metadata/task/pay/tags/other', 404],
    ['GET', '/environment/x/other', 404],
  ])('the gateway itself answers %s %s, and does not forward the request', async (method, path, status) => {
    forwarded.length = 0;
    expect(await ask(method, path)).toBe(status);
    expect(forwarded).toEqual([]);
  });

  test.each([
    ['GET', '/metadata/workflow/order'],
    ['PUT', '/metadata/workflow'],
    ['GET', '/metadata/workflow/tags'],
    ['GET', '/metadata/workflow/order/1/tags'],
    ['GET', '/metadata/workflow/order/tagsandmore'],
    ['DELETE', '/metadata/taskdefs/pay/tagsandmore'],
    ['GET', '/metadata/taskdefs'],
    ['GET', '/metadata/tagset'],
  ])('the gateway forwards %s %s to the Conductor server', async (method, path) => {
    forwarded.length = 0;
    expect(await ask(method, path)).toBe(200);
    expect(forwarded).toEqual([`/api${path}`]);
  });
});
