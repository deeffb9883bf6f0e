// Tests the audit chain of one gateway process, including cases in which database statements fail.
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { AuditEvent } from '../../src/audit/audit-event.ts';
import { type AuditStream, auditStream } from '../../src/audit/audit-stream.ts';
import { verifyLog } from '../../src/audit/audit-verification.ts';
import { sealer } from '../../src/audit/sealing.ts';
import { connect, type Database, type EndListener, type Sql } from '../../src/database/client.ts';
import { Unavailable } from '../../src/errors.ts';
import { newId } from '../../src/primitives/ids.ts';
import { testKeyring } from '../support/app.ts';
import { TestClock } from '../support/clock.ts';
import { freshDatabase } from '../support/database.ts';
import { handsIn } from './tampering.ts';

const keyring = testKeyring();
const clock = new TestClock();

let url: string;
let database: Database;
let stream: AuditStream;
let drop: () => Promise<void>;
beforeEach(async () => {
  ({ url, drop } = await freshDatabase(inject('databaseUrl')));
  database = connect({ url, connections: 3 });
  stream = auditStream({ database, keyring, clock });
});
afterEach(async () => {
  await database.close();
  await drop();
});

const event = (name: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  ...{ id: newId(), at: clock.now(), action: 'SIGN_IN', outcome: 'DONE', subject: null, version: null, changes: null },
  ...{ actor: { kind: 'USER', id: 'usr_1', name }, requestId: 'r', address: null },
  ...more,
});
const names = async () =>
  (await database.query<{ name: string }>('SELECT actor_name AS name FROM audit_events ORDER BY stream, seq')).map(
    ({ name }) => name,
  );
const verify = () => verifyLog({ database, keyring });
const numbered = (count: number, prefix = 'e') => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** A database that calls `happen` instead of the statement that writes audit events. */
function disturbed(happen: (write: () => Promise<unknown[]>) => Promise<unknown[]>): Database {
  const around = <S extends Sql>(sql: S): S => ({
    ...sql,
    query: (text: string, params?: readonly unknown[]) =>
      text.includes('INSERT INTO audit_events') ? happen(() => sql.query(text, params)) : sql.query(text, params),
  });
  return {
    ...database,
    connection: (work) => database.connection((sql, prepared) => work(around(sql), around(prepared))),
    transaction: (work) => database.transaction((tx) => work(around(tx))),
  };
}

test('many concurrent audit events share one statement, and the database stores them in the order of their arrival', async () => {
  await stream.append(event('first'));
  const before = database.statements();
  await Promise.all(numbered(600).map((name) => stream.append(event(name))));
  expect(database.statements() - before).toBe(2);
  expect(await names()).toEqual(['first', ...numbered(600)]);
  expect(await verify()).toMatchObject({ intact: true, eventsChecked: 601 });
});

test('audit events store strings with any characters unchanged', async () => {
  const odd = [
    '',
    ' ',
    'NULL',
    'null',
    '"',
    '\\',
    '\\"',
    '{a,b}',
    ',',
    "'",
    'x\ny\tz',
    'é€😀',
    '{"a":"\\\\"}',
    '\u0001',
  ];
  await Promise.all(
    odd.map((name) =>
      stream.append(
        event(name, { subject: { kind: 'SECRET', id: name, name }, address: name, changes: { [name]: name } }),
      ),
    ),
  );
  expect(await names()).toEqual(odd);
  const rows = await database.query<{ texts: string[]; changes: object }>(
    'SELECT ARRAY[subject_id, subject_name, address] AS texts, changes FROM audit_events ORDER BY seq',
  );
  expect(rows).toEqual(odd.map((name) => ({ texts: [name, name, name], changes: { [name]: name } })));
  expect((await verify()).intact).toBe(true);
});

test('if the database rejects an audit event, it still stores all valid events of the batch', async () => {
  const settled = await Promise.allSettled([
    stream.append(event('one')),
    stream.append(event('bad', { outcome: 'MAYBE' as 'DONE' })),
    stream.append(event('two')),
  ]);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(settled[1]).toMatchObject({ reason: { code: 'UNAVAILABLE' } });
  expect(await names()).toEqual(['one', 'two']);
  expect((await verify()).intact).toBe(true);
});

describe('audit events that belong to a change', () => {
  const change = (name: string, work: () => Promise<unknown> = async () => {}) =>
    stream.transaction(async (tx) => {
      stream.include(tx, [event(name)]);
      await work();
    });

  test('the audit events of a change are committed or rolled back together with the change', async () => {
    await change('done');
    await expect(
      change('undone', async () => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await change('after');
    expect(await names()).toEqual(['done', 'after']);
    expect(await verify()).toMatchObject({ intact: true, eventsChecked: 2 });
  });

  test('the audit log records the audit events of a change once, even if the gateway repeats the transaction', async () => {
    let runs = 0;
    await change('again', async () => {
      runs += 1;
      if (runs < 3) throw Object.assign(new Error('deadlock detected'), { code: '40P01' });
    });
    expect([runs, await names()]).toEqual([3, ['again']]);
    expect((await verify()).intact).toBe(true);
  });

  test('any number of concurrent changes with audit events causes no deadlock, with any number of database connections', async () => {
    const all = numbered(30).flatMap((name) => [stream.append(event(name)), change(`change of ${name}`)]);
    await Promise.all(all);
    expect(await names()).toHaveLength(60);
    expect(await verify()).toMatchObject({ intact: true, eventsChecked: 60 });
  });

  test('the audit events of a change can be written only in a transaction that the audit log manages', async () => {
    await expect(database.transaction(async (tx) => stream.include(tx, [event('x')]))).rejects.toThrow('audit log');
  });
});

describe('a commit without an answer from the database', () => {
  const lost = () => {
    let times = 0;
    return {
      answer: disturbed(async (write) => {
        times += 1;
        const answer = await write();
        if (times === 2) throw new Unavailable(new Error('Connection terminated unexpectedly'));
        return answer;
      }),
      question: disturbed((write) => {
        times += 1;
        return times === 2 ? Promise.reject(new Unavailable(new Error('Connection terminated unexpectedly'))) : write();
      }),
    };
  };

  test.each([
    ['that was committed', 'answer', ['one', 'two', 'three']],
    ['that was not committed', 'question', ['one', 'three']],
  ] as const)(
    'if the gateway loses the database answer for a transaction %s, the audit chain has no gap and no branch',
    async (_, what, left) => {
      stream = auditStream({ database: lost()[what], keyring, clock });
      await stream.append(event('one'));
      await expect(stream.append(event('two'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await stream.append(event('three'));
      expect(await names()).toEqual(left);
      expect(await verify()).toMatchObject({ intact: true, eventsChecked: left.length });
      expect(stream.committed()).toHaveLength(1);
    },
  );

  test('a transaction that commits late cannot create a second branch of the audit chain', async () => {
    // This change has written its audit events, but its transaction stays open.
    let commit = () => {};
    let written = () => {};
    const isWritten = new Promise<void>((tell) => {
      written = tell;
    });
    const held = new Promise<void>((tell) => {
      commit = tell;
    });
    let left: Promise<unknown> = Promise.resolve();
    let first = true;
    const zombie: Database = {
      ...database,
      transaction: (work) => {
        if (!first) return database.transaction(work);
        first = false;
        const listeners: EndListener[] = [];
        return new Promise((_, fail) => {
          left = database.transaction(async (tx) => {
            await work({ ...tx, onEnd: (listener) => void listeners.push(listener) });
            written();
            await held;
          });
          isWritten.then(() => {
            const error = new Unavailable(new Error('Connection terminated unexpectedly'));
            for (const listener of listeners.reverse()) listener(error);
            fail(error);
          });
        });
      },
    };
    stream = auditStream({ database: zombie, keyring, clock });
    await stream.append(event('one'));
    const lost = stream.transaction(async (tx) => stream.include(tx, [event('two')]));
    await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const next = stream.append(event('three'));
    await new Promise((wake) => setTimeout(wake, 200));
    commit();
    await left;
    await next;
    expect(await names()).toEqual(['one', 'two', 'three']);
    expect(await verify()).toMatchObject({ intact: true, eventsChecked: 3 });
  });
});

describe('an audit stream that SQL reset to an earlier position', () => {
  test('if SQL resets an audit stream to an earlier position, the gateway does not continue the stream, and the next checkpoint contains its last position', async () => {
    for (const name of ['one', 'two', 'three']) await stream.append(event(name));
    const hands = await handsIn(url);
    await hands.do('DELETE FROM audit_events WHERE seq > 1');
    await hands.do('UPDATE audit_streams s SET seq = e.seq, hash = e.hash FROM audit_events e');
    expect((await verify()).intact).toBe(true);
    await stream.append(event('four'));
    expect(stream.committed().map(({ seq }) => seq)).toEqual([3, 1]);
    await sealer({ database, stream, clock })();
    const found = await verify();
    expect(found.intact).toBe(false);
    expect(found.problem).toContain('checkpoint 1 sealed event 3');
    await hands.end();
  });
});

describe('a checkpoint that SQL removed', () => {
  test.each([
    ['alone', ''],
    ['with all events and streams', 'DELETE FROM audit_events; DELETE FROM audit_streams'],
  ])(
    'the gateway detects that its checkpoint was removed, %s, and verification reports the gap after the next checkpoint',
    async (_, besides) => {
      const seal = sealer({ database, stream, clock });
      await stream.append(event('one'));
      await seal();
      await stream.append(event('two'));
      expect(await seal()).toMatchObject({ number: 2 });
      expect(await seal()).toBeUndefined();
      const hands = await handsIn(url);
      await hands.do('DELETE FROM audit_checkpoints WHERE number = 2');
      if (besides !== '') await hands.do(besides);
      await hands.end();
      expect(await seal()).toMatchObject({ streams: [{ seq: 2 }] });
      const found = await verify();
      expect(found.problem).toBe('Checkpoints 2 to 3 are missing.');
      expect(await seal()).toBeUndefined();
    },
  );

  test('the gateway detects that its checkpoint was removed, even if another gateway has written a later checkpoint', async () => {
    const seal = sealer({ database, stream, clock });
    await stream.append(event('one'));
    await seal();
    const hands = await handsIn(url);
    await hands.do('DELETE FROM audit_checkpoints');
    await hands.end();
    const other = auditStream({ database, keyring, clock });
    await other.append(event('two'));
    expect(await sealer({ database, stream: other, clock })()).toMatchObject({ number: 1 });
    expect((await verify()).intact).toBe(true);
    await seal();
    expect((await verify()).problem).toContain('Checkpoint 2 is missing');
  });
});

describe('the database partition for the audit events of a month', () => {
  test('writing an audit event or a change creates the database partition of its month if the partition is missing', async () => {
    await stream.append(event('far', { at: new Date('2071-03-31T23:59:59.999Z') }));
    await stream.transaction(async (tx) =>
      stream.include(tx, [event('back', { at: new Date('1999-12-31T00:00:00Z') })]),
    );
    await stream.append(event('now'));
    expect(await names()).toEqual(['far', 'back', 'now']);
    expect((await verify()).intact).toBe(true);
  });

  test('if the gateway writes an audit event into a retired month, it creates the database partition of the month again', async () => {
    const at = new Date('2001-01-01T00:00:00Z');
    await database.query(`SELECT make_audit_partition('2001-01-01')`);
    const rolledBack = stream.transaction(async (tx) => {
      stream.include(tx, [event('made in what is rolled back', { at })]);
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    await stream.append(event('one', { at }));
    const other = auditStream({ database, keyring, clock });
    await other.append(event('two', { at }));
    const hands = await handsIn(url);
    await hands.do('DELETE FROM audit_events');
    await hands.do('ALTER TABLE audit_events DETACH PARTITION audit_events_2001_01');
    await hands.do('DROP TABLE audit_events_2001_01');
    await hands.end();
    await stream.append(event('three', { at }));
    await other.transaction(async (tx) => other.include(tx, [event('four', { at })]));
    expect((await names()).sort()).toEqual(['four', 'three']);
  });

  test('several gateways create the partition of a month at once without errors', async () => {
    await Promise.all(Array.from({ length: 3 }, () => database.query(`SELECT make_audit_partition('2050-01-01')`)));
    expect(
      await database.query(`SELECT 1 FROM pg_inherits WHERE inhrelid = 'audit_events_2050_01'::regclass`),
    ).toHaveLength(1);
  });

  test('the database partition of a new month rejects changes and deletions of its audit events', async () => {
    await stream.append(event('one'));
    const [row] = await database.query<{ table: string }>('SELECT tableoid::regclass::text AS table FROM audit_events');
    for (const statement of [
      `UPDATE ${row?.table} SET outcome = outcome`,
      `DELETE FROM ${row?.table}`,
      `TRUNCATE ${row?.table}`,
    ]) {
      await expect(database.query(statement)).rejects.toThrow('never changed or removed');
    }
  });
});

test('if the clock is set back, audit events are still listed in the order of their creation', async () => {
  await stream.append(event('one'));
  clock.advance({ hours: -5 });
  await stream.append(event('two'));
  clock.advance({ hours: 5 });
  await stream.append(event('three'));
  expect(await names()).toEqual(['one', 'two', 'three']);
  expect((await verify()).intact).toBe(true);
});
