// Tests how the audit log records a change that returns its audit event, and a change that throws an error.
import { beforeEach, expect, test } from 'vitest';
import type { AuditEvent, NewEvent } from '../../src/audit/audit-event.ts';
import { type AuditLog, auditLogFor, refusalsAbout } from '../../src/audit/audit-log.ts';
import type { AuditStream } from '../../src/audit/audit-stream.ts';
import { timeOf } from '../../src/audit/event-id.ts';
import { eventOf } from '../../src/audit/event-of-change.ts';
import type { Transaction } from '../../src/database/client.ts';
import { BadInput, Forbidden, NotFound, Unavailable } from '../../src/errors.ts';

const NOW = new Date('2026-11-30T08:00:00.123Z');
const actor = { kind: 'USER', id: 'usr_1', name: 'ann' } as const;
const named = { kind: 'SECRET', id: '', name: 'db' } as const;
const found = { kind: 'SECRET', id: 'sec_1', name: 'db' } as const;
const attempt = { action: 'SECRET_ROTATE', subject: named } as const;

let recorded: AuditEvent[];
let audit: AuditLog;
beforeEach(() => {
  recorded = [];
  const stream = {
    append: async (events) => void recorded.push(...[events].flat()),
    transaction: (work) => work({} as Transaction),
    include: (_, events) => void recorded.push(...events),
  } satisfies Partial<AuditStream>;
  audit = auditLogFor(
    { actor, requestId: 'r', address: null },
    { stream: stream as unknown as AuditStream, clock: { now: () => NOW } },
  );
});
const summaries = () =>
  recorded.map(({ action, subject, version, changes, outcome }) => ({ action, subject, version, changes, outcome }));

test('the audit log records the audit event that a change returns', async () => {
  const event: NewEvent = { action: 'SECRET_ROTATE', subject: found, version: 2, changes: { changed: true } };
  expect(await audit.change(attempt, async () => ({ result: 7, event }))).toBe(7);
  expect(recorded).toMatchObject([{ ...event, actor, requestId: 'r', address: null, outcome: 'DONE', at: NOW }]);
});

test('if a change is refused, the audit log records those fields of the audit event that were known when the error was thrown', async () => {
  const refused = audit.change(attempt, () =>
    refusalsAbout({ subject: found, version: 1 }, () =>
      refusalsAbout({ version: 3 }, async () => {
        throw new Forbidden('no');
      }),
    ),
  );
  await expect(refused).rejects.toThrow(Forbidden);
  expect(summaries()).toEqual([
    { action: 'SECRET_ROTATE', subject: found, version: 3, changes: { code: 'FORBIDDEN' }, outcome: 'REFUSED' },
  ]);
});

test('if the code catches an error and throws a second error, the audit event contains no data of the first error', async () => {
  const refused = audit.change(attempt, async () => {
    await refusalsAbout({ subject: found }, async () => {
      throw new NotFound('secret');
    }).catch(() => {});
    throw new NotFound('secret');
  });
  await expect(refused).rejects.toThrow(NotFound);
  expect(summaries()).toMatchObject([{ subject: named, version: null, outcome: 'REFUSED' }]);
});

test('the audit log does not record requests that fail because of invalid input or unavailability', async () => {
  for (const error of [new BadInput('name', 'a name'), new Unavailable()]) {
    const work = async () => {
      throw error;
    };
    await expect(audit.change(attempt, work)).rejects.toBe(error);
    await expect(audit.before(attempt, work)).rejects.toBe(error);
    await expect(audit.recordIfThrown(attempt, work)).rejects.toBe(error);
  }
  expect(recorded).toEqual([]);
});

test('the audit log records an internal error as a failed attempt, without the error message', async () => {
  const work = async () => {
    throw new TypeError('a detail that the audit log must not contain');
  };
  await expect(audit.before(attempt, work)).rejects.toThrow(TypeError);
  expect(summaries()).toEqual([
    { ...attempt, version: null, changes: { code: 'INTERNAL_SERVER_ERROR' }, outcome: 'FAILED' },
  ]);
});

test('the rows that a transaction changes refer to the id and the time of the last audit event of the transaction', async () => {
  const before = new Date(NOW.getTime() - 50);
  let id = '';
  await audit.change(attempt, async (tx) => {
    id = eventOf(tx, before);
    expect(eventOf(tx, NOW)).toBe(id);
    return { result: undefined, events: [attempt, { action: 'SECRET_TAG', subject: found }] };
  });
  expect(recorded.map(({ action }) => action)).toEqual(['SECRET_ROTATE', 'SECRET_TAG']);
  expect(recorded.at(-1)).toMatchObject({ id, at: before });
  expect(recorded[0]?.id).not.toBe(id);
  for (const event of recorded) expect(event.at).toEqual(timeOf(event.id));
});
