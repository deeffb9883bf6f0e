// Writes a checkpoint of the audit log every minute and when the gateway stops. The gateway also logs each checkpoint in its application log.
import type { Logger } from 'pino';
import type { Database } from '../database/client.ts';
import { GatewayError } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import type { CheckpointBody, RecordedValue } from './audit-checkpoint.ts';
import type { AuditStream } from './audit-stream.ts';
import {
  findRecordedValues,
  findUnsealed,
  isWritten,
  type Unsealed,
  type Written,
  writeCheckpoint,
} from './checkpoint-store.ts';

const MINUTE_MS = 60_000;

export interface SealingDeps {
  database: Database;
  stream: AuditStream;
  clock: Clock;
}

/** The fields of a checkpoint that the gateway writes to the application log. */
export interface Sealed extends Written {
  streams: NonNullable<CheckpointBody['streams']>;
}

/** Writes a checkpoint immediately, every minute, and when the caller calls `stop`. */
export function startSealing(needs: SealingDeps & { log: Logger }): { stop(): Promise<void> } {
  const seal = sealer(needs);
  let running: Promise<void> = Promise.resolve();
  const run = () => {
    running = running
      .then(seal)
      .then((checkpoint) => {
        // The log line is an anchor outside the database: `secrets-gateway audit verify --anchors` reads the line.
        if (checkpoint !== undefined) needs.log.info({ checkpoint }, 'audit checkpoint');
      })
      .catch((error: unknown) => {
        const code = error instanceof GatewayError ? error.code : 'INTERNAL_SERVER_ERROR';
        needs.log.warn({ code }, 'writing an audit checkpoint failed; the next attempt follows in one minute');
      });
  };
  run();
  const timer = setInterval(run, MINUTE_MS);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await needs.stream.drained();
      run();
      await running;
    },
  };
}

/**
 * Returns a function that writes a checkpoint of all events that no checkpoint seals yet. The checkpoint also seals streams of other processes,
 * because these processes may have ended without a last checkpoint. If checkpoints already seal all events, the function returns undefined.
 */
export function sealer({ database, stream, clock }: SealingDeps): () => Promise<Sealed | undefined> {
  const sealedUpTo = new Map<string, number>();
  let newest: Written | undefined;
  return async () => {
    await stream.compareHeads();
    // INVARIANT: if the newest checkpoint of this process is missing from the database, the next checkpoint skips a number and seals all streams of
    // this process again. Because of the skipped number, verification reports the gap.
    const lost = newest !== undefined && !(await isWritten(database, newest)) ? newest : undefined;
    if (lost !== undefined) sealedUpTo.clear();
    // INVARIANT: for its own streams, a process does not read the head from the database. The process seals the newest head whose commit the process
    // has confirmed.
    const own = stream.committed();
    const others = (await findUnsealed(database)).filter(({ id }) => !own.some((head) => head.id === id));
    const due: Unsealed[] = [
      ...own
        .map((head) => ({ ...head, sealedSeq: sealedUpTo.get(head.id) ?? 0 }))
        .filter(({ seq, sealedSeq }) => seq > sealedSeq),
      ...others,
    ];
    if (due.length === 0 && lost === undefined) return undefined;
    const secrets: RecordedValue[] = [];
    for (const { id, seq, sealedSeq } of due) {
      secrets.push(...(await findRecordedValues(database, { id, after: sealedSeq, upTo: seq })));
    }
    const streams = due.map(({ id, seq, hash }) => ({ id, seq, hash }));
    const written = await writeCheckpoint(database, await stream.key(), clock.now(), { streams, secrets }, lost);
    newest = written;
    for (const { id, seq } of own) sealedUpTo.set(id, seq);
    return { ...written, streams };
  };
}
