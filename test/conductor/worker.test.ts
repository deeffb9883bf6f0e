// Tests the worker with a real Conductor server. The tests check which secrets a called server receives, and that a
// caller who may only start workflows obtains no secret.
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { cleanUp, type GatewayProcess } from '../support/gateway-process.ts';
import { remember, sentinel } from '../support/sentinel.ts';
import { type TargetServer, targetServer } from '../support/target-server.ts';
import { readyWorker } from '../support/worker-process.ts';
import { type World, world } from '../support/world.ts';
import { type Engine, engineAt } from './engine.ts';

// biome-ignore lint/suspicious/noExplicitAny: responses of the Conductor server are untyped JSON
type Any = any;

let w: World;
let engine: Engine;
let target: TargetServer;
let thief: TargetServer;
let worker: GatewayProcess;
/** The secrets that each called server received, by the name of the test. */
const received: string[] = [];

const VALUES: Record<string, string> = {
  shipping_key: sentinel('shipping'),
  payroll_key: sentinel('payroll'),
  rotated: sentinel('rotated'),
};
/** A suffix that makes the names in this test run unique on the Conductor server. */
const RUN = randomBytes(4).toString('hex');
const named = (name: string) => `${name}_${RUN}`;
const SHIPPING = '${workflow.secrets.shipping_key}';
const PAYROLL = '${workflow.secrets.payroll_key}';

beforeAll(async () => {
  engine = engineAt(inject('plainEngine'));
  [w, target, thief] = await Promise.all([world(), targetServer(), targetServer()]);
  const app = await w.application('worker');
  remember(app.keySecret);
  for (const [name, value] of Object.entries(VALUES)) await w.secret(name, { value, tags: ['env:prod'] });
  await w.grant(app.id, ['EXECUTE', 'READ', 'UPDATE'], 'env:prod');
  await engine.send('POST', '/metadata/taskdefs', [
    taskDefinition('call'),
    taskDefinition('call_again', { retryCount: 1, retryDelaySeconds: 0 }),
    taskDefinition('call_with_template', { inputTemplate: { http_request: call(target.url) } }),
  ]);
  worker = await readyWorker({ conductorUrl: `${engine.url}/api`, gatewayUrl: w.url, as: app });
});
afterAll(async () => {
  console.log(`What servers received:\n${received.map((line) => `  ${line}\n`).join('')}`);
  await cleanUp();
  await target?.close();
  await thief?.close();
  await w?.close();
});
beforeEach(() => {
  target.answer({ ok: true });
  thief.answer({ ok: true });
});
afterEach(({ task: { name } }) => {
  const of = ({ asked }: TargetServer) =>
    asked.length === 0
      ? 'nothing'
      : asked.map(({ headers, body }) => labelled(`[${headers.x ?? ''}${body}]`)).join(' ');
  received.push(`${name}: the target ${of(target)}, the attacker ${of(thief)}`);
});

const labelled = (text: string) =>
  Object.entries(VALUES).reduce((all, [name, value]) => all.replaceAll(value, `‹value of ${name}›`), text);
function taskDefinition(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: name === name.toUpperCase() ? name : named(name),
    ownerEmail: 'tests@gateway.example',
    retryCount: 0,
    ...more,
  };
}
/** An HTTP request that contains a secret in a header. */
function call(url: string, secret = SHIPPING): Record<string, unknown> {
  return { method: 'GET', uri: `${url}/parcels`, headers: { x: secret } };
}
/** A workflow task that sends the HTTP request. */
function task(taskReferenceName: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: named('call'),
    taskReferenceName,
    type: 'HTTP_WITH_SECRETS',
    inputParameters: { http_request: call(target.url) },
    ...more,
  };
}
function definition(name: string, tasks: unknown[], more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: named(name),
    version: 1,
    schemaVersion: 2,
    ownerEmail: 'tests@gateway.example',
    tasks,
    timeoutSeconds: 0,
    ...more,
  };
}
async function register(...definitions: Record<string, unknown>[]): Promise<void> {
  await engine.send('PUT', '/metadata/workflow', definitions);
}
/** Registers a workflow with these tasks, runs the workflow, and returns its execution. */
async function ran(name: string, tasks: unknown[], input: Record<string, unknown> = {}): Promise<Any> {
  await register(definition(name, tasks));
  return engine.ended(await engine.start({ name: named(name), input }));
}
const overwriting = (secretKey: string) =>
  task('store', { type: 'UPDATE_SECRET', inputParameters: { _secrets: { secretKey, secretValue: 'mine' } } });
const outcomes = ({ tasks }: Any) => tasks.map((t: Any) => [t.referenceTaskName, t.status]);
const gotX = (server: TargetServer) => server.asked.map(({ headers }) => headers.x);
/**
 * INVARIANT: In every attack, the attacker's server receives no secret value, and no server receives the attacker's
 * secret.
 */
function expectNothingStolen(execution: Any): void {
  const stolen = JSON.stringify(thief.asked);
  for (const value of Object.values(VALUES)) expect(stolen).not.toContain(value);
  expect(JSON.stringify(target.asked)).not.toContain(VALUES.payroll_key);
  const kept = JSON.stringify(execution);
  for (const value of Object.values(VALUES)) expect(kept).not.toContain(value);
}

/** Waits until `release` is called. */
const WAIT = { name: 'wait', taskReferenceName: 'wait', type: 'WAIT', inputParameters: {} };
async function release(workflowId: string): Promise<void> {
  await engine.when(workflowId, ({ tasks }) =>
    tasks.some(({ taskType, status }: Any) => taskType === 'WAIT' && status === 'IN_PROGRESS'),
  );
  await engine.send('POST', `/tasks/${workflowId}/wait/COMPLETED`, {});
}

const JOIN = { name: 'join', taskReferenceName: 'join', type: 'JOIN', inputParameters: {}, joinOn: [] as string[] };

describe('a task of a registered workflow definition receives its secret value', () => {
  test('the worker sends the secret to the server that the registered workflow definition names', async () => {
    const execution = await ran('static', [task('call')]);
    expect(outcomes(execution)).toEqual([['call', 'COMPLETED']]);
    expect(gotX(target)).toEqual([VALUES.shipping_key]);
  });

  test('a task in a DO_WHILE receives its secret in every iteration', async () => {
    const loop = {
      name: 'loop',
      taskReferenceName: 'loop',
      type: 'DO_WHILE',
      inputParameters: {},
      loopCondition: 'if ($.loop["iteration"] < 3) { true; } else { false; }',
      loopOver: [task('call')],
    };
    const execution = await ran('loop', [loop]);
    expect(outcomes(execution)).toEqual([
      ['loop', 'COMPLETED'],
      ['call__1', 'COMPLETED'],
      ['call__2', 'COMPLETED'],
      ['call__3', 'COMPLETED'],
    ]);
    expect(gotX(target)).toEqual(Array(3).fill(VALUES.shipping_key));
  });

  test('the tasks in both branches of a FORK_JOIN receive their secrets', async () => {
    const fork = {
      name: 'fork',
      taskReferenceName: 'fork',
      type: 'FORK_JOIN',
      inputParameters: {},
      forkTasks: [[task('left')], [task('right')]],
    };
    expect((await ran('fork', [fork, { ...JOIN, joinOn: ['left', 'right'] }])).status).toBe('COMPLETED');
    expect(gotX(target)).toEqual(Array(2).fill(VALUES.shipping_key));
  });

  test('a task receives its secret in a case of a SWITCH and in the default branch', async () => {
    const which = {
      name: 'which',
      taskReferenceName: 'which',
      type: 'SWITCH',
      evaluatorType: 'value-param',
      expression: 'env',
      inputParameters: { env: '${workflow.input.env}' },
      decisionCases: { prod: [task('prod')] },
      defaultCase: [task('uat')],
    };
    expect(outcomes(await ran('switch', [which], { env: 'prod' }))).toContainEqual(['prod', 'COMPLETED']);
    expect(outcomes(await ran('switch', [which], { env: 'uat' }))).toContainEqual(['uat', 'COMPLETED']);
    expect(gotX(target)).toEqual(Array(2).fill(VALUES.shipping_key));
  });

  test('a task receives a secret that the input template of its registered task definition references', async () => {
    const execution = await ran('template', [task('call', { name: named('call_with_template'), inputParameters: {} })]);
    expect([execution.status, gotX(target)]).toEqual(['COMPLETED', [VALUES.shipping_key]]);
  });

  test('a task receives its secret again after a retry, a restart or a rerun', async () => {
    target.answer((_: unknown, response: Any) => response.writeHead(500).end('{}'));
    await register(definition('retry', [task('call', { name: named('call_again') })]));
    const id = await engine.start({ name: named('retry'), input: {} });
    expect(outcomes(await engine.ended(id))).toEqual([
      ['call', 'FAILED'],
      ['call', 'FAILED'],
    ]);
    expect(gotX(target)).toEqual(Array(2).fill(VALUES.shipping_key));
    target.answer({ ok: true });
    await engine.send('POST', `/workflow/${id}/retry`);
    expect((await engine.ended(id)).status).toBe('COMPLETED');
    await engine.send('POST', `/workflow/${id}/restart?useLatestDefinitions=true`);
    const { status, tasks } = await engine.ended(id);
    expect(status).toBe('COMPLETED');
    await engine.send('POST', `/workflow/${id}/rerun`, { reRunFromWorkflowId: id, reRunFromTaskId: tasks[0].taskId });
    expect((await engine.ended(id)).status).toBe('COMPLETED');
    expect(gotX(target)).toEqual(Array(3).fill(VALUES.shipping_key));
  });

  test('if a workflow definition changes while its workflow runs, the task receives its secret only after a restart with the latest workflow definition', async () => {
    await register(definition('changed', [WAIT, task('call')]));
    const id = await engine.start({ name: named('changed'), input: {} });
    const changed = { http_request: { ...call(target.url), method: 'POST' } };
    await register(definition('changed', [WAIT, task('call', { inputParameters: changed })]));
    await release(id);
    const { status, reasonForIncompletion } = await engine.ended(id);
    expect([status, target.asked]).toEqual(['FAILED', []]);
    expect(reasonForIncompletion).toContain('restart the workflow with the latest definitions');
    await register(definition('changed', [task('call', { inputParameters: changed })]));
    await engine.send('POST', `/workflow/${id}/restart?useLatestDefinitions=true`);
    expect((await engine.ended(id)).status).toBe('COMPLETED');
    expect(target.asked.map(({ method, headers }) => [method, headers.x])).toEqual([['POST', VALUES.shipping_key]]);
  });

  test('a task in a registered sub-workflow receives its secret value', async () => {
    await register(definition('child', [task('call')]));
    const sub = {
      name: 'sub',
      taskReferenceName: 'sub',
      type: 'SUB_WORKFLOW',
      inputParameters: {},
      subWorkflowParam: { name: named('child'), version: 1 },
    };
    expect(outcomes(await ran('parent', [sub]))).toEqual([['sub', 'COMPLETED']]);
    expect(gotX(target)).toEqual([VALUES.shipping_key]);
  });

  test('a task receives its secret in a registered sub-workflow that a dynamic fork starts', async () => {
    await register(definition('child', [task('call')]));
    const fork = {
      name: 'fork',
      taskReferenceName: 'fork',
      type: 'FORK_JOIN_DYNAMIC',
      inputParameters: { forkTaskWorkflow: named('child'), forkTaskInputs: [{ n: 1 }, { n: 2 }] },
    };
    expect(
      (
        await ran('forked_child', [
          { ...fork, dynamicForkTasksParam: 'tasks', dynamicForkTasksInputParamName: 'inputs' },
          JOIN,
        ])
      ).status,
    ).toBe('COMPLETED');
    expect(gotX(target)).toEqual(Array(2).fill(VALUES.shipping_key));
  });

  test('a DYNAMIC task receives its secret, although workflow data determines the type of the task', async () => {
    const dynamic = {
      name: 'dynamic',
      taskReferenceName: 'dynamic',
      type: 'DYNAMIC',
      dynamicTaskNameParam: 'type',
      inputParameters: { type: '${workflow.input.type}', http_request: call(target.url) },
    };
    const execution = await ran('dynamic', [dynamic], { type: 'HTTP_WITH_SECRETS' });
    expect([execution.status, gotX(target)]).toEqual(['COMPLETED', [VALUES.shipping_key]]);
  });

  test('a task receives its secret although the Conductor server added default values to the workflow definition', async () => {
    await register(definition('child', [task('call')]));
    const sub = {
      ...{ name: 'sub', taskReferenceName: 'sub', type: 'SUB_WORKFLOW', inputParameters: { none: null, list: [] } },
      subWorkflowParam: { name: named('child') },
    };
    const which = {
      ...{ name: 'which', taskReferenceName: 'which', type: 'SWITCH', evaluatorType: 'value-param', expression: 'env' },
      ...{ inputParameters: { env: 'prod' }, decisionCases: { prod: [sub], uat: [] } },
    };
    const inline = { name: 'x', version: 1, tasks: [{ ...WAIT, taskReferenceName: 'never' }] };
    const never = {
      ...{ name: 'uat', taskReferenceName: 'uat', type: 'SUB_WORKFLOW', inputParameters: {} },
      subWorkflowParam: { name: 'x', version: 1, workflowDefinition: inline },
    };
    const get = { uri: `${engine.url}/health`, method: 'GET' };
    const tasks = [
      { name: 'http', taskReferenceName: 'http', type: 'HTTP', inputParameters: { http_request: get } },
      { name: 'event', taskReferenceName: 'event', type: 'EVENT', sink: 'conductor', inputParameters: { a: 1 } },
      which,
      { ...which, taskReferenceName: 'which_else', inputParameters: { env: 'uat' }, decisionCases: { prod: [never] } },
      task('templated', { name: named('call_with_template'), inputParameters: {} }),
      task('last'),
    ];
    const more = {
      ...{
        inputTemplate: { a: 1, b: null },
        inputParameters: ['a'],
        variables: { v: [] },
        failureWorkflow: named('child'),
      },
      outputParameters: { last: '${last.output.response.statusCode}' },
    };
    const complete = definition('complete', tasks, more);
    await register(complete);
    for (const workflowDef of [undefined, complete]) {
      const id = await engine.start({ name: named('complete'), version: 1, input: {}, workflowDef });
      expect(outcomes(await engine.ended(id))).toContainEqual(['last', 'COMPLETED']);
    }
    expect(gotX(target)).toEqual(Array(6).fill(VALUES.shipping_key));
  });

  test('an UPDATE_SECRET task of a registered workflow definition updates its secret', async () => {
    const fresh = sentinel('fresh');
    VALUES.rotated = fresh;
    const store = task('store', {
      type: 'UPDATE_SECRET',
      inputParameters: { _secrets: { secretKey: 'rotated', secretValue: '${workflow.input.fresh}' } },
    });
    const execution = await ran('update', [store], { fresh });
    expect(execution.status).toBe('COMPLETED');
    expect(await w.reveal(w.admin, 'rotated')).toBe(fresh);
  });
});

describe('attacks by a caller who may start workflows but cannot write workflow definitions', () => {
  const stolen = () => ({ http_request: call(thief.url, PAYROLL) });
  const dynamicFork = (inputParameters: Record<string, unknown>, more: Record<string, unknown> = {}) => [
    {
      name: 'fork',
      taskReferenceName: 'fork',
      type: 'FORK_JOIN_DYNAMIC',
      inputParameters,
      dynamicForkTasksParam: 'tasks',
      dynamicForkTasksInputParamName: 'inputs',
      ...more,
    },
    JOIN,
  ];

  test('a caller who can only start workflows obtains no secret through forkTaskInputs of a dynamic fork', async () => {
    const fork = dynamicFork({
      forkTaskType: 'HTTP_WITH_SECRETS',
      forkTaskName: named('call'),
      forkTaskInputs: '${workflow.input.inputs}',
    });
    const execution = await ran('fork_inputs', fork, { inputs: [stolen()] });
    expectNothingStolen(execution);
    expect(execution.status).toBe('FAILED');
  });

  test('a caller who can only start workflows obtains no secret through dynamicForkTasksInputParamName', async () => {
    const tasks = [{ name: named('call'), taskReferenceName: 'forked', type: 'HTTP_WITH_SECRETS' }];
    const fork = dynamicFork({ tasks, inputs: '${workflow.input.inputs}' });
    const execution = await ran('fork_by_name', fork, { inputs: { forked: stolen() } });
    expectNothingStolen(execution);
    expect(execution.status).toBe('FAILED');
  });

  test('a caller who can only start workflows obtains no secret through a dynamic fork task with the name of a registered task', async () => {
    const tasks = [{ ...task('call'), inputParameters: { http_request: call(thief.url) } }];
    const fork = dynamicFork({ tasks: '${workflow.input.tasks}', inputs: '${workflow.input.inputs}' });
    const execution = await ran('fork_same_name', [...fork, task('call')], { tasks, inputs: {} });
    expectNothingStolen(execution);
    expect(thief.asked).toEqual([]);
  });

  test('a caller who can only start workflows obtains no secret through dynamicForkJoinTasksParam', async () => {
    const fork = dynamicFork(
      { list: '${workflow.input.list}' },
      {
        dynamicForkJoinTasksParam: 'list',
        dynamicForkTasksParam: undefined,
        dynamicForkTasksInputParamName: undefined,
      },
    );
    const list = {
      dynamicTasks: [{ taskName: named('call'), referenceName: 'forked', type: 'HTTP_WITH_SECRETS', input: stolen() }],
    };
    const execution = await ran('fork_join', fork, { list });
    expectNothingStolen(execution);
  });

  test('a caller who can only start workflows obtains no secret by sending a workflow definition in a start request', async () => {
    await register(definition('own', [task('call')]));
    for (const [name, tasks] of [
      ['own', [task('call', { inputParameters: { http_request: call(thief.url) } })]],
      ['own', [task('call'), task('more', { inputParameters: stolen() })]],
      ['nobodys', [task('call', { inputParameters: stolen() })]],
    ] as const) {
      const execution = await engine.ended(
        await engine.start({ name: named(name), version: 1, input: {}, workflowDef: definition(name, [...tasks]) }),
      );
      expectNothingStolen(execution);
      expect(thief.asked).toEqual([]);
      expect(execution.status).toBe('FAILED');
    }
  });

  test('a caller who can only start workflows obtains no secret through a sub-workflow whose workflow definition is not registered', async () => {
    const child = definition('unregistered', [task('call', { inputParameters: stolen() }), overwriting('payroll_key')]);
    const { name, version } = child;
    const sub = (workflowDefinition: unknown) => ({
      ...{ name: 'sub', taskReferenceName: 'sub', type: 'SUB_WORKFLOW', inputParameters: {} },
      subWorkflowParam: { name, version, workflowDefinition },
    });
    const startWorkflow = { name, version, workflowDef: '${workflow.input.child}' };
    const start = {
      ...{ name: 'start', taskReferenceName: 'sub', type: 'START_WORKFLOW' },
      inputParameters: { startWorkflow },
    };
    for (const parent of [sub('${workflow.input.child}'), sub(child), start]) {
      const { tasks } = await ran('parent_of_data', [parent], { child });
      const execution = await engine.ended(tasks[0].subWorkflowId ?? tasks[0].outputData.workflowId);
      expectNothingStolen(execution);
      expect(execution.status).toBe('FAILED');
      expect(await w.reveal(w.admin, 'payroll_key')).toBe(VALUES.payroll_key);
    }
  });

  test('a caller who can only start workflows obtains no secret by rerunning a task with different input', async () => {
    target.answer((_: unknown, response: Any) => response.writeHead(500).end('{}'));
    const { workflowId, tasks } = await ran('rerun', [task('call')]);
    target.answer({ ok: true });
    await engine.send('POST', `/workflow/${workflowId}/rerun`, {
      reRunFromWorkflowId: workflowId,
      reRunFromTaskId: tasks[0].taskId,
      taskInput: stolen(),
    });
    expectNothingStolen(await engine.ended(workflowId));
    expect(gotX(target)).toEqual([VALUES.shipping_key]);
    expect(thief.asked).toEqual([]);
  });

  test('a caller who can only start workflows obtains no secret by skipping a task and sending its input', async () => {
    const use = task('use', {
      inputParameters: {
        http_request: { ...call(target.url), headers: { x: SHIPPING, y: '${call.input.http_request.headers.x}' } },
      },
    });
    await register(definition('skip', [WAIT, task('call'), use]));
    const id = await engine.start({ name: named('skip'), input: {} });
    await engine.send('PUT', `/workflow/${id}/skiptask/call`, { taskInput: stolen(), taskOutput: stolen() });
    await release(id);
    expectNothingStolen(await engine.ended(id));
    expect(thief.asked).toEqual([]);
    expect(target.asked.map(({ headers }) => headers.y)).toEqual([undefined]);
  });

  test('a caller who can only start workflows overwrites no secret by sending a changed workflow definition with an UPDATE_SECRET task', async () => {
    const keep = task('keep', {
      type: 'UPDATE_SECRET',
      inputParameters: { _secrets: { secretKey: 'payroll_key', secretValue: '${fetch.output.result}' } },
    });
    const approve = { name: 'approve', taskReferenceName: 'approve', type: 'HUMAN', inputParameters: {} };
    const fetch = {
      ...{ name: 'fetch', taskReferenceName: 'fetch', type: 'INLINE' },
      inputParameters: { evaluatorType: 'javascript', expression: '"mine"' },
    };
    await register(definition('rotate', [task('fetch'), approve, keep]));
    const workflowDef = definition('rotate', [fetch, keep]);
    const execution = await engine.ended(
      await engine.start({ name: named('rotate'), version: 1, input: {}, workflowDef }),
    );
    expect(outcomes(execution)).toEqual([
      ['fetch', 'COMPLETED'],
      ['keep', 'FAILED_WITH_TERMINAL_ERROR'],
    ]);
    expect(await w.reveal(w.admin, 'payroll_key')).toBe(VALUES.payroll_key);
  });

  test('a caller who can only start workflows overwrites no secret through a dynamic fork that copies a registered UPDATE_SECRET task', async () => {
    const keep = task('keep', {
      type: 'UPDATE_SECRET',
      inputParameters: { _secrets: { secretKey: 'payroll_key', secretValue: '${fetch.output.result}' } },
    });
    const fork = dynamicFork({ tasks: '${workflow.input.tasks}', inputs: '${workflow.input.inputs}' });
    const fetch = { name: 'fetch', taskReferenceName: 'fetch', type: 'INLINE' };
    const inputParameters = { evaluatorType: 'javascript', expression: '"mine"' };
    const tasks = [{ ...fetch, inputParameters }, keep];
    const inputs = { keep: keep.inputParameters };
    const execution = await ran('fork_keep', [...fork, task('fetch'), keep], { tasks, inputs });
    expect(execution.tasks.map(({ referenceTaskName }: Any) => referenceTaskName)).toContain('keep');
    expect(execution.status).toBe('FAILED');
    expect(await w.reveal(w.admin, 'payroll_key')).toBe(VALUES.payroll_key);
  });

  test('a caller who can only start workflows overwrites no secret whose name an UPDATE_SECRET task reads from data', async () => {
    const { inputParameters } = overwriting('payroll_key');
    const fork = dynamicFork({
      forkTaskType: 'UPDATE_SECRET',
      forkTaskName: named('call'),
      forkTaskInputs: '${workflow.input.inputs}',
    });
    expect((await ran('fork_update', fork, { inputs: [inputParameters] })).status).toBe('FAILED');
    expect((await ran('update_any', [overwriting('${workflow.input.key}')], { key: 'payroll_key' })).status).toBe(
      'FAILED',
    );
    expect(await w.reveal(w.admin, 'payroll_key')).toBe(VALUES.payroll_key);
  });
});

test('the output of the worker process contains no secret value', () => {
  for (const value of Object.values(VALUES)) expect(worker.said()).not.toContain(value);
});
