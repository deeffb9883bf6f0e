// Seals, every minute and when the gateway stops, how far the log has come into a checkpoint, and says so in the process' own log.
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

export interface SealingNeeds {
  database: Database;
  stream: AuditStream;
  clock: Clock;
}

/** A checkpoint as it is told to the outside. */
export interface Sealed extends Written {
  streams: NonNullable<CheckpointBody['streams']>;
}

/** Seals at once, every minute, and at the end. */
export function startSealing(needs: SealingNeeds & { log: Logger }): { stop(): Promise<void> } {
  const seal = sealer(needs);
  let running: Promise<void> = Promise.resolve();
  const run = () => {
    running = running
      .then(seal)
      .then((checkpoint) => {
        // An anchor outside of the database.
        if (checkpoint !== undefined) needs.log.info({ checkpoint }, 'audit checkpoint');
      })
      .catch((error: unknown) => {
        const code = error instanceof GatewayError ? error.code : 'INTERNAL_SERVER_ERROR';
        needs.log.warn({ code }, 'no audit checkpoint could be written; it is tried again in a minute');
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
 * Writes a checkpoint of whatever none has sealed yet: of this process' streams, and of those of others, who may have been killed.
 * Undefined if there is nothing.
 */
export function sealer({ database, stream, clock }: SealingNeeds): () => Promise<Sealed | undefined> {
  const sealedUpTo = new Map<string, number>();
  let newest: Written | undefined;
  return async () => {
    // INVARIANT: a checkpoint that this process wrote and that is gone leaves a gap that whoever checks the log finds, and all it knew is
    // sealed again.
    const lost = newest !== undefined && !(await isWritten(database, newest)) ? newest : undefined;
    if (lost !== undefined) sealedUpTo.clear();
    // INVARIANT: of one's own streams is sealed what this process knows to be committed, not what the database says.
    const own = stream.committed();
    const others = (await findUnsealed(database)).filter(({ id }) => !own.some((one) => one.id === id));
    const due: Unsealed[] = [
      ...own
        .map((one) => ({ ...one, sealedSeq: sealedUpTo.get(one.id) ?? 0 }))
        .filter((one) => one.seq > one.sealedSeq),
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
