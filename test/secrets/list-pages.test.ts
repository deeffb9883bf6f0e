// Reads pages of secrets with every kind of database statement that the gateway uses. The callers see few or many
// secrets, and use all kinds of filters.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ACCESSES_TO_SEE_SECRET } from '../../src/access/policy.ts';
import { connect, type Database } from '../../src/database/client.ts';
import type { Access, SecretOrder } from '../../src/generated/vocabulary.ts';
import type { Uuid } from '../../src/primitives/ids.ts';
import { isByName, list, listNames, type SecretQuery } from '../../src/secrets/secret-lists.ts';
import type { Bounds } from '../../src/secrets/secret-pages.ts';
import { asTag, asUuid } from '../support/brands.ts';
import { freshDatabase } from '../support/database.ts';

const NOW = new Date('2026-03-01T00:00:00Z');
const day = (n: number) => new Date(NOW.getTime() + n * 86_400_000);
const id = (kind: number, n: number) => asUuid(`01900000-000${kind}-7000-8000-${String(n).padStart(12, '0')}`);
const [SUBJECTS, OTHER] = [[id(1, 1), id(1, 2)], id(1, 3)];
const BOTH = [id(1, 4), id(1, 5)];
const TAGS = ['env:prod', 'env:dev', 'team:a', 'team:b'].map(asTag);
const LOTS = 400;
const DELETED_SINCE = day(-30);

interface Stored {
  id: Uuid;
  name: string;
  tags: string[];
  updatedAt: Date;
  expiresAt: Date | null;
  deletedAt: Date | null;
}
interface Granted {
  subject: string;
  target: string;
  isTag: boolean;
  secretId: string | null;
  access: Access[];
  expiresAt: Date | null;
}

let database: Database;
let drop: () => Promise<void>;
let secrets: Stored[] = [];
let grants: Granted[] = [];

/** Returns a pseudorandom number from 0 to 1. The same arguments give the same number. */
const chance = (n: number, salt: number) => {
  const x = Math.sin(n * 12.9898 + salt * 78.233) * 43_758.5453;
  return x - Math.floor(x);
};

beforeAll(async () => {
  const fresh = await freshDatabase(inject('databaseUrl'));
  drop = fresh.drop;
  database = connect({ url: fresh.url, connections: 2 });
  secrets = Array.from({ length: LOTS }, (_, n) => ({
    id: id(2, n),
    name: `${['db', 'API', 'smtp'][n % 3]}_${Math.floor(chance(n, 1) * 1e6)}_${n}`,
    tags: TAGS.filter((_tag, i) => chance(n, 10 + i) < (i < 2 ? 0.4 : 0.05)),
    // Several secrets have the same sort value. The ids of these secrets decide their order.
    updatedAt: day(-Math.floor(chance(n, 2) * 20)),
    expiresAt: chance(n, 3) < 0.3 ? day(Math.floor(chance(n, 4) * 20) - 10) : null,
    deletedAt: chance(n, 5) < 0.1 ? day(-Math.floor(chance(n, 6) * 60)) : null,
  }));
  // Secrets that exist, whose names deleted secrets had before.
  for (const [n, { deletedAt, name }] of secrets.entries())
    if (deletedAt !== null && n < LOTS / 2)
      secrets[n + LOTS / 2] = { ...(secrets[n + LOTS / 2] as Stored), name, deletedAt: null };
  const grant = (subject: string, target: string, access: Access[], more: Partial<Granted> = {}): Granted => ({
    subject,
    target,
    isTag: target.includes(':'),
    secretId: null,
    access,
    expiresAt: null,
    ...more,
  });
  const [one, two] = SUBJECTS as [Uuid, Uuid];
  const at = (n: number) => secrets[n] as Stored;
  grants = [
    grant(one, 'team:a', ['READ', 'EXECUTE']),
    grant(two, 'env:prod', ['EXECUTE'], { expiresAt: day(-1) }),
    grant(two, 'team:b', ['UPDATE'], { expiresAt: day(1) }),
    grant(one, at(3).name, ['READ', 'UPDATE']),
    grant(one, at(4).name, ['CREATE']),
    grant(two, at(5).name, ['READ'], { secretId: at(5).id }),
    grant(two, at(6).name, ['READ'], { secretId: at(7).id }),
    // Creates grants on names, several grants with the same effect, and grants that are bound to the deleted secret
    // with a name.
    ...secrets
      .slice(0, 120)
      .flatMap(({ id: secretId, name }) => [
        grant(BOTH[0] as string, name, ['READ']),
        grant(BOTH[1] as string, name, ['READ', 'UPDATE']),
        grant(BOTH[0] as string, name, ['READ'], { secretId }),
      ]),
    ...secrets.slice(120, 140).map(({ id: secretId, name }) => grant(BOTH[0] as string, name, ['READ'], { secretId })),
    grant(OTHER, 'env:prod', ['READ', 'DELETE']),
    grant(OTHER, 'team:a', ['READ']),
  ];
  await database.query(
    `INSERT INTO secrets (id, name, current_version, created_at, updated_at, expires_at, deleted_at)
     SELECT s.id, s.name, 1, s."updatedAt", s."updatedAt", s."expiresAt", s."deletedAt"
     FROM json_to_recordset($1) s(id uuid, name text, "updatedAt" timestamptz, "expiresAt" timestamptz, "deletedAt" timestamptz)`,
    [JSON.stringify(secrets)],
  );
  await database.query(
    `INSERT INTO secret_tags (id, secret_id, name, tag, valid_from)
     SELECT gen_random_uuid(), s.id, s.name, t, now() FROM json_to_recordset($1) s(id uuid, name text, tags text[]) CROSS JOIN unnest(s.tags) t`,
    [JSON.stringify(secrets)],
  );
  await database.query(
    `INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, secret_id, access, expires_at, valid_from)
     SELECT gen_random_uuid(), 'USER', g.subject, CASE WHEN g."isTag" THEN 'TAG' ELSE 'SECRET' END, g.target, g."secretId", g.access, g."expiresAt", now()
     FROM json_to_recordset($1) g(subject uuid, target text, "isTag" boolean, "secretId" uuid, access text[], "expiresAt" timestamptz)`,
    [JSON.stringify(grants)],
  );
  await database.query('ANALYZE');
});
afterAll(async () => {
  await database.close();
  await drop();
});

/** Computes the secrets that the query must return, with a simple second implementation. */
function meant(query: SecretQuery): Stored[] {
  const given = (secret: Stored, subjects: readonly string[]) =>
    grants
      .filter(({ subject, expiresAt }) => subjects.includes(subject) && (expiresAt === null || expiresAt > NOW))
      .filter(({ isTag, target, secretId }) =>
        isTag ? secret.tags.includes(target) : target === secret.name && (secretId === null || secretId === secret.id),
      )
      .flatMap(({ access }) => access);
  const { visibleTo, nameContains, tags, expiresBefore, deletedSince, access, seeing, orderBy } = query;
  const found = secrets.filter((secret) => {
    const has = visibleTo === null ? null : given(secret, visibleTo);
    return (
      (deletedSince === null
        ? secret.deletedAt === null
        : secret.deletedAt !== null && secret.deletedAt > deletedSince) &&
      (has === null || (has.some((one) => seeing.includes(one)) && access.every((one) => has.includes(one)))) &&
      (nameContains === null || secret.name.toLowerCase().includes(nameContains.toLowerCase())) &&
      tags.every((tag) => secret.tags.includes(tag)) &&
      (expiresBefore === null || (secret.expiresAt !== null && secret.expiresAt < expiresBefore))
    );
  });
  return found.sort(comparing(orderBy));
}

const comparing = (orderBy: SecretOrder) => (a: Stored, b: Stored) => {
  const key = (secret: Stored): string | number =>
    orderBy === 'UPDATED_AT_DESC'
      ? -secret.updatedAt
      : orderBy === 'EXPIRES_AT_ASC'
        ? (secret.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY)
        : secret.name;
  const sign = orderBy === 'NAME_DESC' ? -1 : 1;
  const byId = orderBy === 'NAME_DESC' || orderBy === 'UPDATED_AT_DESC' ? -1 : 1;
  const [x, y] = [key(a), key(b)];
  return x < y ? -sign : x > y ? sign : a.id < b.id ? -byId : a.id > b.id ? byId : 0;
};

/**
 * Returns the cursor of a secret. The secret may have been on an earlier page, even if no page contains the secret
 * now.
 */
const cursorOf = ({ id, name, updatedAt, expiresAt }: Stored, orderBy: SecretOrder) => ({
  id,
  key:
    orderBy === 'UPDATED_AT_DESC'
      ? updatedAt.toISOString()
      : orderBy === 'EXPIRES_AT_ASC'
        ? (expiresAt?.toISOString() ?? 'infinity')
        : name,
});

/** Settings that select each kind of database statement: only gathering, only scanning or searching, or both. */
const BOUNDS: Record<string, Bounds> = {
  gathered: { least: 10_000, most: 10_000 },
  scanned: { least: 120, most: 120 },
  'scanned with a low bound': { least: 1, most: 1 },
};

const anything = fc.record({
  visibleTo: fc.constantFrom(null, SUBJECTS, [OTHER], BOTH, [id(1, 9)]),
  access: fc.subarray<Access>(['READ', 'UPDATE', 'DELETE', 'CREATE'], { maxLength: 2 }),
  nameContains: fc.constantFrom(null, null, 'p', 'API_', 'db_9', '_1', '%', 'nothing'),
  tags: fc.subarray(TAGS, { maxLength: 3 }),
  expiresBefore: fc.constantFrom(null, null, NOW, day(-9), day(30)),
  deletedSince: fc.constantFrom(null, null, null, DELETED_SINCE),
  orderBy: fc.constantFrom<SecretOrder>('NAME_ASC', 'NAME_DESC', 'UPDATED_AT_DESC', 'EXPIRES_AT_ASC'),
  perPage: fc.constantFrom(1, 7, 51, 201),
  from: fc.option(fc.nat(LOTS - 1)),
});

test.each(Object.entries(BOUNDS))(
  'pages of secrets, %s, contain exactly the secrets that the policy makes visible',
  async (_, bounds) => {
    await fc.assert(
      fc.asyncProperty(anything, async ({ perPage, from, visibleTo, access, ...rest }) => {
        // An administrator has every access to every secret.
        const query: SecretQuery = {
          ...rest,
          visibleTo,
          access: visibleTo === null ? [] : access,
          subjects: visibleTo ?? [id(1, 9)],
          now: NOW,
          seeing: ACCESSES_TO_SEE_SECRET,
        };
        const begin = from === null ? undefined : (secrets[from] as Stored);
        const expected = meant(query)
          .filter((secret) => begin === undefined || comparing(query.orderBy)(secret, begin) > 0)
          .map((secret) => secret.id);
        const found: string[] = [];
        const most = Math.min(expected.length, perPage * 6);
        let after = begin && cursorOf(begin, query.orderBy);
        do {
          const { secrets: page } = await list(database, query, perPage, after, bounds);
          if (isByName(query.orderBy)) {
            const names = await listNames(database, { ...query, orderBy: query.orderBy }, perPage, after, bounds);
            expect(names.secrets).toEqual(page.map(({ id, name, key }) => ({ id, name, key })));
          }
          found.push(...page.map((secret) => secret.id));
          const last = page.at(-1);
          after = last && page.length === perPage ? { key: last.key, id: last.id } : undefined;
        } while (after !== undefined && found.length <= most);
        expect(found).toEqual(after === undefined ? expected : expected.slice(0, found.length));
      }),
      { numRuns: 250 },
    );
  },
  120_000,
);
