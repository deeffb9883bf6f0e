// Tests the audit events of REST requests, and the number of database statements that a request takes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf, type SomeEvent } from '../audit/events.ts';
import { type RestClient, restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeApplication, type World, world } from '../support/world.ts';

let w: World;
let admin: RestClient;
let app: SomeApplication;
let asApp: RestClient;
beforeAll(async () => {
  w = await world();
  admin = restClient(w.url, w.admin.token);
  app = await w.application('post');
  asApp = restClient(w.url, app.token);
});
afterAll(() => w.close());

const TEXT = { 'content-type': 'text/plain' };
const put = (who: RestClient, name: string, value = sentinel()) =>
  who.send('PUT', `/secrets/${name}`, value, { headers: TEXT });
const reveal = (who: RestClient, name: string) => who.send('GET', `/secrets/${name}`, undefined, { revealing: true });

/** Returns the audit events, oldest first. */
const eventsAbout = async (secret: string) => (await eventsOf(w.admin, { secret })).reverse();
const brief = ({ action, outcome, version }: SomeEvent) => `${action} ${outcome} ${version ?? '-'}`;

test('each change through REST records an audit event with its action, actor and address', async () => {
  const name = 'diary';
  await w.grant(app.id, ['CREATE', 'READ', 'UPDATE', 'DELETE'], name);
  const value = sentinel();
  await put(asApp, name);
  await put(asApp, name, value);
  await put(asApp, name, value);
  await reveal(asApp, name);
  await asApp.send('PUT', `/secrets/${name}/tags`, [{ key: 'env', value: 'dev' }]);
  await asApp.send('PUT', `/secrets/${name}/tags`, [{ key: 'env', value: 'prod' }]);
  await asApp.send('DELETE', `/secrets/${name}/tags`, [{ key: 'env', value: 'prod' }]);
  await asApp.send('DELETE', `/secrets/${name}`, undefined, { headers: { 'x-request-id': 'the-last' } });

  const events = (await eventsAbout(name)).filter(({ action }) => action.startsWith('SECRET_'));
  expect(events.map((event) => [brief(event), event.changes])).toEqual([
    ['SECRET_CREATE DONE 1', { tags: [], expiresAt: null }],
    ['SECRET_ROTATE DONE 2', { changed: true, from: 1, generated: false }],
    ['SECRET_ROTATE DONE 2', { changed: false, from: 2, generated: false }],
    ['SECRET_REVEAL DONE 2', null],
    ['SECRET_TAG DONE -', { tags: ['env:dev'] }],
    ['SECRET_UNTAG DONE -', { tags: ['env:dev'] }],
    ['SECRET_TAG DONE -', { tags: ['env:prod'] }],
    ['SECRET_UNTAG DONE -', { tags: ['env:prod'] }],
    ['SECRET_DELETE DONE -', { purged: false }],
  ]);
  for (const { actor, subject, address } of events) {
    expect({ actor, subject, address }).toMatchObject({
      actor: { kind: 'APPLICATION', id: app.id, name: 'post' },
      subject: { kind: 'SECRET', id: expect.stringMatching(/^sec_/), name },
      address: '127.0.0.1',
    });
  }
  expect(events.at(-1)?.requestId).toBe('the-last');
});

test('each refused REST request records an audit event, and these events distinguish refusals that the caller cannot distinguish', async () => {
  const hidden = await w.secret('hidden');
  await reveal(asApp, 'hidden');
  await put(asApp, 'hidden');
  await asApp.send('DELETE', '/secrets/hidden');
  await asApp.send('PUT', '/secrets/hidden/tags', [{ key: 'a', value: 'b' }]);
  await reveal(asApp, 'missing');
  await asApp.send('DELETE', '/secrets/missing');
  await put(restClient(w.url, (await w.user('bob', { roles: ['USER'] })).token), 'hidden');

  expect((await eventsAbout('hidden')).map((event) => [brief(event), event.changes?.code, event.subject?.id])).toEqual([
    ['SECRET_CREATE DONE 1', undefined, hidden.id],
    ['SECRET_REVEAL REFUSED -', 'NOT_FOUND', hidden.id],
    ['SECRET_CREATE REFUSED -', 'FORBIDDEN', ''],
    ['SECRET_DELETE REFUSED -', 'NOT_FOUND', hidden.id],
    ['SECRET_TAG REFUSED -', 'NOT_FOUND', hidden.id],
    ['SECRET_CREATE FAILED -', 'NAME_TAKEN', ''],
  ]);
  expect((await eventsAbout('missing')).map((event) => [brief(event), event.changes?.code, event.subject?.id])).toEqual(
    [
      ['SECRET_REVEAL REFUSED -', 'NOT_FOUND', ''],
      ['SECRET_DELETE REFUSED -', 'NOT_FOUND', ''],
    ],
  );
});

describe('REST while the audit log cannot be written', () => {
  let value: string;
  beforeAll(async () => {
    value = (await w.secret('kept', { tags: ['env:prod'] })).value;
    await w.grant(app.id, 'READ', 'kept');
    await w.database.query('ALTER TABLE audit_events RENAME TO audit_events_away');
  });
  afterAll(() => w.database.query('ALTER TABLE audit_events_away RENAME TO audit_events'));

  test.each([
    ['an administrator gets no value', () => admin.send('GET', '/secrets/kept')],
    ['a caller with READ gets no value', () => asApp.send('GET', '/secrets/kept')],
    ['HEAD gets no answer about a value', () => admin.send('HEAD', '/secrets/kept')],
    ['a caller without access gets no refusal', () => asApp.send('GET', '/secrets/other')],
    ['no secret is created', () => put(admin, 'new')],
    ['no secret is rotated', () => put(admin, 'kept')],
    ['no secret is deleted', () => admin.send('DELETE', '/secrets/kept')],
    ['no secret is tagged', () => admin.send('PUT', '/secrets/kept/tags', [{ key: 'env', value: 'dev' }])],
    ['no secret is untagged', () => admin.send('DELETE', '/secrets/kept/tags', [{ key: 'env', value: 'prod' }])],
  ])('if the audit log cannot be written, %s, and the answer is 503 and retryable', async (_, ask) => {
    const answer = await ask();
    expect(answer.status).toBe(503);
    if (answer.text !== '') expect(answer.json).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    expect(answer.text).not.toContain(value);
  });

  test('if the audit log cannot be written, the gateway answers reads that need no audit event, and refuses changes without saving any part', async () => {
    expect((await admin.send('GET', '/secrets-v2')).json).toContainEqual({
      name: 'kept',
      tags: [{ key: 'env', value: 'prod' }],
    });
    expect((await admin.send('GET', '/secrets/new/exists')).json).toBe(false);
  });
});

describe('database statements of REST requests', () => {
  const countOf = async (ask: () => Promise<unknown>): Promise<number> => {
    const before = w.database.statements();
    await ask();
    return w.database.statements() - before;
  };

  test('a repeated reveal through REST or GraphQL takes one database statement, which confirms the cached secret and writes the audit event', async () => {
    const ops = await w.group('ops', []);
    const ann = await w.user('ann', { groups: [ops] });
    await w.grant(ops, 'READ', 'env:paid');
    const secret = await w.secret('paid', { tags: ['env:paid', 'team:a'] });
    const asAnn = restClient(w.url, ann.token);
    expect((await reveal(asAnn, 'paid')).text).toBe(secret.value);

    const byRest = await countOf(() => reveal(asAnn, 'paid'));
    const byGraphQL = await countOf(() => w.reveal(ann, 'paid'));
    expect([byRest, byGraphQL]).toEqual([1, 1]);
  });

  test('listing the secrets of one page takes one database statement', async () => {
    await admin.send('GET', '/secrets');
    for (const path of ['/secrets', '/secrets-v2']) {
      expect([path, await countOf(() => admin.send('GET', path))]).toEqual([path, 1]);
    }
  });
});
