import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { logVerifier } from '../../src/audit/audit-verification.ts';
import { sealer } from '../../src/audit/sealing.ts';
import { remove, rotate } from '../secrets/operations.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeUser, type World, world } from '../support/world.ts';
import { eventsOf } from './events.ts';
import { type Hands, handsIn } from './tampering.ts';

let w: World;
let auditor: SomeUser;
let hands: Hands;
/** Returns the newest event number of the only audit stream. */
let newest: number;
let sealed: number;
let dbId: string;

const VERIFY = 'mutation { verifyAuditLog { intact eventsChecked problem brokenAt { id action changes } } }';
const verify = async () => (await auditor.get(VERIFY)).verifyAuditLog;
const seqOf = async (action: string) => {
  const [row] = await w.database.query<{ seq: number; id: string }>(
    'SELECT seq::int AS seq, id FROM audit_events WHERE action = $1 ORDER BY seq LIMIT 1',
    [action],
  );
  return { seq: row?.seq ?? 0, id: `aud_${row?.id.replaceAll('-', '')}` };
};

beforeAll(async () => {
  w = await world();
  const seal = sealer(w);
  hands = await handsIn(w.databaseUrl);
  auditor = await w.user('audrey', { roles: ['AUDITOR'] });
  dbId = (await w.secret('db', { tags: ['env:prod'] })).id;
  await w.secret('gone');
  await w.secret('purged');
  await remove(w.admin, 'gone');
  await remove(w.admin, 'purged', { purge: true });
  await rotate(w.admin, { name: 'db', value: sentinel() });
  for (let i = 0; i < 10; i += 1) await w.reveal(w.admin, 'db');
  const checkpoint = await seal();
  sealed = checkpoint?.streams[0]?.seq ?? 0;
  // These audit events are newer than the newest checkpoint.
  await rotate(w.admin, { name: 'db', value: sentinel() });
  await w.reveal(w.admin, 'db');
  const [row] = await w.database.query<{ seq: number }>('SELECT max(seq)::int AS seq FROM audit_events');
  newest = row?.seq ?? 0;
});
afterAll(async () => {
  await hands.end();
  await w.close();
});

test('verification reads every audit event, and reports no fault in an unchanged audit log', async () => {
  expect(sealed).toBeLessThan(newest);
  expect(await verify()).toEqual({ intact: true, eventsChecked: newest, problem: null, brokenAt: null });
});

test('a verification of the audit log records its result as an audit event', async () => {
  const [last] = await eventsOf(auditor);
  expect(last).toMatchObject({ action: 'AUDIT_VERIFY', outcome: 'DONE', actor: { name: 'audrey' } });
  expect(last?.changes).toEqual({ intact: true, eventsChecked: newest });
});

test('only callers with ADMIN or AUDITOR can verify the audit log, and each refused verification records an audit event', async () => {
  const ann = await w.user('ann', { roles: ['USER', 'METADATA_MANAGER'] });
  expect((await ann.ask(VERIFY)).code).toBe('FORBIDDEN');
  expect((await eventsOf(auditor, { actorId: ann.id }))[0]).toMatchObject({
    action: 'AUDIT_VERIFY',
    outcome: 'REFUSED',
  });
  expect((await w.admin.get(VERIFY)).verifyAuditLog.intact).toBe(true);
});

test('callers who request a verification during a running verification share one verification, which starts after their requests', async () => {
  let begun = 0;
  let letGo = () => {};
  const held = new Promise<void>((go) => {
    letGo = go;
  });
  const snapshot: typeof w.database.snapshot = async (work) => {
    begun += 1;
    await held;
    return w.database.snapshot(work);
  };
  const ask = logVerifier({ database: { ...w.database, snapshot }, keyring: w.keyring });
  const first = ask();
  await Promise.resolve();
  const others = Array.from({ length: 20 }, () => ask());
  expect(begun).toBe(1);
  await w.reveal(w.admin, 'db');
  letGo();
  const found = await Promise.all([first, ...others]);
  expect(begun).toBe(2);
  expect(found.every(({ intact }) => intact)).toBe(true);
});

test('a request with two verifyAuditLog fields is refused', async () => {
  const twice = await auditor.ask('mutation { a: verifyAuditLog { intact } b: verifyAuditLog { intact } }');
  expect(twice.code).toBe('GRAPHQL_VALIDATION_FAILED');
});

describe('changes of the audit log that bypass the gateway', () => {
  beforeAll(async () => {
    newest = (await w.database.query<{ seq: number }>('SELECT max(seq)::int AS seq FROM audit_events'))[0]?.seq ?? 0;
    await hands.keep();
  });
  afterEach(async () => {
    await hands.putBack();
    expect((await verify()).intact).toBe(true);
    await hands.putBack();
  });

  const at = (seq: number) => [
    `WHERE seq = $1 AND stream = (SELECT stream FROM audit_events ORDER BY stream LIMIT 1)`,
    seq,
  ];
  const COLUMNS: [column: string, value: string][] = [
    ['at', "at + interval '1 microsecond'"],
    ['action', "'SECRET_DELETE'"],
    ['action', "'NO_SUCH_ACTION'"],
    ['outcome', "'FAILED'"],
    ['actor_kind', "'APPLICATION'"],
    ['actor_id', "'usr_x'"],
    ['actor_name', "'mallory'"],
    ['subject_kind', 'NULL'],
    ['subject_id', "''"],
    ['subject_name', "'other'"],
    ['version', 'coalesce(version, 0) + 1'],
    ['changes', `'{ }'`],
    ['changes', `'{"a":1}'`],
    ['request_id', "''"],
    ['address', "'::1'"],
    ['value_hash', "sha256('x')"],
    ['hash', "sha256('x')"],
    ['id', 'gen_random_uuid()'],
  ];

  test.each(COLUMNS)('verification detects an audit event whose %s was changed to %s', async (column, value) => {
    const { seq, id } = await seqOf('SECRET_REVEAL');
    expect(await hands.do(`UPDATE audit_events SET ${column} = ${value} ${at(seq)[0]}`, [seq])).toBe(1);
    const found = await verify();
    expect(found).toMatchObject({ intact: false, eventsChecked: newest });
    expect(found.problem).toContain(`event ${seq} was changed`);
    if (column !== 'id' && value !== "'NO_SUCH_ACTION'") expect(found.brokenAt.id).toBe(id);
  });

  test('verification detects an audit event and a checkpoint whose year was changed from AD to BC', async () => {
    const earlier = `(to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00 BC')::timestamptz`;
    await hands.do(
      `CREATE TABLE audit_events_old PARTITION OF audit_events FOR VALUES FROM ('4000-01-01 BC') TO ('0001-01-01')`,
    );
    const { seq } = await seqOf('SECRET_REVEAL');
    await hands.do(`UPDATE audit_events SET at = ${earlier} ${at(seq)[0]}`, [seq]);
    const found = await verify();
    expect(found).toMatchObject({ intact: false, brokenAt: null });
    await hands.putBack();
    await hands.do(`UPDATE audit_checkpoints SET at = ${earlier}`);
    expect((await verify()).problem).toContain('Checkpoint 1 was changed');
    await hands.putBack();
    await hands.do('DROP TABLE audit_events_old');
  });

  test('verification detects a removed audit event', async () => {
    const { seq } = await seqOf('SECRET_REVEAL');
    await hands.do(`DELETE FROM audit_events ${at(seq)[0]}`, [seq]);
    const found = await verify();
    expect(found).toMatchObject({ intact: false, eventsChecked: newest - 1 });
    expect(found.problem).toContain(`event ${seq} is missing`);
    expect(found.brokenAt).not.toBeNull();
  });

  test('verification detects that the first audit event was removed', async () => {
    await hands.do(`DELETE FROM audit_events ${at(1)[0]}`, [1]);
    expect((await verify()).problem).toContain('event 1 is missing');
  });

  test('verification detects a removed audit event even if the later events were renumbered', async () => {
    const { seq } = await seqOf('SECRET_REVEAL');
    await hands.do(`DELETE FROM audit_events ${at(seq)[0]}`, [seq]);
    await hands.do('UPDATE audit_events SET seq = seq - 1 WHERE seq > $1', [seq]);
    await hands.do('UPDATE audit_streams SET seq = seq - 1');
    expect((await verify()).problem).toContain(`event ${seq} was changed`);
  });

  test('verification detects an inserted audit event even if the later events were renumbered', async () => {
    const { seq } = await seqOf('SECRET_REVEAL');
    await hands.do('UPDATE audit_events SET seq = seq + 1 WHERE seq > $1', [seq]);
    await hands.do('UPDATE audit_streams SET seq = seq + 1');
    await hands.do(
      `INSERT INTO audit_events SELECT gen_random_uuid(), at, action, outcome, actor_kind, actor_id, actor_name, subject_kind, subject_id,
       subject_name, version, changes, request_id, address, value_hash, stream, seq + 1, hash FROM audit_events WHERE seq = $1`,
      [seq],
    );
    expect((await verify()).problem).toContain(`event ${seq + 1} was changed`);
  });

  test('verification detects two audit events with the same number', async () => {
    const { seq } = await seqOf('SECRET_REVEAL');
    await hands.do(
      `INSERT INTO audit_events SELECT gen_random_uuid(), at, action, outcome, actor_kind, actor_id, actor_name, subject_kind, subject_id,
       subject_name, version, changes, request_id, address, value_hash, stream, seq, hash FROM audit_events WHERE seq = $1`,
      [seq],
    );
    expect((await verify()).intact).toBe(false);
  });

  test('verification detects an audit event of an unknown audit stream', async () => {
    await hands.do(
      `INSERT INTO audit_events SELECT gen_random_uuid(), at, action, outcome, actor_kind, actor_id, actor_name, subject_kind, subject_id,
       subject_name, version, changes, request_id, address, value_hash, gen_random_uuid(), 1, hash FROM audit_events WHERE seq = 1`,
    );
    expect((await verify()).intact).toBe(false);
  });

  test('verification detects two swapped audit events', async () => {
    const { seq } = await seqOf('SECRET_REVEAL');
    await hands.do('UPDATE audit_events SET seq = 2 * $1::bigint + 1 - seq WHERE seq IN ($1::bigint, $1::bigint + 1)', [
      seq,
    ]);
    expect((await verify()).problem).toContain(`event ${seq} was changed`);
  });

  test('verification detects that the newest audit events were removed', async () => {
    await hands.do('DELETE FROM audit_events WHERE seq >= $1', [newest]);
    const found = await verify();
    expect(found).toMatchObject({ intact: false, eventsChecked: newest - 1 });
    expect(found.problem).toContain('newest events are missing');
  });

  test('verification detects that the newest audit events were removed and the audit stream was reset to an earlier position', async () => {
    await hands.do('DELETE FROM audit_events WHERE seq >= $1', [sealed]);
    await hands.do(
      'UPDATE audit_streams s SET seq = e.seq, hash = e.hash, sealed_seq = 0 FROM audit_events e WHERE e.stream = s.id AND e.seq = $1',
      [sealed - 1],
    );
    expect((await verify()).problem).toContain(`checkpoint 1 sealed event ${sealed}`);
  });

  test('verification detects a removed audit stream', async () => {
    await hands.do('DELETE FROM audit_events');
    await hands.do('DELETE FROM audit_streams');
    const found = await verify();
    expect(found).toMatchObject({ intact: false, eventsChecked: 0, brokenAt: null });
  });

  test.each([
    ['was changed', `UPDATE audit_checkpoints SET body = '{}'`],
    ['was dated back', `UPDATE audit_checkpoints SET at = at - interval '1 day'`],
    ['was renumbered', 'UPDATE audit_checkpoints SET number = number + 1'],
  ])('verification detects a checkpoint that %s', async (_, statement) => {
    await hands.do(statement);
    expect((await verify()).problem).toMatch(/^Checkpoint 1/);
  });

  test('verification detects a replaced audit key', async () => {
    await hands.do('UPDATE audit_keys SET id = gen_random_uuid()');
    expect((await verify()).problem).toContain('key');
    await hands.putBack();
    await hands.do('UPDATE audit_keys SET ciphertext = wrapped_key');
    expect((await verify()).problem).toContain('key');
  });

  test('verification detects that an older copy replaced all rows of a secret, including the rows of its versions', async () => {
    const id = `${dbId.slice(4, 12)}`;
    await hands.do(`DELETE FROM secret_versions WHERE secret_id::text LIKE $1 || '%' AND number > 1`, [id]);
    await hands.do(`UPDATE secrets SET current_version = 1 WHERE name = 'db'`);
    expect((await verify()).problem).toMatch(/current version is 1, but events wrote version 3/);
  });

  test('verification detects that an older copy replaced the row of a secret, even if the row of the newest version is unchanged', async () => {
    await hands.do(`UPDATE secrets SET current_version = 2 WHERE name = 'db'`);
    expect((await verify()).problem).toContain('an older copy was restored');
  });

  test('verification detects a removed or replaced sealed value', async () => {
    await hands.do(
      `UPDATE secret_versions SET ciphertext = NULL, wrapped_key = NULL, key_id = NULL, destroyed_at = now() WHERE number = 3`,
    );
    expect((await verify()).problem).toContain('the value of version 3 is missing');
    await hands.putBack();
    await hands.do(
      'UPDATE secret_versions SET ciphertext = (SELECT ciphertext FROM secret_versions WHERE number = 2) WHERE number = 3',
    );
    expect((await verify()).problem).toContain('is not the value that the gateway wrote');
  });

  test('verification detects that all rows of a secret were removed', async () => {
    await hands.do(`DELETE FROM secret_versions v USING secrets s WHERE s.id = v.secret_id AND s.name = 'gone'`);
    await hands.do(`DELETE FROM secrets WHERE name = 'gone'`);
    expect((await verify()).problem).toContain('is missing');
  });

  test('verification lists every problem: two changed audit events, a changed checkpoint and a changed secret', async () => {
    const { seq } = await seqOf('SECRET_REVEAL');
    await hands.do(`UPDATE audit_events SET actor_name = 'mallory' WHERE seq IN ($1::bigint, $1::bigint + 2)`, [seq]);
    await hands.do(`UPDATE audit_checkpoints SET at = at - interval '1 day'`);
    await hands.do(`UPDATE secrets SET purged_at = NULL WHERE name = 'purged'`);
    const { problems } = (await auditor.get('mutation { verifyAuditLog { problems } }')).verifyAuditLog;
    expect(problems).toEqual([
      expect.stringContaining('Checkpoint 1 was changed'),
      expect.stringContaining(`event ${seq} was changed`),
      expect.stringContaining(`event ${seq + 2} was changed`),
      expect.stringContaining('was purged but exists again'),
      expect.stringMatching(/^Secret sec_/),
    ]);
  });

  test('verification detects a purged secret that exists again in the database', async () => {
    await hands.do(`UPDATE secrets SET purged_at = NULL WHERE name = 'purged'`);
    expect((await verify()).problem).toContain('was purged but exists again');
  });
});
