import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ChainedEvent,
  canonicalEvent,
  chain,
  GENESIS,
  type Head,
  link,
  type StoredEvent,
} from '../../src/audit/audit-chain.ts';
import { type Checkpoint, canonicalCheckpoint, checkpointHash } from '../../src/audit/audit-checkpoint.ts';
import { canonicalFact, digestOf, type Fact } from '../../src/audit/facts.ts';
import { logCheck } from '../../src/audit/log-check.ts';
import { asUuid } from '../support/brands.ts';

interface Vectors {
  key: string;
  events: { what: string; event: ChainedEvent; previous: string; canonical: string }[];
  facts: { what: string; fact: Fact; canonical: string; digest: string }[];
  checkpoints: { checkpoint: Checkpoint; previous: string; canonical: string }[];
}

const vectors: Vectors = JSON.parse(readFileSync(join(import.meta.dirname, 'vectors.json'), 'utf8'));
const key = createSecretKey(Buffer.from(vectors.key, 'hex'));

describe('test vectors from a second implementation of the audit chain', () => {
  test.each(vectors.events)(
    'the canonical form and hash of an audit event match the test vector: $what',
    ({ event, previous, canonical }) => {
      expect(canonicalEvent(event.stream, event.seq, event)).toBe(canonical);
      expect(link(key, previous, canonical)).toBe(event.hash);
    },
  );

  test.each(vectors.facts)(
    'the canonical form and digest of a recorded row state match the test vector: $what',
    ({ fact, canonical, digest }) => {
      expect(canonicalFact(fact)).toBe(canonical);
      expect(digestOf(key, fact)).toBe(digest);
    },
  );

  test.each(vectors.checkpoints)(
    'the canonical form and hash of a checkpoint match the test vector: $checkpoint.number',
    ({ checkpoint, previous, canonical }) => {
      expect(canonicalCheckpoint(checkpoint)).toBe(canonical);
      expect(checkpointHash(key, previous, checkpoint)).toBe(checkpoint.hash);
    },
  );
});

const STREAM = asUuid('01938a5c-0000-7000-8000-000000000001');
const KEY = asUuid('01938a5c-5555-7000-8000-000000000001');
const word = fc.string({ unit: 'binary', maxLength: 8 }).map((text) => text.toWellFormed());
const event: fc.Arbitrary<StoredEvent> = fc.record({
  ...{
    id: fc.uuid().map(asUuid),
    at: word,
    action: word,
    outcome: word,
    actorKind: word,
    actorId: word,
    actorName: word,
  },
  ...{ subjectKind: fc.option(word), subjectId: fc.option(word), subjectName: fc.option(word) },
  ...{ version: fc.option(fc.nat()), changes: fc.option(word), requestId: word, address: fc.option(word) },
  valueHash: fc.constant(null),
  facts: fc.option(word),
});
const log = fc.array(event, { minLength: 1, maxLength: 12 }).map((events) => chain(key, STREAM, GENESIS, events));

/**
 * Returns whether verification accepts an audit log with these events and this head. If not, the function also
 * returns the first faulty event, and the number of events up to this event.
 */
function checked(events: readonly ChainedEvent[], { seq, hash }: Head = GENESIS) {
  const check = logCheck(new Map([[KEY, key]]));
  check.stream({ id: STREAM, auditKeyId: KEY, seq, hash });
  for (const one of events) check.event(one);
  check.end();
  const [first] = check.problems();
  const read =
    first === undefined ? check.eventsChecked() : events.findIndex(({ seq }) => seq === first.event?.seq) + 1;
  return { intact: first === undefined, event: first?.event, read };
}

describe('verification of a randomly generated audit log', () => {
  test('verification reports no fault in an unchanged audit log', () => {
    fc.assert(
      fc.property(
        log,
        (events) => checked(events, events.at(-1)).intact && checked(events, events.at(-1)).read === events.length,
      ),
    );
  });

  test('two different audit events never have the same canonical form', () => {
    fc.assert(
      fc.property(event, event, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        return same === (canonicalEvent(STREAM, 1, one) === canonicalEvent(STREAM, 1, other));
      }),
    );
  });

  test('if any field of an audit event is changed, verification names this audit event', () => {
    fc.assert(
      fc.property(log, fc.nat(), event, fc.nat(), (events, at, other, field) => {
        const i = at % events.length;
        const names = Object.keys(other).filter((name) => name !== 'valueHash') as (keyof StoredEvent)[];
        const name = names[field % names.length] ?? 'action';
        const original = events[i];
        if (original === undefined) return false;
        fc.pre(JSON.stringify(original[name]) !== JSON.stringify(other[name]));
        const found = checked(events.with(i, { ...original, [name]: other[name] } as ChainedEvent), events.at(-1));
        return !found.intact && found.read === i + 1 && found.event?.seq === i + 1;
      }),
    );
  });

  test('if consecutive audit events are removed from any position, verification reports the position', () => {
    fc.assert(
      fc.property(log, fc.nat(), fc.nat(), (events, start, length) => {
        const from = start % events.length;
        const left = events.toSpliced(from, 1 + (length % events.length));
        const found = checked(left, events.at(-1));
        return !found.intact && found.read === Math.min(from + 1, left.length);
      }),
    );
  });

  test('if any two audit events are swapped, verification names the first of the two, with any event numbers', () => {
    fc.assert(
      fc.property(log, fc.nat(), fc.nat(), fc.boolean(), (events, one, two, renumbered) => {
        const [a, b] = [one % events.length, two % events.length].sort((x, y) => x - y) as [number, number];
        const [first, second] = [events[a], events[b]];
        fc.pre(a !== b && first !== undefined && second !== undefined);
        const swapped = events.with(a, second as ChainedEvent).with(b, first as ChainedEvent);
        const given = renumbered ? swapped.map((each, i) => ({ ...each, seq: i + 1 })) : swapped;
        const found = checked(given, events.at(-1));
        return !found.intact && found.read === a + 1;
      }),
    );
  });

  test('if an audit event is inserted at any position without the audit key, verification names the inserted audit event', () => {
    const forger = createSecretKey(Buffer.alloc(32, 7));
    fc.assert(
      fc.property(log, event, fc.nat(), (events, forged, at) => {
        const i = at % (events.length + 1);
        const [inserted] = chain(forger, STREAM, events[i - 1] ?? GENESIS, [forged]);
        const after = events.slice(i).map((each) => ({ ...each, seq: each.seq + 1 }));
        const all = [...events.slice(0, i), inserted as ChainedEvent, ...after];
        const found = checked(all, all.at(-1));
        return !found.intact && found.read === i + 1;
      }),
    );
  });
});
