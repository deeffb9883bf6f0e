// The table of workflows with secrets. A row says what receives the secret value, and which stored data may contain the value afterwards.
// The tests check each row once with the gateway's module in the Conductor server, and once without the module.
import type { Place } from './places.ts';

/** Whether the gateway's module runs in the Conductor server. */
export type Mode = 'module' | 'plain';

/**
 * What the called server, the worker or the script received in place of the reference: the secret value, an empty text, the text of the reference,
 * or no call at all.
 */
export type Received = 'value' | 'empty' | 'reference' | 'no call';

export interface Expected {
  /** The status of the workflow execution. */
  status: 'COMPLETED' | 'FAILED' | 'TERMINATED';
  received: Received;
  /** Whether the stored execution contains `***` in place of the secret value. The default is false. */
  masked?: boolean;
  /**
   * The number of recorded uses of the secret, if the number differs from the number of tasks or calls that received the value.
   */
  uses?: number;
  /** The searched responses and files that contain the secret value. No response or file outside this list contains the value. */
  found?: readonly Place[];
}

/** The values that a workflow definition of the table can contain. */
export interface Parts {
  /** The URL of the called server for this row of the table. */
  url: string;
  /** The reference to the secret of this row. */
  secret: string;
  /** The name of the secret of this row. */
  secretName: string;
  /** Returns a name for a task or a workflow. No other row of the table uses this name. */
  name(suffix: string): string;
}

type JsonObject = Record<string, unknown>;

export interface Kind {
  tasks(parts: Parts): JsonObject[];
  /** Additional workflow definitions that the tests register for this row. */
  others?(parts: Parts): { name: string; tasks: JsonObject[] }[];
  /** Additional JSON fields of the workflow definition. */
  more?(parts: Parts): JsonObject;
  /** The names of the tasks that the worker polls. */
  polled?(parts: Parts): string[];
  /** Additional JSON fields of the task definitions of polled tasks. */
  taskDefinition?(parts: Parts): JsonObject;
  /** The evidence that shows the received value. The default is `request`. */
  evidence?: 'request' | 'length' | 'poll' | 'stored secret';
  module: Expected;
  plain: Expected;
}

const http = (ref: string, httpRequest: JsonObject, more: JsonObject = {}): JsonObject => ({
  ...{ name: ref, taskReferenceName: ref, type: 'HTTP' },
  inputParameters: { http_request: { method: 'GET', ...httpRequest } },
  ...more,
});
const task = (type: string, ref: string, inputParameters: JsonObject, more: JsonObject = {}): JsonObject => ({
  ...{ name: ref, taskReferenceName: ref, type, inputParameters },
  ...more,
});
const echoOf = (path: string): JsonObject => ({ outputParameters: { echo: `\${${path}}` } });

/** The Conductor server without the module never receives the value of a secret in the gateway. */
const WITHOUT_VALUE = { status: 'COMPLETED', received: 'empty' } as const;
const REFUSED = { status: 'FAILED', received: 'no call' } as const;

export const MATRIX = {
  simple: {
    tasks: ({ secret, name }) => [task('SIMPLE', 'polled', { auth: `Bearer ${secret}` }, { name: name('task') })],
    polled: ({ name }) => [name('task')],
    more: () => echoOf('polled.output.echo'),
    evidence: 'poll',
    module: { status: 'COMPLETED', received: 'value', masked: true },
    plain: { status: 'COMPLETED', received: 'value', masked: true },
  },
  runtime_metadata: {
    tasks: ({ name }) => [task('SIMPLE', 'polled', {}, { name: name('task') })],
    polled: ({ name }) => [name('task')],
    taskDefinition: ({ secretName }) => ({ runtimeMetadata: [secretName] }),
    evidence: 'poll',
    module: { status: 'COMPLETED', received: 'value', masked: true },
    plain: { status: 'COMPLETED', received: 'value', masked: true },
  },
  input_template: {
    tasks: ({ name }) => [task('SIMPLE', 'polled', {}, { name: name('task') })],
    polled: ({ name }) => [name('task')],
    taskDefinition: ({ secret }) => ({ inputTemplate: { auth: secret } }),
    evidence: 'poll',
    module: { status: 'COMPLETED', received: 'value', masked: true },
    plain: { status: 'COMPLETED', received: 'value', masked: true },
  },
  http: {
    tasks: ({ url, secret }) => [http('call', { uri: `${url}/ok`, headers: { authorization: `Bearer ${secret}` } })],
    module: { status: 'COMPLETED', received: 'value' },
    plain: WITHOUT_VALUE,
  },
  http_in_uri: {
    tasks: ({ url, secret }) => [http('call', { uri: `${url}/echo?USERID=${secret}` })],
    module: { status: 'COMPLETED', received: 'value', masked: true },
    plain: WITHOUT_VALUE,
  },
  http_echo: {
    tasks: ({ url, secret }) => [
      http('call', { method: 'POST', uri: `${url}/echo`, headers: { x: secret }, body: { deep: [{ b: secret }] } }),
    ],
    more: () => echoOf('call.output.response.body'),
    module: { status: 'COMPLETED', received: 'value', masked: true },
    plain: WITHOUT_VALUE,
  },
  http_encoded_echo: {
    tasks: ({ url, secret }) => [http('call', { uri: `${url}/encoded`, headers: { x: secret } })],
    module: { status: 'COMPLETED', received: 'value', masked: true },
    plain: WITHOUT_VALUE,
  },
  http_fails_with_echo: {
    tasks: ({ url, secret }) => [http('call', { method: 'POST', uri: `${url}/fail?k=${secret}`, body: { b: secret } })],
    module: { status: 'FAILED', received: 'value', masked: true },
    plain: { status: 'FAILED', received: 'empty' },
  },
  connection_refused: {
    tasks: ({ secret }) => [http('call', { uri: `http://127.0.0.1:1/closed?k=${secret}` })],
    module: { status: 'FAILED', received: 'no call', uses: 1 },
    plain: { status: 'FAILED', received: 'no call' },
  },
  do_while: {
    tasks: ({ url, secret }) => [
      task(
        'DO_WHILE',
        'loop',
        {},
        {
          loopCondition: "if ($.loop['iteration'] < 2) { true; } else { false; }",
          loopOver: [http('call', { uri: `${url}/echo`, headers: { x: secret } })],
        },
      ),
    ],
    module: { status: 'COMPLETED', received: 'value', masked: true },
    plain: WITHOUT_VALUE,
  },
  inline: {
    tasks: ({ secret }) => [
      task('INLINE', 'script', {
        a: secret,
        evaluatorType: 'graaljs',
        expression: '(function () { return { length: ($.a || "").length, echo: $.a }; })()',
      }),
    ],
    more: () => echoOf('script.output.result'),
    evidence: 'length',
    module: { status: 'COMPLETED', received: 'value', masked: true },
    plain: WITHOUT_VALUE,
  },
  inline_throws: {
    tasks: ({ secret }) => [
      task('INLINE', 'script', {
        a: secret,
        evaluatorType: 'graaljs',
        expression: '(function () { throw new Error("bad " + $.a); })()',
      }),
    ],
    evidence: 'length',
    module: { status: 'FAILED', received: 'no call', masked: true, uses: 1 },
    plain: { status: 'FAILED', received: 'no call' },
  },
  lambda: {
    tasks: ({ secret }) => [
      task('LAMBDA', 'script', {
        a: secret,
        scriptExpression: 'return { length: ($.a || "").length, echo: $.a };',
      }),
    ],
    evidence: 'length',
    module: { status: 'COMPLETED', received: 'value', masked: true },
    plain: WITHOUT_VALUE,
  },
  jq: {
    tasks: ({ secret }) => [
      task('JSON_JQ_TRANSFORM', 'script', { a: secret, queryExpression: '{ length: (.a // "" | length), echo: .a }' }),
    ],
    evidence: 'length',
    module: { status: 'COMPLETED', received: 'value', masked: true },
    plain: WITHOUT_VALUE,
  },
  set_variable: {
    tasks: ({ secret, url }) => [
      task('SET_VARIABLE', 'set', { a: secret }),
      http('call', { method: 'POST', uri: `${url}/ok`, body: '${workflow.variables.a}' }),
    ],
    module: REFUSED,
    plain: WITHOUT_VALUE,
  },
  terminate: {
    tasks: ({ secret }) => [
      task('TERMINATE', 'end', { terminationStatus: 'COMPLETED', workflowOutput: { a: secret } }),
    ],
    module: REFUSED,
    plain: { status: 'COMPLETED', received: 'no call' },
  },
  event: {
    tasks: ({ secret }) => [task('EVENT', 'publish', { a: secret }, { sink: 'conductor' })],
    module: REFUSED,
    plain: { status: 'COMPLETED', received: 'no call' },
  },
  sub_workflow_input: {
    tasks: ({ secret, name }) => [
      task('SUB_WORKFLOW', 'child', { a: secret }, { subWorkflowParam: { name: name('child'), version: 1 } }),
    ],
    others: ({ name, url }) => [
      { name: name('child'), tasks: [http('call', { method: 'POST', uri: `${url}/ok`, body: '${workflow.input.a}' })] },
    ],
    module: REFUSED,
    plain: WITHOUT_VALUE,
  },
  sub_workflow: {
    tasks: ({ name }) => [task('SUB_WORKFLOW', 'child', {}, { subWorkflowParam: { name: name('child'), version: 1 } })],
    others: ({ name, url, secret }) => [
      { name: name('child'), tasks: [http('call', { uri: `${url}/echo`, headers: { x: secret } })] },
    ],
    module: { status: 'COMPLETED', received: 'value', masked: true },
    plain: WITHOUT_VALUE,
  },
  start_workflow: {
    tasks: ({ secret, name }) => [
      task('START_WORKFLOW', 'start', { startWorkflow: { name: name('child'), version: 1, input: { a: secret } } }),
    ],
    others: ({ name, url }) => [
      { name: name('child'), tasks: [http('call', { method: 'POST', uri: `${url}/ok`, body: '${workflow.input.a}' })] },
    ],
    module: REFUSED,
    plain: WITHOUT_VALUE,
  },
  // The Conductor server compares the unresolved reference to choose the branch, before the module's code runs.
  switch: {
    tasks: ({ secret }) => [
      task(
        'SWITCH',
        'choose',
        { c: secret },
        {
          ...{
            evaluatorType: 'value-param',
            expression: 'c',
            decisionCases: { never: [task('WAIT', 'never', { duration: '1 seconds' })] },
          },
          defaultCase: [task('WAIT', 'pause', { duration: '1 seconds' })],
        },
      ),
    ],
    module: REFUSED,
    plain: { status: 'COMPLETED', received: 'no call' },
  },
  dynamic: {
    tasks: ({ secret, name }) => [
      task('DYNAMIC', 'chosen', { a: secret, chosen: name('task') }, { dynamicTaskNameParam: 'chosen' }),
    ],
    polled: ({ name }) => [name('task')],
    evidence: 'poll',
    module: { status: 'COMPLETED', received: 'value', masked: true },
    plain: { status: 'COMPLETED', received: 'value', masked: true },
  },
  fork_join: {
    tasks: ({ secret, url }) => [
      task(
        'FORK_JOIN',
        'fork',
        {},
        {
          forkTasks: [
            [http('left', { uri: `${url}/echo`, headers: { x: secret } })],
            [http('right', { uri: `${url}/ok`, headers: { x: secret } })],
          ],
        },
      ),
      task('JOIN', 'join', {}, { joinOn: ['left', 'right'] }),
    ],
    module: { status: 'COMPLETED', received: 'value', masked: true },
    plain: WITHOUT_VALUE,
  },
  fork_join_dynamic: {
    tasks: ({ secret, url }) => [
      task(
        'FORK_JOIN_DYNAMIC',
        'fork',
        {
          tasks: [{ name: 'left', taskReferenceName: 'left', type: 'HTTP' }],
          inputs: { left: { http_request: { method: 'GET', uri: `${url}/echo`, headers: { x: secret } } } },
        },
        { dynamicForkTasksParam: 'tasks', dynamicForkTasksInputParamName: 'inputs' },
      ),
      task('JOIN', 'join', {}),
    ],
    module: REFUSED,
    plain: WITHOUT_VALUE,
  },
  wait: {
    tasks: ({ secret }) => [task('WAIT', 'pause', { duration: '1 seconds', a: secret })],
    module: { status: 'COMPLETED', received: 'no call' },
    plain: { status: 'COMPLETED', received: 'no call' },
  },
  human: {
    tasks: ({ secret }) => [task('HUMAN', 'approve', { a: secret })],
    module: { status: 'COMPLETED', received: 'no call' },
    plain: { status: 'COMPLETED', received: 'no call' },
  },
  noop: {
    tasks: ({ secret }) => [task('NOOP', 'nothing', { a: secret })],
    module: { status: 'COMPLETED', received: 'no call' },
    plain: { status: 'COMPLETED', received: 'no call' },
  },
  kafka: {
    tasks: ({ secret }) => [
      task('KAFKA_PUBLISH', 'publish', {
        kafka_request: {
          ...{ topic: 'events', key: 'k', value: secret, headers: { h: secret }, bootStrapServers: '127.0.0.1:1' },
          ...{ keySerializer: 'org.apache.kafka.common.serialization.StringSerializer' },
          ...{ requestTimeoutMs: 500, maxBlockMs: 500 },
        },
      }),
    ],
    module: { status: 'FAILED', received: 'no call', uses: 1 },
    plain: { status: 'FAILED', received: 'no call' },
  },
  update_secret: {
    tasks: ({ url, secretName }) => [
      http('fetch', { uri: `${url}/new-value` }),
      task('UPDATE_SECRET', 'store', {
        _secrets: { secretKey: secretName, secretValue: '${fetch.output.response.body.value}' },
      }),
    ],
    evidence: 'stored secret',
    module: { status: 'COMPLETED', received: 'value', masked: true, uses: 0 },
    // Without the module, the Conductor server stores the unmasked output of its HTTP task.
    plain: {
      ...{ status: 'COMPLETED', received: 'value', uses: 0 },
      found: ['engineReads', 'engineSearch', 'database'],
    },
  },
  update_secret_from_worker: {
    tasks: ({ name, secretName }) => [
      task('SIMPLE', 'fetch', {}, { name: name('task') }),
      task('UPDATE_SECRET', 'store', {
        _secrets: { secretKey: secretName, secretValue: '${fetch.output.new_value}' },
      }),
    ],
    polled: ({ name }) => [name('task')],
    evidence: 'stored secret',
    module: { status: 'COMPLETED', received: 'value', masked: true, uses: 0 },
    plain: { status: 'COMPLETED', received: 'value', masked: true, uses: 0 },
  },
  http_with_secrets: {
    tasks: ({ url, secret }) => [
      {
        ...http('call', { method: 'POST', uri: `${url}/echo?k=${secret}`, body: { b: secret } }),
        type: 'HTTP_WITH_SECRETS',
      },
    ],
    more: () => echoOf('call.output.response.body'),
    module: { status: 'COMPLETED', received: 'value', masked: true },
    plain: { status: 'COMPLETED', received: 'value', masked: true },
  },
  output_parameters: {
    tasks: ({ url }) => [http('call', { uri: `${url}/ok` })],
    more: ({ secret }) => ({ outputParameters: { a: secret } }),
    module: { status: 'COMPLETED', received: 'empty' },
    plain: { status: 'COMPLETED', received: 'empty' },
  },
  escaped: {
    tasks: ({ url, secret }) => [http('call', { method: 'POST', uri: `${url}/echo`, body: `$${secret}` })],
    module: { status: 'COMPLETED', received: 'reference' },
    plain: { status: 'COMPLETED', received: 'empty' },
  },
} satisfies Record<string, Kind>;

export type KindName = keyof typeof MATRIX;
