// Sends committed audit events from the database to the sinks. Each sink receives the events of a stream in the order of their numbers. A file and an
// HTTP server receive each event at least once. docs/audit-sinks.md describes the guarantees.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../../database/client.ts';
import type { ChainedEvent } from '../audit-chain.ts';
import { eventsIn, type Range } from '../audit-source.ts';
import { reasonOf, type Sink, SinkFault, type SinkName } from './sink.ts';
import { type Behind, endLease, findBehind, type Reached, storePositions, takeLease } from './sink-store.ts';

/** The state of a sink, if this process sends the events to the sink. */
export interface SinkStatus {
  sink: SinkName;
  /** The number of events that the sink does not have. */
  lagEvents: number;
  /** The time since the oldest event that the sink does not have. */
  lagSeconds: number;
}

export interface Forwarding {
  /** The states of the sinks to which this process sends events. Another process may send events to the other sinks. */
  status(): SinkStatus[];
  /** The number of events that were retired before the sink received them, by sink. */
  skipped(): ReadonlyMap<SinkName, number>;
  /** Sends the remaining events within a short time, and ends. */
  stop(): Promise<void>;
}

export interface ForwardingDeps {
  database: Database;
  sinks: readonly Sink[];
  log: Logger;
}

/** How long an idle process waits before it looks for new events. */
const POLL_MS = 1_000;
/** The maximum time of one attempt to send a batch. */
const SEND_TIMEOUT_MS = 10_000;
// INVARIANT: a lease is longer than the time between two renewals plus the longest attempt to send a batch and store its position.
const LEASE_SECONDS = 30;
const RENEW_MS = 5_000;
/** How often a process tries to take the lease of another process. */
const LEASE_RETRY_MS = 5_000;
const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 60_000;
/** Maximum number of events in a batch. */
const MOST_EVENTS = 500;
/** Maximum size of a batch in characters. One longer event is a batch by itself. */
const MOST_CHARACTERS = 1_048_576;
/** The maximum time of the last batches when the gateway stops. */
const LAST_MS = 3_000;

export function startForwarding({ database, sinks, log }: ForwardingDeps): Forwarding {
  const skipped = new Map<SinkName, number>(sinks.map(({ name }) => [name, 0]));
  const forwarders = sinks.map((sink) =>
    forwarder(sink, { database, log, onSkipped: (count) => skipped.set(sink.name, skipped.get(sink.name)! + count) }),
  );
  return {
    status: () => forwarders.flatMap(({ status }) => status() ?? []),
    skipped: () => skipped,
    async stop() {
      await Promise.all(forwarders.map(({ stop }) => stop()));
    },
  };
}

interface ForwarderDeps {
  database: Database;
  log: Logger;
  onSkipped: (count: number) => void;
}

/** Sends events to one sink. A slow sink does not delay the other sinks. */
function forwarder(sink: Sink, { database, log, onSkipped }: ForwarderDeps) {
  const holder = `${hostname()} ${process.pid} ${randomUUID().slice(0, 8)}`;
  const stopping = new AbortController();
  /** Aborted some time after `stopping`. Ends a running attempt to send a batch. */
  const aborting = new AbortController();
  let isHolder = false;
  let leaseDueAt = 0;
  /** Undefined if this process does not have the lease. */
  let lag: { events: number; since: number | undefined } | undefined;
  let failures = 0;
  let retryAt = 0;
  let isDatabaseAway = false;

  const hold = async (): Promise<boolean> => {
    const now = performance.now();
    if (now < leaseDueAt) return isHolder;
    isHolder = await takeLease(database, sink.name, holder, LEASE_SECONDS);
    leaseDueAt = now + (isHolder ? RENEW_MS : LEASE_RETRY_MS);
    if (!isHolder) lag = undefined;
    return isHolder;
  };

  const lose = () => {
    isHolder = false;
    leaseDueAt = 0;
    lag = undefined;
  };

  const move = async (reached: readonly Reached[]) => {
    if (!(await storePositions(database, sink.name, holder, reached))) throw new LeaseLost();
  };

  const deliver = async (events: readonly ChainedEvent[]) => {
    try {
      const timeout = AbortSignal.any([aborting.signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]);
      await untilAborted(timeout, sink.send(events, timeout));
    } catch (error) {
      failures += 1;
      retryAt = performance.now() + Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), MAX_WAIT_MS);
      if (failures === 1)
        log.warn(
          { sink: sink.name, reason: reasonOf(error) },
          'the audit sink does not accept audit events; the gateway tries again',
        );
      throw new NotAccepted();
    }
    if (failures > 0) log.info({ sink: sink.name, failures }, 'the audit sink accepts audit events again');
    failures = 0;
    retryAt = 0;
  };

  /** Sends the oldest events that the sink does not have. Returns whether the sink then lacks further events. */
  const forward = async (behind: readonly Behind[]): Promise<boolean> => {
    const ranges = chosen(behind);
    const events = await eventsIn(database, ranges);
    const due = new Map(behind.map((stream) => [stream.stream, stream]));
    for (const batch of batchesOf(events)) {
      if (!(await hold())) return false;
      await deliver(batch);
      await move(newestOf(batch));
    }
    // The sink then also has the events up to the end of each range, because the database contains no further event of the range.
    await move(ranges.map(({ stream, to }) => ({ stream, seq: to })));
    const missing = ranges.reduce((sum, { stream, to }) => sum + to - (due.get(stream)?.after ?? 0), 0) - events.length;
    if (missing > 0) {
      onSkipped(missing);
      log.warn(
        { sink: sink.name, events: missing },
        'audit events were retired before the audit sink received the events; the exported files contain the events',
      );
    }
    return behind.some(({ newest, stream }) => ranges.every((range) => range.stream !== stream || range.to < newest));
  };

  /** Returns the time in milliseconds until the next pass. */
  const pass = async (): Promise<number> => {
    try {
      if (!(await hold())) return LEASE_RETRY_MS;
      const behind = await findBehind(database, sink.name);
      isDatabaseAway = false;
      lag = {
        events: behind.reduce((sum, { newest, after }) => sum + newest - after, 0),
        since: oldestOf(behind),
      };
      if (behind.length === 0 || performance.now() < retryAt) return POLL_MS;
      const hasMore = await forward(behind);
      if (!hasMore) lag = { events: 0, since: undefined };
      return hasMore ? 0 : POLL_MS;
    } catch (error) {
      if (error instanceof NotAccepted) return POLL_MS;
      lose();
      if (!(error instanceof LeaseLost) && !isDatabaseAway) {
        isDatabaseAway = true;
        log.warn(
          { sink: sink.name },
          'the gateway cannot read audit events for the audit sink; the gateway tries again',
        );
      }
      return LEASE_RETRY_MS;
    }
  };

  const run = async () => {
    while (!stopping.signal.aborted) {
      const wait = await pass();
      await sleep(wait, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
  };
  const running = run();

  return {
    status(): SinkStatus | undefined {
      if (lag === undefined) return undefined;
      const { events, since } = lag;
      return {
        sink: sink.name,
        lagEvents: events,
        lagSeconds: since === undefined ? 0 : Math.max(0, (Date.now() - since) / 1_000),
      };
    },
    async stop() {
      stopping.abort();
      const timer = setTimeout(() => aborting.abort(), LAST_MS);
      const finish = async () => {
        await running;
        if (failures === 0) while ((await pass()) === 0 && !aborting.signal.aborted);
        if (isHolder) await endLease(database, sink.name, holder);
      };
      await untilAborted(aborting.signal, finish()).catch(() => {});
      clearTimeout(timer);
      lose();
    },
  };
}

/** The sink did not accept a batch. The log already contains the reason. */
class NotAccepted extends Error {}
/** Another process sends events to the sink now. */
class LeaseLost extends Error {}

/** Chooses the ranges of the next events, with at most `MOST_EVENTS` events together. */
function chosen(behind: readonly Behind[]): Range[] {
  const ranges: Range[] = [];
  let free = MOST_EVENTS;
  for (const { stream, first, newest } of behind) {
    if (free === 0) break;
    const from = first ?? newest;
    const to = first === null ? newest : Math.min(newest, from + free - 1);
    if (first !== null) free -= to - from + 1;
    ranges.push({ stream, from, to });
  }
  return ranges;
}

/** Splits events into batches of at most `MOST_CHARACTERS` characters. */
function batchesOf(events: readonly ChainedEvent[]): ChainedEvent[][] {
  const batches: ChainedEvent[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const event of events) {
    const length = 1_000 + (event.changes?.length ?? 0) + (event.facts?.length ?? 0);
    if (size + length > MOST_CHARACTERS) {
      batches.push([]);
      size = 0;
    }
    batches.at(-1)!.push(event);
    size += length;
  }
  return batches;
}

/** Returns the newest event of each stream. `events` is sorted by number. */
function newestOf(events: readonly ChainedEvent[]): Reached[] {
  const newest = new Map(events.map(({ stream, seq }) => [stream, seq]));
  return [...newest].map(([stream, seq]) => ({ stream, seq }));
}

function oldestOf(behind: readonly Behind[]): number | undefined {
  const times = behind.flatMap(({ oldestAt }) => oldestAt?.getTime() ?? []);
  return times.length === 0 ? undefined : times.reduce((one, other) => Math.min(one, other));
}

/** Returns the result of `work`. @throws SinkFault if `signal` is aborted before `work` ends */
async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new SinkFault('timeout'));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
