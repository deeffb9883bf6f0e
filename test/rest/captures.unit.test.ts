// Which results of tasks are captured for an UPDATE_SECRET task.
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

describe('a value is captured', () => {
  test.each<[string, JsonObject]>([
    ['if only the UPDATE_SECRET task reads the value', workflow([login(), update(VALUE)])],
    [
      'if another task reads a different member',
      workflow([login(), update(VALUE), simple('${login.output.response.body.id}')]),
    ],
    [
      'if another task reads a longer name',
      workflow([login(), update(VALUE), simple('${login.output.response.body.token2}')]),
    ],
    ['if another task reads the input of the task', workflow([login(), update(VALUE), simple('${login.input.x}')])],
    ['if a text looks like the expression but is escaped', workflow([login(), update(VALUE), simple(`$${VALUE}`)])],
    ['if both tasks are in a loop', workflow([loop([login(), update(VALUE)])])],
    [
      'if the task is in a branch of a SWITCH',
      workflow([{ ...simple(''), type: 'SWITCH', defaultCase: [login(), update(VALUE)] }]),
    ],
    [
      'if the workflow has other output parameters',
      workflow([login(), update(VALUE)], { outputParameters: { a: '${login.output.response.statusCode}' } }),
    ],
  ])('%s', (_, definition) => {
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

describe('a value is captured from the task that makes the value', () => {
  test.each<[string, JsonObject, string, string]>([
    ['an HTTP task', from(typed('HTTP'), 'token'), 'source', '/token'],
    ['an HTTP_WITH_SECRETS task', from(typed('HTTP_WITH_SECRETS'), 'token'), 'source', '/token'],
    ['a task that a worker polls', from(typed('SIMPLE'), 'token'), 'source', '/token'],
    ['a task with a type of its own', from(typed('my_login'), 'token'), 'source', '/token'],
    ['a KAFKA_PUBLISH task', from(typed('KAFKA_PUBLISH'), 'token'), 'source', '/token'],
    ['a WAIT task that a signal ends', from(typed('WAIT'), 'token'), 'source', '/token'],
    ['an INLINE task without data', from(script('INLINE', 'fixed'), 'result'), 'source', '/result'],
    [
      'an INLINE task that reads only a secret',
      from(script('INLINE', '${workflow.secrets.seed}'), 'result'),
      'source',
      '/result',
    ],
    ['a joined task', from(join('login', 'other'), 'login.response.body.token'), 'login', '/response/body/token'],
    [
      'a task that a joined JOIN task joins',
      from(join('inner'), 'inner.login.token', { ...join('login'), taskReferenceName: 'inner' }),
      'login',
      '/token',
    ],
  ])('%s', (_, definition, task, pointer) => {
    expect(secretUpdatesOf(definition)[0]).toMatchObject({ capture: { task, pointer }, reason: undefined });
  });
});

describe('a value that is a copy of data is not captured', () => {
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
      'a joined task that only copies',
      from(join('s'), 's.token', { ...typed('SUB_WORKFLOW'), taskReferenceName: 's' }),
    ],
    ['a member of a DO_WHILE task', workflow([loop([login()]), update('${loop.output.1.login.token}')])],
    ['a JOIN task in a loop', workflow([loop([login(), join('login'), update('${source.output.login.token}')])])],
    ['a script that reads the output of a task', from(script('INLINE', token), 'result')],
    ['a LAMBDA task that reads the output of a task', from(script('LAMBDA', `x${token}`), 'result')],
    ['a jq query that reads the output of a task', from(script('JSON_JQ_TRANSFORM', token), 'result')],
    ['a script that reads the input of the workflow', from(script('INLINE', '${workflow.input.token}'), 'result')],
    ['a script that reads a variable', from(script('INLINE', '${workflow.variables.token}'), 'result')],
    [
      'a script whose task definition reads data',
      from(typed('INLINE', {}, { taskDefinition: { inputTemplate: { value: token } } }), 'result'),
    ],
    ['the input of the workflow', workflow([login(), update('${workflow.input.token}')])],
    ['a variable of the workflow', workflow([login(), update('${workflow.variables.token}')])],
    ['the input of a task', workflow([login(), update('${login.input.token}')])],
  ])('%s', (_, definition) => {
    expect(captured(definition)).toBeUndefined();
    expect(secretUpdatesOf(definition)[0]?.reason).toEqual(expect.any(String));
  });
});

describe('a value is not captured', () => {
  test.each<[string, JsonObject]>([
    ['if another task reads the value', workflow([login(), update(VALUE), simple(VALUE)])],
    ['if another task reads the value inside a text', workflow([login(), update(VALUE), simple(`Bearer ${VALUE}`)])],
    ['if another task reads an ancestor', workflow([login(), update(VALUE), simple('${login.output.response.body}')])],
    ['if another task reads the complete output', workflow([login(), update(VALUE), simple('${login.output}')])],
    ['if another task reads the complete task', workflow([login(), update(VALUE), simple('${login}')])],
    [
      'if another task reads a descendant',
      workflow([login(), update(VALUE), simple('${login.output.response.body.token.part}')]),
    ],
    [
      'if another task reads the value in brackets',
      workflow([login(), update(VALUE), simple("${login.output['response'].body['token']}")]),
    ],
    [
      'if another task reads with a wildcard',
      workflow([login(), update(VALUE), simple('${login.output.response.body.*}')]),
    ],
    ['if another task reads all descendants', workflow([login(), update(VALUE), simple('${login..token}')])],
    [
      'if another expression contains the task in an inner expression',
      workflow([login(), update(VALUE), simple('${x.output.${login.output.y}}')]),
    ],
    [
      'if a numbered iteration is read',
      workflow([loop([login(), update(VALUE)]), simple(VALUE.replace('login', 'login__2'))]),
    ],
    ['if the output of the loop is read', workflow([loop([login(), update(VALUE)]), simple('${loop.output.1}')])],
    [
      'if the loop condition reads the task',
      workflow([loop([login(), update(VALUE)], "$.login['response'].statusCode == 200")]),
    ],
    [
      'if a JOIN task is read',
      workflow([
        login(),
        update(VALUE),
        { name: 'j', taskReferenceName: 'j', type: 'JOIN' },
        simple('${j.output.login.response}'),
      ]),
    ],
    [
      'if an EXCLUSIVE_JOIN task is read',
      workflow([
        login(),
        update(VALUE),
        { name: 'j', taskReferenceName: 'j', type: 'EXCLUSIVE_JOIN' },
        simple('${j.output.response}'),
      ]),
    ],
    [
      'if a JOIN task that joins another JOIN task is read',
      workflow([
        login(),
        update(VALUE),
        { name: 'j', taskReferenceName: 'j', type: 'JOIN' },
        { name: 'k', taskReferenceName: 'k', type: 'JOIN' },
        simple('${k.output.j.login.response}'),
      ]),
    ],
    [
      'if the output of the workflow has the value',
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
    ['if the value is a part of a text', workflow([login(), update(`x${VALUE}`)])],
    ['if the value comes from the input of the workflow', workflow([login(), update('${workflow.input.x}')])],
    ['if the value is the complete output', workflow([login(), update('${login.output}')])],
    ['if the name of the secret is an expression', workflow([login(), update(VALUE, '${workflow.input.name}')])],
    ['if the workflow has no such task', workflow([update(VALUE)])],
  ])('%s', (_, definition) => {
    expect(captured(definition)).toBeUndefined();
    expect(secretUpdatesOf(definition)[0]?.reason).toEqual(expect.any(String));
  });
});

test('a text in an output is found and replaced by its path, without a change of the original', () => {
  const output = { a: [{ b: 'x' }, 1], c: null };
  expect(textAt(output, ['a', 0, 'b'])).toBe('x');
  expect(textAt(output, ['a', 1])).toBeUndefined();
  expect(textAt(output, ['c', 'd'])).toBeUndefined();
  expect(withTextAt(output, ['a', 0, 'b'], '***')).toEqual({ a: [{ b: '***' }, 1], c: null });
  expect(output.a[0]).toEqual({ b: 'x' });
});
