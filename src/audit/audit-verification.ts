// Verifies the audit log in one snapshot of the database, together with the database rows that the audit events describe.
import type { KeyObject } from 'node:crypto';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database, Sql } from '../database/client.ts';
import { Unopenable } from '../errors.ts';
import type { AuditEvent } from './audit-event.ts';
import { findAuditKeys, openSealedKey, type SealedAuditKey } from './audit-key.ts';
import { checkpointPages, eventPages, findStreams } from './audit-source.ts';
import { fromStored } from './audit-store.ts';
import { type FactCheck, factCheck } from './fact-check.ts';
import { type LogCheck, logCheck } from './log-check.ts';
import { rowProblems } from './row-check.ts';
import { valueProblems } from './value-check.ts';

/** The result of a verification. */
export interface Verification {
  intact: boolean;
  eventsChecked: number;
  /** The first audit event that does not match its hash, or the first audit event after a gap in the event numbers. */
  brokenAt: AuditEvent | null;
  /** A readable description of the first problem. */
  problem: string | null;
  /** Readable descriptions of all problems, at most `MOST_LISTED`. The last item contains the number of further problems. */
  problems: string[];
  /** The gaps of the audit log that an operator acknowledged. An acknowledged gap is no problem. */
  acknowledgedGaps: AcknowledgedGap[];
}

/** The maximum number of problems and of acknowledged gaps that a verification describes. */
const MOST_LISTED = 100;

/** A gap of the audit log that an operator acknowledged. */
export interface AcknowledgedGap {
  /** A readable description of the gap. */
  problem: string;
  acknowledgedBy: string;
  reason: string;
  acknowledgedAt: Date;
}

export interface VerificationDeps {
  database: Database;
  keyring: Keyring;
}

/**
 * Runs `verifyLog`, one run at a time. Calls during a run share the next run. Therefore the result of a call covers every event that was committed
 * before the call.
 */
export function logVerifier(needs: VerificationDeps): () => Promise<Verification> {
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<Verification> | undefined;
  return () => {
    if (next !== undefined) return next;
    next = last.then(() => {
      next = undefined;
      return verifyLog(needs);
    });
    last = next.catch(() => {});
    return next;
  };
}

/**
 * Verifies the audit log. The argument `anchors` maps checkpoint numbers to the checkpoint hashes that were stored outside the database.
 * @throws Unavailable
 */
export function verifyLog(
  { database, keyring }: VerificationDeps,
  onProgress: (done: number, total: number) => void = () => {},
  anchors?: ReadonlyMap<number, string>,
): Promise<Verification> {
  return database.snapshot(async (sql) => {
    const { check, facts } = await checkLog(sql, keyring, onProgress, anchors);
    const ofRows = [
      ...(await valueProblems(sql, check.values(), check.lives(), MOST_LISTED)),
      ...(await rowProblems(sql, keyring, MOST_LISTED)),
      ...((await facts?.problems(sql)) ?? []),
    ];
    return verificationOf(check, ofRows);
  });
}

/** Checks every checkpoint and every audit event of the database. */
export async function checkLog(
  sql: Sql,
  keyring: Keyring,
  onProgress: (done: number, total: number) => void = () => {},
  anchors?: ReadonlyMap<number, string>,
): Promise<{ check: LogCheck; facts: FactCheck | undefined }> {
  const sealed = await findAuditKeys(sql);
  const keys = openKeys(keyring, sealed);
  const facts = factsUnder(keys.get(sealed[0]?.id ?? ''));
  const check = logCheck(keys, anchors, facts);
  for await (const page of checkpointPages(sql)) for (const checkpoint of page) check.checkpoint(checkpoint);
  const streams = await findStreams(sql);
  for (const row of streams) check.stream(row);
  const total = streams.reduce((sum, { seq }) => sum + seq, 0) - check.retired();
  for await (const page of eventPages(sql)) {
    for (const event of page) check.event(event);
    onProgress(check.eventsChecked(), total);
  }
  check.end();
  return { check, facts };
}

/** Combines the problems of the audit log with other problems. */
export function verificationOf(check: LogCheck, others: readonly string[]): Verification {
  const found = check.problems();
  const problems = [...found.map(({ text }) => text), ...others];
  const broken = found.find(({ event }) => event !== undefined)?.event;
  const more = problems.length - MOST_LISTED;
  return {
    intact: problems.length === 0,
    eventsChecked: check.eventsChecked(),
    brokenAt: broken === undefined ? null : fromStored(broken),
    problem: problems[0] ?? null,
    problems: more > 0 ? [...problems.slice(0, MOST_LISTED), `Verification found ${more} more problems.`] : problems,
    acknowledgedGaps: check
      .acknowledged()
      .slice(0, MOST_LISTED)
      .map(({ text, by, reason, at }) => ({
        problem: text,
        acknowledgedBy: by,
        reason,
        acknowledgedAt: new Date(at),
      })),
  };
}

/**
 * Returns the check that compares database rows with the facts in the audit log. Facts are hashed with the oldest audit key. Returns undefined if the
 * oldest audit key is missing, because the check of the audit log reports the missing key.
 */
function factsUnder(key: KeyObject | undefined): FactCheck | undefined {
  return key && factCheck(key);
}

/**
 * Returns a map from audit key ids to the audit keys that the keyring can decrypt. Verification reports events that were hashed with an audit key
 * outside this map.
 */
export function openKeys(keyring: Keyring, sealed: readonly SealedAuditKey[]): Map<string, KeyObject> {
  const opened = sealed.flatMap((sealedKey) => {
    try {
      return [openSealedKey(keyring, sealedKey)];
    } catch (error) {
      if (error instanceof Unopenable) return [];
      throw error;
    }
  });
  return new Map(opened.map(({ id, key }) => [id, key]));
}
