// Checks that an audit log is complete and unchanged. The caller passes the checkpoints, streams and events in order. The check does no I/O, so the
// check works for the database and for exported files.
import { hash, type KeyObject } from 'node:crypto';
import type { GlobalIdText, Uuid } from '../primitives/ids.ts';
import { type ChainedEvent, canonicalEvent, GENESIS, type Head, link, type StreamRow } from './audit-chain.ts';
import {
  type Acknowledgement,
  type Checkpoint,
  type CheckpointBody,
  canonicalCheckpoint,
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
  /**
   * A hash of everything that the check compared to find this problem. An operator acknowledges a problem by this hash. If someone later changes the
   * compared data, the hash changes, and the acknowledgement no longer applies. Undefined if an operator cannot acknowledge the problem.
   */
  evidence: string | undefined;
}

/** A problem that an operator acknowledged. */
export interface AcknowledgedProblem extends Problem {
  by: string;
  reason: string;
  /** The time of the acknowledgement, in UTC with microseconds. */
  at: string;
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
  /**
   * The problems that no operator acknowledged, in the order of the audit log. The check continues after a problem. After `MOST_PROBLEMS` problems,
   * the check only counts the further problems, and the last problem of the list contains their number.
   */
  problems(): Problem[];
  /** The problems that an operator acknowledged. */
  acknowledged(): AcknowledgedProblem[];
  /** The number of checked events. */
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

/** The maximum number of problems that one check describes. */
const MOST_PROBLEMS = 1_000;

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
  const problems: Problem[] = [];
  let undescribed = 0;
  const acknowledgements = new Map<string, Pick<Acknowledgement, 'by' | 'reason'> & { at: string }>();
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

  /** The stream that the check skips, because the stream has no row or no audit key. */
  let skipped: Uuid | undefined;

  /** Adds a problem. Without `evidence`, an operator cannot acknowledge the problem. */
  const found = (text: string, event: ChainedEvent | undefined, ...evidence: unknown[]) => {
    if (problems.length === MOST_PROBLEMS) undescribed += 1;
    else problems.push({ text, event, evidence: evidence.length === 0 ? undefined : evidenceOf(evidence) });
  };

  const record = (value: RecordedValue) => {
    const newest = values.get(value.id);
    // No audit event records a new value of a secret after every value of the secret was destroyed.
    if (newest?.valueHash === '') return;
    if (value.valueHash === '' || newest === undefined || (value.version ?? 0) > (newest.version ?? 0)) {
      values.set(value.id, value);
    }
  };

  const takeBody = (number: number, at: string, body: CheckpointBody) => {
    const { by, reason, problems: ofOperator = [] } = body.acknowledged ?? {};
    for (const { evidence } of ofOperator) {
      if (by !== undefined && reason !== undefined) acknowledgements.set(evidence, { by, reason, at });
    }
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
          ...['retired', at.row.id, at.head, segment],
        );
      }
      at.head = { seq: segment.to, hash: segment.hash };
    }
  };

  const begin = (id: Uuid, event?: ChainedEvent) => {
    const row = streams.get(id);
    const key = row && keys.get(row.auditKeyId);
    skipped = id;
    if (row === undefined) return found(`${nameOf(id)} has events, but the stream has no row.`, event);
    if (!unseen.delete(id)) return found(`${nameOf(id)} occurs twice.`, event);
    if (key === undefined)
      return found(`${nameOf(id)}: audit key ${row.auditKeyId} is missing or does not decrypt.`, event);
    skipped = undefined;
    current = { row, key, head: GENESIS, last: undefined };
  };

  const endStream = () => {
    if (current === undefined) return;
    passRetired(current);
    const { row, head, last } = current;
    const seal = sealed.get(row.id);
    const ends = `${nameOf(row.id)} ends with event ${head.seq}`;
    const evidence = ['end', row.id, head, row.seq, row.hash, seal?.seq, seal?.hash];
    if (seal !== undefined && head.seq < seal.seq) {
      found(
        `${ends}, but checkpoint ${seal.by} sealed event ${seal.seq}: the newest events are missing.`,
        last,
        ...evidence,
      );
    } else if (head.seq < row.seq) {
      found(
        `${ends}, but according to the stream's row, event ${row.seq} is the newest event: the newest events are missing.`,
        last,
        ...evidence,
      );
    } else if (head.seq !== row.seq || head.hash !== row.hash) {
      found(`${ends}, but the stream's row contains a different event number or a different hash.`, last, ...evidence);
    }
    current = undefined;
  };

  /**
   * Makes `id` the current stream. If another stream is current, the function completes the check of that stream. Does nothing if the check skips the
   * stream.
   */
  const enter = (id: Uuid, event?: ChainedEvent): typeof current => {
    if (current?.row.id === id) return current;
    if (skipped !== id) {
      endStream();
      begin(id, event);
    }
    return current;
  };

  /** Takes the recorded values, lives and facts of an event. */
  const takeContent = ({ outcome, subjectId, version, valueHash, facts, ...event }: ChainedEvent) => {
    if (facts != null) ledger.event(facts);
    if (outcome !== 'DONE') return;
    if (valueHash !== null) record({ id: subjectId ?? '', version, valueHash });
    lives.event({ ...event, outcome, subjectId, version, valueHash });
  };

  /** Takes the content of an event that does not match its hash. Someone may have replaced the content with JSON of a different form. */
  const takeDoubtful = (event: ChainedEvent) => {
    try {
      takeContent(event);
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    }
  };

  return {
    checkpoint(checkpoint) {
      const { number, at, auditKeyId, body, hash } = checkpoint;
      const next = lastCheckpoint.number + 1;
      const previous = lastCheckpoint.hash;
      const key = keys.get(auditKeyId);
      const evidence = [number, previous, canonicalCheckpoint(checkpoint), hash];
      lastCheckpoint = { number, hash };
      if (key === undefined)
        return found(`Checkpoint ${number}: audit key ${auditKeyId} is missing or does not decrypt.`, undefined);
      if (number > next) {
        const missing = number === next + 1 ? `Checkpoint ${next} is` : `Checkpoints ${next} to ${number - 1} are`;
        found(`${missing} missing.`, undefined, 'checkpoints missing', next, ...evidence);
      }
      // INVARIANT: the check uses the content of a checkpoint only if the checkpoint matches its hash. Otherwise a changed checkpoint could
      // acknowledge problems.
      if (checkpointHash(key, previous, checkpoint) !== hash) {
        // After a gap, the previous checkpoint is unknown, so the check cannot compute the hash.
        if (number === next)
          found(
            `Checkpoint ${number} was changed: it does not match its hash.`,
            undefined,
            'checkpoint changed',
            ...evidence,
          );
        return;
      }
      const anchor = anchors.get(number) ?? hash;
      if (anchor !== hash)
        found(`Checkpoint ${number} does not match its anchor.`, undefined, 'anchor', anchor, ...evidence);
      takeBody(number, at, JSON.parse(body) as CheckpointBody);
    },

    stream(row) {
      if (streams.has(row.id)) return found(`${nameOf(row.id)} occurs twice.`, undefined);
      streams.set(row.id, row);
      unseen.add(row.id);
    },

    elsewhere(stream, upTo) {
      const at = enter(stream);
      if (at === undefined) return;
      if (upTo.seq < at.head.seq)
        return found(
          `${nameOf(stream)}: event ${at.head.seq} is in the file, but an \`elsewhere\` line says that the event is not in the file.`,
          undefined,
        );
      at.head = upTo;
    },

    event(event) {
      eventsChecked += 1;
      const { stream, seq, hash } = event;
      const at = enter(stream, event);
      if (at === undefined) return;
      passRetired(at, event);
      const { key, head } = at;
      const next = head.seq + 1;
      const canonical = canonicalEvent(stream, seq, event);
      const evidence = [stream, head, canonical, hash];
      if (seq < next) return found(`${nameOf(stream)}: event ${seq} occurs twice.`, event, 'event twice', ...evidence);
      const isMissing = seq > next;
      const isChanged = !isMissing && link(key, head.hash, canonical) !== hash;
      if (isMissing) {
        const missing = seq === next + 1 ? `event ${next} is` : `events ${next} to ${seq - 1} are`;
        found(`${nameOf(stream)}: ${missing} missing.`, event, 'events missing', ...evidence);
      }
      if (isChanged)
        found(
          `${nameOf(stream)}: event ${seq} was changed: it does not match its hash.`,
          event,
          'event changed',
          ...evidence,
        );
      const seal = sealed.get(stream);
      if (seal?.seq === seq && seal.hash !== hash && !isChanged) {
        found(
          `${nameOf(stream)}: event ${seq} is not the event that checkpoint ${seal.by} sealed.`,
          event,
          ...['event not sealed', seal.hash, ...evidence],
        );
      }
      // After a problem, the check continues from the stored hash of this event.
      at.head = { seq, hash };
      at.last = event;
      if (isMissing || isChanged) takeDoubtful(event);
      else takeContent(event);
    },

    end() {
      const newestAnchor = [...anchors.keys()].reduce((newest, number) => Math.max(newest, number), 0);
      if (newestAnchor > lastCheckpoint.number) {
        found(
          `An anchor names checkpoint ${newestAnchor}, but the newest stored checkpoint is ${lastCheckpoint.number}: the end of the audit log is missing.`,
          undefined,
        );
      }
      endStream();
      for (const id of [...unseen]) {
        begin(id);
        endStream();
      }
      for (const [id, { by, seq, hash }] of sealed) {
        if (!streams.has(id))
          found(
            `${nameOf(id)} is missing, but checkpoint ${by} sealed its events.`,
            undefined,
            ...['stream missing', id, seq, hash],
          );
      }
    },

    problems() {
      const open = problems.filter(({ evidence }) => !acknowledgements.has(evidence ?? ''));
      if (undescribed === 0) return open;
      const text = `The audit log has ${undescribed.toLocaleString('en-US')} more problems.`;
      return [...open, { text, event: undefined, evidence: undefined }];
    },
    acknowledged: () =>
      problems.flatMap((problem) => {
        const by = acknowledgements.get(problem.evidence ?? '');
        return by === undefined ? [] : [{ ...problem, ...by }];
      }),
    eventsChecked: () => eventsChecked,
    values: () => values,
    lives: lives.all,
    retired: () => retired,
  };
}

function evidenceOf(compared: readonly unknown[]): string {
  return hash('sha256', JSON.stringify(compared));
}

function nameOf(stream: Uuid): string {
  return `Stream ${stream}`;
}
