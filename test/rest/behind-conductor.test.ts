// With a Conductor behind: one base URL for a whole client.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Sensitive } from '../../src/sensitive.ts';
import { restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

let behind: Server;
let seen: Seen[] = [];
let w: World;
let alone: World;
let ann: SomeUser;
const token = sentinel('conductor-token');
beforeAll(async () => {
  behind = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    seen.push({ method: req.method, url: req.url, headers: req.headers, body });
    res.writeHead(req.url?.includes('missing') ? 404 : 200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ answered: req.url }));
  });
  await new Promise<void>((resolve) => behind.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(behind.address() as AddressInfo).port}/api`);
  w = await world({ conductor: { url, timeoutMs: 5_000, credentials: { token: new Sensitive(token) } } });
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
});
const passedOn = { passedOn: true };

test('what is not the gateway’s goes there, as the caller’s, with the gateway’s own token and without the caller’s', async () => {
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

test('its refusals come back as it made them', async () => {
  const answer = await restClient(w.url, ann.token).send('GET', '/workflow/missing', undefined, passedOn);
  expect(answer).toMatchObject({ status: 404, json: { answered: '/api/workflow/missing' } });
});

test('nobody who is not signed in gets through', async () => {
  for (const given of [undefined, 'nonsense', token]) {
    const answer = await restClient(w.url, given).send('GET', '/workflow/x');
    expect(answer).toMatchObject({ status: 401, json: { error: 'INVALID_TOKEN' } });
  }
  expect(seen).toEqual([]);
});

test('whoever was deactivated does not get through either', async () => {
  const bob = await w.user('bob');
  await w.admin.get('mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }', {
    i: { id: bob.id, active: false },
  });
  expect((await restClient(w.url, bob.token).send('GET', '/workflow/x')).status).toBe(401);
  expect(seen).toEqual([]);
});

describe('what is the gateway’s own', () => {
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
  ];
  test.each(paths)('%s is never passed on', async (path) => {
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
  ];
  test.each(open)('%s is none of it, and is passed on as it was sent', async (path) => {
    const answer = await restClient(w.url, ann.token).send('GET', path, undefined, passedOn);
    expect([answer.status, seen.map(({ url }) => url)]).toEqual([200, [`/api${path}`]]);
  });

  test('with another method neither', async () => {
    const answer = await restClient(w.url, ann.token).send('PATCH', '/secrets/x', '{}');
    expect(answer).toMatchObject({ status: 405 });
    expect(answer.headers.get('allow')).toBe('GET, PUT, DELETE');
    expect(seen).toEqual([]);
  });

  test('without a server behind there is nothing else: 404 in the same form', async () => {
    const { status, json } = await restClient(alone.url, alone.admin.token).send('GET', '/workflow/x');
    expect({ status, json }).toMatchObject({ status: 404, json: { status: 404, code: 'NOT_FOUND', retryable: false } });
  });
});

test('a server that is away is told in the same form, and the gateway’s own goes on', async () => {
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
