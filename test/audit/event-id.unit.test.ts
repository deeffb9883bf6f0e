import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventId, timeOf } from '../../src/audit/event-id.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const times = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });

test('the id of an audit event contains the time of the event in milliseconds, even if the clock jumps', () => {
  fc.assert(
    fc.property(fc.array(times, { minLength: 1 }), (clock) => {
      const ids = clock.map(eventId);
      for (const id of ids) expect(id).toMatch(UUID_V7);
      expect(ids.map(timeOf)).toEqual(clock);
      expect(new Set(ids).size).toBe(ids.length);
    }),
  );
});

test('the ids of audit events of one millisecond sort in the order of their creation', () => {
  const at = new Date('2026-11-22T06:44:04.123Z');
  eventId(new Date(0));
  const ids = Array.from({ length: 4_096 }, () => eventId(at));
  expect(ids.toSorted()).toEqual(ids);
});
