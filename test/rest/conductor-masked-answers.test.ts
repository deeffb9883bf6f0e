// The gateway masks every response of the Conductor server that can contain data of workflow executions. No caller receives unmasked data.
// The tests send data of unknown executions too, which the gateway cannot mask completely. The tests themselves therefore search the responses.
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type TargetServer, targetServer } from '../support/target-server.ts';
import { type World, world } from '../support/world.ts';

interface Answered {
  status?: number;
  headers?: Record<string, string>;
  body: string | Buffer;
  /** Called when the connection of an endless response is closed. */
  closed?: () => void;
}

let w: World;
let server: TargetServer;
/** The responses of the fake Conductor server, by path without the query string. */
const answers = new Map<string, Answered>();
/** The paths of the requests that the fake Conductor server received in this test. */
let asked: { path: string; headers: Record<string, unknown> }[] = [];
const callers: Record<'ADMIN' | 'a user without access' | 'the using application', string> = {
  ADMIN: '',
  'a user without access': '',
  'the using application': '',
};
type Caller = keyof typeof callers;
const hidden = {
  named: sentinel('named'),
  old: sentinel('old'),
  handed: sentinel('handed'),
  inSecrets: sentinel('insecrets'),
  inMasked: sentinel('inmasked'),
  inField: sentinel('infield'),
  inText: sentinel('intext'),
  runtime: sentinel('runtime'),
};
const ref = (name: string) => `\${workflow.secrets.${name}}`;
const callTask = (name: string) => ({
  ...{ name: 'call', taskReferenceName: 'call', type: 'SIMPLE', inputParameters: { auth: `Bearer ${ref(name)}` } },
});
const updateTask = {
  ...{ name: 'update', taskReferenceName: 'update', type: 'UPDATE_SECRET' },
  inputParameters: { _secrets: { secretKey: 'named', secretValue: '${call.output.token}' } },
};
const flow = { name: 'flow', version: 1, tasks: [callTask('named'), updateTask], maskedFields: ['ssn'] };

const json = (body: unknown, more: Omit<Answered, 'body'> = {}): Answered => ({ ...more, body: JSON.stringify(body) });

beforeAll(async () => {
  server = await targetServer();
  server.answer(
    (
      { path, headers }: { path: string; headers: Record<string, unknown> },
      response: import('node:http').ServerResponse,
    ) => {
      asked.push({ path, headers });
      const { pathname } = new URL(path, server.url);
      const found = answers.get(pathname) ?? json({ status: 404, message: 'not found' }, { status: 404 });
      response.writeHead(found.status ?? 200, { 'content-type': 'application/json', ...found.headers });
      if (found.closed === undefined) return void response.end(found.body);
      response.once('close', found.closed);
      response.write(found.body);
    },
  );
  w = await world({ conductor: { url: new URL(server.url), timeoutMs: 5_000, credentials: undefined } });
  const user = await w.user('reader', { roles: ['USER'] });
  const app = await w.application('poller', { roles: ['WORKFLOW_ENGINE'] });
  callers.ADMIN = w.admin.token as string;
  callers['a user without access'] = user.token as string;
  callers['the using application'] = app.token as string;
  await w.secret('named', { value: hidden.old });
  await w.admin.get('mutation ($i: RotateSecretInput!) { rotateSecret(input: $i) { secret { id } } }', {
    i: { name: 'named', value: hidden.named },
  });
  await w.secret('handed', { value: hidden.handed });
  await w.grant(app.id, 'EXECUTE', 'handed');
  // The gateway resolves the secret in the execution w-1. Afterwards no workflow definition contains a reference to the secret.
  const handed = { ...callTask('handed'), type: 'INLINE' };
  const handing = { name: 'flow', version: 1, tasks: [handed] };
  answers.set('/api/metadata/workflow/handing', json({ ...handing, name: 'handing' }));
  const task = {
    ...{ taskId: 't-1', workflowInstanceId: 'w-1', referenceTaskName: 'call', taskType: 'INLINE', taskDefName: 'call' },
    ...{ workflowType: 'handing', inputData: { auth: `Bearer ${ref('handed')}` }, workflowTask: handed },
  };
  const resolved = await restClient(w.url, app.token).send(
    'POST',
    '/conductor/tasks/resolve',
    { task, workflowDefinition: { ...handing, name: 'handing' } },
    { revealing: true },
  );
  expect(resolved.status).toBe(200);
  answers.set('/api/metadata/workflow/flow', json(flow));
  answers.set('/api/workflow/w-1', json({ workflowId: 'w-1', workflowDefinition: flow }));
  answers.set('/api/tasks/t-1', json({ taskId: 't-1', workflowInstanceId: 'w-1' }));
});
afterAll(async () => {
  await w.close();
  await server.close();
});
beforeEach(() => {
  asked = [];
});

/** Data of a workflow execution that contains every hidden value. */
const dirty = () => ({
  ...{ keep: 'kept', echo: `x ${hidden.named}`, old: hidden.old, handed: [`y ${hidden.handed}`] },
  ...{ _secrets: { token: hidden.inSecrets }, _masked: hidden.inMasked, ssn: hidden.inField },
  copy: `copy of ${hidden.inSecrets}`,
  text: JSON.stringify({ inner: hidden.named, _secrets: { token: hidden.inText } }),
  code: Buffer.from(`user:${hidden.named}`).toString('base64'),
});
const clean = {
  ...{ keep: 'kept', echo: 'x ***', old: '***', handed: ['y ***'], _secrets: '***', _masked: '***', ssn: '***' },
  copy: 'copy of ***',
};
/** Returns the object in the format of Java's `Map.toString`. */
function mapText(data: unknown): string {
  if (Array.isArray(data)) return `[${data.map(mapText).join(', ')}]`;
  if (typeof data !== 'object' || data === null) return String(data);
  return `{${Object.entries(data)
    .map(([name, value]) => `${name}=${mapText(value)}`)
    .join(', ')}}`;
}
const reason = () => `HTTP 500: ${hidden.named} and {a=1, _secrets={token=${hidden.inText}}}`;
const task = (more: object = {}) => ({
  ...{ taskType: 'call', status: 'COMPLETED', inputData: { auth: `Bearer ${hidden.handed}`, more: dirty() } },
  ...{ referenceTaskName: 'call', taskDefName: 'call', seq: 1, startTime: 1_700_000_000_000, retryCount: 0 },
  ...{ workflowInstanceId: 'w-1', workflowType: 'flow', taskId: 't-1', reasonForIncompletion: reason() },
  ...{ outputData: dirty(), workflowTask: callTask('named'), workerId: 'me', ...more },
});
const workflow = (more: object = {}) => ({
  ...{ status: 'COMPLETED', endTime: 1_700_000_000_000, workflowId: 'w-1', tasks: [task()], input: dirty() },
  ...{ output: dirty(), variables: dirty(), correlationId: `c-${hidden.named}`, reasonForIncompletion: reason() },
  ...{ workflowDefinition: flow, workflowName: 'flow', workflowVersion: 1, failedReferenceTaskNames: [], priority: 0 },
  ...more,
});
const summary = (write: (data: unknown) => string) => ({
  ...{ workflowType: 'flow', version: 1, workflowId: 'w-1', status: 'COMPLETED', executionTime: 12 },
  ...{ input: write(dirty()), output: write(dirty()), reasonForIncompletion: reason() },
});
const taskSummary = (write: (data: unknown) => string) => ({
  ...{ workflowId: 'w-1', workflowType: 'flow', taskId: 't-1', taskType: 'call', status: 'FAILED' },
  ...{ input: write(dirty()), output: write(dirty()), reasonForIncompletion: reason() },
});
const found = (...results: unknown[]) => ({ totalHits: results.length, results });
const cleanTask = {
  taskId: 't-1',
  status: 'COMPLETED',
  outputData: clean,
  inputData: { auth: 'Bearer ***', more: clean },
};
const cleanWorkflow = {
  ...{ status: 'COMPLETED', endTime: 1_700_000_000_000, workflowId: 'w-1', tasks: [cleanTask], input: clean },
  ...{ output: clean, variables: clean, correlationId: 'c-***', workflowDefinition: flow, workflowName: 'flow' },
};

/** The response that describes the execution of an agent. */
function agentExecution() {
  return {
    ...{ executionId: 'w-1', agentName: 'flow', version: 1, status: 'RUNNING', input: dirty(), output: dirty() },
    currentTask: { taskRefName: 'call', taskType: 'call', status: 'SCHEDULED', inputData: dirty() },
    tasks: [{ taskType: 'call', referenceTaskName: 'call', status: 'COMPLETED', outputData: dirty() }],
  };
}
const cleanAgentExecution = {
  ...{ executionId: 'w-1', agentName: 'flow', version: 1, status: 'RUNNING', input: clean, output: clean },
  tasks: [{ status: 'COMPLETED', outputData: clean }],
};

/** The endpoints of the Conductor server with data of executions. A row contains the unmasked response and a part of the masked response. */
const ENDPOINTS: [string, string, () => unknown, unknown][] = [
  ['GET', '/workflow/w-1', () => workflow(), cleanWorkflow],
  ['GET', '/workflow/w-1.json', () => workflow(), cleanWorkflow],
  ['GET', '/workflow/w-1/tasks', () => found(task()), found(cleanTask)],
  [
    'GET',
    '/workflow/w-1/status',
    () => ({ workflowId: 'w-1', output: dirty(), variables: dirty(), status: 'FAILED' }),
    { output: clean, variables: clean, status: 'FAILED' },
  ],
  ['GET', '/workflow/flow/correlated/c', () => [workflow()], [cleanWorkflow]],
  ['POST', '/workflow/flow/correlated', () => ({ c: [workflow()] }), { c: [cleanWorkflow] }],
  [
    'GET',
    '/workflow/search',
    () => found(summary(mapText), summary(JSON.stringify)),
    { totalHits: 2, results: [{ status: 'COMPLETED', executionTime: 12 }, {}] },
  ],
  [
    'GET',
    '/workflow/search-v2',
    () => found(workflow(), workflow({ workflowId: 'w-2' })),
    found(cleanWorkflow, { workflowId: 'w-2' }),
  ],
  ['GET', '/workflow/search-by-tasks', () => found(summary(mapText)), { totalHits: 1 }],
  ['GET', '/workflow/search-by-tasks-v2', () => found(workflow()), found(cleanWorkflow)],
  ['GET', '/tasks/t-1', () => task(), cleanTask],
  ['GET', '/tasks/search', () => found(taskSummary(mapText), taskSummary(JSON.stringify)), { totalHits: 2 }],
  ['GET', '/tasks/search-v2', () => found(task()), found(cleanTask)],
  [
    'GET',
    '/tasks/t-1/log',
    () => [{ log: `got ${hidden.named} ${hidden.handed}`, taskId: 't-1', createdTime: 5 }],
    [{ log: 'got *** ***', taskId: 't-1', createdTime: 5 }],
  ],
  [
    'POST',
    '/workflow/execute/flow/1',
    () => ({
      responseType: 'TARGET_WORKFLOW',
      workflowId: 'w-1',
      input: dirty(),
      output: dirty(),
      variables: dirty(),
      tasks: [task()],
    }),
    { responseType: 'TARGET_WORKFLOW', input: clean, output: clean, tasks: [cleanTask] },
  ],
  [
    'POST',
    '/tasks/w-1/COMPLETED/signal/sync',
    () => ({
      responseType: 'BLOCKING_TASK',
      workflowId: 'w-1',
      taskId: 't-1',
      input: dirty(),
      output: dirty(),
      tasks: [task()],
    }),
    { input: clean, output: clean, tasks: [cleanTask] },
  ],
  ['POST', '/tasks/w-1/call/COMPLETED/sync', () => workflow(), cleanWorkflow],
  ['POST', '/workflow/test', () => workflow(), cleanWorkflow],
  [
    'POST',
    '/workflow/bulk/search',
    () => ({ bulkErrorResults: { x: reason() }, bulkSuccessfulResults: [workflow()] }),
    { bulkSuccessfulResults: [cleanWorkflow] },
  ],
  ['GET', '/admin/task/call', () => [task()], [cleanTask]],
  [
    'GET',
    '/scheduler/search/executions',
    () =>
      found({
        executionId: 'e',
        workflowName: 'flow',
        workflowId: 'w-1',
        reason: reason(),
        state: 'EXECUTED',
        startWorkflowRequest: { name: 'flow', version: 1, input: dirty() },
      }),
    found({ state: 'EXECUTED', startWorkflowRequest: { name: 'flow', input: clean } }),
  ],
  [
    'GET',
    '/scheduler/schedules',
    // A schedule belongs to no execution, so the value that was handed out in an execution is not in the schedule.
    () => [{ name: 's', startWorkflowRequest: { name: 'flow', version: 1, input: { ...dirty(), handed: [] } } }],
    [{ name: 's' }],
  ],
  ['GET', '/agent/executions/w-1', agentExecution, { ...cleanAgentExecution, currentTask: { inputData: clean } }],
  ['GET', '/agent/execution/w-1', agentExecution, cleanAgentExecution],
  [
    'GET',
    '/agent/w-1/status',
    () => ({ executionId: 'w-1', status: 'RUNNING', complete: false, output: dirty(), pendingTool: dirty() }),
    { executionId: 'w-1', status: 'RUNNING', output: clean, pendingTool: clean },
  ],
  [
    'GET',
    '/agent/executions',
    () => ({ totalHits: 1, results: [{ ...agentExecution(), input: mapText(dirty()), output: '' }] }),
    { totalHits: 1, results: [{ executionId: 'w-1', status: 'RUNNING' }] },
  ],
  ['GET', '/agent/executions/w-1/unknown', () => ({ any: dirty() }), { any: clean }],
  ['GET', '/agent/w-1/unknown', () => ({ any: dirty() }), { any: clean }],
  ['GET', '/workflow/w-1/unknown', () => ({ any: { thing: workflow() } }), { any: { thing: cleanWorkflow } }],
  ['PUT', '/workflow/w-1/unknown', () => [[dirty()]], undefined],
];

/** Values that are visible only in data of an execution of the workflow definition `flow`. */
function expectHidden(text: string, except: readonly (keyof typeof hidden)[] = []): void {
  const forms = (value: string) => [
    value,
    encodeURIComponent(value),
    Buffer.from(value).toString('base64').slice(2, -3),
  ];
  for (const [name, value] of Object.entries(hidden))
    if (!except.includes(name as keyof typeof hidden))
      for (const form of forms(value)) expect(text).not.toContain(form);
}

describe.each(Object.keys(callers) as Caller[])('masked responses for %s', (caller) => {
  test.each(ENDPOINTS)(
    `the gateway masks secret values and masked fields in the response to %s %s for ${caller}`,
    async (method, path, answer, shown) => {
      const bare = path.replace('.json', '');
      const before = answers.get(`/api${bare}`);
      // The gateway requests the execution and the task to find the secrets that the gateway must mask.
      answers.set(`/api${path}`, json(answer()));
      try {
        const client = restClient(w.url, callers[caller]);
        const body = method === 'GET' ? undefined : {};
        const got = await client.send(method, path, body, { passedOn: true, revealing: true });
        // Only a caller with the role ADMIN can use the paths below /admin.
        const isRefused = path.startsWith('/admin/') && caller !== 'ADMIN';
        expect(got.status).toBe(isRefused ? 403 : 200);
        if (!isRefused && shown !== undefined) expect(got.json).toMatchObject(shown as object);
        // Without a workflow definition, the gateway does not know the names in its `maskedFields`.
        expectHidden(got.text, path.endsWith('schedules') ? ['handed'] : []);
      } finally {
        answers.delete(`/api${path}`);
        if (before !== undefined) answers.set(`/api${bare}`, before);
      }
    },
  );
});

const client = (caller: Caller = 'a user without access') => restClient(w.url, callers[caller]);
async function read(path: string, answer: Answered, headers: Record<string, string> = {}) {
  answers.set(`/api${path}`, answer);
  const got = await client().send('GET', path, undefined, { passedOn: true, revealing: true, headers });
  answers.delete(`/api${path}`);
  return got;
}

describe('definitions in executions', () => {
  test('the gateway masks the literal values of masked fields, but not secret references, in the definition of an execution', async () => {
    const definition = {
      ...flow,
      tasks: [{ ...callTask('named'), inputParameters: { _secrets: { a: hidden.inSecrets, b: ref('named') } } }],
    };
    const got = await read('/workflow/w-9', json(workflow({ workflowId: 'w-9', workflowDefinition: definition })));
    expect(got.json.workflowDefinition.tasks[0].inputParameters).toEqual({ _secrets: { a: '***', b: ref('named') } });
    expect(got.json.tasks[0].workflowTask).toEqual(callTask('named'));
    expectHidden(got.text, ['handed']);
  });

  test('the gateway masks data that a dynamic fork copied into a workflow task', async () => {
    const forked = { ...callTask('named'), inputParameters: { echo: hidden.named, _secrets: { a: hidden.inSecrets } } };
    const got = await read('/tasks/t-7', json(task({ taskId: 't-7', workflowTask: forked })));
    expect(got.json.workflowTask.inputParameters).toEqual({ echo: '***', _secrets: { a: '***' } });
  });

  test('the gateway masks all values of runtimeMetadata in a response', async () => {
    const got = await read(
      '/tasks/t-7',
      json(task({ taskId: 't-7', runtimeMetadata: { unknown_secret: hidden.runtime } })),
    );
    expect(got.json.runtimeMetadata).toEqual({ unknown_secret: '***' });
  });
});

describe('masking texts in the format of Java maps', () => {
  test('the gateway masks a Java map text from the value of a masked field to the end of the text', async () => {
    const input = `{a=1, nested={_secrets={x=a}, y=${hidden.inText}}}, b=2}`;
    const got = await read('/workflow/search', json(found({ ...summary(mapText), input })));
    expect(got.json.results[0].input).toBe('{a=1, nested={_secrets=***}');
  });
  test('the gateway masks only secret values in a Java map text without a masked field', async () => {
    const input = `{my_secrets=1, a={b=${hidden.named}, c=[1, 2]}}`;
    const got = await read('/workflow/search', json(found({ ...summary(mapText), input })));
    expect(got.json.results[0].input).toBe('{my_secrets=1, a={b=***, c=[1, 2]}}');
  });
  test('the gateway masks the second of two masked fields in a Java map text', async () => {
    const input = `{_secrets=***, _masked=${hidden.inMasked}}`;
    const got = await read('/workflow/search', json(found({ ...summary(mapText), input })));
    expect(got.json.results[0].input).toBe('{_secrets=***, _masked=***}');
  });
});

describe('the bytes of a masked response', () => {
  const spelled =
    '{ "workflowId":"w-1","workflowName":"flow","workflowVersion":1,\n "input":{"2":1.0,"1":1e2,"big":12345678901234567890, "x":"\\u0041"} }';
  test('the gateway does not change the bytes of a response without hidden data', async () => {
    const got = await read('/workflow/w-8', { body: spelled });
    expect(got.text).toBe(spelled);
    expect(got.headers.get('content-length')).toBe(String(Buffer.byteLength(spelled)));
  });
  test('the gateway changes only the bytes of hidden texts in a response', async () => {
    const body = spelled.replace('"\\u0041"', `"a ${hidden.handed}"`);
    const got = await read('/workflow/w-8', { body, headers: { etag: '"1"', 'last-modified': 'x', digest: 'y' } });
    expect(got.text).toBe(spelled.replace('"\\u0041"', '"a ***"'));
    expect([got.headers.get('etag'), got.headers.get('last-modified'), got.headers.get('digest')]).toEqual([
      null,
      null,
      null,
    ]);
    expect(got.headers.get('content-length')).toBe(String(Buffer.byteLength(got.text)));
  });
  test('the gateway does not forward a duplicate JSON field of a response', async () => {
    const body = `{"workflowId":"w-1","workflowName":"flow","workflowVersion":1,"input":{"a":"${hidden.named}","a":"${hidden.handed}"}}`;
    const got = await read('/workflow/w-8', { body });
    expect(got.json.input).toEqual({ a: '***' });
    expectHidden(got.text);
  });
  test('the gateway masks a compressed response of the Conductor server', async () => {
    const headers = { 'content-encoding': 'gzip' };
    const got = await read('/workflow/w-8', { body: gzipSync(JSON.stringify(workflow())), headers });
    expect(got.headers.get('content-encoding')).toBeNull();
    expect(got.json).toMatchObject(cleanWorkflow);
  });
  test('the gateway does not forward request headers for conditions, ranges and encodings to the Conductor server', async () => {
    const headers = {
      range: 'bytes=0-5',
      'if-none-match': '"1"',
      'accept-encoding': 'gzip',
      accept: 'application/cbor',
    };
    await read('/workflow/w-8', { body: spelled }, headers);
    const passed = asked.find(({ path }) => path === '/api/workflow/w-8')?.headers;
    expect(passed).toMatchObject({ accept: 'application/json, */*;q=0.1', 'accept-encoding': 'identity' });
    expect(passed).not.toHaveProperty('range');
    expect(passed).not.toHaveProperty('if-none-match');
  });
  test('the gateway removes headers about the unmasked bytes from a response to HEAD', async () => {
    answers.set('/api/workflow/w-8', {
      body: spelled,
      headers: { etag: '"1"', 'content-length': String(spelled.length) },
    });
    const response = await fetch(`${w.url}/api/workflow/w-8`, {
      method: 'HEAD',
      headers: { 'x-authorization': callers.ADMIN },
    });
    expect([response.status, response.headers.get('etag'), response.headers.get('content-length')]).toEqual([
      200,
      null,
      null,
    ]);
    answers.delete('/api/workflow/w-8');
  });
});

describe('responses that the gateway cannot mask', () => {
  test.each(['application/cbor', 'application/xml', 'text/event-stream', 'application/json; charset=utf-16'])(
    'the gateway rejects a response of the Conductor server with the media type %s',
    async (type) => {
      const got = await read('/workflow/w-8', { body: hidden.named, headers: { 'content-type': type } });
      expect(got).toMatchObject({ status: 502, json: { code: 'ANSWER_UNREADABLE', retryable: false } });
      expectHidden(got.text);
    },
  );
  test('the gateway rejects a response of the Conductor server with an unknown content encoding', async () => {
    const got = await read('/workflow/w-8', { body: 'x', headers: { 'content-encoding': 'zstd' } });
    expect(got).toMatchObject({ status: 502, json: { code: 'ANSWER_UNREADABLE' } });
  });
  test('the gateway rejects an endless event stream of the Conductor server at once', async () => {
    const closed = Promise.withResolvers<void>();
    const headers = { 'content-type': 'text/event-stream' };
    const got = await read('/agent/stream/w-1', { body: 'data: x\n\n', headers, closed: closed.resolve });
    expect(got).toMatchObject({ status: 502, json: { code: 'ANSWER_UNREADABLE' } });
    await closed.promise;
  });
  test('the gateway forwards an empty response of any media type', async () => {
    const got = await read('/workflow/w-8', {
      body: '',
      headers: { 'content-type': 'text/html', 'content-length': '0' },
    });
    expect([got.status, got.text]).toEqual([200, '']);
  });
  test('the gateway rejects a response of the Conductor server that is not valid UTF-8', async () => {
    const got = await read('/workflow/w-8', { body: Buffer.from(JSON.stringify(workflow()), 'utf16le') });
    expect(got).toMatchObject({ status: 502, json: { code: 'ANSWER_UNREADABLE' } });
  });
  test('the gateway rejects a response of the Conductor server that is longer than 16 MiB', async () => {
    const got = await read('/workflow/w-8', json({ ...workflow(), padding: 'x'.repeat(16 * 1_048_576) }));
    expect(got).toMatchObject({ status: 413, json: { code: 'ANSWER_TOO_LARGE' } });
    expectHidden(got.text);
  });
  test('while the gateway cannot read the workflow definition of an execution, the gateway rejects responses with data of the execution', async () => {
    const before = answers.get('/api/metadata/workflow/other');
    answers.set('/api/metadata/workflow/other', json({}, { status: 403 }));
    const got = await read(
      '/workflow/w-8',
      json({ workflowId: 'w-8', workflowName: 'other', workflowVersion: 2, input: dirty() }),
    );
    expect(got).toMatchObject({ status: 503, json: { code: 'UNAVAILABLE' } });
    answers.delete('/api/metadata/workflow/other');
    expect(before).toBeUndefined();
  });
});

test('if the Conductor server does not know a workflow execution yet, the gateway requests the execution again', async () => {
  const answer = json(task({ taskId: 't-6', workflowInstanceId: 'w-late', outputData: { echo: hidden.named } }));
  const { json: early } = await read('/tasks/t-6', answer);
  expect(early).toMatchObject({ status: 'COMPLETED', outputData: '***', inputData: '***' });
  answers.set('/api/workflow/w-late', json({ workflowId: 'w-late', workflowDefinition: flow }));
  const { json: late } = await read('/tasks/t-6', answer);
  answers.delete('/api/workflow/w-late');
  expect(late.outputData).toEqual({ echo: '***' });
});

test('the gateway masks the value for an UPDATE_SECRET task in the output of the task that creates the value', async () => {
  const stored = sentinel('stored');
  await w.secret('stored', { value: stored });
  const store = {
    ...updateTask,
    inputParameters: { _secrets: { secretKey: 'stored', secretValue: '${make.output}' } },
  };
  const storing = { name: 'storing', version: 1, tasks: [{ ...callTask('named'), taskReferenceName: 'make' }, store] };
  answers.set('/api/metadata/workflow/storing', json(storing));
  answers.set('/api/workflow/w-7', json({ workflowId: 'w-7', workflowDefinition: storing }));
  const made = task({
    taskId: 't-7',
    workflowInstanceId: 'w-7',
    workflowType: 'storing',
    outputData: { token: stored },
  });
  expect((await read('/tasks/t-7', json(made))).json.outputData).toEqual({ token: '***' });
});

test('the gateway masks workflow data whose JSON fields have the names of ids, states and counts of the Conductor server', async () => {
  await w.secret('pin', { value: '73519284' });
  const lookalike = { workflowId: hidden.named, status: hidden.named, input: {}, pin: 73_519_284, a: [ref('pin')] };
  const pins = { ...workflow({ workflowId: 'w-5' }), history: [lookalike] };
  answers.set('/api/workflow/w-5', json(pins));
  const got = await client('ADMIN').send('GET', '/workflow/w-5', undefined, { passedOn: true, revealing: true });
  answers.delete('/api/workflow/w-5');
  expect(got.json.history).toEqual([{ workflowId: '***', status: '***', input: '***', pin: '***', a: '***' }]);
});

test('the gateway masks nested workflow executions at any depth', async () => {
  let inner: object = workflow();
  for (let i = 0; i < 2_000; i++) inner = { workflowId: 'w-1', input: {}, history: [inner] };
  const got = await read('/workflow/w-4', json(inner));
  expect(got.status).toBe(200);
  expectHidden(got.text);
});

test('the gateway hides workflow data completely if the data is nested too deeply or names too many secrets', async () => {
  let deep: unknown = hidden.named;
  for (let i = 0; i < 200; i++) deep = [deep];
  const many = Array.from({ length: 201 }, (_, i) => ref(`s${i}`));
  const got = await read('/workflow/w-1', json(workflow({ input: { deep }, variables: { many, x: hidden.inText } })));
  answers.set('/api/workflow/w-1', json({ workflowId: 'w-1', workflowDefinition: flow }));
  expect(got.json).toMatchObject({ input: '***', variables: '***', output: clean });
});

test.each([['/workflow/w-1/missing'], ['/metadata/workflow/missing'], ['/metadata/taskdefs/missing']])(
  'the gateway masks an error response to %s that contains workflow data',
  async (path) => {
    const before = answers.get(`/api${path}`);
    const got = await read(
      path,
      json({ status: 400, message: reason(), instance: 'i', retryable: false, metadata: dirty() }, { status: 400 }),
    );
    if (before !== undefined) answers.set(`/api${path}`, before);
    expect(got).toMatchObject({ status: 400, json: { status: 400, instance: 'i', retryable: false } });
    if (path.startsWith('/workflow')) expectHidden(got.text);
    else expectHidden(got.text, ['named', 'old', 'handed', 'inField']);
  },
);

test('the gateway masks a plain text response with the secrets of the execution in the path', async () => {
  const got = await read('/workflow/w-1/text', {
    body: `a ${hidden.handed}`,
    headers: { 'content-type': 'text/plain' },
  });
  expect(got.text).toBe('a ***');
});

test('the gateway does not change the bytes of workflow definitions and files', async () => {
  const definition = await read('/metadata/workflow/flow', json(flow, { headers: { etag: '"1"' } }));
  answers.set('/api/metadata/workflow/flow', json(flow));
  expect([definition.text, definition.headers.get('etag')]).toEqual([JSON.stringify(flow), '"1"']);
  const file = await read('/files/content/w-1/f', {
    body: 'bytes',
    headers: { 'content-type': 'application/octet-stream' },
  });
  expect(file.text).toBe('bytes');
});

test('the gateway masks a page of 100 executions with as many statements and requests as a page of one execution', async () => {
  const statements = [];
  for (const size of [1, 100]) {
    const one = (_: unknown, i: number) => workflow({ workflowId: `w-${i}`, input: { a: ref('handed') } });
    asked = [];
    const before = w.database.statements();
    const got = await read('/workflow/search-v2', json(found(...Array.from({ length: size }, one))));
    statements.push(w.database.statements() - before);
    expect(got.json.results).toHaveLength(size);
    // The gateway requests the page, the workflow definition and its two task definitions. The cache can contain these definitions.
    expect(asked.length).toBeLessThanOrEqual(4);
  }
  // The statements read the entitlements of the caller, the secret versions that must be masked, and the secrets that the data names.
  expect(statements).toEqual([4, 4]);
});
