// The database loses the newest audit events, as after a failover to a standby that was behind or after a restored dump.
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { acknowledge, findOpenProblems } from '../../src/audit/acknowledgement.ts';
import type { AuditEvent } from '../../src/audit/audit-event.ts';
import { exportLog } from '../../src/audit/audit-export.ts';
import { type AuditStream, auditStream, type SetBack } from '../../src/audit/audit-stream.ts';
import { verifyLog } from '../../src/audit/audit-verification.ts';
import { checkFile } from '../../src/audit/file-check.ts';
import { operatorAudit } from '../../src/audit/operator.ts';
import { sealer } from '../../src/audit/sealing.ts';
import { connect, type Database } from '../../src/database/client.ts';
import { newId } from '../../src/primitives/ids.ts';
import { testKeyring } from '../support/app.ts';
import { TestClock } from '../support/clock.ts';
import { freshDatabase } from '../support/database.ts';
import { type Hands, handsIn } from './tampering.ts';

const keyring = testKeyring();
const clock = new TestClock();
let database: Database;
let stream: AuditStream;
let seal: ReturnType<typeof sealer>;
let otherSeal: ReturnType<typeof sealer>;
let found: SetBack[];
let hands: Hands;
let drop: () => Promise<void>;

const gateway = () => auditStream({ database, keyring, clock, onSetBack: (stream) => void found.push(stream) });
const event = (name: string): AuditEvent => ({
  ...{ id: newId(), at: clock.now(), action: 'SIGN_IN', outcome: 'DONE', subject: null, version: null, changes: null },
  ...{ actor: { kind: 'USER', id: 'usr_1', name }, requestId: 'r', address: null },
});
const verify = () => verifyLog({ database, keyring });
const acknowledgeAll = async () => {
  const command = auditStream({ database, keyring, clock });
  const needs = { database, keyring, clock, stream: command, audit: operatorAudit({ stream: command, clock }) };
  const { gaps } = await findOpenProblems(needs);
  await acknowledge(needs, { by: 'Olga Operator', reason: 'failover of 30 November', gaps });
  return gaps.length;
};

/** Events 1 and 2 reach the standby. Events 3 and 4, the second checkpoint and the second gateway's stream are lost. */
beforeEach(async () => {
  const fresh = await freshDatabase(inject('databaseUrl'));
  drop = fresh.drop;
  database = connect({ url: fresh.url, connections: 3 });
  hands = await handsIn(fresh.url);
  found = [];
  stream = gateway();
  seal = sealer({ database, stream, clock });
  await stream.append(event('one'));
  await stream.append(event('two'));
  await seal();
  await hands.keep();
  await stream.append(event('three'));
  await stream.append(event('four'));
  const other = gateway();
  otherSeal = sealer({ database, stream: other, clock });
  await other.append(event('other'));
  await seal();
  await hands.putBack();
});
afterEach(async () => {
  await hands.end();
  await database.close();
  await drop();
});

test('a gateway whose audit stream was set back reports the stream once, and writes a new stream', async () => {
  await stream.append(event('after'));
  await stream.append(event('later'));
  await seal();
  expect(found).toEqual([{ stream: expect.any(String), committed: 4, found: 2 }]);
  expect(stream.setBacks()).toBe(1);
});

test('a gateway that writes no audit event finds its audit stream set back when it writes the next checkpoint', async () => {
  await seal();
  expect(found).toMatchObject([{ committed: 4, found: 2 }]);
});

test('after a failover with lost audit events, an acknowledged gap is reported, and everything after the gap verifies', async () => {
  await stream.append(event('after'));
  await seal();
  await otherSeal();
  const { intact, problems } = await verify();
  expect(intact).toBe(false);
  expect(problems).toHaveLength(3);
  expect(problems).toEqual(
    expect.arrayContaining([
      'Checkpoints 2 to 3 are missing.',
      expect.stringContaining('ends with event 2, but checkpoint 4 sealed event 4'),
      expect.stringMatching(/^Stream .* is missing, but checkpoint 5 sealed its events/),
    ]),
  );

  expect(await acknowledgeAll()).toBe(problems.length);
  await stream.append(event('later'));
  await seal();
  const later = await verify();
  expect(later).toMatchObject({ intact: true, problem: null, problems: [], brokenAt: null });
  expect(later.acknowledgedGaps.map(({ problem }) => problem)).toEqual(problems);
  expect(later.acknowledgedGaps[0]).toMatchObject({
    acknowledgedBy: 'Olga Operator',
    reason: 'failover of 30 November',
    acknowledgedAt: expect.any(Date),
  });
  const [recorded] = await database.query<{ changes: unknown }>(
    `SELECT changes FROM audit_events WHERE action = 'AUDIT_ACKNOWLEDGE' AND outcome = 'DONE'`,
  );
  expect(recorded?.changes).toEqual({ by: 'Olga Operator', reason: 'failover of 30 November', problems });
});

test('after an acknowledged gap, verification finds a changed audit event, also in the stream with the gap', async () => {
  await stream.append(event('after'));
  await seal();
  await acknowledgeAll();
  await hands.keep();
  for (const name of ['one', 'after']) {
    await hands.do(`UPDATE audit_events SET action = 'SECRET_DELETE' WHERE actor_name = $1`, [name]);
    expect((await verify()).problems).toEqual([expect.stringContaining('event 1 was changed')]);
    await hands.putBack();
  }
});

test('an acknowledgement does not apply to a gap that grew later', async () => {
  await stream.append(event('after'));
  await seal();
  await acknowledgeAll();
  await hands.do(`DELETE FROM audit_events WHERE actor_name = 'two'`);
  await hands.do(
    `UPDATE audit_streams s SET seq = 1, hash = e.hash FROM audit_events e WHERE e.stream = s.id AND e.actor_name = 'one'`,
  );
  const { intact, problems } = await verify();
  expect(intact).toBe(false);
  expect(problems).toEqual([expect.stringContaining('ends with event 1')]);
});

test('a forged acknowledgement in a checkpoint acknowledges nothing', async () => {
  await stream.append(event('after'));
  await seal();
  const before = (await verify()).problems;
  const { gaps } = await findOpenProblems({ database, keyring });
  const acknowledged = { by: 'Mallory', reason: 'nothing to see', problems: gaps };
  await hands.do(
    `UPDATE audit_checkpoints SET body = (body::jsonb || $1::jsonb)::json WHERE number = (SELECT max(number) FROM audit_checkpoints)`,
    [JSON.stringify({ acknowledged })],
  );
  const after = await verify();
  expect(after.acknowledgedGaps).toEqual([]);
  expect(after.problems).toContain(before[0]);
  expect(after.intact).toBe(false);
});

test('an exported audit log with an acknowledged gap is intact, and its check reports the gap', async () => {
  await stream.append(event('after'));
  await seal();
  const count = await acknowledgeAll();
  const lines: string[] = [];
  await exportLog({ database, key: await stream.key(), now: clock.now() }, async (text) => void lines.push(text));
  const file = join(tmpdir(), `set-back-${newId()}.jsonl`);
  await writeFile(file, lines.join(''));
  const checked = await checkFile(file, keyring);
  expect(checked).toMatchObject({ intact: true, problems: [] });
  expect(checked.acknowledgedGaps).toHaveLength(count);
});

test('after an acknowledged removal of an audit event, verification finds a change of the next audit event', async () => {
  await hands.do('TRUNCATE audit_checkpoints');
  stream = gateway();
  for (const name of ['a', 'b', 'c']) await stream.append(event(name));
  await hands.do(`DELETE FROM audit_events WHERE actor_name = 'b'`);
  expect(await acknowledgeAll()).toBe(1);
  expect((await verify()).intact).toBe(true);
  await hands.do(`UPDATE audit_events SET address = '::1' WHERE actor_name = 'c'`);
  expect((await verify()).problems).toEqual([expect.stringContaining('event 2 is missing')]);
});
