// Compares the audit log with the database rows that determine access and secret values. The tables must contain exactly the rows that audit events
// recorded.
import type { KeyObject } from 'node:crypto';
import type { Sql } from '../database/client.ts';
import { toGlobalId } from '../primitives/ids.ts';
import type { CheckpointFacts } from './audit-checkpoint.ts';
import { checkpointPages, type FactEvent, factEventPages } from './audit-source.ts';
import { factPages } from './fact-source.ts';
import { type FactSums, factSums } from './fact-sums.ts';
import { digestOf, type Fact, readFacts, type Sign } from './facts.ts';

/** Receives the facts that checkpoints and audit events list, in the order of the audit log. */
export interface FactLedger {
  checkpoint(facts: CheckpointFacts): void;
  event(facts: string): void;
}

/** Receives the digest of one fact. The argument `sign` says whether the fact began or ended. */
type Take = (digest: string, sign: Sign) => void;

export interface FactCheck extends FactLedger {
  /**
   * Describes the rows that differ from the audit log, at most `MOST_NAMED` rows. The caller calls `problems` after the caller read the whole audit
   * log.
   */
  problems(sql: Sql): Promise<string[]>;
}

/** Facts are hashed with `key`, the oldest audit key of the log. */
export function factCheck(key: KeyObject): FactCheck {
  const sums = factSums();
  return {
    checkpoint: ({ changes }) => readFacts(changes, sums.add),
    event: (facts) => readFacts(facts, sums.add),
    async problems(sql) {
      for await (const page of factPages(sql)) for (const fact of page) sums.add(digestOf(key, fact), -1);
      const uneven = sums.uneven();
      return uneven.size === 0 ? [] : explain(sql, key, sums, uneven);
    },
  };
}

/** Maximum number of buckets in which `explain` searches for facts that differ from the audit log. */
const MOST_BUCKETS = 1_000;
/** Maximum number of database rows that the description of a problem lists. */
const MOST_NAMED = 100;

/** Reads the audit log and the database rows a second time, and describes the rows that differ from the audit log. */
async function explain(sql: Sql, key: KeyObject, sums: FactSums, uneven: ReadonlySet<number>): Promise<string[]> {
  const buckets = new Set([...uneven].slice(0, MOST_BUCKETS));
  const left = new Map<string, { count: number; event: FactEvent | undefined }>();
  const taking = (event?: FactEvent): Take => {
    return (digest, sign) => {
      if (!buckets.has(sums.bucketOf(digest))) return;
      const before = left.get(digest) ?? { count: 0, event };
      left.set(digest, { count: before.count + sign, event: event ?? before.event });
    };
  };
  for await (const page of checkpointFacts(sql)) for (const { changes } of page) readFacts(changes, taking());
  for await (const page of factEventPages(sql)) for (const event of page) readFacts(event.facts, taking(event));

  const problems: string[] = [];
  for await (const page of factPages(sql)) {
    for (const fact of page) {
      const digest = digestOf(key, fact);
      if (!buckets.has(sums.bucketOf(digest))) continue;
      const logged = left.get(digest);
      if (logged !== undefined && logged.count > 0) left.set(digest, { ...logged, count: logged.count - 1 });
      else if (problems.length < MOST_NAMED) problems.push(`${nameOf(fact)}: no audit event recorded this state.`);
    }
  }
  for (const { count, event } of left.values()) {
    if (count <= 0 || problems.length >= MOST_NAMED) continue;
    problems.push(
      event === undefined
        ? 'A database row that a retired audit event recorded was removed or changed.'
        : `A row that event ${event.id} wrote (${event.action}${event.subjectId ? ` of ${event.subjectId}` : ''}) was removed or changed.`,
    );
  }
  if (problems.length === 0)
    return ['An audit event records that a database row ended, but no audit event records that the row began.'];
  return problems;
}

async function* checkpointFacts(sql: Sql): AsyncGenerator<CheckpointFacts[]> {
  for await (const page of checkpointPages(sql, "(c.body -> 'facts') IS NOT NULL")) {
    yield page.flatMap(({ body }) => JSON.parse(body).facts ?? []);
  }
}

/**
 * Describes the database row that a fact represents, for the message of a verification problem. The description identifies objects by global ids. The
 * description contains no secret value, hash or password.
 */
export function nameOf(fact: Fact): string {
  switch (fact[0]) {
    case 'user':
      return `User ${toGlobalId('USER', fact[1])}, its name, comparison form, state or password`;
    case 'group':
      return `Group ${toGlobalId('GROUP', fact[1])}, its name or comparison form`;
    case 'application':
      return `Application ${toGlobalId('APPLICATION', fact[1])}`;
    case 'access-key':
      return `Access key ${toGlobalId('ACCESS_KEY', fact[1])}, its application, secret or state`;
    case 'signing-key':
      return `Signing key ${JSON.stringify(fact[1].slice(0, 100))}`;
    case 'role':
      return `Role ${JSON.stringify(fact[3])} of ${toGlobalId(fact[1], fact[2])}`;
    case 'custom-role':
      return `A role of ${toGlobalId(fact[1], fact[2])}`;
    case 'member':
      return `A member of group ${toGlobalId('GROUP', fact[1])}`;
    case 'grant':
      return `Grant ${toGlobalId('PERMISSION', fact[1])}`;
    case 'secret':
      return `Secret ${toGlobalId('SECRET', fact[1])}, its name, creator, current version, deletion or expiry`;
    case 'version':
      return `Version ${fact[2]} of secret ${toGlobalId('SECRET', fact[1])}`;
    case 'tag':
      return `A tag of secret ${toGlobalId('SECRET', fact[1])}`;
  }
}
