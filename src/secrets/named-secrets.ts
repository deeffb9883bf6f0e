import type { Bearer } from '../access/access.ts';
import { holds, SEEING, type Standing, subjectsOf } from '../access/policy.ts';
import type { Standings } from '../access/standings.ts';
import { batches } from '../batches.ts';
import type { Clock } from '../clock.ts';
import type { Database, Sql } from '../database/client.ts';
import type { Access } from '../generated/vocabulary.ts';
import { isSecretName, type SecretView } from './secret.ts';
import { findNamed } from './secret-store.ts';

/** Secrets by name, for all requests: those asked for at the same moment are read by one statement. */
export interface NamedSecrets {
  /**
   * Live secrets of these names, each in its place, as of one moment after the call, and how the caller stood at that moment: by that
   * standing it is to be decided whether they may be seen at all; of one that may not, only the id is read. With `accesses`, each with its current sealed value where one of these
   * could allow to open it. Names need not be names. @throws Unauthenticated, Unavailable
   */
  read(
    bearer: Pick<Bearer, 'presented'>,
    names: readonly string[],
    accesses: readonly Access[] | null,
  ): Promise<{ standing: Standing; secrets: (SecretView | undefined)[] }>;
}

interface Asked {
  standing: Standing;
  names: readonly string[];
  accesses: readonly Access[] | null;
}

interface Answer {
  epoch: number;
  /** By name, and perhaps others that the same caller asked for. */
  secrets: ReadonlyMap<string, SecretView>;
}

/** In one statement. The values of so many are some 60 MB at most. */
const MOST_NAMES = 500;
/** Grants on tags of one standing that are looked through for each name. */
const MOST_TAGS = 100;

export function namedSecrets({
  database,
  standings,
  clock,
}: {
  database: Database;
  standings: Standings;
  clock: Clock;
}): NamedSecrets {
  const send = async (sql: Sql, asked: readonly Asked[]): Promise<Answer[]> => {
    const { reads, places } = merged(asked);
    const now = clock.now();
    const { epoch, found } = await findNamed(
      sql,
      reads.map(({ standing, names, accesses }) => ({
        standing,
        names: [...names],
        subjects: subjectsOf(standing),
        access: accesses,
        all: holds(standing, 'ADMIN'),
        tags: accesses === null ? [] : tagsGiving(standing, accesses, now),
        seeing: tagsGiving(standing, SEEING, now),
      })),
      { seeing: SEEING, now },
    );
    const answers = found.map((secrets) => ({
      epoch,
      secrets: new Map(secrets.map((secret) => [secret.name as string, secret])),
    }));
    return places.map((place) => answers[place]!);
  };

  const batched = batches<Asked, Answer>({
    most: MOST_NAMES,
    sizeOf: ({ names }) => names.length,
    send: (asked) => send(database.prepared, asked),
  });

  return {
    async read({ presented }, texts, accesses) {
      // What is no name is not sent: it must not spoil the statement for the others.
      const names = texts.filter(isSecretName);
      const { standing, read } = await standings.asOf(presented, async (presumed, sql) => {
        const asked = { standing: presumed, names, accesses };
        return sql === undefined ? batched.load(asked) : (await send(sql, [asked]))[0]!;
      });
      return { standing, secrets: texts.map((name) => read.secrets.get(name)) };
    },
  };
}

/** Tags by which the standing gives one of these, told along with each read. Null: so many that the database looks up the few it needs. */
function tagsGiving({ tagGrants }: Standing, accesses: readonly Access[], now: Date): string[] | null {
  if (tagGrants.length > MOST_TAGS) return null;
  return tagGrants
    .filter(
      ({ access, expiresAt }) =>
        (expiresAt === null || expiresAt > now) && accesses.some((one) => access.includes(one)),
    )
    .flatMap(({ tag }) => tag ?? []);
}

/** What the same caller asks for by the same list of accesses as one read; and for each asked the place of its read. */
function merged(asked: readonly Asked[]) {
  const reads: { standing: Standing; accesses: readonly Access[] | null; names: Set<string> }[] = [];
  const places = new Map<Standing, Map<readonly Access[] | null, number>>();
  const placeOf = ({ standing, accesses }: Asked): number => {
    const own = places.get(standing) ?? new Map<readonly Access[] | null, number>();
    places.set(standing, own);
    const place = own.get(accesses) ?? reads.push({ standing, accesses, names: new Set() }) - 1;
    own.set(accesses, place);
    return place;
  };
  return {
    reads,
    places: asked.map((one) => {
      const place = placeOf(one);
      for (const name of one.names) reads[place]?.names.add(name);
      return place;
    }),
  };
}
