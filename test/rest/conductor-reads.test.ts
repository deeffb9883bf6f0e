// Data of workflow executions is masked for every reader, and secrets that a task definition names are handed out by name.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { simulationQueues } from '../../src/access-audit/simulation/simulation-queue.ts';
import { logVerifier } from '../../src/audit/audit-verification.ts';
import { forgetTasks } from '../../src/conductor/forget-tasks.ts';
import { registeredDefinitions } from '../../src/conductor/registered-definition.ts';
import { engineTaskOf } from '../../src/conductor/task.ts';
import { upstreamDefinitions } from '../../src/conductor/upstream-definitions.ts';
import { createUpstream, type Upstream } from '../../src/http/upstream.ts';
import { parseGlobalId } from '../../src/primitives/ids.ts';
import type { Json, JsonObject } from '../../src/primitives/json.ts';
import { entitlementCache } from '../../src/principals/entitlement-cache.ts';
import { namedSecrets } from '../../src/secrets/named-secrets.ts';
import { secretValues } from '../../src/secrets/secret-values.ts';
import { Session } from '../../src/session/session.ts';
import { eventsOf } from '../audit/events.ts';
import { type FakeEngine, fakeEngine, scheduled } from '../support/fake-engine.ts';
import { type SomeApplication, type SomeSecret, type SomeUser, type World, world } from '../support/world.ts';

let w: World;
let engine: FakeEngine;
let upstream: Upstream;
let poller: SomeApplication;
let reader: SomeUser;
let token: SomeSecret;
beforeAll(async () => {
  engine = await fakeEngine();
  upstream = createUpstream({ url: engine.url, timeoutMs: 5_000 });
  w = await world();
  poller = await w.application('poller');
  reader = await w.user('reader', { roles: ['USER'] });
  token = await w.secret('token');
  await w.grant(poller.id, 'EXECUTE', 'token');
});
afterAll(async () => {
  await w.close();
  await upstream.close();
  await engine.close();
});

/** A confirmed session of this principal. */
async function sessionOf({ id, token: bearer = '' }: { id: string; token?: string | undefined }): Promise<Session> {
  const [head, body] = bearer.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
  const { kind, uuid } = parseGlobalId(id)!;
  const { database, stream, keyring, clock } = w;
  const cache = entitlementCache(w);
  const rows = await database.query<{ id: string }>('SELECT id FROM access_keys WHERE application_id = $1::uuid', [
    uuid,
  ]);
  const claims = {
    kind: kind as 'USER' | 'APPLICATION',
    id: uuid,
    generation: body.gen,
    accessKeyId: rows[0]?.id as typeof uuid | undefined,
    kid: head.kid,
  };
  const session = new Session(
    { requestId: 'r', address: '', headers: {} },
    { claims, payload: {} },
    {
      ...{ database, stream, keyring, clock, values: secretValues(keyring), entitlementCache: cache },
      named: namedSecrets({ database, entitlementCache: cache, clock }),
      verifyLog: logVerifier({ database, keyring }),
      simulationQueues: simulationQueues(),
      definitions: registeredDefinitions(upstreamDefinitions(upstream), { unregistered: 'refuse' }),
    },
  );
  await session.confirm();
  return session;
}

const ref = (path: string) => `\${workflow.secrets.${path}}`;
const call = (inputParameters: JsonObject): JsonObject => ({
  ...{ name: 'call', taskReferenceName: 'call', type: 'SIMPLE', inputParameters },
});

describe('masking executions', () => {
  test('values that were handed out, values that the registered definition names, and masked members are *** for a reader without access', async () => {
    const named = await w.secret('named_only');
    const unrelated = await w.secret('unrelated');
    const definition = engine.register('reads', [call({ a: ref('token'), b: ref('named_only') })], {
      maskedFields: ['ssn'],
    });
    const simple = engine.register('handing', [call({ a: ref('token') })]);
    const task = scheduled(simple, call({ a: ref('token') }));
    const session = await sessionOf(poller);
    expect(await session.taskSecrets.fillIn(engineTaskOf(task)!, simple)).toEqual({ a: token.value });

    const { taskSecrets } = await sessionOf(reader);
    const execution: Json = {
      workflowId: 'w-1',
      input: { _secrets: { pw: 'input-password' }, ssn: '123456789', echo: named.value, other: unrelated.value },
      tasks: [{ inputData: { a: ref('token') }, outputData: { echo: `x ${token.value}`, _masked: 'm' } }],
      workflowDefinition: definition,
    };
    const masked = await taskSecrets.maskExecutions(execution, [{ workflowId: 'w-1', name: 'reads', version: 1 }]);
    expect(masked).toMatchObject({
      input: { _secrets: '***', ssn: '***', echo: '***', other: unrelated.value },
      tasks: [{ inputData: { a: ref('token') }, outputData: { echo: 'x ***', _masked: '***' } }],
    });

    // The definition of this execution names no secret any more, but the value was handed out in the execution.
    engine.register('gone', [call({ a: 'plain' })]);
    const workflowId = task.workflowInstanceId as string;
    const other = { echo: token.value, named: named.value };
    expect(await taskSecrets.maskExecutions(other, [{ workflowId, name: 'gone', version: 1 }])).toEqual({
      echo: '***',
      named: named.value,
    });
  });

  test('without a name and a version, the gateway reads the execution, and an engine that does not answer refuses the read', async () => {
    const definition = engine.register('unnamed', [call({ a: ref('token') })]);
    engine.executions.set('w-2', definition);
    const { taskSecrets } = await sessionOf(reader);
    expect(await taskSecrets.maskExecutions({ a: token.value }, [{ workflowId: 'w-2' }])).toEqual({ a: '***' });
    engine.status = 500;
    const failed = taskSecrets.maskExecutions({ a: token.value }, [{ workflowId: 'w-3' }]);
    await expect(failed).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    engine.status = undefined;
  });

  test('masking takes one statement for any number of executions', async () => {
    const { taskSecrets } = await sessionOf(reader);
    const executions = ['reads', 'unnamed', 'reads'].map((name, i) => ({ workflowId: `w-${i}`, name, version: 1 }));
    const before = w.database.statements();
    await taskSecrets.maskExecutions([{ a: token.value }, { b: ref('token') }], executions);
    expect(w.database.statements() - before).toBe(1);
  });
});

describe('runtimeMetadata', () => {
  test('secrets that the registered task definition names are handed out by name, recorded and hidden in the result', async () => {
    engine.taskDefinitions.set('call', { name: 'call', runtimeMetadata: ['token'] });
    const definition = engine.register('meta', [call({})]);
    const task = engineTaskOf(scheduled(definition, call({})))!;
    const { taskSecrets } = await sessionOf(poller);
    expect(await taskSecrets.runtimeMetadata(['token'], task)).toEqual(new Map([['token', token.value]]));
    const [event] = await eventsOf(w.admin, { actions: ['SECRET_USE'] });
    expect(event).toMatchObject({ outcome: 'DONE', changes: { taskId: task.taskId, task: 'call' } });
    expect(await taskSecrets.hideResult(task, { output: { a: token.value } })).toEqual({ output: { a: '***' } });
  });

  test('a secret that only the polled task names is refused and recorded', async () => {
    const task = engineTaskOf(scheduled({ name: 'meta' }, call({})))!;
    const { taskSecrets } = await sessionOf(poller);
    const refused = taskSecrets.runtimeMetadata(['token', 'other'], task);
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_TASK' });
    const [event] = await eventsOf(w.admin, { actions: ['SECRET_USE'] });
    expect(event).toMatchObject({ outcome: 'REFUSED', subject: { name: 'other' } });
    const { taskSecrets: others } = await sessionOf(await w.application('other'));
    await expect(others.runtimeMetadata(['token'], task)).rejects.toMatchObject({ code: 'UNRESOLVED_REFERENCES' });
  });
});

test('handed-out versions are forgotten after 30 days', async () => {
  const count = async () =>
    (await w.database.query<{ count: number }>('SELECT count(*)::int AS count FROM handed_out_versions'))[0]!.count;
  expect(await count()).toBeGreaterThan(0);
  const after = (days: number) => new Date(w.clock.now().getTime() + days * 86_400_000);
  await forgetTasks(w.database, after(29));
  expect(await count()).toBeGreaterThan(0);
  await forgetTasks(w.database, after(31));
  expect(await count()).toBe(0);
});
