// The routes that the gateway's module in the Conductor server calls. The gateway resolves the secrets of tasks, and masks the secrets in results.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deleteOldValues } from '../../src/conductor/delete-old-values.ts';
import { engineTaskOf } from '../../src/conductor/task.ts';
import { keyUsage } from '../../src/keyring/usage.ts';
import type { JsonObject } from '../../src/primitives/json.ts';
import { Sensitive } from '../../src/sensitive.ts';
import { gatewayAt } from '../../src/worker/gateway.ts';
import { updateSecretTask } from '../../src/worker/update-secret-task.ts';
import { eventsOf } from '../audit/events.ts';
import { type FakeEngine, fakeEngine, scheduled } from '../support/fake-engine.ts';
import { type RestClient, restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeApplication, type SomeSecret, type World, world } from '../support/world.ts';

let w: World;
let engine: FakeEngine;
let application: SomeApplication;
let moduleClient: RestClient;
let other: RestClient;
let token: SomeSecret;
let count = 0;
beforeAll(async () => {
  engine = await fakeEngine();
  w = await world({ conductor: { url: engine.url, timeoutMs: 5_000, credentials: undefined } });
  application = await w.application('engine', { roles: ['WORKFLOW_ENGINE'] });
  moduleClient = restClient(w.url, application.token);
  other = restClient(w.url, (await w.application('other', { roles: ['WORKFLOW_ENGINE'] })).token);
  token = await w.secret('token');
  await w.secret('hidden');
  await w.grant(application.id, 'EXECUTE', 'token');
});
afterAll(async () => {
  await w.close();
  await engine.close();
});
beforeEach(() => {
  engine.status = undefined;
});

const ref = (path: string) => `\${workflow.secrets.${path}}`;
const taskOf = (inputParameters: JsonObject, more: JsonObject = {}): JsonObject => ({
  ...{ name: 'call', taskReferenceName: 'call', type: 'INLINE', inputParameters },
  ...more,
});
/** Registers a workflow with one task, and returns the request of the module for this task. */
function request(inputParameters: JsonObject, inputData?: JsonObject, more: JsonObject = {}) {
  const task = taskOf(inputParameters, more);
  count += 1;
  const workflowDefinition = engine.register(`w${count}`, [task]);
  return {
    workflowDefinition,
    task: scheduled(workflowDefinition, task, inputData === undefined ? {} : { inputData }),
  };
}
const resolve = (body: unknown, by = moduleClient) =>
  by.send('POST', '/conductor/tasks/resolve', body, { revealing: true });
const hide = (body: unknown, by = moduleClient) => by.send('POST', '/conductor/tasks/result', body);
const uses = async () => eventsOf(w.admin, { actions: ['SECRET_USE'] });

describe('the protocol between the module and the gateway', () => {
  test('the gateway responds to GET /conductor with the version of the protocol', async () => {
    expect((await moduleClient.send('GET', '/conductor')).json).toEqual({ protocol: 1 });
  });

  test('the gateway responds to GET /conductor with 401 without a token, and with 404 without a Conductor server', async () => {
    expect((await restClient(w.url, undefined).send('GET', '/conductor')).status).toBe(401);
    const alone = await world();
    try {
      const { status, json } = await restClient(alone.url, alone.admin.token).send('GET', '/conductor');
      expect([status, json.code]).toEqual([404, 'NOT_FOUND']);
    } finally {
      await alone.close();
    }
  });

  test('the gateway never forwards an unknown path below /conductor to the Conductor server', async () => {
    const before = engine.asked().length;
    for (const path of ['/conductor/tasks', '/conductor/tasks/other', '/conductor.json'])
      expect((await moduleClient.send('GET', path, undefined, { undocumented: true })).status).toBe(404);
    expect(engine.asked().length).toBe(before);
  });
});

describe('resolving the secrets of a task', () => {
  test('the gateway resolves the references of a registered workflow definition, and records each use in the audit log', async () => {
    const body = request({ header: `Bearer ${ref('token')}`, n: 1, text: 'as written' });
    const { status, json } = await resolve(body);
    expect([status, json]).toEqual([200, { input: { header: `Bearer ${token.value}`, n: 1, text: 'as written' } }]);
    const [event] = await uses();
    expect(event).toMatchObject({
      outcome: 'DONE',
      actor: { kind: 'APPLICATION', id: application.id },
      subject: { kind: 'SECRET', id: token.id, name: 'token' },
      version: 1,
      changes: {
        workflowId: body.task.workflowInstanceId,
        workflow: `${body.workflowDefinition.name}:1`,
        task: 'call',
        taskId: body.task.taskId,
      },
    });
  });

  test('the gateway returns the input of a task without references unchanged and without an audit event', async () => {
    const before = (await uses()).length;
    const asked = engine.asked().length;
    const { json } = await resolve(request({ a: '${workflow.input.x}' }, { a: ref('token'), more: [1] }));
    expect(json).toEqual({ input: { a: ref('token'), more: [1] } });
    expect([(await uses()).length, engine.asked().length]).toEqual([before, asked]);
  });

  test('the gateway resolves the references of a workflow definition, but not references in workflow data', async () => {
    const { json } = await resolve(
      request(
        { a: ref('token'), b: '${workflow.input.x}', c: `${ref('token')}-\${workflow.input.y}` },
        { a: ref('token'), b: { deep: ref('hidden') }, c: `${ref('token')}-${ref('hidden')}`, extra: ref('token') },
      ),
    );
    expect(json).toEqual({
      input: { a: token.value, b: { deep: ref('hidden') }, c: `${token.value}-${ref('hidden')}` },
    });
  });

  test('the gateway does not resolve an escaped reference', async () => {
    const { json } = await resolve(request({ a: ref('token'), b: `$${ref('token')}` }));
    expect(json.input).toEqual({ a: token.value, b: ref('token') });
  });

  test('the gateway rejects a task whose secret is missing or forbidden, and records the rejection in the audit log', async () => {
    const body = request({ a: ref('token'), b: { c: ref('hidden') }, d: ref('missing') });
    const { status, json } = await resolve(body);
    expect([status, json.code]).toEqual([422, 'UNRESOLVED_REFERENCES']);
    expect(json.references).toEqual([
      { name: 'hidden', pointers: ['/b/c'], problem: 'NOT_FOUND' },
      { name: 'missing', pointers: ['/d'], problem: 'NOT_FOUND' },
    ]);
    expect(json.message).toContain('hidden at /b/c');
    const events = (await uses()).slice(0, 2);
    expect(events.map(({ outcome, subject, changes }) => [outcome, subject?.name, changes?.code]).sort()).toEqual([
      ['REFUSED', 'hidden', 'FORBIDDEN'],
      ['REFUSED', 'missing', 'NOT_FOUND'],
    ]);
    expect(events[0]!.changes).toMatchObject({ taskId: body.task.taskId, task: 'call' });
  });

  test.each(['SUB_WORKFLOW', 'START_WORKFLOW', 'SET_VARIABLE', 'TERMINATE', 'SWITCH', 'DO_WHILE', 'FORK_JOIN', 'JOIN'])(
    'the gateway rejects a secret reference in a %s task, and records the rejection in the audit log',
    async (type) => {
      const { status, json } = await resolve(request({ a: ref('token') }, undefined, { type }));
      expect([status, json.code]).toEqual([409, 'UNSUPPORTED_PLACE']);
      expect(json.references).toEqual([{ name: 'token', pointers: ['/a'], problem: 'UNSUPPORTED_PLACE' }]);
      expect((await uses())[0]).toMatchObject({ outcome: 'REFUSED', subject: { name: 'token' } });
    },
  );

  test('an EVENT task cannot use secrets if its sink is the Conductor server', async () => {
    const sent = (sink: string) => resolve(request({ a: ref('token') }, undefined, { type: 'EVENT', sink }));
    expect((await sent('amqp:queue')).json.input).toMatchObject({ a: token.value });
    expect((await sent('conductor')).json.code).toBe('UNSUPPORTED_PLACE');
    expect((await sent('conductor:more')).json.code).toBe('UNSUPPORTED_PLACE');
  });

  test('workflow data cannot choose that the Conductor server runs a DYNAMIC task with secrets', async () => {
    const task = taskOf({ a: ref('token') }, { type: 'DYNAMIC' });
    const workflowDefinition = engine.register('dynamic', [task]);
    const run = (taskType: string) =>
      resolve({
        workflowDefinition,
        task: scheduled(workflowDefinition, task, { taskType, inputData: { a: ref('token') } }),
      });
    expect((await run('INLINE')).json.code).toBe('UNSUPPORTED_PLACE');
    // The module resolves only tasks that the Conductor server runs. The gateway therefore treats an unknown type as a type of the Conductor server.
    expect((await run('UNKNOWN_SYSTEM_TASK')).json.code).toBe('UNSUPPORTED_PLACE');
  });

  test('the gateway rejects a task with secrets that differs from the registered workflow definition', async () => {
    const body = request({ a: ref('token') });
    const forged = { ...body.task, workflowTask: taskOf({ a: `${ref('token')}!` }) };
    const started = { ...body.workflowDefinition, tasks: [forged.workflowTask as JsonObject] };
    for (const [task, workflowDefinition] of [
      [forged, body.workflowDefinition],
      [forged, started],
      [body.task, { ...body.workflowDefinition, name: 'other' }],
      [body.task, { ...body.workflowDefinition, version: 7 }],
    ]) {
      const { status, json } = await resolve({ task, workflowDefinition });
      expect([status, json.code]).toEqual([409, 'INVALID_TASK']);
      expect(json.references).toEqual([{ name: 'token', pointers: ['/a'], problem: 'INVALID_TASK' }]);
    }
    expect((await uses())[0]).toMatchObject({ outcome: 'REFUSED', changes: { code: 'INVALID_TASK' } });
  });

  test('if a request contains no workflow definition, the gateway reads the workflow definition of the execution', async () => {
    const { task, workflowDefinition } = request({ a: ref('token') });
    engine.executions.set(task.workflowInstanceId as string, workflowDefinition);
    expect((await resolve({ task })).json.input).toEqual({ a: token.value });
    expect((await resolve({ task: { ...task, workflowInstanceId: 'unknown' } })).json.code).toBe('INVALID_TASK');
  });

  test('the gateway resolves an HTTP task to which the Conductor server added the field asyncComplete', async () => {
    const http = { uri: 'http://post.example/', method: 'GET', headers: { a: ref('token') } };
    const task = taskOf({ http_request: http }, { type: 'HTTP' });
    const workflowDefinition = engine.register('http', [task]);
    const changed = { ...task, inputParameters: { http_request: http, asyncComplete: false } };
    for (const started of [task, changed])
      expect(
        (
          await resolve({
            workflowDefinition: { ...workflowDefinition, tasks: [started] },
            task: scheduled(workflowDefinition, changed),
          })
        ).json.input,
      ).toEqual({ http_request: { ...http, headers: { a: token.value } }, asyncComplete: false });
  });

  test('workflow data cannot choose the server that an HTTP task with secrets calls', async () => {
    const http = (uri: string) => ({ http_request: { uri, method: 'GET', headers: { a: ref('token') } } });
    const sent = (uri: string, filled: string) => resolve(request(http(uri), http(filled), { type: 'HTTP' }));
    expect((await sent('${workflow.input.url}', 'http://thief.example/')).json.code).toBe('INVALID_TASK');
    expect((await sent('http://a.example/${workflow.input.x}', 'http://a.example/1')).status).toBe(200);
    expect((await sent('http://a.example/x/${workflow.input.x}', 'http://a.example/x/../y')).json.code).toBe(
      'INVALID_TASK',
    );
  });

  test('workflow data cannot choose the server or the topic of a KAFKA_PUBLISH task with secrets', async () => {
    const kafka = (bootStrapServers: string, topic: string) => ({
      kafka_request: { bootStrapServers, topic, value: ref('token') },
    });
    const sent = (written: JsonObject) =>
      resolve(request(written, kafka('kafka.example:9092', 'a'), { type: 'KAFKA_PUBLISH' }));
    expect((await sent(kafka('kafka.example:9092', 'a'))).status).toBe(200);
    expect((await sent(kafka('${workflow.input.x}', 'a'))).json.code).toBe('INVALID_TASK');
    expect((await sent(kafka('kafka.example:9092', '${workflow.input.x}'))).json.code).toBe('INVALID_TASK');
    const event = await resolve(
      request({ a: ref('token') }, undefined, { type: 'EVENT', sink: 'amqp:${workflow.input.x}' }),
    );
    expect(event.json.code).toBe('INVALID_TASK');
  });

  test('an HTTP task cannot send the secrets of a task definition to a server that only the workflow definition names', async () => {
    const inputTemplate = { headers: { a: ref('token') }, uri: 'http://post.example/' };
    engine.taskDefinitions.set('templated', { name: 'templated', inputTemplate });
    const sent = (inputParameters: JsonObject) => {
      const task = taskOf(inputParameters, { name: 'templated', type: 'HTTP' });
      count += 1;
      const registered = engine.register(`w${count}`, [task]);
      const complete = { ...task, taskDefinition: { name: 'templated', inputTemplate } };
      const inputData = { ...inputTemplate, ...inputParameters };
      return resolve({
        workflowDefinition: { ...registered, tasks: [complete] },
        task: scheduled(registered, complete, { inputData }),
      });
    };
    expect((await sent({ method: 'GET' })).json.input).toMatchObject({ headers: { a: token.value } });
    expect((await sent({ method: 'GET', uri: 'http://thief.example/' })).json.code).toBe('INVALID_TASK');
  });

  test('the gateway reads the workflow definition of an execution whose input is nested deeply', async () => {
    const { task, workflowDefinition } = request({ a: ref('token') });
    let input: JsonObject = {};
    for (let i = 0; i < 500; i += 1) input = { input };
    engine.executions.set(task.workflowInstanceId as string, workflowDefinition);
    engine.input = input;
    expect((await resolve({ task })).json.input).toEqual({ a: token.value });
  });

  test('the gateway rejects a task that needs an archived value', async () => {
    const { status, json } = await resolve(
      request({ a: ref('token'), b: '${workflow.input._secrets.pw}' }, { a: ref('token'), b: '***' }),
    );
    expect([status, json.references]).toEqual([422, [{ name: '***', pointers: ['/b'], problem: 'ARCHIVED' }]]);
  });

  describe('tasks of an archived workflow execution', () => {
    const ARCHIVED = { _secrets: '***', user: { ssn: '***' }, nick: '***' };
    const LOGIN = { referenceTaskName: 'login__2', outputData: { _secrets: '***', id: 7 } };
    /** Resolves a task of an archived execution whose workflow input is `input`. The Conductor server created the task input from the archived data. */
    async function retried(written: JsonObject, filledIn: JsonObject, input: JsonObject = ARCHIVED) {
      const { task, workflowDefinition } = request(written, filledIn);
      engine.executions.set(task.workflowInstanceId as string, { ...workflowDefinition, maskedFields: ['ssn'] });
      engine.input = input;
      engine.tasks = [LOGIN];
      const before = engine.asked().length;
      const { status, json } = await resolve({ task, workflowDefinition });
      engine.input = {};
      engine.tasks = [];
      return { status, json, asked: engine.asked().slice(before) };
    }

    test.each([
      ['the workflow input', '${workflow.input._secrets.pw}', null],
      ['the workflow input inside a text', 'Bearer ${workflow.input._secrets.pw}!', 'Bearer !'],
      ['the workflow input next to unarchived data', '${workflow.input.a}:${workflow.input._secrets.pw}', 'x:'],
      ['the output of a task', '${login.output._secrets.token}', null],
      ['a masked field', '${workflow.input.user.ssn}', '***'],
    ])('the gateway rejects a task that reads an archived value from %s', async (_, text, filledIn) => {
      for (const more of [{}, { key: ref('token') }] as JsonObject[]) {
        const { status, json } = await retried({ deep: [text], ...more }, { deep: [filledIn], ...more });
        expect(status).toBe(422);
        expect(json.references).toMatchObject([{ pointers: ['/deep/0'], problem: 'ARCHIVED' }]);
      }
    });

    test('the gateway does not reject a task that reads only unarchived data of an archived execution', async () => {
      const written = { a: '${workflow.input.nick}', b: '${login.output.id}', c: '${workflow.input.missing}' };
      const filledIn = { a: '***', b: 7, c: null };
      expect(await retried(written, filledIn)).toMatchObject({ status: 200, json: { input: filledIn } });
    });

    test('the gateway does not reject a task whose value the starter of the workflow omitted', async () => {
      const sent = await retried({ a: '${workflow.input._secrets.pw}' }, { a: null }, { _secrets: { other: 'x' } });
      expect(sent).toMatchObject({ status: 200, json: { input: { a: null } } });
    });

    test('the gateway rejects a task if its input contains archived fields that the module listed for the same task id', async () => {
      const marked = (taskId: string) => {
        const secretsGatewayArchived = { taskId, places: [['input', 'a', 'x.y']] };
        const { task, workflowDefinition } = request({ a: '${workflow.input.a}' }, { a: {}, secretsGatewayArchived });
        return resolve({ task: { ...task, taskId: 'again' }, workflowDefinition });
      };
      const refused = await marked('again');
      expect([refused.status, refused.json.references]).toEqual([
        422,
        [{ name: '***', pointers: ['/a/x.y'], problem: 'ARCHIVED' }],
      ]);
      expect((await marked('first')).status).toBe(200);
    });

    test('if every value of a task is available, the gateway sends no request to the Conductor server', async () => {
      const written = { a: '${workflow.input._secrets.pw}', b: 'Bearer ${workflow.input._secrets.pw}' };
      const sent = await retried(written, { a: 'pw', b: 'Bearer pw' });
      expect(sent).toMatchObject({ status: 200, asked: [] });
    });
  });

  test('after a grant is revoked, the gateway rejects the next task that uses the secret', async () => {
    const secret = await w.secret('revoked');
    await w.grant(application.id, 'EXECUTE', 'revoked');
    const body = request({ a: ref('revoked') });
    expect((await resolve(body)).json.input).toEqual({ a: secret.value });
    await w.revoke(application.id, 'revoked');
    expect((await resolve(body)).json.code).toBe('UNRESOLVED_REFERENCES');
  });

  test('while the Conductor server is unavailable, the gateway responds to a task with secrets with 503', async () => {
    const body = request({ a: ref('token') });
    engine.status = 503;
    const before = (await uses()).length;
    const { status, json } = await resolve(body);
    expect([status, json.code]).toEqual([503, 'UNAVAILABLE']);
    expect((await uses()).length).toBe(before);
    engine.status = undefined;
    expect((await resolve(body)).status).toBe(200);
  });

  test('the gateway resolves any number of cached secrets of a task with two database statements', async () => {
    const one = request({ a: ref('token') });
    const secret = await w.secret('second');
    await w.grant(application.id, 'EXECUTE', 'second');
    const two = request({ a: ref('token'), b: ref('second') });
    await resolve(two);
    const statementsOf = async (work: () => Promise<unknown>) => {
      const before = w.database.statements();
      await work();
      return w.database.statements() - before;
    };
    expect(await statementsOf(() => resolve(one))).toBe(2);
    expect(await statementsOf(() => resolve(two))).toBe(2);
    expect(await statementsOf(() => hide({ task: two.task, output: { a: secret.value } }))).toBe(2);
  });

  test('if the gateway cannot store which secret versions a task receives, the response contains no secret value', async () => {
    await w.database.query('ALTER TABLE handed_out_versions RENAME TO away');
    try {
      const { status, text } = await resolve(request({ a: ref('token') }));
      expect(status).toBe(500);
      expect(text).not.toContain(token.value);
    } finally {
      await w.database.query('ALTER TABLE away RENAME TO handed_out_versions');
    }
  });
});

describe('masking secrets in the result of a task', () => {
  test('the gateway masks the secret values of a task in its output, its failure reason and its logs', async () => {
    const body = request({ a: ref('token') });
    await resolve(body);
    const { status, json } = await hide({
      ...body,
      output: { body: `got ${token.value}`, list: [Buffer.from(token.value).toString('base64')] },
      reason: `failed with ${token.value}`,
      logs: [`log ${token.value}`, { log: token.value }],
    });
    expect(status).toBe(200);
    expect(json).toEqual({
      output: { body: 'got ***', list: ['***'] },
      reason: 'failed with ***',
      logs: ['log ***', { log: '***' }],
    });
  });

  test('after a rotation, the gateway still masks the previous secret value in a task result', async () => {
    const secret = await w.secret('rotated');
    await w.grant(application.id, 'EXECUTE', 'rotated');
    const body = request({ a: ref('rotated') });
    await resolve(body);
    const next = sentinel();
    await w.admin.get('mutation ($i: RotateSecretInput!) { rotateSecret(input: $i) { secret { version } } }', {
      i: { name: 'rotated', value: next },
    });
    const { json } = await hide({ ...body, output: { a: secret.value } }, other);
    expect(json.output).toEqual({ a: '***' });
  });

  test('the gateway masks a field of a JSON secret value that a task reads', async () => {
    const password = sentinel();
    await w.secret('json', { value: JSON.stringify({ user: 'ann-the-user', password }) });
    await w.grant(application.id, 'EXECUTE', 'json');
    const body = request({ a: ref('json.password') });
    expect((await resolve(body)).json.input).toEqual({ a: password });
    expect((await hide({ ...body, output: { echo: `x${password}y` } })).json.output).toEqual({ echo: 'x***y' });
  });

  test('the gateway does not mask the field _secrets in a task result without secret values', async () => {
    const body = request({ a: 'x' });
    const output = { _secrets: { a: 'needed by another task' }, text: 'plain' };
    expect((await hide({ ...body, output })).json).toEqual({ output, reason: null, logs: [] });
  });

  test('the gateway masks secret values in the result of the output filter of an HTTP task', async () => {
    const http = { uri: 'http://a.example/', method: 'GET', headers: { a: ref('token') } };
    const outputFilter = { echo: '${call.output.response.body.echo}' };
    const body = request({ http_request: { ...http, outputFilter } }, undefined, { type: 'HTTP' });
    await resolve(body);
    const output = { response: { body: { echo: token.value, more: 'more' } } };
    expect((await hide({ ...body, output })).json.output).toEqual({ echo: '***' });
  });

  test('the gateway rejects a task result if a secret version that the task received was destroyed', async () => {
    await w.secret('destroyed');
    await w.grant(application.id, 'EXECUTE', 'destroyed');
    const body = request({ a: ref('destroyed') });
    await resolve(body);
    await w.admin.get('mutation ($i: RotateSecretInput!) { rotateSecret(input: $i) { secret { version } } }', {
      i: { name: 'destroyed', value: sentinel() },
    });
    await w.admin.get('mutation { destroySecretVersion(name: "destroyed", version: 1) { secret { version } } }');
    const { status, json } = await hide({ ...body, output: {} });
    expect([status, json.code]).toEqual([409, 'INVALID_TASK']);
  });
});

describe('new secret values for UPDATE_SECRET', () => {
  const VALUE = '${login.output.response.body.token}';
  const login = {
    name: 'login',
    taskReferenceName: 'login',
    type: 'HTTP',
    inputParameters: { http_request: { uri: 'http://a.example/' } },
  };
  const updating = (name: string) => ({
    ...{ name: 'update', taskReferenceName: 'update', type: 'UPDATE_SECRET' },
    inputParameters: { _secrets: { secretKey: name, secretValue: VALUE } },
  });
  /** Registers and starts a workflow that requests a token and stores the token in the secret `name`. */
  const started = (name: string) => {
    const definition = engine.register(`capture_${name}`, [login, updating(name)]);
    const workflowInstanceId = crypto.randomUUID();
    engine.executions.set(workflowInstanceId, definition);
    const inputData = { _secrets: { secretKey: name, secretValue: '***' } };
    const running = scheduled(definition, login, { workflowInstanceId });
    engine.tasks.push({ ...running, status: 'IN_PROGRESS' });
    return {
      workflowInstanceId,
      login: { workflowDefinition: definition, task: running },
      update: {
        workflowDefinition: definition,
        task: scheduled(definition, updating(name), { workflowInstanceId, inputData }),
      },
    };
  };
  /** Masks the result of a task. Then the fake Conductor server ends the task. */
  const report = async (body: { task: JsonObject }, value: string) => {
    const output = { response: { body: { token: value, id: 7, copy: `x${value}` } } };
    const { json } = await hide({ ...body, output, logs: [value] });
    engine.end(body.task.taskId!, json.output);
    return json;
  };
  const store = (body: unknown, by = moduleClient) => by.send('POST', '/conductor/tasks/update-secret', body);
  const rows = () => w.database.query('SELECT * FROM captured_values');

  test('the gateway masks a new value in the task result, and UPDATE_SECRET stores the unmasked value', async () => {
    const secret = await w.secret('captured');
    await w.grant(application.id, 'UPDATE', 'captured');
    const value = sentinel();
    const run = started('captured');
    expect(await report(run.login, value)).toEqual({
      output: { response: { body: { token: '***', id: 7, copy: 'x***' } } },
      reason: null,
      logs: ['***'],
    });
    expect(await w.reveal(w.admin, 'captured')).toBe(secret.value);
    expect(JSON.stringify(await rows())).not.toContain(value);
    expect(await store(run.update)).toMatchObject({ status: 200, json: {} });
    expect(await w.reveal(w.admin, 'captured')).toBe(value);
    expect(await rows()).toEqual([]);
    const again = await store(run.update);
    expect([again.status, again.json.code]).toEqual([409, 'INVALID_TASK']);
  });

  test('UPDATE_SECRET stores a new value that an output filter moved into _secrets', async () => {
    await w.secret('filtered');
    await w.grant(application.id, 'UPDATE', 'filtered');
    const outputFilter = { _secrets: { token: '$${login.output.response.body.token}' } };
    const filtering = { ...login, inputParameters: { http_request: { uri: 'http://a.example/', outputFilter } } };
    const secretValue = '${login.output._secrets.token}';
    const update = { ...updating('filtered'), inputParameters: { _secrets: { secretKey: 'filtered', secretValue } } };
    const workflowDefinition = engine.register('capture_filtered', [filtering, update]);
    const workflowInstanceId = crypto.randomUUID();
    engine.executions.set(workflowInstanceId, workflowDefinition);
    const run = (task: JsonObject, inputData: JsonObject) => {
      const running = scheduled(workflowDefinition, task, { workflowInstanceId, inputData });
      engine.tasks.push({ ...running, status: 'IN_PROGRESS' });
      return { workflowDefinition, task: running };
    };
    const value = sentinel();
    expect(await report(run(filtering, {}), value)).toEqual({
      output: { _secrets: { token: '***' } },
      reason: null,
      logs: ['***'],
    });
    const input = { _secrets: { secretKey: 'filtered', secretValue: '***' } };
    expect(await store(run(update, input))).toMatchObject({ status: 200, json: {} });
    expect(await w.reveal(w.admin, 'filtered')).toBe(value);
  });

  test('the worker of UPDATE_SECRET can store a captured value without sending the workflow definition', async () => {
    await w.secret('by_worker');
    await w.grant(application.id, 'UPDATE', 'by_worker');
    const value = sentinel();
    const run = started('by_worker');
    await report(run.login, value);
    const gateway = gatewayAt({
      url: w.url,
      keyId: application.keyId,
      keySecret: new Sensitive(application.keySecret),
    });
    const task = engineTaskOf(run.update.task)!;
    const defined = { ...task, definition: updating('by_worker').inputParameters };
    expect(await updateSecretTask(defined, gateway)).toEqual({ status: 'COMPLETED', output: {} });
    expect(await w.reveal(w.admin, 'by_worker')).toBe(value);
  });

  test('if UPDATE_SECRET cannot change a secret, the gateway retains the captured value for a retry', async () => {
    await w.secret('kept');
    const value = sentinel();
    const run = started('kept');
    await report(run.login, value);
    expect((await store(run.update)).status).toBeGreaterThanOrEqual(400);
    const other = started('kept');
    await w.grant(application.id, 'UPDATE', 'kept');
    expect((await store(other.update)).json.code).toBe('INVALID_TASK');
    expect((await store(run.update)).status).toBe(200);
    expect(await w.reveal(w.admin, 'kept')).toBe(value);
  });

  test('if a second task reads a new value, UPDATE_SECRET stores the value from its own input', async () => {
    await w.secret('shared');
    await w.grant(application.id, 'UPDATE', 'shared');
    const value = sentinel();
    const definition = engine.register('shared', [login, updating('shared'), taskOf({ a: VALUE })]);
    const task = scheduled(definition, login);
    engine.tasks.push(task);
    expect(
      (await report({ task, workflowDefinition: definition } as { task: JsonObject }, 'not captured')).output,
    ).toEqual({
      response: { body: { token: 'not captured', id: 7, copy: 'xnot captured' } },
    });
    const inputData = { _secrets: { secretKey: 'shared', secretValue: value } };
    const body = { workflowDefinition: definition, task: scheduled(definition, updating('shared'), { inputData }) };
    expect((await store(body)).status).toBe(200);
    expect(await w.reveal(w.admin, 'shared')).toBe(value);
  });

  test('UPDATE_SECRET updates the secret that the registered workflow definition names', async () => {
    const run = started('captured');
    const { task } = run.update;
    const inputData = { _secrets: { secretKey: 'token', secretValue: sentinel() } };
    expect((await store({ ...run.update, task: { ...task, inputData } })).status).toBe(200);
    expect(await w.reveal(w.admin, 'token')).toBe(token.value);
    const forged = { ...task, inputData, workflowTask: updating('token') };
    expect((await store({ ...run.update, task: forged })).json.code).toBe('INVALID_TASK');
  });

  test('the gateway deletes captured values after 7 days', async () => {
    const run = started('captured');
    await report(run.login, sentinel());
    const [row] = await w.database.query<{ key_id: string }>('SELECT * FROM captured_values');
    expect((await keyUsage(w.database)).get(row!.key_id)?.versions).toBeGreaterThan(1);
    const after = (days: number) => new Date(w.clock.now().getTime() + days * 86_400_000);
    await deleteOldValues(w.database, after(6));
    expect((await rows()).length).toBe(1);
    await deleteOldValues(w.database, after(8));
    expect(await rows()).toEqual([]);
  });
});
