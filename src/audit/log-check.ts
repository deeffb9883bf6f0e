// Checks that an audit log is complete and unchanged. The caller passes the checkpoints, streams and events in order. The check does no I/O, so the
// check works for the database and for exported files.
import type { KeyObject } from 'node:crypto';
import type { GlobalIdText, Uuid } from '../primitives/ids.ts';
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
  /** A readable description of the problem. */
  text: string;
  /** The audit event that does not match its hash, or the audit event after a gap in the event numbers. */
  event: ChainedEvent | undefined;
}

export interface LogCheck {
  /** Checks one checkpoint. The caller passes all checkpoints in the order of their numbers, before the caller passes the first event. */
  checkpoint(checkpoint: Checkpoint): void;
  /** Checks the row of one stream. The caller passes every stream after all checkpoints, and before the events of the stream. */
  stream(row: StreamRow): void;
  /** Checks one audit event. The caller passes the events sorted by stream and number. */
  event(event: ChainedEvent): void;
  /** Skips the events of a stream up to event number `upTo`. The caller calls `elsewhere` for events that are not in the exported file. */
  elsewhere(stream: Uuid, upTo: Head): void;
  /** Completes the check. The caller calls this function after the last event. */
  end(): void;
  /** The first problem that the check found. The check stops at the first problem. */
  problem(): Problem | undefined;
  /** The number of checked events, including the event with the problem. */
  eventsChecked(): number;
  /** The newest recorded value of each secret, by the secret's global id. */
  values(): ReadonlyMap<GlobalIdText, RecordedValue>;
  /** The deletion, expiry time and destroyed versions of each secret, by the secret's global id. */
  lives(): ReadonlyMap<GlobalIdText, SecretLife>;
  /** The number of retired events. */
  retired(): number;
}

interface Sealed extends Head {
  /** The number of the checkpoint. */
  by: number;
}

const NO_NUMBER = 0;

const NO_FACTS: FactLedger = { checkpoint() {}, event() {} };

/**
 * The argument `keys` maps ids to audit keys. The argument `anchors` maps checkpoint numbers to the checkpoint hashes that were stored outside the
 * database. The object `ledger` receives the facts of the checkpoints and events that passed the check.
 */
export function logCheck(
  keys: ReadonlyMap<string, KeyObject>,
  anchors: ReadonlyMap<number, string> = new Map(),
  ledger: FactLedger = NO_FACTS,
): LogCheck {
  let problem: Problem | undefined;
  let eventsChecked = 0;
  let lastCheckpoint = { number: NO_NUMBER, hash: GENESIS.hash };
  const sealed = new Map<Uuid, Sealed>();
  const segments = new Map<Uuid, Map<number, Segment>>();
  const streams = new Map<Uuid, StreamRow>();
  const unseen = new Set<Uuid>();
  const values = new Map<GlobalIdText, RecordedValue>();
  const lives = secretLives();
  let retired = 0;

  /** The stream whose events are being checked. */
  let current: { row: StreamRow; key: KeyObject; head: Head; last: ChainedEvent | undefined } | undefined;

  const found = (text: string, event?: ChainedEvent) => {
    problem ??= { text, event };
  };

  const record = (value: RecordedValue) => {
    const newest = values.get(value.id);
    // No audit event records a new value of a secret after every value of the secret was destroyed.
    if (newest?.valueHash === '') return;
    if (value.valueHash === '' || newest === undefined || (value.version ?? 0) > (newest.version ?? 0)) {
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
      const ofStream = segments.get(segment.stream) ?? new Map<number, Segment>();
      segments.set(segment.stream, ofStream.set(segment.from, segment));
      retired += segment.to - segment.from + 1;
    }
  };

  /** Skips retired events. */
  const passRetired = (at: NonNullable<typeof current>, event?: ChainedEvent) => {
    const ofStream = segments.get(at.row.id);
    const next = () => ofStream?.get(at.head.seq + 1);
    for (let segment = next(); segment !== undefined; segment = next()) {
      if (segment.before !== at.head.hash) {
        found(
          `${nameOf(at.row.id)}: the hash of event ${at.head.seq} does not match the retired events that follow.`,
          event ?? at.last,
        );
        return;
      }
      at.head = { seq: segment.to, hash: segment.hash };
    }
  };

  const begin = (id: Uuid, event?: ChainedEvent) => {
    const row = streams.get(id);
    const key = row && keys.get(row.auditKeyId);
    if (row === undefined) return found(`${nameOf(id)} has events, but the stream has no row.`, event);
    if (!unseen.delete(id)) return found(`${nameOf(id)} occurs twice.`, event);
    if (key === undefined)
      return found(`${nameOf(id)}: audit key ${row.auditKeyId} is missing or does not decrypt.`, event);
    current = { row, key, head: GENESIS, last: undefined };
  };

  const endStream = () => {
    if (current === undefined || problem !== undefined) return;
    passRetired(current);
    const { row, head, last } = current;
    const seal = sealed.get(row.id);
    const ends = `${nameOf(row.id)} ends with event ${head.seq}`;
    if (seal !== undefined && head.seq < seal.seq) {
      found(`${ends}, but checkpoint ${seal.by} sealed event ${seal.seq}: the newest events are missing.`, last);
    } else if (head.seq < row.seq) {
      found(
        `${ends}, but according to the stream's row, event ${row.seq} is the newest event: the newest events are missing.`,
        last,
      );
    } else if (head.seq !== row.seq || head.hash !== row.hash) {
      found(`${ends}, but the stream's row contains a different event number or a different hash.`, last);
    }
    current = undefined;
  };

  /**
   * Makes `id` the current stream. If another stream is current, the function completes the check of that stream. Returns false if the check found a
   * problem.
   */
  const enter = (id: Uuid, event?: ChainedEvent): boolean => {
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
        return found(`Checkpoint ${number}: audit key ${auditKeyId} is missing or does not decrypt.`);
      if (checkpointHash(key, lastCheckpoint.hash, checkpoint) !== hash) {
        return found(`Checkpoint ${number} was changed: it does not match its hash.`);
      }
      if ((anchors.get(number) ?? hash) !== hash) return found(`Checkpoint ${number} does not match its anchor.`);
      lastCheckpoint = { number, hash };
      takeBody(number, JSON.parse(body) as CheckpointBody);
    },

    stream(row) {
      if (streams.has(row.id)) return found(`${nameOf(row.id)} occurs twice.`);
      streams.set(row.id, row);
      unseen.add(row.id);
    },

    elsewhere(stream, upTo) {
      if (problem !== undefined || !enter(stream) || current === undefined) return;
      if (upTo.seq < current.head.seq)
        return found(
          `${nameOf(stream)}: event ${current.head.seq} is in the file, but an \`elsewhere\` line says that the event is not in the file.`,
        );
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
      if (seq < next) return found(`${nameOf(stream)}: event ${seq} occurs twice.`, event);
      if (seq > next) {
        const missing = seq === next + 1 ? `event ${next} is` : `events ${next} to ${seq - 1} are`;
        return found(`${nameOf(stream)}: ${missing} missing.`, event);
      }
      if (link(key, head.hash, canonicalEvent(stream, seq, event)) !== hash) {
        return found(`${nameOf(stream)}: event ${seq} was changed: it does not match its hash.`, event);
      }
      const seal = sealed.get(stream);
      if (seal?.seq === seq && seal.hash !== hash) {
        return found(`${nameOf(stream)}: event ${seq} is not the event that checkpoint ${seal.by} sealed.`, event);
      }
      current.head = { seq, hash };
      current.last = event;
      if (event.facts != null) ledger.event(event.facts);
      if (outcome !== 'DONE') return;
      if (valueHash !== null) record({ id: subjectId ?? '', version, valueHash });
      lives.event(event);
    },

    end() {
      const newestAnchor = [...anchors.keys()].reduce((newest, number) => Math.max(newest, number), 0);
      if (newestAnchor > lastCheckpoint.number) {
        found(
          `An anchor names checkpoint ${newestAnchor}, but the newest stored checkpoint is ${lastCheckpoint.number}: the end of the audit log is missing.`,
        );
      }
      endStream();
      for (const id of [...unseen]) {
        if (problem !== undefined) return;
        begin(id);
        endStream();
      }
      for (const [id, { by }] of sealed) {
        if (!streams.has(id)) found(`${nameOf(id)} is missing, but checkpoint ${by} sealed its events.`);
      }
    },

    problem: () => problem,
    eventsChecked: () => eventsChecked,
    values: () => values,
    lives: lives.all,
    retired: () => retired,
  };
}

function nameOf(stream: Uuid): string {
  return `Stream ${stream}`;
}
