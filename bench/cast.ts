// The principals and secrets in the queries of the audits benchmark. Each kind of query uses several principals or secrets, so that no two successive
// calls are equal.

import pg from 'pg';
import { simulationQueues } from '../src/access-audit/simulation/simulation-queue.ts';
import { verifyLog } from '../src/audit/audit-verification.ts';
import { type Uuid, ZERO_UUID } from '../src/primitives/ids.ts';
import { entitlementCache } from '../src/principals/entitlement-cache.ts';
import { readEntitlementsOf } from '../src/principals/entitlement-store.ts';
import type { Entitlements } from '../src/principals/principal.ts';
import { namedSecrets } from '../src/secrets/named-secrets.ts';
import { secretValues } from '../src/secrets/secret-values.ts';
import { Session } from '../src/session/session.ts';
import type { World } from './world.ts';
import { WIDE, YEAR_AGO } from './world-rows.ts';

export interface Cast {
  /** The id of an administrator. */
  admin: Entitlements;
  /** Users with READ on three tenths of all secrets, by one tag and one group. All listed users and secrets are older than a year. */
  wide: readonly Entitlements[];
  /** Users who have a few grants on secret names, and who are in one or two groups that see a few hundred secrets. */
  narrow: readonly Entitlements[];
  /** Names of secrets on which some 3,000 members of one group have READ. */
  shared: readonly string[];
  /** Names of secrets without tags. For each name, exactly one principal has a grant on the name. */
  personal: readonly string[];
}

const SOME = 50;
const FEWEST = 3;

/** SQL subqueries for two sets of principals: principals with READ by one of the tags `$1`, and principals who see everything. */
const READING = `(SELECT m.member_id FROM permissions p JOIN group_members m ON m.group_id = p.subject_id
  WHERE m.valid_to IS NULL AND p.valid_to IS NULL AND p.target_kind = 'TAG' AND p.target = ANY($1::text[]))`;
const SEEING_ALL = `(SELECT r.subject_id FROM role_assignments r WHERE r.role IN ('ADMIN', 'AUDITOR')
  UNION ALL SELECT m.member_id FROM role_assignments r JOIN group_members m ON m.group_id = r.subject_id WHERE r.role IN ('ADMIN', 'AUDITOR'))`;
const IN_GROUPS = (least: number, most: number) => `(SELECT m.member_id FROM group_members m WHERE m.valid_to IS NULL
  GROUP BY m.member_id HAVING count(*) BETWEEN ${least} AND ${most})`;
const GRANTED_NAMES = `SELECT p.secret_id FROM permissions p WHERE p.target_kind = 'SECRET' AND p.valid_to IS NULL AND p.expires_at IS NULL`;
const CARRYING = (tag: string) => `(SELECT t.secret_id FROM secret_tags t WHERE t.valid_to IS NULL AND ${tag})`;

export async function castOf({ database, url }: Pick<World, 'database' | 'url'>): Promise<Cast> {
  // The function uses a separate connection, because the pool's connections have a statement timeout.
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("SET work_mem = '256MB'");
  const some = async <Row>(text: string, ...params: unknown[]) =>
    (await client.query(`${text} LIMIT ${SOME}`, params)).rows as Row[];
  const entitlements = async (where: string, tags: readonly string[]): Promise<Entitlements[]> => {
    const users = `SELECT u.id FROM users u WHERE u.active AND u.created_at < '${YEAR_AGO.toISOString()}' AND u.id NOT IN ${SEEING_ALL} AND ${where} ORDER BY md5(u.id::text)`;
    const found = (await some<{ id: Uuid }>(users, tags)).map(({ id }) => readEntitlementsOf(database, 'USER', id));
    return enough((await Promise.all(found)).filter((entitlements) => entitlements !== undefined));
  };
  const names = async (where: string): Promise<string[]> => {
    const secrets = `SELECT s.name FROM secrets s WHERE s.deleted_at IS NULL AND s.created_at < '${YEAR_AGO.toISOString()}' AND ${where} ORDER BY md5(s.id::text)`;
    return enough((await some<{ name: string }>(secrets)).map((row) => row.name));
  };
  try {
    const [admin] = await some<{ id: Uuid }>(`SELECT id FROM users WHERE username = 'admin'`);
    return {
      admin: (await readEntitlementsOf(database, 'USER', admin?.id ?? ZERO_UUID)) as Entitlements,
      wide: await entitlements(`u.id IN ${READING} AND u.id IN ${IN_GROUPS(3, 4)}`, [WIDE[0]]),
      narrow: await entitlements(
        `u.id NOT IN ${READING} AND u.id IN ${IN_GROUPS(1, 2)} AND u.id IN (${GRANTED_NAMES.replace('p.secret_id', 'p.subject_id')})`,
        WIDE,
      ),
      shared: await names(
        `s.id IN ${CARRYING(`t.tag = '${WIDE[0]}'`)} AND s.id IN ${CARRYING("starts_with(t.tag, 'team:')")} AND s.id IN ${CARRYING("starts_with(t.tag, 'app:')")}`,
      ),
      personal: await names(`s.id NOT IN ${CARRYING('true')} AND s.id IN (${GRANTED_NAMES})`),
    };
  } finally {
    await client.end();
  }
}

function enough<T>(found: T[]): T[] {
  if (found.length < FEWEST)
    throw new Error(
      `This world is too small: a query needs ${FEWEST} matching principals or secrets, but the world contains ${found.length}`,
    );
  return found;
}

/**
 * Creates a confirmed session with these entitlements. The session does not cache the entitlements, because the benchmark does not read secrets by
 * name.
 */
export async function sessionOf(
  { database, keyring, stream, clock }: World,
  entitlements: Entitlements,
): Promise<Session> {
  const { kind, id } = entitlements;
  const token = { claims: { kind, id, generation: 0, accessKeyId: undefined, kid: '' }, payload: {} };
  const cache = { ...entitlementCache({ database, keyring, clock }), current: async () => entitlements };
  const verifying = () => verifyLog({ database, keyring });
  const session = new Session({ requestId: 'bench', address: '127.0.0.1', headers: {} }, token, {
    database,
    entitlementCache: cache,
    named: namedSecrets({ database, entitlementCache: cache, clock }),
    keyring,
    stream,
    clock,
    values: secretValues(keyring),
    verifyLog: verifying,
    simulationQueues: simulationQueues(),
  });
  await session.confirm();
  return session;
}
