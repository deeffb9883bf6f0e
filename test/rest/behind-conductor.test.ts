// A gateway in front of a Conductor server. Clients need only the base URL of the gateway.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Sensitive } from '../../src/sensitive.ts';
import { eventsOf } from '../audit/events.ts';
import { restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

/** A request that the Conductor server received completely. */
interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

let behind: Server;
let seen: Seen[] = [];
/** The actions of the Conductor server before its answer, and the status of the answer. */
let onRequest: () => Promise<number> = async () => 200;
/** The body of the Conductor server's answer, if it differs from the default. */
let answered: string | undefined;
let w: World;
let alone: World;
let ann: SomeUser;
const token = sentinel('conductor-token');
beforeAll(async () => {
  behind = createServer(async (req, res) => {
    let body = '';
    try {
      for await (const chunk of req) body += chunk;
    } catch {
      return;
    }
    seen.push({ method: req.method, url: req.url, headers: req.headers, body });
    const status = await onRequest();
    res.writeHead(req.url?.includes('missing') ? 404 : status, { 'content-type': 'application/json' });
    res.end(answered ?? JSON.stringify({ answered: req.url }));
  });
  await new Promise<void>((resolve) => behind.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(behind.address() as AddressInfo).port}/api`);
  w = await world({
    conductor: { url, timeoutMs: 5_000, credentials: { token: new Sensitive(token) }, check: 'warn' },
  });
  alone = await world();
  ann = await w.user('änn');
});
afterAll(async () => {
  await w.close();
  await alone.close();
  behind.close();
});
beforeEach(() => {
  seen = [];
  answered = undefined;
  onRequest = async () => 200;
});
const passedOn = { passedOn: true };

test("if a path does not belong to the gateway, the gateway forwards the request to the Conductor server with the gateway's token and without the caller's token", async () => {
  const client = restClient(w.url, ann.token);
  const path = '/metadata/workflow?overwrite=true&name=a%20b';
  const answer = await client.send('PUT', path, [{ name: 'flow' }], {
    ...passedOn,
    headers: { 'x-gateway-principal': 'admin' },
  });
  expect(answer).toMatchObject({ status: 200, json: { answered: `/api${path}` } });
  expect(seen).toHaveLength(1);
  const [{ method, headers, body } = {} as Seen] = seen;
  expect({ method, body }).toEqual({ method: 'PUT', body: '[{"name":"flow"}]' });
  expect(headers).toMatchObject({
    'x-authorization': token,
    'x-gateway-principal': ann.id,
    'x-gateway-principal-name': encodeURIComponent('änn'),
    'x-request-id': answer.headers.get('x-request-id'),
  });
  expect(JSON.stringify(headers)).not.toContain(ann.token);
});

test('the gateway forwards refusals of the Conductor server to the client unchanged', async () => {
  const answer = await restClient(w.url, ann.token).send('GET', '/workflow/missing', undefined, passedOn);
  expect(answer).toMatchObject({ status: 404, json: { answered: '/api/workflow/missing' } });
});

test('the gateway does not forward an unauthenticated request to the Conductor server', async () => {
  for (const given of [undefined, 'nonsense', token]) {
    const answer = await restClient(w.url, given).send('GET', '/workflow/x');
    expect(answer).toMatchObject({ status: 401, json: { error: 'INVALID_TOKEN' } });
  }
  expect(seen).toEqual([]);
});

test('the gateway does not forward a request of a deactivated user to the Conductor server', async () => {
  const bob = await w.user('bob');
  await w.admin.get('mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }', {
    i: { id: bob.id, active: false },
  });
  expect((await restClient(w.url, bob.token).send('GET', '/workflow/x')).status).toBe(401);
  expect(seen).toEqual([]);
});

describe('paths that belong to the gateway', () => {
  const paths = [
    '/secrets/x/y/z',
    '/secrets/x/tags/more',
    '/%73ecrets/x/y/z',
    '/%2573ecrets/x',
    '/SECRETS/x/y',
    '/secrets%2Fx%2Fy',
    '/users/x/nothing',
    '/metadata/tags/nothing',
    '/metadata/workflow/x/tags/nothing',
    '/metadata/workflow/x/t%2561gs',
    '/environment/x/nothing',
    '/auth/nothing',
    '/token/nothing',
    '/roles/x/y',
    '/secrets.json',
    '/secrets%3Faccess=READ',
    '/secrets%2523x',
    '/secrets%20/x',
    '/secrets%C2%A0',
    '/token,x',
    ...['/%20secrets', '/secrets%20', '/%20secrets%20/x', '/sec%20rets', '/+secrets', '/secrets+/x', '/%2520secrets'],
    ...['/%E2%80%8Bsecrets', '/sec%E2%80%8Brets/x', '/secrets%EF%BB%BF', '/s%C2%ADecrets', '/secrets%C2%A0/x'],
    ...[
      '/metadata%EF%BC%8Ftags',
      '/secrets%EF%BC%8Fx',
      '/%EF%BD%93%EF%BD%85%EF%BD%83%EF%BD%92%EF%BD%85%EF%BD%94%EF%BD%93',
    ],
    ...['/secret%C5%BF', '/to%E2%84%AAen', '/tO%E2%84%AAEN/x', '/to%25E2%2584%25AAen', '/%C5%BFecrets/x', '/TOKEN/x'],
    ...['/s%C3%A9crets', '/se%CC%81crets', '/appl%C4%B1cations/x', '/%EF%BC%85%37%33ecrets', '/metadata%E2%88%95tags'],
    ...[
      '/secrets%253Bx',
      '/secrets:x',
      '/secrets@x',
      '/metadata/workflow/x/%EF%BD%94ags/y',
      '/metadata/taskdefs/x/tags/y',
    ],
    ...['/metadata/workflow/x/tags%20', '/tasks/%E2%80%8Bupdate-secret'],
    ...['‐', '‑', '‒', '–', '—', '―', '−', '˗', '⁃'].flatMap((dash) => [
      `/secrets${encodeURIComponent(dash)}v2`,
      `/tasks/update${encodeURIComponent(dash)}secret`,
    ]),
    ...[
      '/rołes',
      '/grøups',
      '/auđh/x',
      '/metadata/taɡs',
      '/metadata/workflow/x/taɡs',
      '/applıcations',
      '/uſers/æ',
      '/ß',
    ].map(encodeURI),
    ...[
      '/metadata⧸tags',
      '/metadata/workflow/x⧸tags',
      '/metadata/workflow/x⧸taɡs',
      '/METADATA/tağs',
      '/ｍetadata/x',
    ].map(encodeURI),
  ];
  test.each(paths)('the gateway never forwards a request for %s to the Conductor server', async (path) => {
    const answer = await restClient(w.url, ann.token).send('GET', path, undefined, { undocumented: true });
    expect(answer.status).toBe(path.includes('%253B') ? 400 : 404);
    expect(seen).toEqual([]);
  });

  const open = [
    '/secretsx',
    '/workflow/secrets',
    '/workflow/%EF%BD%93ecrets',
    '/metadata/workflow/tags',
    '/metadata/workflow/x%20y',
    ...['/workflow/bøß–1', '/metadata/workflow/注文・処理', '/metadata/taskdefs/łø', '/tasks/poll/batch/đ'].map(
      encodeURI,
    ),
  ];
  test.each(open)('the gateway forwards a request for %s to the Conductor server unchanged', async (path) => {
    const answer = await restClient(w.url, ann.token).send('GET', path, undefined, passedOn);
    // To mask the answer, the gateway itself asks for the execution or the task.
    expect([answer.status, seen[0]?.url]).toEqual([200, `/api${path}`]);
  });

  test('if a path of the gateway does not support the method of a request, the gateway does not forward the request', async () => {
    const answer = await restClient(w.url, ann.token).send('PATCH', '/secrets/x', '{}');
    expect(answer).toMatchObject({ status: 405 });
    expect(answer.headers.get('allow')).toBe('GET, HEAD, PUT, DELETE');
    expect(seen).toEqual([]);
  });

  test('without a Conductor server, the gateway responds to unknown paths with 404, in the format of all REST errors', async () => {
    const { status, json } = await restClient(alone.url, alone.admin.token).send('GET', '/workflow/x');
    expect({ status, json }).toMatchObject({ status: 404, json: { status: 404, code: 'NOT_FOUND', retryable: false } });
  });
});

test('if the Conductor server is unreachable, the gateway reports a REST error, and paths that belong to the gateway still work', async () => {
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(gone.address() as AddressInfo).port}`);
  await new Promise((resolve) => gone.close(resolve));
  const lost = await world({ conductor: { url, timeoutMs: 5_000, credentials: undefined } });
  try {
    const client = restClient(lost.url, lost.admin.token);
    const { status, json } = await client.send('GET', '/workflow/x', undefined, passedOn);
    expect({ status, json }).toMatchObject({
      status: 502,
      json: { status: 502, code: 'UPSTREAM_UNAVAILABLE', retryable: true, instance: expect.any(String) },
    });
    expect(await client.send('POST', '/secrets')).toMatchObject({ status: 200, json: [] });
  } finally {
    await lost.close();
  }
});

describe('tags of workflow and task definitions that the gateway forwards', () => {
  let serial = 0;
  const fresh = () => `flow-${++serial}`;
  const tags = (...texts: string[]) => texts.map((text) => ({ key: text.split(':')[0], value: text.split(':')[1] }));
  const at = (name: string, kind = 'workflow') => `/metadata/${kind}/${name}/tags`;
  const admin = () => restClient(w.url, w.admin.token);
  const tagsOf = async (name: string, kind = 'workflow') =>
    (await admin().send('GET', at(name, kind))).json.map(({ key, value }: Record<string, string>) => `${key}:${value}`);
  const eventsOfLast = async () =>
    (await eventsOf(w.admin)).filter(({ requestId }) => requestId === seen.at(-1)?.headers['x-request-id']);
  const send = (method: string, path: string, body: unknown, who = admin()) => who.send(method, path, body, passedOn);

  test('after the Conductor server accepts a definition, the gateway adds or replaces its tags, and forwards the request body unchanged', async () => {
    const [one, two, three] = [fresh(), fresh(), fresh()];
    for (const name of [one, two, three]) await admin().send('PUT', at(name), tags('old:1'));
    const body = JSON.stringify([
      { name: one, version: 1.0, tags: tags('env:prod'), overwriteTags: true },
      { name: two, tags: [{ key: 'env', value: 'prod', type: 'METADATA' }], overwriteTags: false },
      { name: three },
      { name: two, tags: tags('team:a') },
      { name: fresh(), tags: null, overwriteTags: true },
    ]).replace('"version":1', '"version":1.0 ');
    const answer = await send('PUT', '/metadata/workflow?overwrite=true', body);
    expect(answer).toMatchObject({ status: 200, json: { answered: '/api/metadata/workflow?overwrite=true' } });
    expect(seen.map((request) => request.body)).toEqual([body]);
    expect([await tagsOf(one), await tagsOf(two), await tagsOf(three)]).toEqual([
      ['env:prod'],
      ['env:prod', 'old:1', 'team:a'],
      ['old:1'],
    ]);
    await send('PUT', '/metadata/workflow', [{ name: one, tags: [], overwriteTags: true }]);
    expect(await tagsOf(one)).toEqual([]);
  });

  test.each([
    ['POST', '/metadata/workflow', 'workflow', false],
    ['PUT', '/metadata/workflow/', 'workflow', true],
    ['POST', '/metadata/taskdefs', 'task', true],
    ['PUT', '/metadata/taskdefs', 'task', false],
    ['PUT', '/metadata/%74askdefs', 'task', false],
  ])('the gateway stores the tags of a workflow or task definition for %s %s', async (method, path, kind, list) => {
    const name = fresh();
    const definition = { name, tags: tags('env:prod') };
    expect((await send(method, path, list ? [definition] : definition)).status).toBe(200);
    expect(await tagsOf(name, kind)).toEqual(['env:prod']);
    expect(await tagsOf(name, kind === 'task' ? 'workflow' : 'task')).toEqual([]);
  });

  test('if the Conductor server refuses a workflow or task definition, the gateway does not store its tags', async () => {
    const name = fresh();
    for (const status of [400, 409, 500, 302]) {
      onRequest = async () => status;
      const answer = await fetch(`${w.url}/api/metadata/workflow`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'x-authorization': w.admin.token ?? '' },
        body: JSON.stringify({ name, tags: tags('env:prod') }),
      });
      expect(answer.status).toBe(status);
    }
    expect([seen.length, await tagsOf(name)]).toEqual([4, []]);
  });

  test('if a caller may not add the tags, the gateway refuses the request before it forwards the definition, and records the refusal', async () => {
    const name = fresh();
    const asAnn = restClient(w.url, ann.token);
    const { status, json } = await send('PUT', '/metadata/workflow', [{ name, tags: tags('env:prod') }], asAnn);
    expect([status, json.code, seen]).toEqual([403, 'FORBIDDEN', []]);
    const [event] = await eventsOf(w.admin, { actorId: ann.id, outcome: 'REFUSED' });
    expect(event).toMatchObject({ action: 'RESOURCE_TAG', subject: { id: 'WORKFLOW_DEF', name } });
    for (const definition of [{ name }, { name, overwriteTags: true }, { name, tags: [], overwriteTags: false }]) {
      expect((await send('PUT', '/metadata/workflow', [definition], asAnn)).status).toBe(200);
    }
    expect(seen).toHaveLength(3);
  });

  test('the gateway refuses malformed tags before it forwards the workflow or task definition', async () => {
    const name = fresh();
    const wrong: [body: unknown, path: string][] = [
      [{ name, tags: 'env:prod' }, 'tags'],
      [{ name, tags: [{ key: 'env' }] }, 'tags.0.value'],
      [{ name, tags: [{ key: 'a:b', value: 'c' }] }, 'tags.0.key'],
      [{ name, tags: [{ key: 'a', value: 'c\u200b' }] }, 'tags.0.value'],
      [[{ name }, { name, tags: tags('a:b', 'c:d').with(1, {} as never) }], '1.tags.1.key'],
      [[{ name, tags: tags('a:b'), overwriteTags: 'true' }], '0.overwriteTags'],
      [[{ name: 7, tags: tags('a:b') }], '0.name'],
      [[{ name: ' x', tags: tags('a:b') }], '0.name'],
      [{ tags: tags('a:b') }, 'name'],
      [{ name, tags: tags(...Array.from({ length: 51 }, (_, i) => `k${i}:v`)) }, 'tags'],
      [
        Array.from({ length: 2 }, (_, n) => ({
          name,
          tags: tags(...Array.from({ length: 30 }, (_, i) => `k${n}${i}:v`)),
        })),
        '1.tags',
      ],
      [Array.from({ length: 1_001 }, () => ({ name, tags: tags('a:b') })), 'body'],
    ];
    for (const [body, path] of wrong) {
      const { status, json } = await send('PUT', '/metadata/workflow', body);
      expect([status, json.code, json.validationErrors?.[0].path]).toEqual([400, 'BAD_USER_INPUT', path]);
    }
    expect(seen).toEqual([]);
  });

  test('if the caller loses the role during the request, the gateway stores no tags, and the answer says that no tags were stored', async () => {
    const name = fresh();
    const manager = await w.user('leaving-manager', { roles: ['METADATA_MANAGER'] });
    onRequest = async () => {
      await w.admin.get('mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }', {
        i: { id: manager.id, roles: ['USER'] },
      });
      return 200;
    };
    const { status, json } = await send(
      'POST',
      '/metadata/workflow',
      { name, tags: tags('env:prod') },
      restClient(w.url, manager.token),
    );
    expect([status, json.code, seen.length, await tagsOf(name)]).toEqual([403, 'FORBIDDEN', 1, []]);
    expect(json.message).toContain('accepted');
  });

  test('saving the tags of many definitions takes as many database statements as saving the tags of one definition, and records one audit event for each definition', async () => {
    const statements = async (count: number) => {
      const names = Array.from({ length: count }, fresh);
      for (const name of names.slice(0, 2)) await admin().send('PUT', at(name), tags('old:1'));
      const start = w.database.statements();
      const body = names.map((name) => ({ name, tags: tags('env:prod', 'team:a'), overwriteTags: true }));
      expect((await send('PUT', '/metadata/workflow', body)).status).toBe(200);
      const taken = w.database.statements() - start;
      expect(await Promise.all(names.map((name) => tagsOf(name)))).toEqual(names.map(() => ['env:prod', 'team:a']));
      const events = await eventsOfLast();
      return {
        taken,
        events: events.map(({ action, subject }) => `${action} ${names.indexOf(subject?.name ?? '')}`).sort(),
      };
    };
    const [one, many] = [await statements(2), await statements(20)];
    expect(many.taken).toBe(one.taken);
    const all = (count: number) => Array.from({ length: count }, (_, i) => `RESOURCE_TAG ${i}`);
    expect(one.events).toEqual([...all(2), 'RESOURCE_UNTAG 0', 'RESOURCE_UNTAG 1'].sort());
    expect(many.events).toEqual([...all(20), 'RESOURCE_UNTAG 0', 'RESOURCE_UNTAG 1'].sort());
  });

  test('saving tags that a workflow or task definition already has changes nothing and records no audit event', async () => {
    const body = { name: fresh(), tags: tags('env:prod') };
    await send('PUT', '/metadata/taskdefs', body);
    await send('PUT', '/metadata/taskdefs', body);
    expect(await eventsOfLast()).toEqual([]);
  });

  test('if the body contains tags, the gateway refuses compression, invalid UTF-8 and malformed JSON; it forwards malformed JSON without tags', async () => {
    const json = JSON.stringify({ name: fresh(), tags: tags('env:prod') });
    const post = async (body: string | Uint8Array, headers: Record<string, string> = {}) =>
      (await admin().send('POST', '/metadata/workflow', body, { undocumented: true, headers })).status;
    expect(await post(json, { 'content-encoding': 'gzip' })).toBe(415);
    expect(await post(Buffer.from(json, 'utf16le'))).toBe(415);
    expect(await post(Buffer.from(`\ufeff${json}`, 'utf16le'))).toBe(415);
    expect(await post(Buffer.from(json, 'utf16le').swap16())).toBe(415);
    expect(await post(json, { 'content-type': 'application/json; charset=utf-16' })).toBe(415);
    expect(await post(`{"name":"x"} ${'é'}`.concat('\0'))).toBe(415);
    expect(await post(`${json} and more`)).toBe(400);
    expect(seen).toEqual([]);
    for (const body of ['{', '', '7', '[7,null,[]]', 'null']) await send('POST', '/metadata/workflow', body);
    expect(seen.map(({ body }) => body)).toEqual(['{', '', '7', '[7,null,[]]', 'null']);
  });

  test('the gateway saves tags even if the body contains escapes in the name of the JSON field for tags, and numbers in any notation', async () => {
    const name = fresh();
    const body = `{"name":"${name}","d":[1e999,12345678901234567890],"\\u0074a\\u0067s":[{"key":"env","value":"prod"}]}`;
    expect((await send('POST', '/metadata/workflow', body)).status).toBe(200);
    expect([seen.map((request) => request.body), await tagsOf(name)]).toEqual([[body], ['env:prod']]);
  });

  const MIB = 1_048_576;
  test('the gateway saves tags from a body of 1 MiB, and forwards a longer body without tags as a stream, with its length or in chunks', async () => {
    const name = fresh();
    const whole = JSON.stringify({ name, tags: tags('env:prod') }).padEnd(MIB);
    expect((await send('POST', '/metadata/workflow', whole)).status).toBe(200);
    expect(await tagsOf(name)).toEqual(['env:prod']);
    const long = `{"name":"x","description":"tags \\"tags\\" \\u00e9 é${'x'.repeat(17 * MIB)}"}`;
    expect((await send('POST', '/metadata/workflow', long, restClient(w.url, ann.token))).status).toBe(200);
    expect((await inChunks(...(long.match(/.{1,100001}/gs) ?? []))).status).toBe(200);
    expect(seen.map(({ body }) => body.length)).toEqual([MIB, long.length, long.length]);
    expect(seen[2]?.body === long).toBe(true);
  });

  const inChunks = (...pieces: string[]) =>
    fetch(`${w.url}/api/metadata/workflow`, {
      method: 'POST',
      headers: { 'x-authorization': w.admin.token ?? '' },
      body: ReadableStream.from(pieces.map((piece) => Buffer.from(piece))),
      duplex: 'half',
    } as RequestInit);

  test.each(['"tags"', '"\\u0074ags"', '"t\\u0061gs"', '"ta\\u0067s"', '"tag\\u0073"'])(
    'the gateway refuses a body of more than 1 MiB with the JSON field %s before the Conductor server has received the complete body',
    async (key) => {
      const at = (before: number) =>
        `{"name":"x","description":"${'x'.repeat(before)}",${key}:[{"key":"env","value":"prod"}]}`;
      for (const body of [at(MIB), at(3 * MIB), `[${at(10)},"${'x'.repeat(MIB)}"]`]) {
        const { status, json } = await send('POST', '/metadata/workflow', body);
        expect([status, json.code]).toEqual([413, 'BAD_REQUEST']);
        const within = body.indexOf(key) + 4;
        expect((await inChunks(body.slice(0, within), body.slice(within))).status).toBe(413);
      }
      const utf16 = Buffer.from(at(MIB), 'utf16le');
      expect((await send('POST', '/metadata/workflow', utf16)).status).toBe(415);
      expect(seen).toEqual([]);
    },
  );

  test('the gateway saves no tags for definitions that the answer lists in bulkErrorResults, and forwards the answer byte for byte', async () => {
    const [good, bad, other] = [fresh(), fresh(), fresh()];
    answered = ` {"bulkErrorResults": {"${bad}":"é"},\n"bulkSuccessfulResults":["${good}"]}`;
    const body = [bad, good, other, bad].map((name) => ({ name, tags: tags('env:prod') }));
    const answer = await admin().send('PUT', '/metadata/workflow', body, {
      ...passedOn,
      headers: { 'accept-encoding': 'gzip' },
    });
    expect([answer.status, answer.text]).toEqual([200, answered]);
    expect(seen[0]?.headers['accept-encoding']).toBe('identity');
    expect([await tagsOf(good), await tagsOf(bad), await tagsOf(other)]).toEqual([['env:prod'], [], ['env:prod']]);
    answered = JSON.stringify({ bulkErrorResults: { [bad]: 'x' } });
    expect((await send('PUT', '/metadata/workflow', [{ name: bad, tags: tags('a:b') }])).text).toBe(answered);
    expect(await tagsOf(bad)).toEqual([]);
  });

  test.each(['', '[]', '"x"', 'null', '{"bulkErrorResults":null}', '{"bulkErrorResults":["0"]}', '<html>'])(
    'the gateway saves tags if the Conductor server answers 2xx with the body %j',
    async (text) => {
      answered = text;
      const name = fresh();
      const answer = await send('PUT', '/metadata/workflow', [{ name, tags: tags('env:prod') }]);
      expect([answer.status, answer.text, await tagsOf(name)]).toEqual([200, text, ['env:prod']]);
    },
  );

  test('if the answer is too long to search for refused definitions, the gateway saves no tags, and responds with 502', async () => {
    answered = JSON.stringify({ bulkErrorResults: { x: 'x'.repeat(4 * MIB) } });
    const name = fresh();
    const { status, json } = await send('PUT', '/metadata/workflow', [{ name, tags: tags('env:prod') }]);
    expect([status, json.code, await tagsOf(name)]).toEqual([502, 'UPSTREAM_UNAVAILABLE', []]);
  });
});
