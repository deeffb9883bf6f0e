import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportLog } from '../../src/audit/audit-export.ts';
import { findMonths, retireMonth } from '../../src/audit/audit-retirement.ts';
import { verifyLog } from '../../src/audit/audit-verification.ts';
import { checkFile } from '../../src/audit/file-check.ts';
import { operatorAudit } from '../../src/audit/operator.ts';
import { sealer } from '../../src/audit/sealing.ts';
import { Unavailable } from '../../src/errors.ts';
import { rotate } from '../secrets/operations.ts';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { eventsOf } from './events.ts';
import { type Hands, handsIn } from './tampering.ts';

let w: World;
let folder: string;
let whole: string;
let count: number;

const verify = async () =>
  (await w.admin.get('mutation { verifyAuditLog { intact eventsChecked problem } }')).verifyAuditLog;
const text = (file: string) => readFile(file, 'utf8');
const linesOf = async (file: string) => (await text(file)).trimEnd().split('\n');

/** Writes these lines to a file and verifies the file. */
async function check(lines: readonly string[]) {
  const file = join(folder, 'tried.jsonl');
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  return checkFile(file, w.keyring);
}

async function exportTo(file: string): Promise<string> {
  const parts: string[] = [];
  const needs = { database: w.database, key: await w.stream.key(), now: w.clock.now() };
  await exportLog(needs, async (part) => void parts.push(part));
  await writeFile(file, parts.join(''));
  return file;
}

beforeAll(async () => {
  w = await world();
  folder = await mkdtemp(join(tmpdir(), 'audit-'));
  const seal = sealer(w);
  await w.secret('kept');
  await w.secret('early');
  for (let i = 0; i < 5; i += 1) await w.reveal(w.admin, 'early');
  await seal();
  // Adds events of the next month, and then one event of the previous month. Event numbers must increase, but event
  // times may decrease.
  w.clock.advance({ days: 31 });
  w.admin = await w.signIn('admin', w.adminPassword);
  await w.reveal(w.admin, 'early');
  w.clock.advance({ days: -31 });
  await w.reveal(w.admin, 'kept');
  w.clock.advance({ days: 31 });
  await rotate(w.admin, { name: 'early', value: sentinel() });
  await w.reveal(w.admin, 'early');
  await seal();
  whole = await exportTo(join(folder, 'whole.jsonl'));
  count = (await linesOf(whole)).filter((line) => line.startsWith('{"event"')).length;
});
afterAll(async () => {
  await w.close();
  await rm(folder, { recursive: true, force: true });
});

describe('verification of an exported audit log', () => {
  test('an exported audit log verifies with only the keyring, without the database', async () => {
    expect(count).toBeGreaterThan(10);
    expect(await checkFile(whole, w.keyring)).toMatchObject({ intact: true, eventsChecked: count, problem: null });
  });

  test('an exported audit log contains no secret value', async () => {
    expect(await text(whole)).not.toContain(w.adminPassword);
  });

  test('verification of an exported audit log detects any removed line', async () => {
    const lines = await linesOf(whole);
    for (const i of lines.keys()) expect([i, (await check(lines.toSpliced(i, 1))).intact]).toEqual([i, false]);
  });

  test('verification of an exported audit log detects that the last lines were removed, and reports how many lines remain', async () => {
    const all = await text(whole);
    for (let i = 0; i < all.length; i += 997) {
      const file = join(folder, 'cut.jsonl');
      await writeFile(file, all.slice(0, i));
      const { intact, eventsChecked } = await checkFile(file, w.keyring);
      expect(intact).toBe(false);
      expect(eventsChecked).toBe(
        all
          .slice(0, i)
          .split('\n')
          .slice(0, -1)
          .filter((line) => line.startsWith('{"event"')).length,
      );
    }
  });

  test('verification of an exported audit log detects swapped and duplicated lines', async () => {
    const lines = await linesOf(whole);
    for (let i = 1; i < lines.length; i += 1) {
      const [one, other] = [lines[i - 1] ?? '', lines[i] ?? ''];
      expect((await check(lines.toSpliced(i - 1, 2, other, one))).intact).toBe(false);
      expect((await check(lines.toSpliced(i, 0, other))).intact).toBe(false);
    }
  });

  test('verification of an exported audit log detects any changed character, and names the first changed event', async () => {
    const lines = await linesOf(whole);
    for (const [i, line] of lines.entries()) {
      const place = (i * 7919) % line.length;
      const changed = `${line.slice(0, place)}${line[place] === '1' ? '2' : '1'}${line.slice(place + 1)}`;
      expect([i, (await check(lines.with(i, changed))).intact]).toEqual([i, false]);
    }
    const place = lines.findIndex((line) => line.includes('"action":"SECRET_REVEAL"'));
    const found = await check(lines.with(place, (lines[place] ?? '').replace('SECRET_REVEAL', 'SECRET_CREATE')));
    expect(found.brokenAt?.id).toBe(JSON.parse(lines[place] ?? '').event.id);
  });

  test('verification of an exported audit log fails with a different keyring', async () => {
    const other = await world();
    try {
      expect((await checkFile(whole, other.keyring)).intact).toBe(false);
    } finally {
      await other.close();
    }
  });
});

test('if the gateway does not know whether retiring a month succeeded, it does not delete the exported file of the month', async () => {
  const [first] = await findMonths(w.database);
  if (first === undefined) expect.unreachable();
  // The test makes the commit fail, and the gateway receives no answer to the commit.
  const transaction: typeof w.stream.transaction = async (work) => {
    await w.stream
      .transaction(async (tx) => {
        await work(tx);
        throw new Error('rolled back, so that the others find it as it was');
      })
      .catch(() => {});
    throw new Unavailable(new Error('Connection terminated unexpectedly'));
  };
  const stream = { ...w.stream, transaction };
  const before = await readdir(folder);
  const lost = retireMonth({ ...w, stream, audit: operatorAudit({ ...w, stream }) }, first, folder);
  const file = join(folder, `audit-${first.month}.jsonl`);
  await expect(lost).rejects.toThrow(file);
  expect((await checkFile(file, w.keyring)).intact).toBe(true);
  await rm(file);

  // No exported file remains, because the gateway knows that retiring the month failed.
  const refusing = { ...w.stream, transaction: () => Promise.reject(new Unavailable(new Error('away'))) };
  await expect(
    retireMonth({ ...w, audit: operatorAudit({ ...w, stream: refusing }) }, first, folder),
  ).rejects.toThrow();
  expect(await readdir(folder)).toEqual(before);
});

describe('a retired month of the audit log', () => {
  let file: string;
  let hands: Hands;
  let left: number;
  beforeAll(async () => {
    hands = await handsIn(w.databaseUrl);
    const [first] = await findMonths(w.database);
    if (first === undefined) expect.unreachable();
    const retired = await retireMonth({ ...w, audit: operatorAudit(w) }, first, folder);
    file = retired.file;
    expect(retired.month).toBe(first.month);
    left = (await eventsOf(w.admin)).length;
  });
  afterAll(() => hands.end());

  test('the exported file of a retired month is readable only by its owner, and verification of the file succeeds', async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const checked = await checkFile(file, w.keyring);
    expect(checked).toMatchObject({ intact: true, problem: null });
    // Retiring the month adds one audit event.
    expect(checked.eventsChecked + left).toBe(count + 1);
  });

  test('after a month is retired, the database no longer contains its audit events, and an audit event records the retirement', async () => {
    const [newest] = await eventsOf(w.admin);
    expect(newest).toMatchObject({ action: 'AUDIT_RETIRE', outcome: 'DONE', actor: { kind: 'OPERATOR' } });
    expect(left).toBeLessThan(count);
  });

  test('verification succeeds after retiring a month whose audit events recorded the state of secrets', async () => {
    expect(await verify()).toMatchObject({ intact: true, eventsChecked: left, problem: null });
    await hands.keep();
    await hands.do(`UPDATE secrets SET purged_at = now() WHERE name = 'kept'`);
    expect((await verify()).problem).toContain('kept');
    await hands.putBack();
  });

  test('verification compares database rows with the audit events of a retired month', async () => {
    // Makes the change by SQL. The API would record the change in an audit stream that this test later restores.
    const found = () => verifyLog(w);
    await hands.keep();
    for (const [statement, described] of [
      [`UPDATE users SET password_hash = 'x' WHERE username = 'admin'`, 'User usr_'],
      [`DELETE FROM role_assignments WHERE role = 'ADMIN'`, 'A database row that a retired audit event recorded'],
      [`UPDATE secrets SET name = 'renamed' WHERE name = 'kept'`, 'sec_'],
    ] as const) {
      expect(await hands.do(statement)).toBe(1);
      expect((await found()).problem).toContain(described);
      await hands.putBack();
    }
    await hands.do(
      `UPDATE audit_checkpoints SET body = (body::jsonb - 'facts')::json WHERE (body -> 'facts') IS NOT NULL`,
    );
    expect((await found()).problem).toContain('was changed');
    await hands.putBack();
    expect((await found()).intact).toBe(true);
  });

  test('verification detects missing audit events of a month that is not retired', async () => {
    await hands.keep();
    const [first] = await w.database.query<{ seq: number }>('SELECT min(seq)::int AS seq FROM audit_events');
    await hands.do('DELETE FROM audit_events WHERE seq = $1', [first?.seq]);
    expect((await verify()).problem).toContain('missing');
    await hands.putBack();
    await hands.do('DELETE FROM audit_checkpoints WHERE number = (SELECT max(number) FROM audit_checkpoints)');
    expect((await verify()).intact).toBe(false);
    await hands.putBack();
  });

  test('verification detects any change of the exported file of a retired month', async () => {
    const lines = await linesOf(file);
    for (const i of lines.keys()) expect([i, (await check(lines.toSpliced(i, 1))).intact]).toEqual([i, false]);
  });

  test('if the clock is set back, the gateway can write audit events into a retired month', async () => {
    w.clock.advance({ days: -31 });
    const admin = await w.signIn('admin', w.adminPassword);
    expect(await w.reveal(admin, 'kept')).toBeTypeOf('string');
    await rotate(admin, { name: 'kept', value: sentinel() });
    w.clock.advance({ days: 31 });
    expect((await verify()).intact).toBe(true);
    const [again] = await findMonths(w.database);
    if (again === undefined) expect.unreachable();
    const { file: second } = await retireMonth({ ...w, audit: operatorAudit(w) }, again, folder);
    expect(second).toBe(file.replace('.jsonl', '.2.jsonl'));
    expect((await verify()).intact).toBe(true);
  });
});
