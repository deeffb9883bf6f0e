import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventId } from '../../src/audit/event-id.ts';
import { newId } from '../../src/primitives/ids.ts';
import { refusals, rotate } from '../secrets/operations.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeUser, type World, world } from '../support/world.ts';
import { askEvents, eventsOf, type SomeEvent } from './events.ts';

let w: World;
let ann: SomeUser;
let auditor: SomeUser;
/** Returns all audit events, newest first. */
let whole: SomeEvent[];
let middle: string;

beforeAll(async () => {
  w = await world();
  ann = await w.user('ann', { roles: ['USER'] });
  auditor = await w.user('audrey', { roles: ['AUDITOR'] });
  const bob = await w.user('bob');
  await w.secret('db', { by: ann });
  await w.secret('other');
  await w.grant(bob.id, 'READ', 'db');
  await w.grant(bob.id, 'READ', 'env:prod');
  await w.reveal(bob, 'db');
  await w.reveal(bob, 'other');
  await new Promise((resolve) => setTimeout(resolve, 5));
  middle = w.clock.now().toISOString();
  await rotate(ann, { name: 'db', value: sentinel(), expectedVersion: 5 });
  await rotate(ann, { name: 'db', value: sentinel() });
  await rotate(bob, { name: 'db', value: sentinel() });
  await w.reveal(ann, 'db');
  // Several audit events in this test have the same time.
  const one = {
    action: 'SIGN_IN',
    outcome: 'REFUSED',
    subject: null,
    version: null,
    changes: null,
    address: null,
  } as const;
  const actor = { kind: 'ANONYMOUS', id: '', name: '' } as const;
  await Promise.all(
    Array.from({ length: 7 }, (_, i) =>
      w.stream.append({ ...one, id: eventId(new Date(middle)), at: new Date(middle), actor, requestId: `req-${i}` }),
    ),
  );
  whole = await eventsOf(auditor);
});
afterAll(() => w.close());

test('the audit log lists audit events newest first', () => {
  const times = whole.map((event) => Date.parse(event.at));
  expect(times).toEqual([...times].sort((a, b) => b - a));
  expect(whole.length).toBeGreaterThan(20);
  expect(whole[0]).toMatchObject({ action: 'SECRET_REVEAL', actor: { name: 'ann' } });
});

describe('permission to read the audit log', () => {
  test('callers with ADMIN or AUDITOR can read all audit events', async () => {
    expect(await eventsOf(w.admin)).toEqual(whole);
  });

  test("a caller with neither ADMIN nor AUDITOR cannot read any audit event, not even an event about the caller's own actions", async () => {
    for (const filter of [{}, { actorId: ann.id }, { secret: 'db' }]) {
      const answer = await askEvents(ann, { filter });
      expect(answer.data).toBeNull();
      expect(refusals(answer)).toEqual([{ code: 'FORBIDDEN', path: 'auditEvents', field: undefined }]);
    }
    expect((await askEvents(w.anonymous)).code).toBe('UNAUTHENTICATED');
  });

  test('callers with ADMIN or AUDITOR can read an audit event by its id', async () => {
    const { id } = whole[0] ?? { id: '' };
    expect(id).toMatch(/^aud_[0-9a-f]{32}$/);
    const query = 'query ($id: ID!) { node(id: $id) { id ... on AuditEvent { action } } }';
    expect((await auditor.get(query, { id })).node).toEqual({ id, action: 'SECRET_REVEAL' });
    expect((await ann.get(query, { id })).node).toBeNull();
  });

  test('a query by id finds every existing audit event, and a query by an unknown id finds no audit event', async () => {
    const query = 'query ($id: ID!) { node(id: $id) { id ... on AuditEvent { requestId } } }';
    for (const { id, requestId } of whole) expect((await auditor.get(query, { id })).node).toEqual({ id, requestId });
    for (const nothing of ['0'.repeat(32), 'f'.repeat(32), newId().replaceAll('-', '')])
      expect((await auditor.get(query, { id: `aud_${nothing}` })).node).toBeNull();
  });

  test('an audit event shows an AUDITOR no secret value and no secret of an access key', async () => {
    expect(await w.reveal(auditor, 'db')).toBeNull();
  });
});

describe('filters of audit events', () => {
  const SECRETS = ['SECRET', 'PERMISSION'];
  const FILTERS: [string, () => object, (event: SomeEvent) => boolean][] = [
    ['actor', () => ({ actorId: ann.id }), (event) => event.actor.id === ann.id],
    [
      'secret, with its grants',
      () => ({ secret: 'db' }),
      (event) => SECRETS.includes(event.subject?.kind ?? '') && event.subject?.name === 'db',
    ],
    [
      'actions',
      () => ({ actions: ['SECRET_REVEAL', 'SECRET_CREATE'] }),
      (event) => ['SECRET_REVEAL', 'SECRET_CREATE'].includes(event.action),
    ],
    ['DONE', () => ({ outcome: 'DONE' }), (event) => event.outcome === 'DONE'],
    ['REFUSED', () => ({ outcome: 'REFUSED' }), (event) => event.outcome === 'REFUSED'],
    ['FAILED', () => ({ outcome: 'FAILED' }), (event) => event.outcome === 'FAILED'],
    ['from', () => ({ from: middle }), (event) => Date.parse(event.at) >= Date.parse(middle)],
    ['until', () => ({ until: middle }), (event) => Date.parse(event.at) < Date.parse(middle)],
  ];
  const ids = (events: SomeEvent[]) => events.map((event) => event.id);

  test.each(FILTERS)('the filter of audit events by %s finds the matching events', async (_, filter, holds) => {
    const found = ids(whole.filter(holds));
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(whole.length);
    expect(ids(await eventsOf(w.admin, filter())).filter((id) => ids(whole).includes(id))).toEqual(found);
  });

  test('if a query has several filters, every audit event in the answer matches all filters', async () => {
    const sets = FILTERS.flatMap((one, i) => FILTERS.slice(i + 1).map((two) => [one, two]));
    for (const set of [...sets, FILTERS.filter(([name]) => !['REFUSED', 'FAILED', 'until'].includes(name))]) {
      const filter = Object.assign({}, ...set.map(([, make]) => make()));
      // If two filters set the same field, the second filter replaces the first filter.
      const last = set.filter(
        ([, make], i) => !set.slice(i + 1).some(([, other]) => Object.keys(other())[0] === Object.keys(make())[0]),
      );
      const expected = whole.filter((event) => last.every(([, , holds]) => holds(event)));
      expect(ids(await eventsOf(auditor, filter)).filter((id) => ids(whole).includes(id))).toEqual(ids(expected));
    }
  });

  test.each([
    [{ actorId: 'usr_00000000000070008000000000000000' }],
    [{ actorId: 'garbage' }],
    [{ actorId: '\u0000' }],
    [{ secret: 'no-such' }],
    [{ secret: '\u0000' }],
    [{ secret: '%' }],
    [{ actions: [] }],
    [{ from: '9999-01-01T00:00:00Z' }],
    [{ until: '0001-01-01T00:00:00Z' }],
  ])('the filter %j matches no audit event', async (filter) => {
    expect(await eventsOf(auditor, filter)).toEqual([]);
  });
});

describe('pages of audit events', () => {
  test.each([1, 2, 5, 50])(
    'pages of %i audit events together contain the events of one large page, even if several events have the same time',
    async (first) => {
      const filter = { until: w.clock.in({ days: 1 }), from: new Date(Date.parse(middle) - 60_000).toISOString() };
      const all = await eventsOf(auditor, filter);
      const paged: SomeEvent[] = [];
      for (let after: string | null = null; ; ) {
        const { data } = await askEvents(auditor, { filter, first, after });
        paged.push(...data.auditEvents.nodes);
        if (!data.auditEvents.pageInfo.hasNextPage) break;
        after = data.auditEvents.pageInfo.endCursor;
      }
      expect(paged).toEqual(all);
    },
  );

  test('if the gateway records an audit event while a client reads pages, the remaining pages do not shift', async () => {
    const before = await eventsOf(auditor);
    const { data } = await askEvents(auditor, { first: 3 });
    await w.reveal(ann, 'db');
    const next = await askEvents(auditor, { first: 3, after: data.auditEvents.pageInfo.endCursor });
    expect(next.data.auditEvents.nodes).toEqual(before.slice(3, 6));
  });

  test.each([0, 201, -1])('auditEvents refuses a page size of %i', async (first) => {
    expect(refusals(await askEvents(auditor, { first }))).toMatchObject([{ code: 'BAD_USER_INPUT', field: 'first' }]);
  });

  const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  test.each([
    '',
    '*',
    cursor('x', '00000000-0000-7000-8000-000000000000'),
    cursor('2026-01-01T00:00:00.000Z', 'x'),
    cursor('2026-01-01T00:00:00.000Z'),
  ])('auditEvents refuses the forged cursor %j', async (after) => {
    expect(refusals(await askEvents(auditor, { after }))).toEqual([
      { code: 'BAD_USER_INPUT', path: 'auditEvents', field: 'after' },
    ]);
  });
});
