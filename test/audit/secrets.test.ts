// Tests the audit events about secrets.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  create,
  destroyVersion,
  manyTags,
  remove,
  restore,
  rollback,
  rotate,
  tag,
  untag,
  update,
} from '../secrets/operations.ts';
import type { Answer } from '../support/app.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeUser, type World, world } from '../support/world.ts';
import { eventsOf, type SomeEvent } from './events.ts';

let w: World;
/**
 * Three users: the first user may create secrets, the second user may read one secret, and the third user has no
 * permission.
 */
let ann: SomeUser;
let bob: SomeUser;
beforeAll(async () => {
  w = await world();
  ann = await w.user('ann', { roles: ['USER'] });
  bob = await w.user('bob');
});
afterAll(() => w.close());

const A = { key: 'a', value: '1' };
/** Sends a GraphQL operation. Returns its answer and the audit events of the request. */
async function recorded(work: () => Promise<Answer>): Promise<{ answer: Answer; events: SomeEvent[] }> {
  const answer = await work();
  const requestId = answer.headers.get('x-request-id');
  expect(requestId).toEqual(expect.any(String));
  const events = (await eventsOf(w.admin)).filter((event) => event.requestId === requestId);
  return { answer, events };
}
const reveal = (who: { askRevealing: SomeUser['askRevealing'] }, name: string, version?: number) =>
  who.askRevealing(
    'query ($name: String!, $version: Int) { secret(name: $name) { value(reveal: true, version: $version) } }',
    { name, version },
  );

describe('one audit event for each action on a secret', () => {
  let id: string;
  const done = (action: string, version: number | null, changes: unknown): object => ({
    action,
    outcome: 'DONE',
    actor: { kind: 'USER', id: ann.id, name: 'ann' },
    subject: { kind: 'SECRET', id, name: 'story' },
    version,
    changes,
    address: '127.0.0.1',
  });

  test('each action on a secret, from its creation to its purge, records one audit event with actor, action, version and changed fields', async () => {
    const first = sentinel();
    const made = await recorded(() =>
      create(ann, { name: 'story', value: first, tags: [A], expiresAt: '2199-01-01T00:00:00Z' }),
    );
    id = made.answer.data.createSecret.secret.id;
    expect(made.events).toMatchObject([
      done('SECRET_CREATE', 1, { tags: ['a:1'], expiresAt: '2199-01-01T00:00:00.000Z' }),
    ]);
    expect(made.events).toHaveLength(1);

    const steps: [() => Promise<Answer>, object][] = [
      [
        () => update(ann, { name: 'story', description: 'd' }),
        done('SECRET_UPDATE', null, { fields: ['description'] }),
      ],
      [
        () => update(ann, { name: 'story', expiresAt: null }),
        done('SECRET_UPDATE', null, {
          fields: ['expiresAt'],
          expiresAt: { from: '2199-01-01T00:00:00.000Z', to: null },
        }),
      ],
      [
        () => rotate(ann, { name: 'story', value: sentinel() }),
        done('SECRET_ROTATE', 2, { changed: true, from: 1, generated: false }),
      ],
      [
        () => rotate(ann, { name: 'story', generate: {} }),
        done('SECRET_ROTATE', 3, { changed: true, from: 2, generated: true }),
      ],
      [() => rollback(ann, 'story', 1), done('SECRET_ROTATE', 4, { from: 3, rolledBackTo: 1 })],
      [
        () => rotate(ann, { name: 'story', value: first }),
        done('SECRET_ROTATE', 4, { changed: false, from: 4, generated: false }),
      ],
      [() => reveal(ann, 'story'), done('SECRET_REVEAL', 4, null)],
      [() => reveal(ann, 'story', 2), done('SECRET_REVEAL', 2, null)],
      [() => destroyVersion(ann, 'story', 2), done('SECRET_VERSION_DESTROY', 2, null)],
      [() => tag(ann, 'story', [A, { key: 'b', value: '2' }]), done('SECRET_TAG', null, { tags: ['b:2'] })],
      [() => untag(ann, 'story', [A, { key: 'c', value: '3' }]), done('SECRET_UNTAG', null, { tags: ['a:1'] })],
      [() => remove(ann, 'story'), done('SECRET_DELETE', null, { purged: false })],
      [() => restore(ann, id), done('SECRET_RESTORE', null, null)],
      [() => remove(ann, 'story', { purge: true }), done('SECRET_DELETE', null, { purged: true })],
    ];
    for (const [work, event] of steps) {
      const { answer, events } = await recorded(work);
      expect(answer.errors).toEqual([]);
      expect(events).toHaveLength(1);
      expect(events).toMatchObject([event]);
    }
  });

  test('a read that masks the secret value records no audit event', async () => {
    await w.secret('quiet');
    const { events } = await recorded(() =>
      w.admin.ask('{ secret(name: "quiet") { value } secrets { nodes { value } } }'),
    );
    expect(events).toEqual([]);
  });

  test('an audit event about an action of an application contains the name of the application', async () => {
    const pay = await w.application('pay');
    const { id: secretId } = await w.secret('for-pay');
    await w.grant(pay.id, 'READ', 'for-pay');
    const { events } = await recorded(() => reveal(pay, 'for-pay'));
    expect(events).toMatchObject([
      {
        action: 'SECRET_REVEAL',
        outcome: 'DONE',
        actor: { kind: 'APPLICATION', id: pay.id, name: 'pay' },
        subject: { id: secretId },
      },
    ]);
  });

  test('if one request reveals several secret values, each reveal records a separate audit event', async () => {
    await w.secret('many-1');
    await w.secret('many-2');
    const { events } = await recorded(() =>
      w.admin.askRevealing(
        '{ a: secret(name: "many-1") { value(reveal: true) again: value(reveal: true) } b: secret(name: "many-2") { value(reveal: true) } }',
      ),
    );
    expect(events.map((event) => event.subject?.name).sort()).toEqual(['many-1', 'many-1', 'many-2']);
    expect(new Set(events.map((event) => event.id)).size).toBe(3);
  });

  test('after a principal is renamed, its earlier audit events still contain the earlier name', async () => {
    const cleo = await w.user('cleo');
    await w.secret('kept');
    await w.grant(cleo.id, 'READ', 'kept');
    await reveal(cleo, 'kept');
    await w.admin.get('mutation ($id: ID!) { deleteUser(id: $id) { id } }', { id: cleo.id });
    expect((await eventsOf(w.admin, { actorId: cleo.id }))[0]).toMatchObject({
      action: 'SECRET_REVEAL',
      actor: { name: 'cleo' },
    });
  });
});

describe('one audit event for each refused action', () => {
  const ALL: [string, (name: string) => Promise<Answer>][] = [
    ['SECRET_UPDATE', (name) => update(bob, { name, description: 'x' })],
    ['SECRET_ROTATE', (name) => rotate(bob, { name, value: sentinel() })],
    ['SECRET_ROTATE', (name) => rollback(bob, name, 1)],
    ['SECRET_VERSION_DESTROY', (name) => destroyVersion(bob, name, 1)],
    ['SECRET_DELETE', (name) => remove(bob, name)],
    ['SECRET_DELETE', (name) => remove(bob, name, { purge: true })],
    ['SECRET_TAG', (name) => tag(bob, name, [A])],
    ['SECRET_UNTAG', (name) => untag(bob, name, [A])],
    ['SECRET_REVEAL', (name) => reveal(bob, name)],
  ];
  const refused = (action: string, code: string, subject: object) => ({
    action,
    outcome: 'REFUSED',
    actor: { kind: 'USER', id: bob.id, name: 'bob' },
    subject: { kind: 'SECRET', ...subject },
    changes: { code },
  });

  test.each(ALL)(
    'if the caller sees the secret, a refused %s fails with FORBIDDEN and records one audit event',
    async (action, attempt) => {
      const name = 'shown';
      const { id } = (await w.admin.get('{ secret(name: "shown") { id } }')).secret ?? (await w.secret(name));
      if (!(await w.sees(bob, name))) await w.grant(bob.id, 'EXECUTE', name);
      const { answer, events } = await recorded(() => attempt(name));
      expect(answer.code).toBe('FORBIDDEN');
      expect(events).toHaveLength(1);
      expect(events).toMatchObject([refused(action, 'FORBIDDEN', { id, name })]);
    },
  );

  test.each(ALL)(
    'a refused %s returns the same answer for a hidden secret as for a missing secret, but records different audit events',
    async (action, attempt) => {
      const { id } = (await w.admin.get('{ secret(name: "hidden") { id } }')).secret ?? (await w.secret('hidden'));
      const hidden = await recorded(() => attempt('hidden'));
      const absent = await recorded(() => attempt('absent'));
      expect(hidden.answer.text).toBe(absent.answer.text);
      expect(hidden.events).toMatchObject([refused(action, 'NOT_FOUND', { id, name: 'hidden' })]);
      expect(absent.events).toMatchObject([refused(action, 'NOT_FOUND', { id: '', name: 'absent' })]);
      expect([hidden.events.length, absent.events.length]).toEqual([1, 1]);
    },
  );

  test('if a caller without permission creates a secret, the audit log records one refused event', async () => {
    const { events } = await recorded(() => create(bob, { name: 'wanted', value: sentinel() }));
    expect(events).toMatchObject([refused('SECRET_CREATE', 'FORBIDDEN', { id: '', name: 'wanted' })]);
  });

  test('if a caller restores a hidden or missing secret, the audit log records one refused event', async () => {
    const { id } = await w.secret('buried');
    await remove(w.admin, 'buried');
    const hidden = await recorded(() => restore(bob, id));
    const absent = await recorded(() => restore(bob, 'sec_0000000000007000800000000000ffff'));
    expect(hidden.answer.text).toBe(absent.answer.text);
    expect(hidden.events).toMatchObject([refused('SECRET_RESTORE', 'NOT_FOUND', { id, name: 'buried' })]);
    expect(absent.events).toMatchObject([
      { action: 'SECRET_RESTORE', outcome: 'REFUSED', subject: null, changes: { code: 'NOT_FOUND' } },
    ]);
  });

  test('if a caller reveals a hidden secret through the target of a grant on its name, the audit log records one refused event', async () => {
    const cat = await w.user('cat');
    const { id } = await w.secret('by-grant');
    await w.grant(cat.id, 'CREATE', 'by-grant');
    const { answer, events } = await recorded(() =>
      cat.ask('{ permissions { nodes { target { ... on SecretName { name secret { value(reveal: true) } } } } } }'),
    );
    expect(answer.data.permissions.nodes).toEqual([{ target: { name: 'by-grant', secret: null } }]);
    expect(events).toMatchObject([
      { action: 'SECRET_REVEAL', outcome: 'REFUSED', subject: { id }, changes: { code: 'NOT_FOUND' } },
    ]);
  });

  test('if a caller adds a tag that would give the caller more access, the audit log records one refused event', async () => {
    const { id } = await w.secret('wall');
    await w.grant(bob.id, 'UPDATE', 'wall');
    await w.grant(bob.id, 'READ', 'ladder:1');
    const { events } = await recorded(() => tag(bob, 'wall', [{ key: 'ladder', value: '1' }]));
    expect(events).toMatchObject([refused('SECRET_TAG', 'ESCALATION', { id })]);
  });

  test('a refused event contains the requested version number, even if the version never existed', async () => {
    await w.secret('short');
    const { events } = await recorded(() => reveal(w.admin, 'short', 9));
    expect(events).toMatchObject([
      { action: 'SECRET_REVEAL', outcome: 'REFUSED', version: 9, changes: { code: 'NOT_FOUND' } },
    ]);
  });
});

describe('one audit event for each failed action', () => {
  test.each([
    ['SECRET_CREATE', 'NAME_TAKEN', () => create(w.admin, { name: 'busy', value: sentinel() }), {}],
    [
      'SECRET_ROTATE',
      'VERSION_CONFLICT',
      () => rotate(w.admin, { name: 'busy', value: sentinel(), expectedVersion: 7 }),
      { currentVersion: 1 },
    ],
    ['SECRET_ROTATE', 'CONFLICT', () => rollback(w.admin, 'busy', 1), {}],
    ['SECRET_VERSION_DESTROY', 'CONFLICT', () => destroyVersion(w.admin, 'busy', 1), {}],
  ] as const)('if %s fails with %s, the audit log records one failed event', async (action, code, attempt, more) => {
    if (!(await w.sees(w.admin, 'busy'))) await w.secret('busy');
    const { answer, events } = await recorded(attempt);
    expect(answer.code).toBe(code);
    expect(events).toHaveLength(1);
    expect(events).toMatchObject([
      { action, outcome: 'FAILED', subject: { kind: 'SECRET', name: 'busy' }, changes: { code, ...more } },
    ]);
  });

  test('if a caller restores a secret whose name is taken, the audit log records one failed event', async () => {
    const { id } = await w.secret('twin');
    await remove(w.admin, 'twin');
    await w.secret('twin');
    const { events } = await recorded(() => restore(w.admin, id));
    expect(events).toMatchObject([
      { action: 'SECRET_RESTORE', outcome: 'FAILED', subject: { id, name: 'twin' }, changes: { code: 'NAME_TAKEN' } },
    ]);
  });
});

test('a malformed request records no audit event', async () => {
  const answers = [
    () => create(w.admin, { name: 'bad name', value: sentinel() }),
    () => rotate(w.admin, { name: 'x' }),
    () => tag(w.admin, 'x', manyTags(51)),
    () => w.anonymous.ask('{ secret(name: "x") { value(reveal: true) } }'),
  ];
  for (const attempt of answers) {
    const { answer, events } = await recorded(attempt);
    expect(['BAD_USER_INPUT', 'UNAUTHENTICATED']).toContain(answer.code);
    expect(events).toEqual([]);
  }
});
