// With CONDUCTOR_HTTP_TASKS=worker, the gateway registers HTTP tasks with secrets as HTTP_WITH_SECRETS tasks. Responses contain the original HTTP tasks.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { restClient } from '../support/rest.ts';
import { type TargetServer, targetServer } from '../support/target-server.ts';
import { type World, world } from '../support/world.ts';

let engine: TargetServer;
let w: World;
let plain: World;
/** The responses of the fake Conductor server to GET requests, by path. */
let answers: Map<string, unknown>;
beforeAll(async () => {
  engine = await targetServer();
  const conductor = { url: new URL(`${engine.url}/api`), timeoutMs: 5_000, credentials: undefined };
  w = await world({ conductor: { ...conductor, httpTasks: 'worker' } });
  const { databaseUrl, keyring, clock, adminPassword } = w;
  plain = await world({ databaseUrl, keyring, clock, adminPassword, conductor });
  await w.secret('token');
});
afterAll(async () => {
  await plain.close();
  await w.close();
  await engine.close();
});
beforeEach(() => {
  answers = new Map<string, unknown>([['/api/metadata/taskdefs/registered', { name: 'registered' }]]);
  engine.answer(({ method, path }: { method: string; path: string }, response: import('node:http').ServerResponse) => {
    const found = method === 'GET' ? answers.get(path) : {};
    const body = typeof found === 'string' ? found : JSON.stringify(found ?? {});
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json', etag: '"1"' });
    response.end(body);
  });
});

const request = (authorization: string) => ({
  http_request: { uri: 'https://api.example/x', headers: { authorization } },
});
const withSecret = request('Bearer ${workflow.secrets.token}');
const task = (taskReferenceName: string, inputParameters: object = withSecret, more: object = {}) => ({
  ...{ name: 'registered', taskReferenceName, type: 'HTTP', inputParameters },
  ...more,
});
const flow = (...tasks: object[]) => ({ name: 'flow', version: 1, tasks });
const send = (to: World, method: string, path: string, body?: unknown) =>
  restClient(to.url, w.admin.token).send(method, path, body, { passedOn: true });
/** Registers a workflow definition. Returns the workflow definition that the Conductor server receives. */
async function registered(definition: object, path = '/metadata/workflow') {
  engine.asked.length = 0;
  expect((await send(w, 'POST', path, definition)).status).toBe(200);
  const [received] = engine.asked.filter(({ method }) => method === 'POST');
  return JSON.parse(received?.body ?? '');
}
/** Returns the workflow definition that the gateway returns if the Conductor server stores `stored`. */
async function shown(stored: unknown) {
  answers.set('/api/metadata/workflow/flow', stored);
  return (await send(w, 'GET', '/metadata/workflow/flow')).json;
}

describe('an HTTP task with secrets', () => {
  test('the gateway registers an HTTP task with secrets as an HTTP_WITH_SECRETS task but returns the original HTTP task', async () => {
    const definition = flow(task('a'), task('b', request('none')), task('c', withSecret, { metadata: { own: 1 } }));
    const stored = await registered(definition);
    expect(stored.tasks).toMatchObject([
      { type: 'HTTP_WITH_SECRETS', inputParameters: withSecret },
      definition.tasks[1],
      { type: 'HTTP_WITH_SECRETS', metadata: { own: 1 } },
    ]);
    expect(await shown(stored)).toEqual({
      ...definition,
      tasks: [{ ...task('a'), metadata: {} }, ...definition.tasks.slice(1)],
    });
    expect((await shown([stored]))[0].tasks[0].type).toBe('HTTP');
  });

  test('if an HTTP task with secrets has no task definition, the gateway adds a task definition', async () => {
    const stored = await registered(flow(task('a', withSecret, { name: 'unknown' })));
    expect(stored.tasks[0].taskDefinition).toEqual({ name: 'unknown', retryCount: 0 });
    expect((await shown(stored)).tasks[0]).toMatchObject({ type: 'HTTP', taskDefinition: null });
    const own = { name: 'unknown', retryCount: 7 };
    const kept = await registered(flow(task('a', withSecret, { name: 'unknown', taskDefinition: own })));
    expect((await shown(kept)).tasks[0]).toMatchObject({ type: 'HTTP', taskDefinition: own });
  });

  test('the gateway rewrites HTTP tasks with secrets in branches, loops, forks and nested workflow definitions, but not in data', async () => {
    const data = { dynamicTasks: [task('data')] };
    const definition = flow(
      {
        taskReferenceName: 's',
        type: 'SWITCH',
        decisionCases: { 2: [task('one')], 1: [] },
        defaultCase: [task('two')],
      },
      { taskReferenceName: 'f', type: 'FORK_JOIN', forkTasks: [[task('three')]] },
      { taskReferenceName: 'd', type: 'DO_WHILE', loopOver: [task('four')] },
      {
        taskReferenceName: 'w',
        type: 'SUB_WORKFLOW',
        subWorkflowParam: { name: 'x', workflowDefinition: flow(task('five')) },
      },
      { taskReferenceName: 'p', name: 'registered', type: 'SIMPLE', inputParameters: data },
    );
    const stored = await registered(definition);
    expect(JSON.stringify(stored).match(/HTTP_WITH_SECRETS/g)).toHaveLength(5);
    expect(stored.tasks[4].inputParameters).toEqual(data);
    expect(JSON.stringify(await shown(stored))).not.toContain('HTTP_WITH_SECRETS');
  });

  test.each<[string, (definition: object) => object, (body: never) => unknown]>([
    [
      '/workflow',
      (workflowDef) => ({ name: 'flow', workflowDef }),
      (body: { workflowDef: unknown }) => body.workflowDef,
    ],
    [
      '/workflow/execute/flow/1',
      (workflowDef) => ({ workflowDef }),
      (body: { workflowDef: unknown }) => body.workflowDef,
    ],
    [
      '/scheduler/schedules',
      (workflowDef) => ({ name: 's', startWorkflowRequest: { workflowDef } }),
      (body: { startWorkflowRequest: { workflowDef: unknown } }) => body.startWorkflowRequest.workflowDef,
    ],
  ])(
    'the gateway rewrites an HTTP task with secrets in a workflow definition that a request to %s contains',
    async (path, wrap, unwrap) => {
      const received = await registered(wrap(flow(task('a'))), path);
      expect(unwrap(received as never)).toMatchObject({ tasks: [{ type: 'HTTP_WITH_SECRETS' }] });
    },
  );

  test('the gateway returns the original HTTP task in the workflow definition of an execution', async () => {
    const stored = await registered(flow(task('a')));
    answers.set('/api/workflow/w-1', {
      ...{ workflowId: 'w-1', workflowDefinition: stored },
      tasks: [{ taskId: 't', taskType: 'HTTP_WITH_SECRETS', referenceTaskName: 'a', workflowTask: stored.tasks[0] }],
    });
    const { json } = await send(w, 'GET', '/workflow/w-1');
    expect(json.workflowDefinition.tasks[0].type).toBe('HTTP');
    expect(json.tasks[0]).toMatchObject({ taskType: 'HTTP_WITH_SECRETS', workflowTask: { type: 'HTTP' } });
  });

  test('the gateway checks the secrets and stores the tags of a workflow definition that the gateway rewrites', async () => {
    const tags = [{ key: 'team', value: 'a' }];
    await registered({ ...flow(task('a')), tags });
    expect((await restClient(w.url, w.admin.token).send('GET', '/metadata/workflow/flow/tags')).json).toMatchObject(
      tags,
    );
    const eve = await w.user('eve', { roles: ['USER'] });
    engine.asked.length = 0;
    const refused = await restClient(w.url, eve.token).send('POST', '/metadata/workflow', flow(task('a')), {
      passedOn: true,
    });
    expect([refused.status, engine.asked.filter(({ method }) => method === 'POST')]).toEqual([400, []]);
  });
});

test('the gateway returns an HTTP_WITH_SECRETS task unchanged if its author registered the task with this type', async () => {
  const definition = flow(task('a', withSecret, { type: 'HTTP_WITH_SECRETS' }));
  const stored = await registered(definition);
  expect(stored).toEqual(definition);
  expect(await shown(stored)).toEqual(definition);
});

test('the gateway does not change the bytes of a request or response without rewritten tasks', async () => {
  const body = '{ "name":"flow", "version":1.0, "tasks":[] , "10":1, "2":1.50 }';
  await send(w, 'POST', '/metadata/workflow', body);
  expect(engine.asked.at(-1)?.body).toBe(body);
  answers.set('/api/metadata/workflow/flow', body);
  const answer = await send(w, 'GET', '/metadata/workflow/flow');
  expect([answer.text, answer.headers.get('etag')]).toEqual([body, '"1"']);
});

test('the gateway rejects a workflow definition that is too long to rewrite', async () => {
  const body = flow(task('a', { long: 'x'.repeat(1_100_000) }));
  expect((await send(w, 'POST', '/metadata/workflow', body)).status).toBe(413);
});

test('without CONDUCTOR_HTTP_TASKS=worker, the gateway registers HTTP tasks with secrets unchanged', async () => {
  const definition = flow(task('a'));
  engine.asked.length = 0;
  expect((await send(plain, 'POST', '/metadata/workflow', definition)).status).toBe(200);
  expect(JSON.parse(engine.asked.find(({ method }) => method === 'POST')?.body ?? '')).toEqual(definition);
});
