// Acknowledges problems of the audit log that an operator knows, such as the gap after the failover to a database standby that was behind. Later
// verifications report an acknowledged gap, and find every other problem.
import type { Keyring } from '../crypto/keyring.ts';
import type { Database } from '../database/client.ts';
import { BadInput } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import type { Acknowledgement } from './audit-checkpoint.ts';
import type { AuditLog } from './audit-log.ts';
import type { AuditStream } from './audit-stream.ts';
import { checkLog } from './audit-verification.ts';
import { writeCheckpoint } from './checkpoint-store.ts';

const MAX_CHARS = 1_000;

export interface AcknowledgementDeps {
  database: Database;
  keyring: Keyring;
  stream: AuditStream;
  audit: AuditLog;
  clock: Clock;
}

/** The problems of the audit log that no operator acknowledged. */
export interface OpenProblems {
  /** Problems that an operator can acknowledge. */
  gaps: Acknowledgement['problems'];
  /** Problems that an operator cannot acknowledge, because the check cannot read a part of the audit log. */
  others: string[];
}

/** Checks the audit log, and returns the problems that no operator acknowledged. Does not check the rows of secrets and access. */
export function findOpenProblems(
  { database, keyring }: Pick<AcknowledgementDeps, 'database' | 'keyring'>,
  onProgress?: (done: number, total: number) => void,
): Promise<OpenProblems> {
  return database.snapshot(async (sql) => {
    const { check } = await checkLog(sql, keyring, onProgress);
    const found: OpenProblems = { gaps: [], others: [] };
    for (const { text, evidence } of check.problems()) {
      if (evidence === undefined) found.others.push(text);
      else found.gaps.push({ text, evidence });
    }
    return found;
  });
}

/**
 * Records that an operator knows `gaps`. A checkpoint contains the acknowledgement, and an audit event records the same.
 * INVARIANT: an acknowledgement applies only while the data of the gap is unchanged.
 */
export async function acknowledge(
  { stream, audit, clock }: AcknowledgementDeps,
  { by, reason, gaps }: { by: string; reason: string; gaps: OpenProblems['gaps'] },
): Promise<void> {
  requireText(by, 'by');
  requireText(reason, 'reason');
  const key = await stream.key();
  await audit.change({ action: 'AUDIT_ACKNOWLEDGE', subject: null }, async (tx) => {
    await writeCheckpoint(tx, key, clock.now(), { acknowledged: { by, reason, problems: gaps } });
    const changes = { by, reason, problems: gaps.map(({ text }) => text) };
    return { result: undefined, event: { action: 'AUDIT_ACKNOWLEDGE', subject: null, changes } };
  });
}

function requireText(text: string, argument: string): void {
  if (text.trim() === '' || text.length > MAX_CHARS)
    throw new BadInput(argument, `must have 1 to ${MAX_CHARS} characters`);
}
