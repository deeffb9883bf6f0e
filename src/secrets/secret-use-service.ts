import { accessTo, gives, holds, subjectsOf } from '../access/policy.ts';
import type { NewEvent } from '../audit/audit-event.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Database } from '../database/client.ts';
import { Unopenable } from '../errors.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import type { Entitlements } from '../principals/principal.ts';
import type { Sensitive } from '../sensitive.ts';
import type { ReadingSession } from './named-secrets.ts';
import { eventSubjectOf, isExpired, restorableSince, type SecretView } from './secret.ts';
import * as store from './secret-store.ts';
import type { SecretValues } from './secret-values.ts';
import { viewingOf } from './viewing.ts';

/** Any of these lets a value be put in the place of a reference. */
const USING = ['EXECUTE', 'READ'] as const satisfies readonly Access[];

/** Why a secret cannot be used, as a caller is told: NOT_FOUND is missing and forbidden alike. */
export type UseProblem = 'NOT_FOUND' | 'EXPIRED';

/** Secrets that are about to be used, decided on together. */
export interface Uses {
  /** By name; empty if all can be used. */
  readonly problems: ReadonlyMap<string, UseProblem>;
  /** Records the attempts on those that cannot be used: as NOT_FOUND, FORBIDDEN or EXPIRED. @throws Unavailable */
  recordRefused(): Promise<void>;
  /** Their values, once the use of each is recorded. Only if there are no problems. @throws Unavailable, Unopenable */
  open(): Promise<ReadonlyMap<string, Sensitive>>;
  /** Records of opened ones that nothing came of it. @throws Unavailable */
  recordFailed(codes: ReadonlyMap<string, string>): Promise<void>;
}

/** Secrets as one caller has them used by tasks, without being shown them. */
export interface SecretUseService {
  /** Reads the secrets and decides about them, in one statement. A text that cannot be a secret's name finds none. @throws Unauthenticated, Unavailable */
  prepare(names: readonly string[]): Promise<Uses>;
  /** What would stand in the way of someone's use, in one statement. `of` is the caller if left out, and nobody active if null. Opens nothing. */
  problems(names: readonly string[], of?: Entitlements | null): Promise<ReadonlyMap<string, UseProblem>>;
  /**
   * The values of all kept versions of those of these secrets that the caller may use, expired and deleted ones included: to hide them where
   * they stand, never to be shown. Of others nothing. Not recorded: nothing is used. `mostBytes` bounds what is opened.
   * @returns undefined if there is more
   */
  known(names: readonly string[], mostBytes: number): Promise<Sensitive[] | undefined>;
}

export interface SecretUseServiceDeps {
  session: ReadingSession;
  database: Database;
  values: SecretValues;
  clock: Clock;
}

export function secretUseService({ session, database, values, clock }: SecretUseServiceDeps): SecretUseService {
  const mayUse = (of: Pick<Entitlements, 'roles' | 'tagGrants'>, secret: SecretView): boolean =>
    gives(accessTo(of, secret, clock.now()), ...USING);

  /** What stands in the way, as the audit log tells it. */
  const obstacle = (of: Entitlements | null, secret: SecretView | undefined) => {
    if (secret === undefined) return 'NOT_FOUND';
    if (of === null || !mayUse(of, secret)) return 'FORBIDDEN';
    return isExpired(secret, clock.now()) ? 'EXPIRED' : null;
  };

  const decide = (of: Entitlements | null, names: readonly string[], found: readonly SecretView[]) => {
    const byName = new Map(found.map((secret) => [secret.name as string, secret]));
    const obstacles = names.flatMap((name) => {
      const code = obstacle(of, byName.get(name));
      return code === null ? [] : [{ name, code } as const];
    });
    const problems = new Map<string, UseProblem>(
      obstacles.map(({ name, code }) => [name, code === 'EXPIRED' ? code : 'NOT_FOUND']),
    );
    return { byName, obstacles, problems };
  };

  const use = (name: string, secret: SecretView | undefined, changes: NewEvent['changes']): NewEvent => ({
    action: 'SECRET_USE',
    subject: eventSubjectOf(secret, name),
    version: secret?.version ?? null,
    changes,
  });

  /** Events of one moment are one statement. */
  const recordAll = async (audit: AuditLog, attempts: readonly NewEvent[], outcome: 'DONE' | 'REFUSED' | 'FAILED') => {
    await Promise.all(attempts.map((attempt) => audit.record(attempt, outcome)));
  };

  return {
    async prepare(names) {
      const { authorizer, secrets } = await session.readNamed(names, USING);
      const { audit } = session;
      const found = secrets.filter((secret) => secret !== undefined);
      const { byName, obstacles, problems } = decide(authorizer.entitlements, names, found);
      return {
        problems,
        recordRefused: () =>
          recordAll(
            audit,
            obstacles.map(({ name, code }) => ({ ...use(name, byName.get(name), { code }), version: null })),
            'REFUSED',
          ),
        async open() {
          if (problems.size > 0) throw new Error('Secrets were to be opened that may not be used');
          await recordAll(
            audit,
            found.map((secret) => use(secret.name, secret, null)),
            'DONE',
          );
          // INVARIANT: nothing is opened before every event is committed.
          const opened = new Map<string, Sensitive>();
          for (const secret of found) {
            const { version, sealed } = secret;
            const value = await audit.recordIfThrown(use(secret.name, secret, null), () => {
              // Nobody but a hand in the database takes the current version's value away.
              if (sealed === null) throw new Unopenable('The current version has no value', 'malformed');
              return values.open(secret, version, sealed);
            });
            opened.set(secret.name, value);
          }
          return opened;
        },
        recordFailed: (codes) =>
          recordAll(
            audit,
            [...codes].map(([name, code]) => use(name, byName.get(name), { code })),
            'FAILED',
          ),
      };
    },

    async problems(names, of = session.authorizer.entitlements) {
      if (names.length === 0) return new Map();
      const subjects = of === null ? [] : subjectsOf(of);
      const viewing = viewingOf(subjects, of !== null && holds(of, 'ADMIN'), clock);
      const found = await store.findByNames(database, viewing, names);
      return decide(of, names, found).problems;
    },

    async known(names, mostBytes) {
      if (names.length === 0) return [];
      const { authorizer } = session;
      const found = await store.findEverNamed(
        database,
        viewingOf(authorizer.subjects, authorizer.isAdmin, clock),
        USING,
        names,
        restorableSince(clock.now()),
      );
      const usable = found.filter((secret) => mayUse(authorizer.entitlements, secret));
      if (usable.reduce((sum, { bytes }) => sum + bytes, 0) > mostBytes) return undefined;
      // Asked for in any case: so the number of statements tells nothing.
      const kept = await store.findKeptVersions(
        database,
        usable.map(({ id }) => id),
      );
      const byId = new Map(usable.map((secret) => [secret.id, secret]));
      return kept.flatMap(({ secretId, number, sealed }) => {
        const secret = byId.get(secretId);
        return secret !== undefined && sealed ? [values.open(secret, number, sealed)] : [];
      });
    },
  };
}
