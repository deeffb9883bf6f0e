import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf } from '../audit/events.ts';
import { type RestClient, restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeApplication, type SomeSecret, type World, world } from '../support/world.ts';

let w: World;
let application: SomeApplication;
let worker: RestClient;
let admin: RestClient;
let token: SomeSecret;
let behind: Server;
const passed: string[] = [];
beforeAll(async () => {
  behind = createServer((req, res) => {
    passed.push(`${req.method} ${req.url}`);
    res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => behind.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(behind.address() as AddressInfo).port}/api`);
  w = await world({ conductor: { url, timeoutMs: 5_000, credentials: undefined } });
  application = await w.application('worker');
  worker = restClient(w.url, application.token);
  admin = restClient(w.url, w.admin.token);
  token = await w.secret('token');
  await w.secret('hidden');
  await w.grant(application.id, 'EXECUTE', 'token');
});
afterAll(async () => {
  await w.close();
  behind.close();
});

const ref = (path: string) => `\${workflow.secrets.${path}}`;
const reference = (name: string, pointers: string[], problem: string | null = null) => ({
  name,
  pointers,
  resolvable: problem === null,
  problem,
});

describe('REST: resolving payloads', () => {
  const resolve = (body: unknown) => worker.send('POST', '/payloads/resolve', body, { revealing: true });

  test('POST /payloads/resolve returns the resolved payload and the list of resolved references', async () => {
    const { status, json } = await resolve({
      payload: { a: `Bearer ${ref('token')}`, b: '${workflow.input.x}' },
      input: { x: ref('token') },
    });
    expect([status, json]).toEqual([
      200,
      { payload: { a: `Bearer ${token.value}`, b: ref('token') }, references: [reference('token', ['/a'])] },
    ]);
  });

  test('with a task in the request, the audit event of a use names the task, and a malformed task is refused', async () => {
    const task = { taskId: 't-1', workflowId: 'w-1', task: 'call', workflow: 'ship:2' };
    expect((await resolve({ payload: ref('token'), task })).json.payload).toBe(token.value);
    expect((await eventsOf(w.admin, { actions: ['SECRET_USE'] }))[0]).toMatchObject({ changes: task });
    for (const [wrong, field] of [
      [{ ...task, taskId: 'a b' }, 'task.taskId'],
      [{ ...task, workflow: 'x'.repeat(1_001) }, 'task.workflow'],
      [{ ...task, more: 1 }, 'task.more'],
      ['t-1', 'task'],
    ] as const) {
      const { status, json } = await resolve({ payload: ref('token'), task: wrong });
      expect([status, json.validationErrors[0].path]).toEqual([400, field]);
    }
  });

  test('without input, or with the input null, POST /payloads/resolve leaves expressions that refer to the input unchanged', async () => {
    const payload = ['${workflow.input.x}'];
    expect((await resolve({ payload })).json.payload).toEqual(payload);
    expect((await resolve({ payload, input: null })).json.payload).toEqual(payload);
    expect((await resolve({ payload, input: {} })).json.payload).toEqual([null]);
  });

  test('if references cannot be resolved, the error of POST /payloads/resolve contains the references and their positions', async () => {
    const { status, json } = await resolve({
      payload: { a: ref('hidden'), b: [ref('missing'), '${workflow.secrets.${x}}'] },
    });
    expect(status).toBe(422);
    expect(json).toMatchObject({
      code: 'UNRESOLVED_REFERENCES',
      retryable: false,
      references: [
        { name: 'hidden', pointers: ['/a'], problem: 'NOT_FOUND' },
        { name: 'missing', pointers: ['/b/0'], problem: 'NOT_FOUND' },
        { name: '${workflow.secrets.${x}}', pointers: ['/b/1'], problem: 'MALFORMED' },
      ],
    });
  });

  test('POST /payloads/resolve does not change the notation of numbers', async () => {
    const { text } = await resolve('{"payload":[12345678901234567890,1.10,0.30000000000000004441]}');
    expect(text).toContain('"payload":[12345678901234567890,1.1,0.30000000000000004441]');
  });

  test('POST /payloads/resolve requires a payload', async () => {
    for (const body of [{}, { payload: null }]) {
      const { status, json } = await resolve(body);
      expect([status, json.validationErrors?.[0].path]).toEqual([400, 'payload']);
    }
    expect((await resolve([])).status).toBe(400);
    expect((await resolve(undefined)).status).toBe(400);
    expect((await resolve('{')).status).toBe(400);
  });

  test('if a payload is too large, POST /payloads/resolve refuses the request, and the error names the argument payload', async () => {
    let deep: unknown = 1;
    for (let i = 0; i < 101; i++) deep = { deep };
    const many = Array.from({ length: 201 }, (_, i) => ref(`n${i}`));
    for (const body of [{ payload: deep }, { payload: many }]) {
      const { status, json } = await resolve(body);
      expect([status, json.validationErrors?.[0].path]).toEqual([400, 'payload']);
    }
    expect((await resolve({ payload: 'x'.repeat(1_100_000) })).status).toBe(413);
    expect((await resolve(`{"payload":${'['.repeat(200_000)}${']'.repeat(200_000)}}`)).status).toBe(400);
  });
});

describe('REST: checking references', () => {
  const payload = { a: ref('token'), b: ref('hidden'), c: '***' };
  const archived = reference('***', ['/c'], 'ARCHIVED');

  test('POST /payloads/check checks references for the caller, or for a principal that an administrator names', async () => {
    const own = await worker.send('POST', '/payloads/check', { payload });
    expect(own.json).toEqual([reference('token', ['/a']), reference('hidden', ['/b'], 'NOT_FOUND'), archived]);
    const others = await admin.send('POST', '/payloads/check', { payload, principalId: `app:${application.id}` });
    expect(others.json).toEqual(own.json);
    const admins = await worker.send('POST', '/payloads/check', { payload, principalId: 'admin' });
    expect(admins.status).toBe(403);
    expect((await admin.send('POST', '/payloads/check', { payload, principalId: 'nobody' })).status).toBe(404);
    expect((await admin.send('POST', '/payloads/check', { payload, principalId: 5 })).status).toBe(400);
  });

  test('POST /payloads/check accepts the global id of a principal, and its error names a wrong argument', async () => {
    const checked = (principalId: unknown) => admin.send('POST', '/payloads/check', { payload, principalId });
    const { id } = await w.user('ann');
    for (const principalId of [application.id, `app:${application.id}`]) {
      const { status, json } = await checked(principalId);
      expect([status, json[0].resolvable]).toEqual([200, true]);
    }
    for (const principalId of [id, 'ann']) expect((await checked(principalId)).json[0].resolvable).toBe(false);
    for (const principalId of [`app_${'7'.repeat(32)}`, `app:app_${'7'.repeat(32)}`, 'nobody', '']) {
      const { status, json } = await checked(principalId);
      expect([status, json.message]).toEqual([404, expect.stringContaining(`: ${principalId}.`)]);
    }
    expect((await checked(5)).json.validationErrors[0].path).toBe('principalId');
  });
});

describe('REST: masking and archiving payloads', () => {
  test('the REST answer to masking and archiving contains only the payload, with any JSON type', async () => {
    const masked = await worker.send('POST', '/payloads/mask', {
      payload: { a: `x ${token.value}`, ssn: 1 },
      definition: { a: `x ${ref('token')}` },
      maskedFields: ['ssn'],
    });
    expect([masked.status, masked.json]).toEqual([200, { a: 'x ***', ssn: '***' }]);
    const definition = [ref('token')];
    expect((await worker.send('POST', '/payloads/mask', { payload: token.value, definition })).text).toBe('"***"');
    expect((await worker.send('POST', '/payloads/mask', { payload: 5 })).text).toBe('5');
    const archived = await worker.send('POST', '/payloads/archive', {
      payload: { _secrets: { a: 1 }, _masked: 2, ssn: 3 },
      maskedFields: 'ssn',
    });
    expect(archived.json).toEqual({ _secrets: '***', _masked: 2, ssn: '***' });
    const many = await worker.send('POST', '/payloads/archive', { payload: 1, maskedFields: Array(201).fill('a') });
    expect([many.status, many.json.validationErrors[0].path]).toEqual([400, 'maskedFields']);
  });
});

describe('REST: the UPDATE_SECRET task', () => {
  const send = (body: unknown) => worker.send('POST', '/tasks/update-secret', body);

  test('POST /tasks/update-secret writes the secret and returns no output', async () => {
    await w.grant(application.id, 'UPDATE', 'token');
    const value = sentinel();
    const { status, text } = await send({ _secrets: { secretKey: 'token', secretValue: value } });
    expect([status, text]).toEqual([200, '{}']);
    expect(await w.reveal(w.admin, 'token')).toBe(value);
  });

  test('POST /tasks/update-secret fails with an error that a worker can report', async () => {
    const forbidden = await send({ _secrets: { secretKey: 'brand_new', secretValue: sentinel() } });
    expect([forbidden.status, forbidden.json.code]).toEqual([403, 'FORBIDDEN']);
    const empty = await send({ _secrets: { secretKey: 'token', secretValue: '' } });
    expect([empty.status, empty.json.code, empty.json.validationErrors[0].path]).toEqual([
      ...[400, 'BAD_USER_INPUT'],
      '_secrets.secretValue',
    ]);
    expect((await send({})).json.validationErrors[0].path).toBe('_secrets');
  });
});

test.each([
  ['/payloads/resolve', { payload: 1, inputs: {} }, 'inputs'],
  ['/payloads/check', { payload: 1, principal: 'admin' }, 'principal'],
  ['/payloads/mask', { payload: { ssn: 1 }, maskedField: ['ssn'] }, 'maskedField'],
  ['/payloads/archive', { payload: 1, definition: {} }, 'definition'],
  ['/tasks/update-secret', { _secrets: { secretKey: 'token', secretValue: 'none' }, secrets: 1 }, 'secrets'],
])('%s rejects a body with an unknown JSON field, and the error names this field', async (path, body, name) => {
  const { status, json } = await worker.send('POST', path, body);
  expect([status, json.code, json.validationErrors?.[0].path]).toEqual([400, 'BAD_USER_INPUT', name]);
});

test('the gateway itself serves the paths for payloads and update-secret, and forwards all other paths for tasks', async () => {
  for (const path of ['/payloads', '/payloads/other', '/tasks/update-secret/x']) {
    expect((await worker.send('POST', path, {}, { undocumented: true })).status).toBe(404);
  }
  expect((await worker.send('GET', '/payloads/resolve')).status).toBe(405);
  expect((await worker.send('GET', '/tasks/poll/x', undefined, { passedOn: true })).status).toBe(200);
  expect((await worker.send('POST', '/tasks/update-secrets', {}, { passedOn: true })).status).toBe(200);
  // The gateway itself reads the task that the second path could name, because the gateway masks the answer.
  const forwarded = passed.filter((request) => request !== 'GET /api/tasks/update-secrets');
  expect(forwarded).toEqual(['GET /api/tasks/poll/x', 'POST /api/tasks/update-secrets']);
});
