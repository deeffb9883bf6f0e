// The gateway checks references to secrets in workflow and task definitions before the gateway forwards the request to the Conductor server.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Role } from '../../src/generated/vocabulary.ts';
import { restClient } from '../support/rest.ts';
import { type TargetServer, targetServer } from '../support/target-server.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

let engine: TargetServer;
let taskDefinitions: Record<string, unknown>;
/** Three gateways with CONDUCTOR_CHECK=refuse, warn and off. The gateways use one database. */
let refusing: World;
let warning: World;
let unchecked: World;
let users = 0;
let ann: SomeUser;
/** A user who has the same grants as ann, and who may change workflow and task definitions. */
let manager: SomeUser;

beforeAll(async () => {
  engine = await targetServer();
  const url = new URL(`${engine.url}/api`);
  const conductor = { url, timeoutMs: 5_000, credentials: undefined };
  refusing = await world({ conductor });
  const { databaseUrl, keyring, clock, adminPassword } = refusing;
  const same = { databaseUrl, keyring, clock, adminPassword };
  warning = await world({ ...same, conductor: { ...conductor, check: 'warn' } });
  unchecked = await world({ ...same, conductor: { ...conductor, check: 'off' } });
  ann = await refusing.user('ann', { roles: ['METADATA_API'] });
  await refusing.secret('usable');
  await refusing.secret('hidden');
  await refusing.secret('expired', { expiresAt: '2020-01-01T00:00:00Z' }).catch(() => {});
  manager = await refusing.user('manager', { roles: ['METADATA_MANAGER'] });
  for (const { id } of [ann, manager]) await refusing.grant(id, 'EXECUTE', 'usable');
  await refusing.secret('mine');
  await refusing.grant(ann.id, ['UPDATE'], 'mine');
});
afterAll(async () => {
  await warning.close();
  await unchecked.close();
  await refusing.close();
  await engine.close();
});
beforeEach(() => {
  taskDefinitions = {};
  engine.answer(({ method, path }: { method: string; path: string }, response: import('node:http').ServerResponse) => {
    const name = decodeURIComponent(path.split('/').at(-1) ?? '');
    const found = method === 'GET' ? taskDefinitions[name] : {};
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ?? {}));
  });
});

const ref = (name: string) => `\${workflow.secrets.${name}}`;
const http = (headers: object, more: object = {}) => ({
  ...{ name: 'call', taskReferenceName: 'call', type: 'HTTP' },
  inputParameters: { http_request: { uri: 'https://api.example/x', method: 'GET', headers, ...more } },
});
const flow = (...tasks: object[]) => ({ name: 'flow', version: 1, tasks });
const simple = (inputParameters: object) => ({ name: 'work', taskReferenceName: 'w', type: 'SIMPLE', inputParameters });
const forwarded = () => engine.asked.filter(({ method }) => method !== 'GET');
const send = (w: World, path: string, body: unknown, who: { token: string | undefined } = ann, method = 'POST') =>
  restClient(w.url, who.token).send(method, path, body, { passedOn: true });

/** Sends the body to the gateway that refuses, and to the gateway that warns. Returns `pointer problem name` of each warning. */
async function problems(path: string, body: unknown, who = ann as { token: string | undefined }, method = 'POST') {
  engine.asked.length = 0;
  const warned = await send(warning, path, body, who, method);
  expect(warned.status).toBe(200);
  expect(forwarded().map((request) => JSON.parse(request.body))).toEqual([body]);
  const found = JSON.parse(warned.headers.get('x-gateway-warnings') ?? '[]') as Record<string, string>[];
  engine.asked.length = 0;
  const refused = await send(refusing, path, body, who, method);
  const refusals = found.filter(({ problem }) => problem !== 'VALUE_STORED');
  expect(refused.status).toBe(refusals.length > 0 ? 400 : 200);
  expect(forwarded()).toHaveLength(refusals.length > 0 ? 0 : 1);
  if (refusals.length > 0) {
    expect(refused.json).toMatchObject({ code: 'BAD_USER_INPUT', retryable: false });
    expect(refused.json.validationErrors.map((error: { path: string }) => error.path)).toEqual(
      refusals.map(({ pointer }) => pointer),
    );
    for (const { name } of refusals) if (name !== null) expect(JSON.stringify(refused.json)).toContain(name);
  }
  return found.map(({ pointer, problem, name }) => `${pointer} ${problem} ${name}`).sort();
}

test('a user with the role USER can register a workflow or task definition, but cannot change or delete a definition', async () => {
  const sent = async (role: Role | undefined, method: 'POST' | 'PUT' | 'DELETE', path: string) => {
    users += 1;
    const user = await refusing.user(`r${users}`, { roles: role === undefined ? [] : [role] });
    const body = method === 'DELETE' ? undefined : [];
    return (await restClient(refusing.url, user.token).send(method, path, body, { passedOn: true })).status;
  };
  expect(await sent(undefined, 'POST', '/metadata/taskdefs')).toBe(403);
  expect(await sent('WORKER', 'POST', '/metadata/taskdefs')).toBe(403);
  expect(await sent('USER', 'POST', '/metadata/taskdefs')).toBe(200);
  expect(await sent('METADATA_API', 'POST', '/metadata/taskdefs')).toBe(200);
  for (const role of ['USER', 'METADATA_API'] as const) expect(await sent(role, 'PUT', '/metadata/workflow')).toBe(403);
  expect(await sent('USER', 'DELETE', '/metadata/workflow/flow/1')).toBe(403);
  expect(await sent('USER', 'DELETE', '/Metadata%2fworkflow/flow/1')).toBe(403);
  expect(await sent('USER', 'POST', '/metadata/taskdefs?overwrite=True')).toBe(403);
  for (const role of ['METADATA_MANAGER', 'ADMIN'] as const)
    expect(await sent(role, 'DELETE', '/metadata/workflow/flow/1')).not.toBe(403);
});

test('only a caller with the role ADMIN can use paths below /admin of the Conductor server', async () => {
  const admin = await refusing.user('operator', { roles: ['ADMIN'] });
  const read = async (gateway: World, path: string, who: SomeUser, method: 'GET' | 'POST' = 'GET') =>
    (await restClient(gateway.url, who.token).send(method, path, undefined, { passedOn: true })).status;
  taskDefinitions.config = {};
  for (const gateway of [refusing, unchecked]) {
    engine.asked.length = 0;
    for (const path of [
      '/admin/config',
      '/Admin/queues',
      '/admin',
      '/%61dmin/config',
      '/admin;a=b/config',
      '/x/../admin/config',
    ])
      expect([path, await read(gateway, path, manager)]).toEqual([path, expect.toSatisfy((status) => status >= 400)]);
    expect(await read(gateway, '/admin/sweep/requeue/x', manager, 'POST')).toBe(403);
    expect(engine.asked).toEqual([]);
    expect(await read(gateway, '/admin/config', admin)).toBe(200);
  }
});

describe('a workflow definition with references to secrets', () => {
  test('if the caller may use every secret in a workflow definition, the gateway registers the definition without warnings', async () => {
    const definition = flow(http({ authorization: `Bearer ${ref('usable')}` }), simple({ a: ref('usable') }));
    expect(await problems('/metadata/workflow', definition)).toEqual([]);
    expect(await problems('/metadata/workflow', [definition], manager, 'PUT')).toEqual([]);
    expect(await problems('/metadata/workflow/validate', definition)).toEqual([]);
  });

  test('the gateway reports the same problem for a reference to a missing secret and to a secret that the caller cannot see', async () => {
    const definition = flow(http({ a: ref('missing') }), simple({ list: [{ deep: `x ${ref('hidden')}` }] }));
    expect(await problems('/metadata/workflow', [definition], manager, 'PUT')).toEqual([
      '/0/tasks/0/inputParameters/http_request/headers/a NOT_FOUND missing',
      '/0/tasks/1/inputParameters/list/0/deep NOT_FOUND hidden',
    ]);
    expect(await problems('/metadata/workflow', definition, refusing.admin)).toEqual([
      '/tasks/0/inputParameters/http_request/headers/a NOT_FOUND missing',
    ]);
  });

  test('the warning about a workflow definition names the workflow, the task and the secret in ASCII characters', async () => {
    const definition = { ...flow({ ...simple({ a: ref('missing') }), taskReferenceName: 'wörk' }), name: 'flöw' };
    const { headers } = await send(warning, '/metadata/workflow', definition);
    const text = headers.get('x-gateway-warnings') ?? '';
    expect(text).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(text)).toEqual([
      {
        ...{ workflow: 'flöw', task: 'wörk', pointer: '/tasks/0/inputParameters/a' },
        ...{ problem: 'NOT_FOUND', name: 'missing' },
      },
    ]);
  });

  test('the gateway reports malformed references in a workflow definition, but not escaped references or prose', async () => {
    const definition = {
      ...flow(
        simple({ bad: '${workflow.secret.usable }', escaped: `$${ref('missing')}`, data: '${workflow.input.x}' }),
      ),
      description: `Uses ${ref('missing')}`,
    };
    expect(await problems('/metadata/workflow', definition)).toEqual([
      '/tasks/0/inputParameters/bad MALFORMED ${workflow.secret.usable }',
    ]);
  });

  test.each<[string, string, object]>([
    ['the expression of a SWITCH', '/tasks/0/expression', { type: 'SWITCH', expression: ref('usable') }],
    ['the input of a SWITCH', '/tasks/0/inputParameters/v', { type: 'SWITCH', inputParameters: { v: ref('usable') } }],
    [
      'the input of a DECISION',
      '/tasks/0/inputParameters/v',
      { type: 'DECISION', inputParameters: { v: ref('usable') } },
    ],
    [
      'the input of a SUB_WORKFLOW',
      '/tasks/0/inputParameters/v',
      { type: 'SUB_WORKFLOW', inputParameters: { v: ref('usable') } },
    ],
    [
      'the input of a START_WORKFLOW',
      '/tasks/0/inputParameters/v',
      { type: 'START_WORKFLOW', inputParameters: { v: ref('usable') } },
    ],
    [
      'the input of a SET_VARIABLE',
      '/tasks/0/inputParameters/v',
      { type: 'SET_VARIABLE', inputParameters: { v: ref('usable') } },
    ],
    [
      'the input of a TERMINATE',
      '/tasks/0/inputParameters/v',
      { type: 'TERMINATE', inputParameters: { v: ref('usable') } },
    ],
    [
      'the input of a DO_WHILE',
      '/tasks/0/inputParameters/v',
      { type: 'DO_WHILE', inputParameters: { v: ref('usable') } },
    ],
    ['the loop condition of a DO_WHILE', '/tasks/0/loopCondition', { type: 'DO_WHILE', loopCondition: ref('usable') }],
    [
      'the input of an EVENT for the Conductor server',
      '/tasks/0/inputParameters/v',
      { type: 'EVENT', sink: 'conductor:x', inputParameters: { v: ref('usable') } },
    ],
    [
      'the task definition of a DYNAMIC',
      '/tasks/0/taskDefinition/inputTemplate/v',
      { type: 'DYNAMIC', taskDefinition: { inputTemplate: { v: ref('usable') } } },
    ],
    [
      'the name of an input field',
      `/tasks/0/inputParameters/${ref('usable')}`,
      { type: 'SIMPLE', inputParameters: { [ref('usable')]: 1 } },
    ],
    [
      'the payload of a state change',
      '/tasks/0/onStateChange/x/0/payload/v',
      { type: 'SIMPLE', onStateChange: { x: [{ payload: { v: ref('usable') } }] } },
    ],
    [
      'the parameters of a SUB_WORKFLOW',
      '/tasks/0/subWorkflowParam/name',
      { type: 'SUB_WORKFLOW', subWorkflowParam: { name: ref('usable') } },
    ],
  ])('the gateway reports a secret reference in %s as unsupported', async (_, pointer, task) => {
    const definition = flow({ name: 'some', taskReferenceName: 'some', ...task });
    expect(await problems('/metadata/workflow', definition)).toEqual([`${pointer} UNSUPPORTED_PLACE usable`]);
  });

  test.each(['outputParameters', 'variables', 'inputTemplate'])(
    'the gateway reports a secret reference in the field %s of a workflow definition as unsupported',
    async (field) => {
      const definition = { ...flow(simple({})), [field]: { v: ref('usable') } };
      expect(await problems('/metadata/workflow', definition)).toEqual([`/${field}/v UNSUPPORTED_PLACE usable`]);
    },
  );

  test('the gateway finds references in branches, loops, forks and nested workflow definitions', async () => {
    const inner = (name: string) => simple({ a: ref(name) });
    const definition = flow(
      {
        name: 's',
        taskReferenceName: 's',
        type: 'SWITCH',
        decisionCases: { x: [inner('one')] },
        defaultCase: [inner('two')],
      },
      { name: 'f', taskReferenceName: 'f', type: 'FORK_JOIN', forkTasks: [[inner('three')]] },
      { name: 'd', taskReferenceName: 'd', type: 'DO_WHILE', loopOver: [inner('four')] },
      {
        ...{ name: 'sub', taskReferenceName: 'sub', type: 'SUB_WORKFLOW' },
        subWorkflowParam: { name: 'x', workflowDefinition: flow(inner('five')) },
      },
    );
    expect(await problems('/metadata/workflow', definition)).toEqual([
      '/tasks/0/decisionCases/x/0/inputParameters/a NOT_FOUND one',
      '/tasks/0/defaultCase/0/inputParameters/a NOT_FOUND two',
      '/tasks/1/forkTasks/0/0/inputParameters/a NOT_FOUND three',
      '/tasks/2/loopOver/0/inputParameters/a NOT_FOUND four',
      '/tasks/3/subWorkflowParam/workflowDefinition/tasks/0/inputParameters/a NOT_FOUND five',
    ]);
  });

  test('the gateway reports a problem if workflow data chooses the server that receives the secrets of an HTTP task', async () => {
    const secret = { authorization: ref('usable') };
    const at = '/tasks/0/inputParameters/http_request';
    const data = '${workflow.input.server}';
    expect(await problems('/metadata/workflow', flow(http(secret, { uri: `https://${data}/x` })))).toEqual([
      `${at}/uri SERVER_FROM_DATA null`,
    ]);
    expect(await problems('/metadata/workflow', flow(http({ ...secret, Host: data })))).toEqual([
      `${at}/headers/Host SERVER_FROM_DATA null`,
    ]);
    expect(await problems('/metadata/workflow', flow(http({ a: 'none' }, { uri: data })))).toEqual([]);
    expect(await problems('/metadata/workflow', flow(http(secret, { uri: `https://a.example/${data}` })))).toEqual([]);
  });

  test('the gateway reports a secret of a registered task definition that the caller of a registration may not use', async () => {
    taskDefinitions.bearer = { name: 'bearer', inputTemplate: { headers: { authorization: ref('hidden') } } };
    const definition = flow({
      ...{ name: 'bearer', taskReferenceName: 'c', type: 'HTTP' },
      inputParameters: { uri: 'https://thief.example/', method: 'GET' },
    });
    expect(await problems('/metadata/workflow', definition)).toEqual([
      '/tasks/0/taskDefinition/inputTemplate/headers/authorization NOT_FOUND hidden',
    ]);
    const replaced = flow({ ...definition.tasks[0], inputParameters: { headers: {}, uri: 'https://a.example/' } });
    expect(await problems('/metadata/workflow', replaced)).toEqual([]);
  });

  test('if the Conductor server does not return the task definitions, the gateway does not forward a workflow definition', async () => {
    engine.answer((_: unknown, response: import('node:http').ServerResponse) => response.writeHead(503).end('{}'));
    const answer = await send(refusing, '/metadata/workflow', flow({ ...simple({}), name: 'unreadable' }));
    expect(answer).toMatchObject({ status: 502, json: { code: 'UPSTREAM_UNAVAILABLE', retryable: true } });
    expect(forwarded()).toEqual([]);
  });

  test('with CONDUCTOR_CHECK=off, the gateway forwards a workflow definition unchanged and without warnings', async () => {
    const body = JSON.stringify(flow(simple({ a: ref('hidden') })));
    const answer = await send(unchecked, '/metadata/workflow', body);
    expect([answer.status, answer.headers.get('x-gateway-warnings')]).toEqual([200, null]);
    expect(engine.asked.map((request) => request.body)).toEqual([body]);
  });

  test('the gateway stores the tags of a forwarded workflow definition, but not the tags of a rejected definition', async () => {
    const tags = [{ key: 'team', value: 'a' }];
    const tagsOf = async (name: string) =>
      (await restClient(refusing.url, refusing.admin.token).send('GET', `/metadata/workflow/${name}/tags`)).json;
    const refused = { ...flow(simple({ a: ref('missing') })), name: 'refused', tags };
    expect((await send(refusing, '/metadata/workflow', refused, refusing.admin)).status).toBe(400);
    expect(await tagsOf('refused')).toEqual([]);
    const warned = await send(warning, '/metadata/workflow', { ...refused, name: 'warned' }, refusing.admin);
    expect(JSON.parse(warned.headers.get('x-gateway-warnings') ?? '')).toHaveLength(1);
    expect(await tagsOf('warned')).toMatchObject(tags);
  });

  test('for a workflow definition with many problems, the gateway limits the warning header and counts the omitted problems', async () => {
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`field-${i}`, ref(`missing-${i}`)]));
    const { headers } = await send(warning, '/metadata/workflow', flow(simple(many)));
    const text = headers.get('x-gateway-warnings') ?? '';
    const listed = JSON.parse(text);
    expect(text.length).toBeLessThan(4_200);
    expect(listed.at(-1)).toEqual({ more: 150 - (listed.length - 1) });
    const refused = await send(refusing, '/metadata/workflow', flow(simple(many)));
    expect(refused.json.validationErrors).toHaveLength(100);
  });

  test('the gateway rejects a workflow definition that exceeds a limit or is invalid JSON', async () => {
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`field-${i}`, ref(`missing-${i}`)]));
    const deep = JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`);
    expect(await problems('/metadata/workflow', flow(simple(many)))).toEqual([' NOT_CHECKED null']);
    expect(await problems('/metadata/workflow', flow(simple({ deep })))).toEqual([' NOT_CHECKED null']);
    expect((await send(refusing, '/metadata/workflow', '{"name":"x"} more')).status).toBe(400);
    expect(forwarded()).toEqual([]);
  });

  test('the gateway checks a workflow definition under every spelling of the path /metadata/workflow', async () => {
    const body = [flow(simple({ a: ref('missing') }))];
    for (const path of ['/metadata/workflow/', '/METADATA/workflow', '/metadata/%77orkflow', '/metadata/workflow.json'])
      expect([path, (await send(refusing, path, body, manager, 'PUT')).status]).toEqual([path, 400]);
    expect(forwarded()).toEqual([]);
  });
});

describe('an UPDATE_SECRET task', () => {
  const update = (secretKey: string, secretValue: string) => ({
    ...{ name: 'UPDATE_SECRET', taskReferenceName: 'u', type: 'UPDATE_SECRET' },
    inputParameters: { _secrets: { secretKey, secretValue } },
  });
  const login = { ...http({}), taskReferenceName: 'login' };
  const token = '${login.output.response.body.token}';
  const at = '/tasks/1/inputParameters/_secrets';

  test('a caller can register an UPDATE_SECRET task only for a secret that the caller may update or create', async () => {
    const of = (name: string) => flow(login, update(name, token));
    expect(await problems('/metadata/workflow', of('mine'))).toEqual([]);
    for (const name of ['usable', 'hidden', 'missing'])
      expect(await problems('/metadata/workflow', of(name))).toEqual([`${at}/secretKey NOT_WRITABLE ${name}`]);
    const creator = await refusing.user('creator', { roles: ['USER'] });
    expect(await problems('/metadata/workflow', of('brand-new'), creator)).toEqual([]);
    expect(await problems('/metadata/workflow', of('hidden'), creator)).toEqual([
      `${at}/secretKey NOT_WRITABLE hidden`,
    ]);
    expect(await problems('/metadata/workflow', of('hidden'), refusing.admin)).toEqual([]);
  });

  test('a caller can register a DYNAMIC task with the input of UPDATE_SECRET only for a secret that the caller may update', async () => {
    const dynamic = (name: string) =>
      flow(login, { ...update(name, token), type: 'DYNAMIC', dynamicTaskNameParam: 't' });
    expect(await problems('/metadata/workflow', dynamic('mine'))).toEqual([]);
    expect(await problems('/metadata/workflow', dynamic('hidden'))).toEqual([`${at}/secretKey NOT_WRITABLE hidden`]);
  });

  test('the gateway reports an UPDATE_SECRET task whose secret name comes from data or whose workflow has a dynamic fork', async () => {
    const name = '${workflow.input.name}';
    expect(await problems('/metadata/workflow', flow(login, update(name, token)))).toEqual([
      `${at}/secretKey MALFORMED ${name}`,
    ]);
    const fork = { name: 'f', taskReferenceName: 'f', type: 'FORK_JOIN_DYNAMIC' };
    expect(await problems('/metadata/workflow', flow(login, update('mine', token), fork))).toEqual([
      '/tasks/1 UNSUPPORTED_PLACE mine',
    ]);
  });

  test('if a workflow execution stores the new value of an UPDATE_SECRET task, the gateway warns but does not reject the task', async () => {
    const stored = [`${at}/secretValue VALUE_STORED mine`];
    const read = (text: string) => flow(login, update('mine', token), simple({ text }));
    expect(await problems('/metadata/workflow', flow(login, update('mine', `x${token}`)))).toEqual(stored);
    expect(await problems('/metadata/workflow', flow(login, update('mine', '${workflow.input.token}')))).toEqual(
      stored,
    );
    const sub = { ...http({}), taskReferenceName: 'login', type: 'SUB_WORKFLOW', inputParameters: {} };
    expect(await problems('/metadata/workflow', flow(sub, update('mine', '${login.output.token}')))).toEqual(stored);
    for (const text of [token, '${login.output}', '${login.output.response.body.token.part}', "${login['output']}"])
      expect(await problems('/metadata/workflow', read(text))).toEqual(stored);
    expect(await problems('/metadata/workflow', { ...read('none'), outputParameters: { t: token } })).toEqual(stored);
    for (const text of ['${login.output.response.status}', '${login2.output}'])
      expect(await problems('/metadata/workflow', read(text))).toEqual([]);
  });
});

test('the gateway rejects a workflow definition with 2,000 UPDATE_SECRET tasks quickly', async () => {
  const tasks = Array.from({ length: 2_000 }, (_, i) => ({
    ...{ name: 'UPDATE_SECRET', taskReferenceName: `u${i}`, type: 'UPDATE_SECRET' },
    inputParameters: { _secrets: { secretKey: 'mine', secretValue: `\${u${i}.output.x}` } },
  }));
  const loops = Array.from({ length: 1_000 }, (_, i) => ({
    taskReferenceName: `d${i}`,
    type: 'DO_WHILE',
    loopCondition: 'x',
  }));
  const refused = await send(refusing, '/metadata/workflow', flow(...tasks, ...loops));
  expect(refused.json.validationErrors.map((error: { path: string }) => error.path)).toEqual(['/tasks']);
});

describe('requests that contain task definitions, workflow definitions, schedules or event handlers', () => {
  test('the gateway checks the secret references in the inputTemplate and runtimeMetadata of a task definition', async () => {
    const definition = {
      ...{ name: 'work', description: ref('hidden') },
      ...{
        inputTemplate: { a: ref('hidden'), b: ref('usable') },
        runtimeMetadata: ['usable', 'missing', 'not a name'],
      },
    };
    expect(await problems('/metadata/taskdefs', [definition])).toEqual([
      '/0/inputTemplate/a NOT_FOUND hidden',
      '/0/runtimeMetadata/1 NOT_FOUND missing',
      '/0/runtimeMetadata/2 MALFORMED not a name',
    ]);
    expect(await problems('/metadata/taskdefs', { name: 'work' }, manager, 'PUT')).toEqual([]);
  });

  test.each(['/workflow', '/workflow/execute/flow/1', '/workflow/test'])(
    'in a request to %s, the gateway checks the workflow definition but not the workflow input',
    async (path) => {
      const body = { name: 'flow', input: { a: ref('missing') }, workflowDef: flow(simple({ a: ref('hidden') })) };
      expect(await problems(path, body)).toEqual(['/workflowDef/tasks/0/inputParameters/a NOT_FOUND hidden']);
      expect(await problems(path, { name: 'flow', input: { a: ref('missing') } })).toEqual([]);
    },
  );

  test('the gateway checks the workflow input in a schedule or an event handler', async () => {
    const schedule = {
      name: 's',
      startWorkflowRequest: { input: { a: ref('usable') }, workflowDef: flow(simple({ a: ref('hidden') })) },
    };
    expect(await problems('/scheduler/schedules', schedule)).toEqual([
      '/startWorkflowRequest/input/a UNSUPPORTED_PLACE usable',
      '/startWorkflowRequest/workflowDef/tasks/0/inputParameters/a NOT_FOUND hidden',
    ]);
    const handler = {
      name: 'h',
      actions: [{ action: 'start_workflow', start_workflow: { input: { a: ref('usable') } } }],
    };
    expect(await problems('/event', handler)).toEqual(['/actions/0/start_workflow/input/a UNSUPPORTED_PLACE usable']);
  });
});

describe('an agent whose workflow definitions the Conductor server creates', () => {
  const inline = { agentConfig: { name: 'a', credentials: ['hidden'] }, prompt: 'x' };
  test.each([
    ['/agent/deploy', inline],
    ['/agent/start', inline],
    ['/agent/start', { name: 'a', framework: 'openai' }],
    ['/agent/start', { name: 'a', skillRef: {} }],
    ['/skills/register', 'parts'],
    ['/skills/s/versions/1/deploy', {}],
  ])(
    'with CONDUCTOR_CHECK=refuse, only a caller with the role ADMIN can register an agent at %s',
    async (path, body) => {
      const statuses = async (w: World, who: { token: string | undefined }) => {
        const { status, headers } = await send(w, path, body, who);
        return [status, headers.get('x-gateway-warnings')];
      };
      expect(await statuses(refusing, ann)).toEqual([403, null]);
      expect(forwarded()).toEqual([]);
      expect(await statuses(warning, ann)).toEqual([200, expect.stringContaining('NOT_CHECKED')]);
      expect(await statuses(unchecked, ann)).toEqual([200, null]);
      expect(await statuses(refusing, refusing.admin)).toEqual([200, null]);
    },
  );

  test('every caller can start a registered agent by its name', async () => {
    const answer = await send(refusing, '/agent/start', { name: 'a', prompt: 'x', agentConfig: null });
    expect([answer.status, answer.headers.get('x-gateway-warnings')]).toEqual([200, null]);
  });

  test('only a caller with the role ADMIN can register an agent in the metadata of a workflow definition', async () => {
    const definition = { ...flow(simple({})), metadata: { agentDef: inline } };
    expect(await problems('/metadata/workflow', definition)).toEqual(['/metadata/agentDef NOT_CHECKED null']);
    expect(await problems('/metadata/workflow', definition, refusing.admin)).toEqual([]);
  });
});

describe('a body that is too long to check', () => {
  const long = 'x'.repeat(1_100_000);
  test('the gateway rejects a workflow definition that is too long to check', async () => {
    const body = flow(simple({ long }));
    expect(await send(refusing, '/metadata/workflow', body)).toMatchObject({ status: 413 });
    expect(forwarded()).toEqual([]);
    const warned = await send(warning, '/metadata/workflow', body);
    expect([warned.status, warned.headers.get('x-gateway-warnings')]).toEqual([
      200,
      expect.stringContaining('NOT_CHECKED'),
    ]);
  });

  test.each(['workflow.secrets', 'WORKFLOW.SECRET', 'se\\u0063ret', 'ｓecrets', 'runtimeMetadata'])(
    'the gateway rejects a task definition that is too long to check and contains the text %s',
    async (text) => {
      const body = `[{"name":"x","description":"${long}${text}${long}"}]`;
      expect((await send(refusing, '/metadata/taskdefs', body)).status).toBe(413);
      // The Conductor server can receive the beginning of the body, but never a complete request.
      expect(forwarded().filter((request) => request.body !== '')).toEqual([]);
      const warned = await send(warning, '/metadata/taskdefs', body);
      expect([warned.status, warned.headers.get('x-gateway-warnings')]).toEqual([
        200,
        expect.stringContaining('NOT_CHECKED'),
      ]);
    },
  );

  test('the gateway forwards a long task definition or start request that cannot contain a secret reference', async () => {
    const bodies: [string, string][] = [
      ['/metadata/taskdefs', `[{"name":"x","description":"${long}"}]`],
      ['/workflow', `{"name":"flow","input":{"text":"${long} \${workflow.secrets.x}"}}`],
    ];
    for (const [path, body] of bodies)
      for (const w of [refusing, warning]) {
        const answer = await send(w, path, body);
        expect([path, answer.status, answer.headers.get('x-gateway-warnings')]).toEqual([path, 200, null]);
      }
    for (const field of ['workflowDef', '\\u0077orkflowDef'])
      expect((await send(refusing, '/workflow', `{"name":"flow","input":"${long}","${field}":{}}`)).status).toBe(413);
  });
});
