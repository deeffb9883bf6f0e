// The gateway captures the new secret value in the output of a task for an UPDATE_SECRET task. Values that other tasks read are not captured.
import { describe, expect, test } from 'vitest';
import { secretUpdatesOf } from '../../src/conductor/captures.ts';
import { textAt, withTextAt } from '../../src/conductor/text-at.ts';
import type { JsonObject } from '../../src/primitives/json.ts';

const login = (more: JsonObject = {}): JsonObject => ({
  ...{ name: 'login', taskReferenceName: 'login', type: 'HTTP', inputParameters: {} },
  ...more,
});
const update = (secretValue: string, secretKey = 'api'): JsonObject => ({
  ...{ name: 'update', taskReferenceName: 'update', type: 'UPDATE_SECRET' },
  inputParameters: { _secrets: { secretKey, secretValue } },
});
const VALUE = '${login.output.response.body.token}';
const simple = (value: string, more: JsonObject = {}): JsonObject => ({
  ...{ name: 'other', taskReferenceName: 'other', type: 'SIMPLE', inputParameters: { a: value } },
  ...more,
});
const workflow = (tasks: JsonObject[], more: JsonObject = {}): JsonObject => ({
  name: 'w',
  version: 1,
  tasks,
  ...more,
});
const captured = (definition: JsonObject) => secretUpdatesOf(definition)[0]?.capture?.pointer;
const loop = (loopOver: JsonObject[], loopCondition = 'true'): JsonObject => ({
  ...{ name: 'loop', taskReferenceName: 'loop', type: 'DO_WHILE', loopCondition, loopOver },
});

describe('new secret values that the gateway captures', () => {
  test.each<[string, JsonObject]>([
    ['if only the UPDATE_SECRET task reads the value', workflow([login(), update(VALUE)])],
    [
      'if a second task reads a different output field',
      workflow([login(), update(VALUE), simple('${login.output.response.body.id}')]),
    ],
    [
      'if a second task reads an output field with a longer name',
      workflow([login(), update(VALUE), simple('${login.output.response.body.token2}')]),
    ],
    [
      'if a second task reads only the input of the first task',
      workflow([login(), update(VALUE), simple('${login.input.x}')]),
    ],
    ['if a second task contains the escaped expression', workflow([login(), update(VALUE), simple(`$${VALUE}`)])],
    ['if both tasks are in the same loop', workflow([loop([login(), update(VALUE)])])],
    [
      'if both tasks are in a branch of a SWITCH',
      workflow([{ ...simple(''), type: 'SWITCH', defaultCase: [login(), update(VALUE)] }]),
    ],
    [
      'if the output parameters of the workflow read a different output field',
      workflow([login(), update(VALUE)], { outputParameters: { a: '${login.output.response.statusCode}' } }),
    ],
  ])('%s, the gateway captures the new secret value', (_, definition) => {
    expect(captured(definition)).toBe('/response/body/token');
  });
});

/** An UPDATE_SECRET task whose value comes from the output of the task `source`. */
const from = (source: JsonObject, path: string, ...more: JsonObject[]) =>
  workflow([login(), ...more, source, update(`\${${String(source.taskReferenceName)}.output.${path}}`)]);
const typed = (type: string, inputParameters: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
  ...{ name: 'source', taskReferenceName: 'source', type, inputParameters },
  ...more,
});
const script = (type: string, value: string) => typed(type, { value, expression: '$.value.trim()' });
const join = (...joinOn: string[]) => typed('JOIN', {}, { joinOn });

describe('tasks that create a captured value', () => {
  test.each<[string, JsonObject, string, string]>([
    ['an HTTP task', from(typed('HTTP'), 'token'), 'source', '/token'],
    ['an HTTP_WITH_SECRETS task', from(typed('HTTP_WITH_SECRETS'), 'token'), 'source', '/token'],
    ['a task that a worker polls', from(typed('SIMPLE'), 'token'), 'source', '/token'],
    ['a task with a custom type', from(typed('my_login'), 'token'), 'source', '/token'],
    ['a KAFKA_PUBLISH task', from(typed('KAFKA_PUBLISH'), 'token'), 'source', '/token'],
    ['a WAIT task that a signal ends', from(typed('WAIT'), 'token'), 'source', '/token'],
    ['an INLINE task that reads no data', from(script('INLINE', 'fixed'), 'result'), 'source', '/result'],
    [
      'an INLINE task that reads only a secret',
      from(script('INLINE', '${workflow.secrets.seed}'), 'result'),
      'source',
      '/result',
    ],
    [
      'a task that a JOIN task joins',
      from(join('login', 'other'), 'login.response.body.token'),
      'login',
      '/response/body/token',
    ],
    [
      'a task that a nested JOIN task joins',
      from(join('inner'), 'inner.login.token', { ...join('login'), taskReferenceName: 'inner' }),
      'login',
      '/token',
    ],
  ])('the gateway captures the new secret value from %s', (_, definition, task, pointer) => {
    expect(secretUpdatesOf(definition)[0]).toMatchObject({ capture: { task, pointer }, reason: undefined });
  });
});

describe('copies of data that the gateway does not capture', () => {
  const token = '${login.output.response.body.token}';
  test.each<[string, JsonObject]>([
    ['the output of a SUB_WORKFLOW task', from(typed('SUB_WORKFLOW'), 'token')],
    ['the output of a START_WORKFLOW task', from(typed('START_WORKFLOW'), 'workflowId')],
    ['the output of a SET_VARIABLE task', from(typed('SET_VARIABLE', { token }), 'token')],
    ['the output of a DYNAMIC task', from(typed('DYNAMIC'), 'token')],
    ['the output of a FORK_JOIN task', from(typed('FORK_JOIN'), 'token')],
    ['the output of a SWITCH task', from(typed('SWITCH'), 'token')],
    ['the output of an EVENT task', from(typed('EVENT', { token }), 'token')],
    ['the output of an EXCLUSIVE_JOIN task', from(typed('EXCLUSIVE_JOIN', {}, { joinOn: ['login'] }), 'token')],
    ['the output of a JOIN task without the name of a joined task', from(join('login'), 'other.token')],
    ['the complete output of a joined task', from(join('login'), 'login')],
    [
      'the output of a joined task that only copies data',
      from(join('s'), 's.token', { ...typed('SUB_WORKFLOW'), taskReferenceName: 's' }),
    ],
    ['a field in the output of a DO_WHILE task', workflow([loop([login()]), update('${loop.output.1.login.token}')])],
    [
      'the output of a JOIN task in a loop',
      workflow([loop([login(), join('login'), update('${source.output.login.token}')])]),
    ],
    ['the output of a script that reads a task output', from(script('INLINE', token), 'result')],
    ['the output of a LAMBDA task that reads a task output', from(script('LAMBDA', `x${token}`), 'result')],
    ['the output of a jq query that reads a task output', from(script('JSON_JQ_TRANSFORM', token), 'result')],
    [
      'the output of a script that reads the workflow input',
      from(script('INLINE', '${workflow.input.token}'), 'result'),
    ],
    [
      'the output of a script that reads a workflow variable',
      from(script('INLINE', '${workflow.variables.token}'), 'result'),
    ],
    [
      'the output of a script whose task definition reads data',
      from(typed('INLINE', {}, { taskDefinition: { inputTemplate: { value: token } } }), 'result'),
    ],
    ['the workflow input', workflow([login(), update('${workflow.input.token}')])],
    ['a workflow variable', workflow([login(), update('${workflow.variables.token}')])],
    ['the input of a task', workflow([login(), update('${login.input.token}')])],
  ])('the gateway does not capture %s as a new secret value', (_, definition) => {
    expect(captured(definition)).toBeUndefined();
    expect(secretUpdatesOf(definition)[0]?.reason).toEqual(expect.any(String));
  });
});

describe('new secret values that the gateway does not capture', () => {
  test.each<[string, JsonObject]>([
    ['if a second task reads the value', workflow([login(), update(VALUE), simple(VALUE)])],
    ['if a second task reads the value inside a text', workflow([login(), update(VALUE), simple(`Bearer ${VALUE}`)])],
    [
      'if a second task reads an object that contains the value',
      workflow([login(), update(VALUE), simple('${login.output.response.body}')]),
    ],
    [
      'if a second task reads the complete output of the first task',
      workflow([login(), update(VALUE), simple('${login.output}')]),
    ],
    ['if a second task reads all data of the first task', workflow([login(), update(VALUE), simple('${login}')])],
    [
      'if a second task reads a field inside the value',
      workflow([login(), update(VALUE), simple('${login.output.response.body.token.part}')]),
    ],
    [
      'if a second task reads the value with an expression in bracket notation',
      workflow([login(), update(VALUE), simple("${login.output['response'].body['token']}")]),
    ],
    [
      'if a second task reads the value with a wildcard',
      workflow([login(), update(VALUE), simple('${login.output.response.body.*}')]),
    ],
    [
      'if a second task reads all nested fields with the name of the value',
      workflow([login(), update(VALUE), simple('${login..token}')]),
    ],
    [
      'if a nested expression reads the value',
      workflow([login(), update(VALUE), simple('${x.output.${login.output.y}}')]),
    ],
    [
      'if a second task reads the value of a numbered loop iteration',
      workflow([loop([login(), update(VALUE)]), simple(VALUE.replace('login', 'login__2'))]),
    ],
    [
      'if a second task reads the output of the loop',
      workflow([loop([login(), update(VALUE)]), simple('${loop.output.1}')]),
    ],
    [
      'if the loop condition reads the first task',
      workflow([loop([login(), update(VALUE)], "$.login['response'].statusCode == 200")]),
    ],
    [
      'if a second task reads the output of a JOIN task',
      workflow([
        login(),
        update(VALUE),
        { name: 'j', taskReferenceName: 'j', type: 'JOIN' },
        simple('${j.output.login.response}'),
      ]),
    ],
    [
      'if a second task reads the output of an EXCLUSIVE_JOIN task',
      workflow([
        login(),
        update(VALUE),
        { name: 'j', taskReferenceName: 'j', type: 'EXCLUSIVE_JOIN' },
        simple('${j.output.response}'),
      ]),
    ],
    [
      'if a second task reads the output of a JOIN task that joins a JOIN task',
      workflow([
        login(),
        update(VALUE),
        { name: 'j', taskReferenceName: 'j', type: 'JOIN' },
        { name: 'k', taskReferenceName: 'k', type: 'JOIN' },
        simple('${k.output.j.login.response}'),
      ]),
    ],
    [
      'if the workflow output contains the value',
      workflow([login(), update(VALUE)], { outputParameters: { a: VALUE } }),
    ],
    [
      'if the input template of a task definition reads the value',
      workflow([login(), update(VALUE), { ...simple(''), taskDefinition: { inputTemplate: { b: VALUE } } }]),
    ],
    [
      'if two UPDATE_SECRET tasks read the value',
      workflow([login(), update(VALUE), { ...update(VALUE), taskReferenceName: 'second' }]),
    ],
    [
      'if the UPDATE_SECRET task reads the value twice',
      workflow([
        login(),
        {
          ...update(VALUE),
          inputParameters: { _secrets: { secretKey: 'api', secretValue: VALUE }, copy: `${VALUE} ` },
        },
      ]),
    ],
    [
      'if the workflow has a dynamic fork',
      workflow([login(), update(VALUE), { ...simple(''), type: 'FORK_JOIN_DYNAMIC' }]),
    ],
    ['if the UPDATE_SECRET task reads the value inside a text', workflow([login(), update(`x${VALUE}`)])],
    ['if the UPDATE_SECRET task reads the workflow input', workflow([login(), update('${workflow.input.x}')])],
    ['if the UPDATE_SECRET task reads the complete output of a task', workflow([login(), update('${login.output}')])],
    [
      'if the UPDATE_SECRET task reads the secret name from an expression',
      workflow([login(), update(VALUE, '${workflow.input.name}')]),
    ],
    ['if the workflow has no task with the reference name in the expression', workflow([update(VALUE)])],
  ])('%s, the gateway does not capture the new secret value', (_, definition) => {
    expect(captured(definition)).toBeUndefined();
    expect(secretUpdatesOf(definition)[0]?.reason).toEqual(expect.any(String));
  });
});

test('withTextAt replaces a text in a copy of a task output', () => {
  const output = { a: [{ b: 'x' }, 1], c: null };
  expect(textAt(output, ['a', 0, 'b'])).toBe('x');
  expect(textAt(output, ['a', 1])).toBeUndefined();
  expect(textAt(output, ['c', 'd'])).toBeUndefined();
  expect(withTextAt(output, ['a', 0, 'b'], '***')).toEqual({ a: [{ b: '***' }, 1], c: null });
  expect(output.a[0]).toEqual({ b: 'x' });
});
