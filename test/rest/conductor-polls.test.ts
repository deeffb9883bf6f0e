// Workers that poll a Conductor server through the gateway receive secrets. The gateway masks the secrets in the results of the workers.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf } from '../audit/events.ts';
import { type ConductorServer, conductorServer, type TaskOptions } from '../support/conductor-server.ts';
import { type RestClient, restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeApplication, type SomeSecret, type World, world } from '../support/world.ts';

let engine: ConductorServer;
let w: World;
let worker: SomeApplication;
let other: SomeApplication;
let token: SomeSecret;
let polls: RestClient;

beforeAll(async () => {
  engine = await conductorServer();
  w = await world({ conductor: { url: new URL(engine.url), timeoutMs: 5_000, credentials: undefined } });
  worker = await w.application('mailer');
  other = await w.application('other');
  token = await w.secret('mail-token');
  await w.secret('not-granted');
  await w.grant(worker.id, 'READ', 'mail-token');
  polls = restClient(w.url, worker.token);
});
afterAll(async () => {
  await w.close();
  await engine.stop();
});

/** Closes all connections to the gateway's database. Then the database rejects or accepts new connections. */
async function allowConnections(allowed: boolean): Promise<void> {
  const url = new URL(w.databaseUrl);
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${allowed}`);
  if (!allowed) await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  await client.end();
}

const ROTATE = 'mutation ($i: RotateSecretInput!) { rotateSecret(input: $i) { secret { version } } }';
const DESTROY =
  'mutation ($n: String!, $v: Int!) { destroySecretVersion(name: $n, version: $v) { secret { version } } }';
const rotate = (name: string, value: string) => w.admin.get(ROTATE, { i: { name, value } });

const AUTHORIZATION = { authorization: 'Bearer ${workflow.secrets.mail-token}' };
const passedOn = { passedOn: true };
const revealing = { passedOn: true, revealing: true };
const poll = (type: string, client = polls) => client.send('GET', `/tasks/poll/${type}`, undefined, revealing);
const batch = (type: string, client = polls) =>
  client.send('GET', `/tasks/poll/batch/${type}?count=50&timeout=100`, undefined, revealing);
let types = 0;
/** Adds a task whose type is unique in this test run. */
function added(input: Record<string, unknown>, options: TaskOptions = {}) {
  const type = `type_${++types}`;
  return { type, id: engine.add(type, input, options) };
}
const bearer = () => `Bearer ${token.value}`;
const resultOf = (taskId: string) => engine.results(taskId).at(-1);

describe('a polled task', () => {
  test.each([
    ['one poll', poll, (json: unknown) => json],
    ['a batch poll', batch, (json: unknown[]) => json[0]],
  ])('the gateway inserts the secrets of a task into the response to %s', async (_, how, taskIn) => {
    const { type, id } = added({ ...AUTHORIZATION, to: '${workflow.input.to}' }, { input: { to: 'ann' } });
    const answer = await how(type);
    expect(answer.status).toBe(200);
    expect(taskIn(answer.json)).toMatchObject({ taskId: id, inputData: { authorization: bearer(), to: 'ann' } });
  });

  test('the gateway inserts the secrets of the next task into the response to /tasks/update-v2', async () => {
    const { type, id } = added(AUTHORIZATION);
    engine.add(type, AUTHORIZATION, { taskId: `${id}-next` });
    await poll(type);
    const result = {
      taskId: id,
      workflowInstanceId: `workflow-of-${id}`,
      status: 'COMPLETED',
      outputData: { ok: true },
    };
    const next = await polls.send('POST', '/tasks/update-v2', result, revealing);
    expect(next.json).toMatchObject({ taskId: `${id}-next`, inputData: { authorization: bearer() } });
  });

  test('the gateway does not change the bytes of a polled task whose workflow definition has no reference', async () => {
    const { type } = added({ big: '${workflow.input.big}' }, { input: { big: 1 } });
    const text =
      '[{"taskId":"t", "workflowInstanceId":"w","taskType":"x","referenceTaskName":"r","inputData":{"n":1.0e2,"big":12345678901234567890}}]';
    engine.answerPolls({ text });
    expect((await batch(type)).text).toBe(text);
    engine.answerPolls(undefined);
    await batch(type);
  });

  test('the gateway does not change the spelling of numbers in a polled task', async () => {
    const { type } = added(AUTHORIZATION, { more: { sequence: 1 } });
    const [task] = (await batch(type)).json;
    const text = JSON.stringify([task])
      .replace('"sequence":1', '"sequence":12345678901234567890')
      .replace(bearer(), AUTHORIZATION.authorization);
    engine.answerPolls({ text });
    expect((await batch(type)).text).toContain('"sequence":12345678901234567890');
    engine.answerPolls(undefined);
  });

  test('the audit event about a secret of a polled task names the application, the workflow and the task', async () => {
    const { type, id } = added(AUTHORIZATION);
    await poll(type);
    const [event] = (await eventsOf(w.admin, { actions: ['SECRET_USE'] })).filter(({ changes }) =>
      JSON.stringify(changes).includes(`"${id}"`),
    );
    expect(event).toMatchObject({
      actor: { name: 'mailer' },
      outcome: 'DONE',
      changes: { taskId: id, workflowId: `workflow-of-${id}`, workflow: `of_${id}:1`, task: 'the_task' },
    });
  });

  test('a polled task contains the secret values that the runtimeMetadata of its task definition names', async () => {
    const { type, id } = added({}, { taskDefinition: { name: 'x', runtimeMetadata: ['mail-token'] } });
    expect((await poll(type)).json.runtimeMetadata).toEqual({ 'mail-token': token.value });
    // The JSON of the polled task contains neither the name nor the version of the workflow definition.
    const [event] = (await eventsOf(w.admin, { actions: ['SECRET_USE'] })).filter(
      ({ changes }) => changes?.taskId === id,
    );
    expect(event).toMatchObject({ outcome: 'DONE', changes: { workflow: `of_${id}:1`, task: 'the_task' } });
  });

  test.each(['HTTP_WITH_SECRETS', 'UPDATE_SECRET'])(
    'the gateway does not resolve references in a polled task of the type %s',
    async (type) => {
      engine.add(type, AUTHORIZATION);
      expect((await poll(type)).json.inputData).toEqual(AUTHORIZATION);
    },
  );
});

describe('polled tasks whose references the gateway rejects', () => {
  test.each([
    ['a missing secret', { a: '${workflow.secrets.missing}' }, 'missing'],
    ['a secret without a grant', { a: '${workflow.secrets.not-granted}' }, 'not-granted'],
  ])(
    'the gateway ends a polled task with a reference to %s, and names the secret in the failure reason',
    async (_, input, name) => {
      const { type, id } = added(input);
      const answer = await poll(type);
      expect(answer).toMatchObject({ status: 204, text: '' });
      expect(resultOf(id)).toMatchObject({
        status: 'FAILED_WITH_TERMINAL_ERROR',
        workflowInstanceId: `workflow-of-${id}`,
        reasonForIncompletion: expect.stringMatching(new RegExp(`${name}.*/a`)),
      });
    },
  );

  test('the gateway ends a polled task that reads a value which archiving removed from the workflow execution', async () => {
    const { type, id } = added({ a: 'Bearer ${workflow.input._secrets.pw}' }, { input: { _secrets: '***' } });
    expect(await poll(type)).toMatchObject({ status: 204, text: '' });
    expect(resultOf(id)).toMatchObject({
      status: 'FAILED_WITH_TERMINAL_ERROR',
      reasonForIncompletion: expect.stringMatching(/workflow\.input\._secrets\.pw.* at \/a .*archived/),
    });
  });

  test('the gateway delivers the other 19 tasks of a batch that contains a rejected task', async () => {
    const { type } = added(AUTHORIZATION);
    for (let i = 0; i < 9; i++) engine.add(type, AUTHORIZATION);
    const refused = engine.add(type, { a: '${workflow.secrets.missing}' });
    for (let i = 0; i < 9; i++) engine.add(type, AUTHORIZATION);
    const before = w.database.statements();
    const { json } = await batch(type);
    const statements = w.database.statements() - before;
    expect(json).toHaveLength(19);
    for (const task of json) expect(task.inputData).toEqual({ authorization: bearer() });
    expect(resultOf(refused)).toMatchObject({ status: 'FAILED_WITH_TERMINAL_ERROR' });
    expect(statements).toBeLessThan(40);
  });

  test('the gateway ends a polled task whose reference is not in the registered workflow definition', async () => {
    const attack = AUTHORIZATION.authorization;
    const { type, id } = added({ a: '${workflow.input.x}' }, { input: { x: attack } });
    const answer = await poll(type);
    expect(answer.json.inputData).toEqual({ a: attack });
    expect(engine.results(id)).toEqual([]);
    const forked = added(AUTHORIZATION, { registered: { name: 'forks', version: 1, tasks: [] } });
    expect((await poll(forked.type)).status).toBe(204);
    expect(resultOf(forked.id)).toMatchObject({ status: 'FAILED_WITH_TERMINAL_ERROR' });
  });

  test('the gateway ends a polled task whose secret the polling application may not use', async () => {
    const { type, id } = added(AUTHORIZATION);
    expect((await poll(type, restClient(w.url, other.token))).status).toBe(204);
    expect(resultOf(id)).toMatchObject({ status: 'FAILED_WITH_TERMINAL_ERROR' });
  });
});

describe('polled tasks of a Conductor server that resolves references itself', () => {
  test('if the Conductor server replaced a reference by an empty text, the gateway inserts the secret value', async () => {
    const more = { inputData: { authorization: 'Bearer ', whole: null } };
    const { type } = added({ ...AUTHORIZATION, whole: '${workflow.secrets.mail-token}' }, { more });
    expect((await poll(type)).json.inputData).toEqual({ authorization: bearer(), whole: token.value });
  });

  test('if the Conductor server replaced a reference by its own value, the gateway ends the polled task', async () => {
    const more = { inputData: { mixed: 'ann value-of-the-server' } };
    const { type, id } = added({ mixed: '${workflow.input.to} ${workflow.secrets.mail-token}' }, { more });
    expect((await poll(type)).status).toBe(204);
    expect(resultOf(id)).toMatchObject({ status: 'FAILED_WITH_TERMINAL_ERROR' });
  });
});

describe('polled tasks that the gateway cannot deliver', () => {
  test('the gateway does not deliver a rejected task whose failure the Conductor server does not accept', async () => {
    const { type } = added({ a: '${workflow.secrets.missing}' });
    engine.refuseResults(500);
    expect((await poll(type)).status).toBe(204);
    engine.refuseResults(undefined);
  });

  test('if the tasks of a batch with secrets are too large together, the gateway returns some tasks to their queue', async () => {
    const type = `type_${++types}`;
    const big = 'x'.repeat(2 * 1_048_576);
    const mixed = { ...AUTHORIZATION, mixed: '${workflow.input.big} ${workflow.secrets.mail-token}' };
    const ids = Array.from({ length: 4 }, () => engine.add(type, mixed, { input: { big } }));
    const { json } = await batch(type);
    const got = json.map(({ taskId }: { taskId: string }) => taskId);
    expect(engine.results(ids[0])).toEqual([]);
    expect(got.length).toBeGreaterThan(0);
    expect(got.length).toBeLessThan(4);
    for (const id of ids.filter((id) => !got.includes(id)))
      expect(resultOf(id)).toMatchObject({ status: 'IN_PROGRESS' });
  });

  test('if the Conductor server does not return the workflow definition, the gateway returns a polled task to its queue', async () => {
    const { type, id } = added(AUTHORIZATION, { more: { outputData: { page: 7 }, workerId: 'w1' } });
    engine.answerDefinitions(500);
    const answer = await poll(type);
    engine.answerDefinitions(undefined);
    expect(answer).toMatchObject({ status: 503, json: { code: 'UNAVAILABLE' } });
    expect(resultOf(id)).toMatchObject({
      ...{ status: 'IN_PROGRESS', callbackAfterSeconds: 5, workerId: 'w1' },
      outputData: { page: 7 },
    });
  });

  test('while the database is unavailable, the gateway returns only polled tasks with references to their queue', async () => {
    const { type, id } = added(AUTHORIZATION);
    const plain = engine.add(type, { n: 1 });
    engine.beforePolls(() => allowConnections(false));
    const answer = await batch(type);
    engine.beforePolls(undefined);
    await allowConnections(true);
    expect(answer.json.map(({ taskId }: { taskId: string }) => taskId)).toEqual([plain]);
    expect(resultOf(id)).toMatchObject({ status: 'IN_PROGRESS', callbackAfterSeconds: 5 });
  });
});

describe('requests that poll tasks', () => {
  test('the gateway rejects a HEAD request that polls, because the response could not contain the task', async () => {
    const answer = await fetch(`${w.url}/api/tasks/poll/x`, {
      method: 'HEAD',
      headers: { 'x-authorization': worker.token },
    });
    expect(answer.status).toBe(405);
  });

  test('the gateway rejects a request to /tasks/update-v2 for a task type that the Conductor server runs', async () => {
    const taskId = engine.add('HTTP', {});
    const before = engine.reported().length;
    const result = { taskId, workflowInstanceId: `workflow-of-${taskId}`, status: 'IN_PROGRESS' };
    expect((await polls.send('POST', '/tasks/update-v2', result, passedOn)).json.code).toBe('FORBIDDEN');
    expect(engine.reported().length).toBe(before);
    expect((await polls.send('POST', '/tasks', result, passedOn)).status).toBe(200);
  });

  test('a request that polls asks the Conductor server for complete, uncompressed JSON', async () => {
    const { type } = added(AUTHORIZATION);
    const headers = { accept: 'application/cbor', 'accept-encoding': 'br', range: 'bytes=0-3' };
    const answer = await polls.send('GET', `/tasks/poll/${type}`, undefined, { ...revealing, headers });
    expect(answer.json.inputData).toEqual({ authorization: bearer() });
    expect(engine.lastPoll()).toMatchObject({
      'accept-encoding': 'identity',
      accept: expect.stringMatching(/^application\/json,/),
    });
    expect(engine.lastPoll()).not.toHaveProperty('range');
  });

  test('the gateway forwards an error of the Conductor server to a polling worker', async () => {
    engine.answerPolls({ status: 500, text: '{"message":"no"}' });
    expect(await batch('x')).toMatchObject({ status: 500, json: { message: 'no' } });
    engine.answerPolls({ status: 200, text: '{"mess' });
    expect(await batch('x')).toMatchObject({ status: 502, json: { code: 'UPSTREAM_UNAVAILABLE' } });
    engine.answerPolls(undefined);
  });

  test('the gateway returns the tasks of a batch that exceed 16 MiB to their queue', async () => {
    const type = `type_${++types}`;
    const big = 'x'.repeat(3 * 1_048_576);
    const ids = Array.from({ length: 7 }, () => engine.add(type, { big: '${workflow.input.big}' }, { input: { big } }));
    const { json } = await batch(type);
    const got = json.map(({ taskId }: { taskId: string }) => taskId);
    expect(got).toEqual(ids.slice(0, 5));
    for (const id of ids.slice(5))
      expect(resultOf(id)).toMatchObject({ status: 'IN_PROGRESS', callbackAfterSeconds: 0 });
  });

  test('the gateway rejects a poll whose task is longer than 16 MiB', async () => {
    engine.answerPolls({ text: JSON.stringify({ taskId: 'x', big: 'x'.repeat(17 * 1_048_576) }) });
    expect(await batch('x')).toMatchObject({ status: 502, json: { code: 'UPSTREAM_UNAVAILABLE' } });
    engine.answerPolls(undefined);
  });
});

describe('task results that workers report', () => {
  /** Polls a task with a secret, and returns its ids. */
  async function polled() {
    const { type, id } = added(AUTHORIZATION);
    expect((await poll(type)).status).toBe(200);
    return { taskId: id, workflowInstanceId: `workflow-of-${id}` };
  }
  const last = () => engine.reported().at(-1);

  test.each(['/tasks', '/tasks/update-v2', '/TASKS/', '/tasks.json'])(
    'the gateway masks a secret value in a task result that a worker reports to %s',
    async (path) => {
      const ids = await polled();
      const result = {
        ...ids,
        status: 'COMPLETED',
        executedTime: 5,
        outputData: {
          echo: bearer(),
          list: [token.value],
          [token.value]: 1,
          base64: Buffer.from(token.value).toString('base64'),
        },
        reasonForIncompletion: `no ${token.value}`,
        logs: [{ log: `sent ${token.value}`, taskId: ids.taskId, createdTime: 1 }],
        executionMetadata: { additionalContext: { header: bearer() } },
        ...{ workerId: bearer(), subWorkflowId: bearer(), externalOutputPayloadStoragePath: `a/${token.value}` },
        ...{ unknownMember: [bearer()], callbackAfterSeconds: 7, extendLease: false },
      };
      await polls.send('POST', path, result, passedOn);
      const body = last()?.body ?? '';
      expect(body).not.toContain(token.value);
      expect(JSON.parse(body)).toMatchObject({
        ...ids,
        status: 'COMPLETED',
        executedTime: 5,
        outputData: { echo: 'Bearer ***', list: ['***'], base64: '***' },
        reasonForIncompletion: 'no ***',
        logs: [{ log: 'sent ***', taskId: ids.taskId, createdTime: 1 }],
        executionMetadata: { additionalContext: { header: 'Bearer ***' } },
        ...{ workerId: 'Bearer ***', subWorkflowId: 'Bearer ***', externalOutputPayloadStoragePath: 'a/***' },
        ...{ unknownMember: ['Bearer ***'], callbackAfterSeconds: 7, extendLease: false },
      });
    },
  );

  test('the gateway masks a secret value in a task result that a principal reports for the task of a different principal', async () => {
    const ids = await polled();
    const result = { ...ids, status: 'COMPLETED', outputData: { echo: bearer() } };
    await restClient(w.url, other.token).send('POST', '/tasks', result, passedOn);
    expect(JSON.parse(last()?.body ?? '')).toMatchObject({ outputData: { echo: 'Bearer ***' } });
  });

  test('the gateway masks an older version of a secret that the worker received', async () => {
    const secret = await w.secret('rotated');
    await w.grant(worker.id, 'READ', 'rotated');
    const { type, id } = added({ a: '${workflow.secrets.rotated}' });
    await poll(type);
    await rotate('rotated', sentinel());
    const result = {
      taskId: id,
      workflowInstanceId: `workflow-of-${id}`,
      status: 'COMPLETED',
      outputData: { a: secret.value },
    };
    await polls.send('POST', '/tasks', result, passedOn);
    expect(JSON.parse(last()?.body ?? '')).toMatchObject({ outputData: { a: '***' } });
  });

  test.each([
    ['/tasks/WORKFLOW/the_task/COMPLETED'],
    ['/tasks/WORKFLOW/the_task/COMPLETED/sync'],
    ['/queue/update/WORKFLOW/the_task/COMPLETED'],
    ['/queue/update/WORKFLOW/task/TASK/COMPLETED'],
  ])('the gateway masks a secret value in a task output that a worker sends to %s', async (path) => {
    const { taskId, workflowInstanceId } = await polled();
    const to = path.replace('WORKFLOW', workflowInstanceId).replace('TASK', taskId);
    await polls.send('POST', to, { echo: bearer() }, passedOn);
    expect(last()).toMatchObject({ path: to, body: '{"echo":"Bearer ***"}' });
  });

  test('the gateway masks a secret value in a task output even if the path contains an encoded task reference name', async () => {
    const { type, id } = added(AUTHORIZATION, {
      more: { referenceTaskName: 'a%41' },
      written: { taskReferenceName: 'a%41' },
    });
    expect((await poll(type)).status).toBe(200);
    await polls.send('POST', `/tasks/workflow-of-${id}/a%2541/COMPLETED`, { echo: bearer() }, passedOn);
    expect(last()?.body).toBe('{"echo":"Bearer ***"}');
  });

  test.each(['signal', 'signal/sync'])(
    'the gateway masks the secret values of a waiting task in a request to %s',
    async (path) => {
      const type = 'YIELD';
      const id = engine.add(type, AUTHORIZATION);
      await poll(type);
      await polls.send('POST', `/tasks/workflow-of-${id}/COMPLETED/${path}`, { echo: bearer() }, passedOn);
      expect(last()?.body).toBe('{"echo":"Bearer ***"}');
    },
  );

  test('the gateway masks a secret value in a request that updates the state of a workflow', async () => {
    const { workflowInstanceId } = await polled();
    const state = {
      taskReferenceName: 'the_task',
      taskResult: { status: 'COMPLETED', outputData: { echo: bearer() } },
      variables: { v: bearer() },
    };
    await polls.send('POST', `/workflow/${workflowInstanceId}/state`, state, passedOn);
    expect(JSON.parse(last()?.body ?? '')).toMatchObject({
      taskResult: { outputData: { echo: 'Bearer ***' } },
      variables: { v: 'Bearer ***' },
    });
  });

  test.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded'])(
    'the gateway masks a secret value in a task log line with the media type %s',
    async (type) => {
      const { taskId } = await polled();
      await polls.send('POST', `/tasks/${taskId}/log`, `sent ${bearer()} ✓`, {
        ...passedOn,
        undocumented: true,
        headers: { 'content-type': type },
      });
      expect(last()).toMatchObject({ path: `/tasks/${taskId}/log`, body: 'sent Bearer *** ✓' });
    },
  );

  test.each([
    [
      '/tasks',
      '{ "taskId":"TASK","workflowInstanceId" : "w", "outputData":{"n":1.0e2, "b":12345678901234567890}, "x":[ ] }',
    ],
    ['/tasks/update-v2', '{"taskId":"TASK",  "status":"COMPLETED"}'],
    ['/tasks/WORKFLOW/the_task/COMPLETED', '{ "a": 1.50 }'],
    ['/tasks/TASK/log', '"quoted"  line'],
  ])('the gateway does not change the bytes of a request to %s without a secret value', async (path, text) => {
    const { taskId, workflowInstanceId } = await polled();
    const insert = (template: string) => template.replace('TASK', taskId).replace('WORKFLOW', workflowInstanceId);
    const body = insert(text);
    await polls.send('POST', insert(path), body, { ...passedOn, headers: { 'content-type': 'application/json' } });
    expect(last()).toMatchObject({ path: insert(path), body, type: 'application/json' });
  });

  test('if a secret version of a task was destroyed, the gateway replaces the task result by a failure without data', async () => {
    await w.secret('destroyed');
    await w.grant(worker.id, 'READ', 'destroyed');
    const { type, id } = added({ a: '${workflow.secrets.destroyed}' });
    const value = (await poll(type)).json.inputData.a;
    await rotate('destroyed', sentinel());
    await w.admin.get(DESTROY, { n: 'destroyed', v: 1 });
    const result = {
      taskId: id,
      workflowInstanceId: `workflow-of-${id}`,
      status: 'COMPLETED',
      outputData: { a: value },
    };
    await polls.send('POST', '/tasks', result, passedOn);
    expect(JSON.parse(last()?.body ?? '')).toMatchObject({
      taskId: id,
      status: 'FAILED_WITH_TERMINAL_ERROR',
      outputData: {},
    });
  });

  test('the gateway masks a secret value in a task log line with the charset ISO-8859-1', async () => {
    const secret = await w.secret('accents', { value: `${sentinel()}-Ã©` });
    await w.grant(worker.id, 'READ', 'accents');
    const { type, id } = added({ a: '${workflow.secrets.accents}' });
    await poll(type);
    const headers = { 'content-type': 'text/plain; charset=iso-8859-1' };
    const line = Buffer.from(`é ${secret.value}`, 'latin1');
    await polls.send('POST', `/tasks/${id}/log`, line, { ...passedOn, undocumented: true, headers });
    expect(last()?.bytes.toString('latin1')).toBe('é ***');
  });

  test.each(['/tasks', '/tasks/WORKFLOW/the_task/COMPLETED', '/workflow/WORKFLOW/state'])(
    'the gateway masks a new value for UPDATE_SECRET in a request to %s',
    async (path) => {
      const type = `type_${++types}`;
      const inputParameters = { _secrets: { secretKey: 'rotating', secretValue: '${the_task.output.token}' } };
      const name = `rotation_${type}`;
      const tasks = [
        { name: type, taskReferenceName: 'the_task', type, inputParameters: AUTHORIZATION },
        { name: 'update', taskReferenceName: 'update', type: 'UPDATE_SECRET', inputParameters },
      ];
      const id = engine.add(type, AUTHORIZATION, { registered: { name, version: 1, tasks }, written: { name: type } });
      expect((await poll(type)).status).toBe(200);
      const [fresh, variable] = [sentinel(), 'variables are not captured'];
      const workflowInstanceId = `workflow-of-${id}`;
      const outputData = { token: fresh, expires: 60 };
      const state = { taskReferenceName: 'the_task', taskResult: { outputData }, variables: { token: variable } };
      const body = path.endsWith('state')
        ? state
        : path === '/tasks'
          ? { taskId: id, workflowInstanceId, outputData }
          : outputData;
      await polls.send('POST', path.replace('WORKFLOW', workflowInstanceId), body, passedOn);
      expect(last()?.body).not.toContain(fresh);
      expect(last()?.body).toContain('{"token":"***","expires":60}');
      if (path.endsWith('state')) expect(last()?.body).toContain(variable);
    },
  );

  test('while the Conductor server does not respond, the gateway responds to polls and task results with 502', async () => {
    const { taskId, workflowInstanceId } = await polled();
    await engine.stop();
    const answers = [
      await polls.send('POST', '/tasks', { taskId, workflowInstanceId }, passedOn),
      await polls.send('POST', `/tasks/${workflowInstanceId}/the_task/COMPLETED`, {}, passedOn),
      await poll('any'),
    ];
    await engine.start();
    for (const answer of answers) expect(answer).toMatchObject({ status: 502, json: { code: 'UPSTREAM_UNAVAILABLE' } });
  });

  test('while the database is unavailable, the gateway does not forward task results', async () => {
    const ids = await polled();
    const before = engine.reported().length;
    await allowConnections(false);
    const answer = await polls.send('POST', '/tasks', { ...ids, outputData: { a: bearer() } }, passedOn);
    await allowConnections(true);
    expect(answer).toMatchObject({ status: 503, json: { code: 'UNAVAILABLE' } });
    expect(engine.reported()).toHaveLength(before);
  });

  test.each([
    ['the media type application/yaml', 'application/yaml', 'taskId: x', 415],
    ['the charset utf-16', 'application/json; charset=utf-16', '{}', 415],
    ['UTF-16 bytes and no charset', 'application/json', Buffer.from('{"taskId":"x"}', 'utf16le'), 415],
    ['invalid JSON', 'application/json', '{"taskId"', 400],
    ['no task id', 'application/json', '{}', 400],
    ['no workflow id', 'application/json', '{"taskId":"x"}', 400],
    ['a JSON list in place of an object', 'application/json', '[]', 400],
    ['a body longer than 16 MiB', 'application/json', `{"taskId":"${'x'.repeat(17 * 1_048_576)}"}`, 413],
  ])('the gateway rejects a task result with %s', async (_, type, body, status) => {
    const before = engine.reported().length;
    const answer = await polls.send('POST', '/tasks', body, {
      ...passedOn,
      undocumented: true,
      headers: { 'content-type': type },
    });
    expect(answer.status).toBe(status);
    expect(engine.reported()).toHaveLength(before);
  });
});
