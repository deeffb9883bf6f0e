// Whether a log is what was written, told from what is read of it in order: its checkpoints, its streams, its events. Without I/O, so that
// the database and an exported file are checked alike.
import type { KeyObject } from 'node:crypto';
import { type ChainedEvent, canonicalEvent, GENESIS, type Head, link, type StreamRow } from './audit-chain.ts';
import {
  type Checkpoint,
  type CheckpointBody,
  checkpointHash,
  type RecordedValue,
  type Segment,
} from './audit-checkpoint.ts';
import type { FactLedger } from './fact-check.ts';
import { type SecretLife, secretLives } from './secret-life.ts';

export interface Problem {
  /** For people. */
  text: string;
  /** The event that does not fit, or before which something is missing. */
  event: ChainedEvent | undefined;
}

export interface LogCheck {
  /** In order of their numbers, before any event. */
  checkpoint(checkpoint: Checkpoint): void;
  /** Every stream there is, after the checkpoints and before any of its events. */
  stream(row: StreamRow): void;
  /** In order of stream and number. */
  event(event: ChainedEvent): void;
  /** In their place: that the events of a stream up to this one stand elsewhere. */
  elsewhere(stream: string, upTo: Head): void;
  /** After the last event. */
  end(): void;
  /** The first. After it nothing more is looked at. */
  problem(): Problem | undefined;
  /** Events read so far, the one with the problem included. */
  eventsChecked(): number;
  /** What became of each secret's value, by outside id. */
  values(): ReadonlyMap<string, RecordedValue>;
  /** What else is told of secrets, by outside id. */
  lives(): ReadonlyMap<string, SecretLife>;
  /** How many events of the streams stand elsewhere. */
  retired(): number;
}

interface Sealed extends Head {
  by: number;
}

const NO_NUMBER = 0;

const NO_FACTS: FactLedger = { checkpoint() {}, event() {} };

/**
 * `keys` are by id. `anchors` are hashes of checkpoints by number, kept outside of the database. `ledger` receives the facts of checkpoints and
 * events that passed the check.
 */
export function logCheck(
  keys: ReadonlyMap<string, KeyObject>,
  anchors: ReadonlyMap<number, string> = new Map(),
  ledger: FactLedger = NO_FACTS,
): LogCheck {
  let problem: Problem | undefined;
  let eventsChecked = 0;
  let lastCheckpoint = { number: NO_NUMBER, hash: GENESIS.hash };
  const sealed = new Map<string, Sealed>();
  const segments = new Map<string, Map<number, Segment>>();
  const streams = new Map<string, StreamRow>();
  const unseen = new Set<string>();
  const values = new Map<string, RecordedValue>();
  const lives = secretLives();
  let retired = 0;

  /** Of the stream that is being read. */
  let current: { row: StreamRow; key: KeyObject; head: Head; last: ChainedEvent | undefined } | undefined;

  const found = (text: string, event?: ChainedEvent) => {
    problem ??= { text, event };
  };

  const record = (value: RecordedValue) => {
    const known = values.get(value.id);
    // What was destroyed stays destroyed.
    if (known?.valueHash === '') return;
    if (value.valueHash === '' || known === undefined || (value.version ?? 0) > (known.version ?? 0)) {
      values.set(value.id, value);
    }
  };

  const takeBody = (number: number, body: CheckpointBody) => {
    for (const { id, seq, hash } of body.streams ?? []) {
      if (seq > (sealed.get(id)?.seq ?? 0)) sealed.set(id, { seq, hash, by: number });
    }
    for (const value of body.secrets ?? []) record(value);
    for (const life of body.lives ?? []) lives.add(life);
    if (body.facts !== undefined) ledger.checkpoint(body.facts);
    for (const segment of body.retired?.segments ?? []) {
      const of = segments.get(segment.stream) ?? new Map<number, Segment>();
      segments.set(segment.stream, of.set(segment.from, segment));
      retired += segment.to - segment.from + 1;
    }
  };

  /** Goes over events that were taken out. */
  const passRetired = (at: NonNullable<typeof current>, event?: ChainedEvent) => {
    const of = segments.get(at.row.id);
    for (let segment = of?.get(at.head.seq + 1); segment !== undefined; segment = of?.get(at.head.seq + 1)) {
      if (segment.before !== at.head.hash) {
        found(
          `${nameOf(at.row.id)}: event ${at.head.seq} does not lead to the retired events after it.`,
          event ?? at.last,
        );
        return;
      }
      at.head = { seq: segment.to, hash: segment.hash };
    }
  };

  const begin = (id: string, event?: ChainedEvent) => {
    const row = streams.get(id);
    const key = row && keys.get(row.auditKeyId);
    if (row === undefined) return found(`${nameOf(id)} has events, and no gateway began it.`, event);
    if (!unseen.delete(id)) return found(`${nameOf(id)} is there twice.`, event);
    if (key === undefined)
      return found(`${nameOf(id)}: its key ${row.auditKeyId} is not there, or does not open.`, event);
    current = { row, key, head: GENESIS, last: undefined };
  };

  const endStream = () => {
    if (current === undefined || problem !== undefined) return;
    passRetired(current);
    const { row, head, last } = current;
    const seal = sealed.get(row.id);
    const ends = `${nameOf(row.id)} ends with event ${head.seq}`;
    if (seal !== undefined && head.seq < seal.seq) {
      found(`${ends}, and checkpoint ${seal.by} saw event ${seal.seq}: its newest events are missing.`, last);
    } else if (head.seq < row.seq) {
      found(`${ends}, and it had come to event ${row.seq}: its newest events are missing.`, last);
    } else if (head.seq !== row.seq || head.hash !== row.hash) {
      found(`${ends}, and that is not what it was left with.`, last);
    }
    current = undefined;
  };

  /** Goes over to a stream, unless that is where it is. */
  const enter = (id: string, event?: ChainedEvent): boolean => {
    if (current?.row.id === id) return true;
    endStream();
    if (problem === undefined) begin(id, event);
    return problem === undefined;
  };

  return {
    checkpoint(checkpoint) {
      if (problem !== undefined) return;
      const { number, auditKeyId, body, hash } = checkpoint;
      const next = lastCheckpoint.number + 1;
      const key = keys.get(auditKeyId);
      if (number !== next) return found(`Checkpoint ${next} is missing.`);
      if (key === undefined)
        return found(`Checkpoint ${number}: its key ${auditKeyId} is not there, or does not open.`);
      if (checkpointHash(key, lastCheckpoint.hash, checkpoint) !== hash) {
        return found(`Checkpoint ${number} is not what was written.`);
      }
      if ((anchors.get(number) ?? hash) !== hash) return found(`Checkpoint ${number} is not the one that was told.`);
      lastCheckpoint = { number, hash };
      takeBody(number, JSON.parse(body) as CheckpointBody);
    },

    stream(row) {
      if (streams.has(row.id)) return found(`${nameOf(row.id)} is there twice.`);
      streams.set(row.id, row);
      unseen.add(row.id);
    },

    elsewhere(stream, upTo) {
      if (problem !== undefined || !enter(stream) || current === undefined) return;
      if (upTo.seq < current.head.seq)
        return found(`${nameOf(stream)}: event ${current.head.seq} is there and elsewhere.`);
      current.head = upTo;
    },

    event(event) {
      if (problem !== undefined) return;
      eventsChecked += 1;
      const { stream, seq, hash, outcome, subjectId, version, valueHash } = event;
      if (!enter(stream, event) || current === undefined) return;
      passRetired(current, event);
      if (problem !== undefined) return;
      const { key, head } = current;
      const next = head.seq + 1;
      if (seq < next) return found(`${nameOf(stream)}: there is another event ${seq}.`, event);
      if (seq > next) {
        const missing = seq === next + 1 ? `event ${next} is` : `events ${next} to ${seq - 1} are`;
        return found(`${nameOf(stream)}: ${missing} missing.`, event);
      }
      if (link(key, head.hash, canonicalEvent(stream, seq, event)) !== hash) {
        return found(`${nameOf(stream)}: event ${seq} is not what was written there.`, event);
      }
      const seal = sealed.get(stream);
      if (seal?.seq === seq && seal.hash !== hash) {
        return found(`${nameOf(stream)}: event ${seq} is not what checkpoint ${seal.by} saw.`, event);
      }
      current.head = { seq, hash };
      current.last = event;
      if (event.facts != null) ledger.event(event.facts);
      if (outcome !== 'DONE') return;
      if (valueHash !== null) record({ id: subjectId ?? '', version, valueHash });
      lives.event(event);
    },

    end() {
      const told = [...anchors.keys()].reduce((newest, number) => Math.max(newest, number), 0);
      if (told > lastCheckpoint.number) {
        found(`Checkpoint ${told} was told, and the newest is ${lastCheckpoint.number}: the log's end is missing.`);
      }
      endStream();
      for (const id of [...unseen]) {
        if (problem !== undefined) return;
        begin(id);
        endStream();
      }
      for (const [id, { by }] of sealed) {
        if (!streams.has(id)) found(`${nameOf(id)} is gone, which checkpoint ${by} saw.`);
      }
    },

    problem: () => problem,
    eventsChecked: () => eventsChecked,
    values: () => values,
    lives: lives.all,
    retired: () => retired,
  };
}

function nameOf(stream: string): string {
  return `Stream ${stream}`;
}
