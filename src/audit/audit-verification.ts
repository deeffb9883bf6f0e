// Walks the log as it is at one moment and checks all of it, with the secrets that it tells of.
import type { KeyObject } from 'node:crypto';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database } from '../database/client.ts';
import { Unopenable } from '../errors.ts';
import type { AuditEvent } from './audit-event.ts';
import { findAuditKeys, openSealedKey, type SealedAuditKey } from './audit-key.ts';
import { checkpointPages, eventPages, findStreams } from './audit-source.ts';
import { fromStored } from './audit-store.ts';
import { type FactCheck, factCheck } from './fact-check.ts';
import { logCheck } from './log-check.ts';
import { rowProblem } from './row-check.ts';
import { valueProblem } from './value-check.ts';

export interface Verification {
  intact: boolean;
  eventsChecked: number;
  /** The first event that does not fit, or before which something is missing. */
  brokenAt: AuditEvent | null;
  /** For people. */
  problem: string | null;
}

export interface VerificationNeeds {
  database: Database;
  keyring: Keyring;
}

/** The same, one at a time. All who ask meanwhile wait for one more, which begins after they asked, and get what that finds. */
export function logVerifier(needs: VerificationNeeds): () => Promise<Verification> {
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

/** @throws Unavailable */
export function verifyLog(
  { database, keyring }: VerificationNeeds,
  onProgress: (done: number, total: number) => void = () => {},
  anchors?: ReadonlyMap<number, string>,
): Promise<Verification> {
  return database.snapshot(async (sql) => {
    const sealed = await findAuditKeys(sql);
    const keys = openKeys(keyring, sealed);
    const facts = factsUnder(keys.get(sealed[0]?.id ?? ''));
    const check = logCheck(keys, anchors, facts);
    for await (const page of checkpointPages(sql)) for (const one of page) check.checkpoint(one);
    const streams = await findStreams(sql);
    for (const row of streams) check.stream(row);
    const total = streams.reduce((sum, { seq }) => sum + seq, 0) - check.retired();
    for await (const page of eventPages(sql)) {
      for (const event of page) check.event(event);
      onProgress(check.eventsChecked(), total);
      if (check.problem() !== undefined) break;
    }
    check.end();
    const found = check.problem();
    const problem =
      found?.text ??
      (await valueProblem(sql, check.values(), check.lives())) ??
      (await rowProblem(sql, keyring)) ??
      (await facts?.problem(sql)) ??
      null;
    return {
      intact: problem === null,
      eventsChecked: check.eventsChecked(),
      brokenAt: found?.event === undefined ? null : fromStored(found.event),
      problem,
    };
  });
}

/** Facts are hashed with the log's oldest key, as gateways do. If that key is missing, the check of the log fails anyway. */
function factsUnder(key: KeyObject | undefined): FactCheck | undefined {
  return key && factCheck(key);
}

/** Those that open. What was chained under another cannot be checked, and so does not pass. */
export function openKeys(keyring: Keyring, sealed: readonly SealedAuditKey[]): Map<string, KeyObject> {
  const opened = sealed.flatMap((one) => {
    try {
      return [openSealedKey(keyring, one)];
    } catch (error) {
      if (error instanceof Unopenable) return [];
      throw error;
    }
  });
  return new Map(opened.map(({ id, key }) => [id, key]));
}
