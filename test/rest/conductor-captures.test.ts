// A task can create a new secret value for an UPDATE_SECRET task. The gateway captures this value, and masks the value in the task result.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/primitives/json.ts';
import { type FakeEngine, fakeEngine, scheduled } from '../support/fake-engine.ts';
import { type RestClient, restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeApplication, type World, world } from '../support/world.ts';

let w: World;
let engine: FakeEngine;
let application: SomeApplication;
let moduleClient: RestClient;
let other: RestClient;
let admin: RestClient;
beforeAll(async () => {
  engine = await fakeEngine();
  w = await world({ conductor: { url: engine.url, timeoutMs: 5_000, credentials: undefined } });
  application = await w.application('engine', { roles: ['WORKFLOW_ENGINE'] });
  moduleClient = restClient(w.url, application.token);
  other = restClient(w.url, (await w.application('other')).token);
  admin = restClient(w.url, w.admin.token);
});
afterAll(async () => {
  await w.close();
  await engine.close();
});

const VALUE = '${login.output.response.body.token}';
const login = {
  ...{ name: 'login', taskReferenceName: 'login', type: 'HTTP' },
  inputParameters: { http_request: { uri: 'http://a.example/' } },
};
const updating = (secretKey: string, secretValue = VALUE) => ({
  ...{ name: 'update', taskReferenceName: 'update', type: 'UPDATE_SECRET' },
  inputParameters: { _secrets: { secretKey, secretValue } },
});

/** Creates a secret that the Conductor module may update, and starts a workflow that updates the secret. */
async function started(name: string, tasks = [login, updating(name)]) {
  const secret = await w.secret(name);
  await w.grant(application.id, 'UPDATE', name);
  const workflowDefinition = engine.register(`of_${name}`, tasks);
  const workflowInstanceId = crypto.randomUUID();
  engine.executions.set(workflowInstanceId, workflowDefinition);
  const inputData = { _secrets: { secretKey: name, secretValue: '***' } };
  const update = tasks.at(-1) as JsonObject;
  return {
    ...{ secret, workflowDefinition, workflowInstanceId },
    /** Starts a run of the login task. */
    login(more: JsonObject = {}) {
      const task = scheduled(workflowDefinition, login, { workflowInstanceId, ...more });
      engine.tasks.push({ ...task, status: 'IN_PROGRESS' });
      return task;
    },
    update: () =>
      moduleClient.send('POST', '/conductor/tasks/update-secret', {
        workflowDefinition,
        task: scheduled(workflowDefinition, update, { workflowInstanceId, inputData }),
      }),
    result: (task: JsonObject, token: Json, by = moduleClient) =>
      by.send('POST', '/conductor/tasks/result', {
        ...{ task, workflowDefinition },
        output: { response: { body: { token } } },
      }),
    async end(task: JsonObject, token: Json) {
      const { json } = await this.result(task, token);
      engine.end(task.taskId!, json.output);
      return json.output.response.body.token;
    },
  };
}

describe('the routes for the Conductor module', () => {
  test('the gateway rejects requests to the routes for the Conductor module from a caller without the role WORKFLOW_ENGINE', async () => {
    const run = await started('of_the_engine');
    const body = { workflowDefinition: run.workflowDefinition, task: run.login() };
    for (const client of [other, admin])
      for (const answer of [
        await client.send('GET', '/conductor'),
        await client.send('POST', '/conductor/tasks/resolve', body),
        await client.send('POST', '/conductor/tasks/result', { ...body, output: {} }),
      ]) {
        expect(answer).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
        expect(answer.json.message).toContain('WORKFLOW_ENGINE');
      }
    expect(await w.database.query('SELECT * FROM captured_values')).toEqual([]);
  });

  test('a caller with EXECUTE on a secret but without the role WORKFLOW_ENGINE cannot resolve a task that uses the secret', async () => {
    const worker = await w.application('worker');
    await w.secret('named');
    await w.grant(worker.id, 'EXECUTE', 'named');
    const task = { ...login, type: 'INLINE', inputParameters: { a: '${workflow.secrets.named}' } };
    const workflowDefinition = engine.register('naming', [task]);
    const body = { workflowDefinition, task: scheduled(workflowDefinition, task) };
    const answer = await restClient(w.url, worker.token).send('POST', '/conductor/tasks/resolve', body);
    expect(answer).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
    expect(await w.database.query('SELECT * FROM handed_out_versions')).toEqual([]);
  });

  test('only a caller with the role ADMIN can assign the role WORKFLOW_ENGINE to an application', async () => {
    const uma = await w.user('uma', { roles: ['USER', 'APPLICATION_MANAGER'] });
    const { id } = await w.application('plain');
    const path = `/applications/${id}/roles/WORKFLOW_ENGINE`;
    expect((await restClient(w.url, uma.token).send('POST', path)).json.code).toBe('ESCALATION');
    expect((await admin.send('POST', path)).status).toBe(200);
  });

  test('a worker without the role WORKFLOW_ENGINE can store the captured value of an UPDATE_SECRET task', async () => {
    const run = await started('by_worker');
    const value = sentinel();
    await run.end(run.login(), value);
    const worker = await w.application('updating-worker');
    await w.grant(worker.id, 'UPDATE', 'by_worker');
    const inputData = { _secrets: { secretKey: 'by_worker', secretValue: '***' } };
    const { workflowInstanceId } = run;
    const task = scheduled(run.workflowDefinition, updating('by_worker'), { workflowInstanceId, inputData });
    const answer = await restClient(w.url, worker.token).send('POST', '/conductor/tasks/update-secret', { task });
    expect(answer.status).toBe(200);
    expect(await w.reveal(w.admin, 'by_worker')).toBe(value);
  });
});

describe('a false report does not change the value that UPDATE_SECRET stores', () => {
  test.each<[string, (task: JsonObject) => JsonObject]>([
    ['the id of a task that does not exist', (task) => ({ ...task, taskId: 'x' })],
    ['the id of a task that has ended', (task) => task],
    ['the id of a task in a different workflow execution', (task) => ({ ...task, taskId: otherTask() })],
    [
      'the id of a task with a different reference name',
      (task) => ({ ...task, taskId: otherTask({ referenceTaskName: 'y' }, task) }),
    ],
  ])('a false report with %s does not change the value that UPDATE_SECRET stores', async (_, forged) => {
    const name = `false_${crypto.randomUUID()}`;
    const run = await started(name);
    const task = run.login();
    const value = sentinel();
    await run.end(task, value);
    const { json } = await run.result(forged(task), 'a false value');
    expect(json.output.response.body.token).toBe('***');
    expect((await run.update()).status).toBe(200);
    expect(await w.reveal(w.admin, name)).toBe(value);
  });

  /** Adds a running task to the workflow execution of `like`. Without `like`, the workflow execution is new. */
  function otherTask(more: JsonObject = {}, like?: JsonObject): string {
    const taskId = crypto.randomUUID();
    const workflowInstanceId = like?.workflowInstanceId ?? crypto.randomUUID();
    engine.tasks.push({ taskId, workflowInstanceId, referenceTaskName: 'login', status: 'IN_PROGRESS', ...more });
    return taskId;
  }

  test('a false report for an ended task through POST /tasks does not change the value that UPDATE_SECRET stores', async () => {
    const run = await started('by_tasks');
    const task = run.login();
    const value = sentinel();
    await run.end(task, value);
    const { taskId, workflowInstanceId } = task;
    const outputData = { response: { body: { token: 'a false value' } } };
    const body = { taskId: taskId!, workflowInstanceId: workflowInstanceId!, status: 'COMPLETED', outputData };
    await other.send('POST', '/tasks', body, { passedOn: true });
    expect((await run.update()).status).toBe(200);
    expect(await w.reveal(w.admin, 'by_tasks')).toBe(value);
  });

  test('a second report of the same task does not change the value that UPDATE_SECRET stores', async () => {
    const run = await started('twice');
    const task = run.login();
    const value = sentinel();
    await run.result(task, value);
    await run.end(task, 'a second value');
    expect((await run.update()).status).toBe(200);
    expect(await w.reveal(w.admin, 'twice')).toBe(value);
  });

  test('UPDATE_SECRET stores no captured value whose report the Conductor server did not accept', async () => {
    const run = await started('not_accepted');
    const task = run.login();
    await run.result(task, 'a false value');
    engine.end(task.taskId!, { response: { body: { token: 'of another report' } } });
    expect((await run.update()).json.code).toBe('INVALID_TASK');
    expect(await w.reveal(w.admin, 'not_accepted')).toBe(run.secret.value);
  });
});

test('UPDATE_SECRET stores the value of the last retry', async () => {
  const run = await started('retried');
  const value = sentinel();
  await run.end(run.login(), sentinel());
  await run.end(run.login(), value);
  expect((await run.update()).status).toBe(200);
  expect(await w.reveal(w.admin, 'retried')).toBe(value);
});

test('UPDATE_SECRET stores the value of the last iteration of a loop', async () => {
  const loop = { name: 'loop', taskReferenceName: 'loop', type: 'DO_WHILE', loopCondition: 'true', loopOver: [login] };
  const run = await started('looped', [loop as never, updating('looped')]);
  const value = sentinel();
  await run.end(run.login({ referenceTaskName: 'login__1' }), sentinel());
  await run.end(run.login({ referenceTaskName: 'login__2' }), value);
  expect((await run.update()).status).toBe(200);
  expect(await w.reveal(w.admin, 'looped')).toBe(value);
});

test('UPDATE_SECRET stores the value of the report that ends a task, not the value of a report as in progress', async () => {
  const run = await started('unfinished');
  const task = run.login();
  const value = sentinel();
  expect((await run.result({ ...task, status: 'IN_PROGRESS' }, 'not yet')).json.output.response.body.token).toBe('***');
  await run.end({ ...task, status: 'COMPLETED' }, value);
  expect((await run.update()).status).toBe(200);
  expect(await w.reveal(w.admin, 'unfinished')).toBe(value);
});

test.each<[string, Json]>([
  ['number', 987654321098],
  ['boolean', true],
  ['list', [1, 'a']],
  ['object', { a: 'b' }],
])(
  'the gateway masks a new value that is a JSON %s, but does not store the value in the secret',
  async (kind, token) => {
    const run = await started(`json_${kind}`);
    expect(await run.end(run.login(), token)).toBe('***');
    const { status, json } = await run.update();
    expect([status, json.code]).toEqual([409, 'INVALID_TASK']);
    expect(json.message).toContain('not a string');
    expect(await w.reveal(w.admin, `json_${kind}`)).toBe(run.secret.value);
  },
);

test('for a report without a captured value, the gateway does not request the task from the Conductor server', async () => {
  const workflowDefinition = engine.register('plain', [login]);
  const before = engine.asked().length;
  const task = scheduled(workflowDefinition, login);
  await moduleClient.send('POST', '/conductor/tasks/result', { task, workflowDefinition, output: { a: 'b' } });
  expect(
    engine
      .asked()
      .slice(before)
      .filter((path) => path.startsWith('/api/tasks/')),
  ).toEqual([]);
});

test('while the Conductor server is unavailable, the gateway rejects a task result with a new secret value', async () => {
  const run = await started('away');
  const task = run.login();
  await run.result(task, sentinel());
  engine.status = 503;
  try {
    expect((await run.result(task, sentinel())).json.code).toBe('UNAVAILABLE');
  } finally {
    engine.status = undefined;
  }
});

describe('the value of a secret that a related workflow updates is hidden', () => {
  const CHILD = [login];
  const sub = (name: string) => ({
    ...{ name: 'sub', taskReferenceName: 'sub', type: 'SUB_WORKFLOW', inputParameters: {} },
    subWorkflowParam: { name, version: 1 },
  });
  const start = (workflowDefinition: JsonObject, parent?: string) => {
    const id = crypto.randomUUID();
    engine.executions.set(id, workflowDefinition);
    if (parent !== undefined) engine.parents.set(id, parent);
    return id;
  };
  const read = async (path: string) =>
    (await other.send('GET', path, undefined, { passedOn: true, undocumented: true })).text;

  test('the gateway masks the value of a secret in a sub-workflow whose parent workflow updates the secret', async () => {
    const { value } = await w.secret('of_parent');
    const child = engine.register('making', CHILD, { outputParameters: { token: VALUE } });
    const between = engine.register('between', [sub('making')]);
    const parent = engine.register('storing', [sub('between'), updating('of_parent', '${sub.output.token}')]);
    const id = start(child, start(between, start(parent)));
    engine.input = { text: `a ${value}` };
    const task = scheduled(child, login, { workflowInstanceId: id, outputData: { token: value } });
    engine.tasks.push(task);
    try {
      for (const path of [`/workflow/${id}?includeTasks=true`, `/tasks/${String(task.taskId)}`]) {
        const text = await read(path);
        expect(text).toContain('***');
        expect(text).not.toContain(value);
      }
    } finally {
      engine.input = {};
    }
  });

  test('the gateway masks the value of a secret in a workflow whose sub-workflow updates the secret', async () => {
    const { value } = await w.secret('of_child');
    engine.register('storing_child', [updating('of_child', '${workflow.input.token}')]);
    const parent = engine.register('passing', [login, sub('storing_child')]);
    const id = start(parent);
    engine.input = { text: `a ${value}` };
    try {
      const text = await read(`/workflow/${id}?includeTasks=true`);
      expect(text).toContain('***');
      expect(text).not.toContain(value);
    } finally {
      engine.input = {};
    }
  });
});
