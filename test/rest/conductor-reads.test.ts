// The gateway masks data of workflow executions, and delivers the secrets that the runtimeMetadata of a task definition names.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { simulationQueues } from '../../src/access-audit/simulation/simulation-queue.ts';
import { logVerifier } from '../../src/audit/audit-verification.ts';
import { deleteOldValues } from '../../src/conductor/delete-old-values.ts';
import { engineDefinitions } from '../../src/conductor/engine-definitions.ts';
import { engineTasks } from '../../src/conductor/engine-tasks.ts';
import { registeredDefinitions } from '../../src/conductor/registered-definition.ts';
import { engineTaskOf } from '../../src/conductor/task.ts';
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

/** Returns a confirmed session of the principal. */
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
      definitions: registeredDefinitions(engineDefinitions(upstream), { unregistered: 'refuse' }),
      tasks: engineTasks(upstream),
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
  /** Masks one JSON value of a workflow execution for a user without access to secrets. */
  async function masked(payload: Json, execution: { workflowId: string; name: string }): Promise<Json | undefined> {
    const { taskSecrets } = await sessionOf(reader);
    const of = { ...execution, version: 1, related: new Set<string>(), definitions: [] };
    const [parts] = await taskSecrets.maskParts([{ ...of, parts: [{ kind: 'data', payload }] }]);
    return parts?.[0];
  }

  test('the gateway masks only values of secrets that a workflow execution used or its workflow definition names', async () => {
    const named = await w.secret('named_only');
    engine.register('reads', [call({ a: ref('token'), b: ref('named_only') })]);
    const unrelated = await w.secret('unrelated');
    const data = { token: token.value, named: named.value, unrelated: unrelated.value };
    expect(await masked(data, { workflowId: 'w-1', name: 'reads' })).toEqual({ ...data, token: '***', named: '***' });
  });

  test('the gateway masks a secret value of an execution even if the workflow definition no longer contains the reference', async () => {
    const simple = engine.register('handing', [call({ a: ref('token') })]);
    const task = scheduled(simple, call({ a: ref('token') }));
    const session = await sessionOf(poller);
    expect(await session.taskSecrets.fillIn(engineTaskOf(task)!, 'worker', simple)).toEqual({ a: token.value });
    engine.register('gone', [call({ a: 'plain' })]);
    const workflowId = task.workflowInstanceId as string;
    expect(await masked(token.value, { workflowId, name: 'gone' })).toBe('***');
    expect(await masked(token.value, { workflowId: 'another', name: 'gone' })).toBe(token.value);
  });
});

describe('secrets in the runtimeMetadata of a task definition', () => {
  test('the gateway delivers a secret that runtimeMetadata names, and masks its value in the task result', async () => {
    engine.taskDefinitions.set('call', { name: 'call', runtimeMetadata: ['token'] });
    const definition = engine.register('meta', [call({})]);
    const task = engineTaskOf(scheduled(definition, call({})))!;
    engine.executions.set(task.workflowInstanceId, definition);
    const { taskSecrets } = await sessionOf(poller);
    expect(await taskSecrets.runtimeMetadata(['token'], task)).toEqual(new Map([['token', token.value]]));
    const [event] = await eventsOf(w.admin, { actions: ['SECRET_USE'] });
    expect(event).toMatchObject({
      outcome: 'DONE',
      changes: { taskId: task.taskId, task: 'call', workflow: 'meta:1' },
    });
    expect(await taskSecrets.hideResult(task, { output: { a: token.value } })).toEqual({ output: { a: '***' } });
  });

  test('the gateway rejects a secret in the runtimeMetadata of a polled task that the registered task definition does not name', async () => {
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

test('the gateway deletes the record of the secret versions that tasks received after 30 days', async () => {
  const count = async () =>
    (await w.database.query<{ count: number }>('SELECT count(*)::int AS count FROM handed_out_versions'))[0]!.count;
  expect(await count()).toBeGreaterThan(0);
  const after = (days: number) => new Date(w.clock.now().getTime() + days * 86_400_000);
  await deleteOldValues(w.database, after(29));
  expect(await count()).toBeGreaterThan(0);
  await deleteOldValues(w.database, after(31));
  expect(await count()).toBe(0);
});
