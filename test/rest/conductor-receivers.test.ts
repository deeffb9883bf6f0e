// The gateway delivers secrets only to task types with known receivers. Workflow data must not choose the receivers.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ENGINE_TYPES, receiverFields } from '../../src/conductor/task-types.ts';
import { isJsonObject, type JsonObject } from '../../src/primitives/json.ts';
import { type FakeEngine, fakeEngine, scheduled } from '../support/fake-engine.ts';
import { type RestClient, restClient } from '../support/rest.ts';
import { type SomeSecret, type World, world } from '../support/world.ts';

let w: World;
let engine: FakeEngine;
let client: RestClient;
let token: SomeSecret;
let worker: string;
let count = 0;
beforeAll(async () => {
  engine = await fakeEngine();
  const conductor = { url: engine.url, timeoutMs: 5_000, credentials: undefined, check: 'warn' } as const;
  w = await world({ conductor });
  const application = await w.application('engine', { roles: ['WORKFLOW_ENGINE'] });
  worker = application.token ?? '';
  client = restClient(w.url, worker);
  token = await w.secret('token');
  const host = await w.secret('host');
  await w.grant(application.id, 'EXECUTE', token.name);
  await w.grant(application.id, 'EXECUTE', host.name);
});
afterAll(async () => {
  await w.close();
  await engine.close();
});
beforeEach(() => {
  engine.status = undefined;
  engine.taskDefinitions.clear();
});

const ref = (name: string) => `\${workflow.secrets.${name}}`;
const DATA = '${workflow.input.x}';
const headers = { authorization: ref('token') };

/** The fields of a valid task with the secret `token`, for each task type that can use secrets. */
const VALID: Record<string, { inputParameters: JsonObject; sink?: string }> = {
  HTTP: { inputParameters: { http_request: { uri: 'https://a.example/x', method: 'GET', headers } } },
  KAFKA_PUBLISH: {
    inputParameters: { kafka_request: { bootStrapServers: 'a.example:9092', topic: 'a', value: ref('token') } },
  },
  EVENT: { sink: 'amqp:queue', inputParameters: { v: ref('token') } },
  LIST_MCP_TOOLS: { inputParameters: { mcpServer: 'https://a.example/mcp', headers } },
  CALL_MCP_TOOL: { inputParameters: { mcpServer: 'https://a.example/mcp', method: DATA, headers } },
  GET_AGENT_CARD: { inputParameters: { agentUrl: 'https://a.example/agent', agentType: 'a2a', headers } },
  AGENT: { inputParameters: { agentUrl: 'https://a.example/agent', agentType: 'A2A', text: DATA, headers } },
  CANCEL_AGENT: { inputParameters: { agentUrl: 'https://a.example/agent', agentType: 'a2a', taskId: DATA, headers } },
  INLINE: { inputParameters: { evaluatorType: 'javascript', expression: '$.a', a: ref('token') } },
  LAMBDA: { inputParameters: { scriptExpression: 'return $.a', a: ref('token') } },
  JSON_JQ_TRANSFORM: { inputParameters: { queryExpression: '.a', a: ref('token') } },
};

type Written = { type: string; inputParameters: JsonObject; [field: string]: unknown };
const taskOf = (written: Written) => ({ name: 'call', taskReferenceName: 'call', ...written }) as unknown as JsonObject;
const validTask = (type: string) => taskOf({ type, ...(VALID[type] ?? { inputParameters: { a: ref('token') } }) });

/** Requests the resolved input of the task from the gateway. The module sends the same request. */
async function resolve(task: JsonObject, more: JsonObject = {}) {
  count += 1;
  const workflowDefinition = engine.register(`w${count}`, [task]);
  const body = { workflowDefinition, task: scheduled(workflowDefinition, task, more) };
  return client.send('POST', '/conductor/tasks/resolve', body, { revealing: true });
}

/** Polls the task through the gateway. */
async function poll(task: JsonObject, more: JsonObject = {}) {
  count += 1;
  const definition = engine.register(`w${count}`, [task]);
  const handedOut = scheduled(definition, task, more);
  engine.executions.set(String(handedOut.workflowInstanceId), definition);
  engine.polled.push(handedOut);
  return client.send('GET', `/tasks/poll/${handedOut.taskType}`, undefined, { revealing: true, passedOn: true });
}

/** Registers the task. Returns the problems in the response. */
async function problemsOf(task: JsonObject): Promise<string[]> {
  const body = { name: 'flow', version: 1, tasks: [task] };
  const { headers: answered } = await client.send('POST', '/metadata/workflow', body, { passedOn: true });
  const found = JSON.parse(answered.get('x-gateway-warnings') ?? '[]') as Record<string, string>[];
  return found.map(({ pointer, problem }) => `${problem} ${pointer}`);
}

/** Returns a copy of the task whose input field at the path contains `value`. The value `undefined` removes the field. */
function changed(task: JsonObject, path: readonly string[], value: string | undefined): JsonObject {
  if (path[0] === 'sink') return { ...task, sink: value ?? null };
  const copy = structuredClone(task);
  const parent = path.slice(0, -1).reduce<JsonObject>((json, name) => {
    const inner = json[name];
    return isJsonObject(inner) ? inner : {};
  }, copy.inputParameters as JsonObject);
  const name = path.at(-1) as string;
  if (value === undefined) delete parent[name];
  else parent[name] = value;
  return copy;
}
const pointerOf = (path: readonly string[]) =>
  path[0] === 'sink' ? '/tasks/0/sink' : `/tasks/0/inputParameters/${path.join('/')}`;

/** The input fields whose values must not come from workflow data. */
const NAMING: Record<string, string> = {
  HTTP: 'http_request.uri',
  KAFKA_PUBLISH: 'kafka_request.bootStrapServers kafka_request.topic',
  EVENT: 'sink',
  LIST_MCP_TOOLS: 'mcpServer',
  CALL_MCP_TOOL: 'mcpServer',
  GET_AGENT_CARD: 'agentUrl agentType',
  AGENT: 'agentUrl agentType',
  CANCEL_AGENT: 'agentUrl agentType',
  INLINE: 'expression evaluatorType',
  LAMBDA: 'scriptExpression',
  JSON_JQ_TRANSFORM: 'queryExpression',
};

const SUPPORTED = Object.keys(VALID);
const UNSUPPORTED = ENGINE_TYPES.filter((type) => !SUPPORTED.includes(type));
const FIELDS = SUPPORTED.flatMap((type) => receiverFields(type).map((field) => [type, field.path, field] as const));

test.each(SUPPORTED)('the gateway knows all fields of a task of type %s that choose a receiver', (type) => {
  expect(
    receiverFields(type)
      .map(({ path }) => path.join('.'))
      .join(' '),
  ).toBe(NAMING[type]);
});

describe('tasks that the Conductor server runs', () => {
  test.each(SUPPORTED)(
    'a task of the type %s can use secrets whose receivers the workflow definition names',
    async (type) => {
      const { status, json } = await resolve(validTask(type));
      expect(status, JSON.stringify(json)).toBe(200);
      expect(JSON.stringify(json.input)).toContain(token.value);
      expect(await problemsOf(validTask(type))).toEqual([]);
    },
  );

  test.each(UNSUPPORTED)('a task of the type %s cannot use secrets', async (type) => {
    expect((await resolve(validTask(type))).json.code).toBe('UNSUPPORTED_PLACE');
    expect(await problemsOf(validTask(type))).toEqual(['UNSUPPORTED_PLACE /tasks/0/inputParameters/a']);
    const named = taskOf({ type: 'SIMPLE', name: type, inputParameters: { a: ref('token') } });
    expect((await resolve(named)).json.code).toBe('UNSUPPORTED_PLACE');
    expect(await problemsOf(named)).toEqual(['UNSUPPORTED_PLACE /tasks/0/inputParameters/a']);
  });

  test('a task whose type the gateway does not know cannot use secrets', async () => {
    expect((await resolve(validTask('CUSTOM_SYSTEM_TASK'))).json.code).toBe('UNSUPPORTED_PLACE');
    const named = taskOf({ type: 'SIMPLE', name: 'custom', inputParameters: { a: ref('token') } });
    expect((await resolve(named)).json.code).toBe('UNSUPPORTED_PLACE');
  });

  test.each(FIELDS)(
    'a task of the type %s with secrets cannot read the input field %j from workflow data',
    async (type, path) => {
      for (const value of [DATA, `https://${DATA}/x`, `a${DATA}`]) {
        const task = changed(validTask(type), path, value);
        const thief = { inputData: changed(task, path, 'https://thief.example/').inputParameters as JsonObject };
        expect((await resolve(task, thief)).json.code).toBe('INVALID_TASK');
        expect(await problemsOf(task)).toEqual([`SERVER_FROM_DATA ${pointerOf(path)}`]);
      }
    },
  );

  test.each(FIELDS.filter(([, , { content }]) => content === 'address' || content === 'name'))(
    'a task of the type %s with secrets must contain the input field %j in its workflow definition',
    async (type, path) => {
      const task = changed(validTask(type), path, undefined);
      const inputData = validTask(type).inputParameters as JsonObject;
      expect((await resolve(task, { inputData })).json.code).toBe('INVALID_TASK');
      expect(await problemsOf(task)).toEqual([`SERVER_FROM_DATA ${pointerOf(path)}`]);
    },
  );

  test.each(FIELDS.filter(([, , { content }]) => content === 'address'))(
    'workflow data cannot choose the server in the URL that a task of the type %s contains in %j',
    async (type, path) => {
      const written = changed(validTask(type), path, `https://a.example/x/${DATA}`);
      const sent = (text: string) =>
        resolve(written, { inputData: changed(written, path, text).inputParameters as JsonObject });
      expect((await sent('https://a.example/x/1')).status).toBe(200);
      expect((await sent('https://a.example/x/../1')).json.code).toBe('INVALID_TASK');
      expect((await sent('https://thief.example/x/1')).json.code).toBe('INVALID_TASK');
      expect(await problemsOf(written)).toEqual([]);
      expect(await problemsOf(changed(validTask(type), path, `https://${ref('host')}/x`))).toEqual([]);
      expect(await problemsOf(changed(validTask(type), path, `https://a${ref('host')}/x`))).toEqual([
        `SERVER_FROM_DATA ${pointerOf(path)}`,
      ]);
    },
  );

  test.each(['LIST_MCP_TOOLS', 'AGENT'])(
    'a task of the type %s with secrets cannot read the header Host from workflow data',
    async (type) => {
      const task = changed(validTask(type), ['headers', 'Host'], DATA);
      const inputData = changed(task, ['headers', 'Host'], 'thief.example').inputParameters as JsonObject;
      expect((await resolve(task, { inputData })).json.code).toBe('INVALID_TASK');
      expect(await problemsOf(task)).toEqual(['SERVER_FROM_DATA /tasks/0/inputParameters/headers/Host']);
    },
  );

  test('an AGENT task cannot use secrets for an agent that the Conductor server runs', async () => {
    const task = changed(validTask('AGENT'), ['agentType'], 'conductor');
    expect((await resolve(task)).json.code).toBe('UNSUPPORTED_PLACE');
    expect((await problemsOf(task)).map((problem) => problem.split(' ')[0])).toEqual(['UNSUPPORTED_PLACE']);
  });

  test('a dynamic fork cannot change the address of the agent in an AGENT task with secrets', async () => {
    const card = (url: string) => ({ metadata: { agent: { agentType: 'a2a', a2a: { agentCard: { url } } } } });
    const task = { ...validTask('AGENT'), ...card('https://a.example/rpc') };
    expect((await resolve(task)).status).toBe(200);
    for (const own of [task, validTask('AGENT')]) {
      const workflowTask = { ...own, ...card('https://thief.example/rpc') };
      expect((await resolve(own, { workflowTask })).json.code).toBe('INVALID_TASK');
    }
  });

  test('an EVENT task with secrets cannot contain an escaped expression in its sink', async () => {
    const task = changed(validTask('EVENT'), ['sink'], `amqp:$${DATA}`);
    expect((await resolve(task)).json.code).toBe('INVALID_TASK');
  });

  describe.each(SUPPORTED.filter((type) => type !== 'HTTP'))(
    'a task of the type %s with a changed task definition',
    (type) => {
      test(`a task of the type ${type} cannot use a secret that its task definition receives after the registration of the workflow`, async () => {
        const name = `labeltd${++count}`;
        const { inputParameters, sink } = VALID[type] ?? { inputParameters: {} };
        const own = withoutReferences(inputParameters) as JsonObject;
        const task = taskOf({ ...{ type, name, inputParameters: own }, ...(sink !== undefined && { sink }) });
        expect(await problemsOf(task)).toEqual([]);
        const registered = engine.register(`thief${count}`, [task]);

        const taskDefinition = { name, inputTemplate: { apiKey: ref('token') } };
        await client.send('POST', '/metadata/taskdefs', [taskDefinition], { passedOn: true });
        engine.taskDefinitions.set(name, taskDefinition);
        const complete = { ...task, taskDefinition };
        const body = {
          workflowDefinition: { ...registered, tasks: [complete] },
          task: scheduled(registered, complete, { inputData: { ...taskDefinition.inputTemplate, ...own } }),
        };
        const { json } = await client.send('POST', '/conductor/tasks/resolve', body, { revealing: true });
        expect(json).toMatchObject({ code: 'UNSUPPORTED_PLACE', references: [{ name: token.name }] });
        expect(await problemsOf(task)).toEqual(['UNSUPPORTED_PLACE /tasks/0/taskDefinition/inputTemplate/apiKey']);
      });
    },
  );

  test('a task cannot use a secret of its task definition through a copy whose own input contains the secret reference', async () => {
    const name = `labeltd${++count}`;
    const inputTemplate = { apiKey: ref('token') };
    engine.taskDefinitions.set(name, { name, inputTemplate });
    const task = taskOf({ type: 'INLINE', name, inputParameters: { expression: '$.apiKey' } });
    const registered = engine.register(`thief${count}`, [task]);
    const copy = { ...task, inputParameters: { expression: '$.apiKey', ...inputTemplate } };
    const started = { ...registered, tasks: [{ ...task, taskDefinition: { name, inputTemplate } }] };
    const body = { workflowDefinition: started, task: scheduled(registered, copy) };
    const { json } = await client.send('POST', '/conductor/tasks/resolve', body, { revealing: true });
    expect(json.code).toBe('UNSUPPORTED_PLACE');
  });
});

/** Replaces every text that contains a secret reference by `x`. */
function withoutReferences(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json), (_, value) =>
    typeof value === 'string' && value.includes('workflow.secrets') ? 'x' : value,
  );
}

test('after a registration of task definitions, the gateway requests a missing task definition again from the Conductor server', async () => {
  const name = `missing${++count}`;
  const task = taskOf({ type: 'INLINE', name, inputParameters: { expression: '$.a', a: ref('token') } });
  const reads = async () => {
    expect((await resolve(task)).status).toBe(200);
    return engine.asked().filter((path) => path === `/api/metadata/taskdefs/${name}`).length;
  };
  expect([await reads(), await reads()]).toEqual([1, 1]);
  await client.send('POST', '/metadata/taskdefs', [{ name: 'another' }], { passedOn: true });
  expect([await reads(), await reads()]).toEqual([2, 2]);
});

describe('data that chooses the type of a DYNAMIC task with secrets', () => {
  const dynamic = taskOf({ type: 'DYNAMIC', inputParameters: { mcpServer: 'https://a.example/mcp', headers } });

  test.each([...ENGINE_TYPES, 'CUSTOM_SYSTEM_TASK', 'some_worker'])(
    'workflow data cannot choose the type %s for a DYNAMIC task with secrets that the Conductor server runs',
    async (taskType) => {
      expect((await resolve(dynamic, { taskType })).json.code).toBe('UNSUPPORTED_PLACE');
    },
  );

  test('workflow data can choose the worker that polls a DYNAMIC task with secrets', async () => {
    expect((await poll(dynamic, { taskType: 'some_worker' })).json.inputData.headers).toEqual({
      authorization: token.value,
    });
  });
});

describe('tasks that a worker polls', () => {
  test('a task that a worker polls can use secrets', async () => {
    const task = taskOf({ type: 'SIMPLE', name: 'some_worker', inputParameters: { a: ref('token'), b: DATA } });
    expect((await poll(task, { inputData: { a: ref('token'), b: '1' } })).json.inputData).toEqual({
      ...{ a: token.value, b: '1' },
    });
    expect(await problemsOf(task)).toEqual([]);
  });

  test.each(ENGINE_TYPES)(
    'a worker cannot poll tasks of the type %s, which the Conductor server runs',
    async (type) => {
      engine.polled.push(validTask(type));
      const before = engine.asked().length;
      for (const path of [`/tasks/poll/${type}`, `/tasks/poll/batch/${type}?count=5`, `/tasks/poll/x:${type}`])
        expect((await client.send('GET', path, undefined, { passedOn: true })).json.code).toBe('FORBIDDEN');
      expect(engine.asked().length).toBe(before);
      engine.polled.length = 0;
    },
  );

  test('a worker cannot poll tasks of the type HTTP under any spelling of the path', async () => {
    const before = engine.asked().length;
    for (const path of [
      'Poll/HTTP',
      'poll/HTTP/',
      'poll/HTTP.json',
      'poll/%48TTP',
      'poll/HTTP;a=b',
      'poll/batch/HTTP/',
    ]) {
      const answer = await fetch(`${w.url}/api/tasks/${path}`, { headers: { 'x-authorization': worker } });
      expect([path, answer.status >= 400 && answer.status < 500]).toEqual([path, true]);
    }
    expect(engine.asked().length).toBe(before);
  });
});
