// Writes a checkpoint of the audit log every minute and when the gateway stops. Each checkpoint is also logged in the gateway's application log.
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

/** A checkpoint, as it is written to the application log. */
export interface Sealed extends Written {
  streams: NonNullable<CheckpointBody['streams']>;
}

/** Writes a checkpoint at once, then every minute, and at `stop`. */
export function startSealing(needs: SealingDeps & { log: Logger }): { stop(): Promise<void> } {
  const seal = sealer(needs);
  let running: Promise<void> = Promise.resolve();
  const run = () => {
    running = running
      .then(seal)
      .then((checkpoint) => {
        // The log line is an anchor outside the database: `npm run audit -- verify --anchors` reads the line.
        if (checkpoint !== undefined) needs.log.info({ checkpoint }, 'audit checkpoint');
      })
      .catch((error: unknown) => {
        const code = error instanceof GatewayError ? error.code : 'INTERNAL_SERVER_ERROR';
        needs.log.warn({ code }, 'writing an audit checkpoint failed; next try in one minute');
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
 * Returns a function that writes a checkpoint of all events that no checkpoint seals yet. The checkpoint includes streams of other processes, because
 * those processes may have been killed. The function returns undefined if checkpoints already seal all events.
 */
export function sealer({ database, stream, clock }: SealingDeps): () => Promise<Sealed | undefined> {
  const sealedUpTo = new Map<string, number>();
  let newest: Written | undefined;
  return async () => {
    // INVARIANT: if the newest checkpoint of this process is missing from the database, the next checkpoint skips a number and seals all streams of
    // this process again. Because of the skipped number, verification reports the gap.
    const lost = newest !== undefined && !(await isWritten(database, newest)) ? newest : undefined;
    if (lost !== undefined) sealedUpTo.clear();
    // INVARIANT: for its own streams, a process seals the newest head that the process knows to be committed, not the head in the database.
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
