// Compares the clock of this machine with the clock of the database server, at the start and every minute.
import type { Logger } from 'pino';
import type { Sql } from '../database/client.ts';
import type { Clock } from '../primitives/clock.ts';

const MINUTE_MS = 60_000;
/**
 * The difference in milliseconds that the gateway reports. Of two gateways whose clocks differ by more than 5 seconds, at least one differs from the
 * database server by more than half of that.
 */
const REPORTED_MS = 2_500;
/** Maximum time of a usable measurement in milliseconds, because nobody knows at which moment of its round trip the database server read its clock. */
const MAX_ROUND_TRIP_MS = 1_000;

export interface ClockCheck {
  /** The clock of this machine minus the clock of the database server, in seconds. Undefined before the first measurement. */
  difference(): number | undefined;
  stop(): Promise<void>;
}

export interface ClockCheckDeps {
  database: Sql;
  clock: Clock;
  log: Pick<Logger, 'warn' | 'info'>;
}

/** Measures immediately and every minute. Logs a warning when the clocks begin to differ, and a line when the clocks are equal again. */
export function startClockCheck({ database, clock, log }: ClockCheckDeps): ClockCheck {
  let differenceMs: number | undefined;
  let isReported = false;

  const measure = async () => {
    const sent = performance.now();
    const before = clock.now().getTime();
    const [row] = await database.query<{ at: Date }>('SELECT clock_timestamp() AS at');
    const roundTripMs = performance.now() - sent;
    if (row === undefined || roundTripMs > MAX_ROUND_TRIP_MS) return;
    differenceMs = before + roundTripMs / 2 - row.at.getTime();
    const isWrong = Math.abs(differenceMs) > REPORTED_MS;
    if (isWrong === isReported) return;
    isReported = isWrong;
    const line = { differenceSeconds: inSeconds(differenceMs) };
    if (isWrong)
      log.warn(
        line,
        'the clocks of this machine and of the database server differ; synchronize both clocks, for example by NTP',
      );
    else log.info(line, 'the clocks of this machine and of the database server agree again');
  };

  let running = Promise.resolve();
  const run = () => {
    // If the database does not answer, other parts of the gateway report the fault.
    running = running.then(measure).catch(() => {});
  };
  run();
  const timer = setInterval(run, MINUTE_MS);
  timer.unref();
  return {
    difference: () => differenceMs && inSeconds(differenceMs),
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

function inSeconds(ms: number): number {
  return Math.round(ms) / 1_000;
}
