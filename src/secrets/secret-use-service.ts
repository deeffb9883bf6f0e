// Decrypts secret values for tasks that use secrets, and records each use.
import { accessTo, gives, holds, subjectsOf } from '../access/policy.ts';
import { batcher } from '../concurrency/batcher.ts';
import type { Database } from '../database/client.ts';
import { BadInput, Unopenable, UnresolvedReferences } from '../errors.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import type { Entitlements } from '../principals/principal.ts';
import type { Sensitive } from '../sensitive.ts';
import { type HandedOut, remember, type TaskIds } from './handed-out-store.ts';
import type { ReadingSession } from './named-secrets.ts';
import { eventSubjectOf, isExpired, restorableSince, type SecretView } from './secret.ts';
import * as store from './secret-store.ts';
import type { SecretValues } from './secret-values.ts';
import { viewingOf } from './viewing.ts';

/** If the caller has one of these accesses to a secret, the gateway replaces a reference to the secret with the secret value. */
const USING = ['EXECUTE', 'READ'] as const satisfies readonly Access[];

/** The reason why the caller cannot use a secret. NOT_FOUND means that the secret is missing or that the caller may not use it. */
export type UseProblem = 'NOT_FOUND' | 'EXPIRED';

/** The task of a workflow engine that uses secrets, with the ids and names for audit events. */
export interface TaskOfUse extends TaskIds {
  /** The name of the workflow and its version: `name:version`. */
  workflow: string;
  /** The reference name of the task. */
  task: string;
}

export interface UseOfValues<T> {
  /**
   * The task for which the values are used. The audit events then name the task, and the gateway remembers the versions, so that their values can be
   * hidden in the task's result.
   */
  task?: TaskOfUse | undefined;
  /**
   * Receives the problems of secrets that cannot be used, by secret name. `check` must throw if `problems` is not empty. The audit log then records a
   * refused use of each secret in `problems`.
   */
  check(problems: ReadonlyMap<string, UseProblem>): void;
  /**
   * Receives the secret values by secret name. If `fill` throws `BadInput`, the audit log records a failed use of every secret. If `fill` throws
   * `UnresolvedReferences`, the audit log records a failed use of the secrets that the error names.
   */
  fill(values: ReadonlyMap<string, Sensitive>): Promise<T>;
}

/** Provides secret values to tasks of one caller. The caller itself does not see the values. */
export interface SecretUseService {
  /**
   * Decides which secrets with these names the caller may use, by cached secrets or by one SQL statement (see `ReadingSession.decideNamed`). Records
   * each use, decrypts the values, and returns the result of `fill`. `names` may contain texts that are not valid secret names. `check` may be called
   * twice. @throws Unauthenticated, Unavailable, Unopenable
   */
  withValues<T>(names: readonly string[], use: UseOfValues<T>): Promise<T>;
  /**
   * For each of these secrets that a principal could not use, returns the reason, by secret name. `of` contains the entitlements of the principal. If
   * `of` is undefined, the principal is the caller. If `of` is null, the principal is inactive. One SQL statement reads the secrets. No value is
   * decrypted.
   */
  problems(names: readonly string[], of?: Entitlements | null): Promise<ReadonlyMap<string, UseProblem>>;
  /**
   * Returns the values of those named secrets that the caller may use: one value for each version whose value is not destroyed. The result includes
   * expired and deleted secrets. The values are only for masking, and a caller must never see the values. No event is recorded, because no value is
   * used. `mostBytes` limits the total size of the values. @returns undefined if the total size is larger
   */
  valuesToMask(names: readonly string[], mostBytes: number): Promise<Sensitive[] | undefined>;
}

/** Maximum number of versions that one SQL statement remembers. */
const MOST_REMEMBERED = 1_000;

export interface SecretUseServiceDeps {
  session: ReadingSession;
  database: Database;
  values: SecretValues;
  clock: Clock;
}

export function secretUseService({ session, database, values, clock }: SecretUseServiceDeps): SecretUseService {
  /** Remembers the versions of all tasks of one poll in one SQL statement. */
  const handedOut = batcher<HandedOut, void>({
    async send(tasks) {
      await remember(database.prepared, tasks, clock.now());
      return tasks.map(() => undefined);
    },
    maxSize: MOST_REMEMBERED,
    sizeOf: ({ versions }) => versions.length,
  });

  const mayUse = (of: Pick<Entitlements, 'roles' | 'tagGrants'>, secret: SecretView): boolean =>
    gives(accessTo(of, secret, clock.now()), ...USING);

  /** The reason why a secret cannot be used. The reason is for the audit log, which distinguishes missing secrets and forbidden secrets. */
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

  const useOf = (name: string, secret: SecretView | undefined) =>
    ({ action: 'SECRET_USE', subject: eventSubjectOf(secret, name), version: secret?.version ?? null }) as const;

  return {
    async withValues(names, { check, fill, task }) {
      const changesOf = (code?: string) =>
        code === undefined && task === undefined
          ? null
          : { ...(code !== undefined && { code }), ...(task && taskChanges(task)) };
      return session.decideNamed(names, USING, async ({ authorizer, audit, secrets }) => {
        const found = secrets.filter((secret) => secret !== undefined);
        const { byName, obstacles, problems } = decide(authorizer.entitlements, names, found);
        try {
          check(problems);
        } catch (error) {
          const refused = obstacles.map(({ name, code }) => ({
            ...useOf(name, byName.get(name)),
            version: null,
            changes: changesOf(code),
          }));
          await audit.recordAll(refused, 'REFUSED');
          throw error;
        }
        if (problems.size > 0) throw new Error('The check accepted a secret that the caller may not use.');
        const used = found.map((secret) => ({ ...useOf(secret.name, secret), changes: changesOf() }));
        await audit.recordAll(used, 'DONE');
        if (task !== undefined && found.length > 0) {
          const { taskId, workflowId } = task;
          await handedOut.load({ taskId, workflowId, versions: found.map(({ id, version }) => ({ id, version })) });
        }
        // INVARIANT: all events, and the rows about handed-out versions, are committed before the first value is decrypted.
        const opened = new Map<string, Sensitive>();
        for (const secret of found) {
          const { version, sealed } = secret;
          const value = await audit.recordIfThrown(useOf(secret.name, secret), () => {
            // The gateway never removes the value of a current version. The value is missing only if the database was changed by hand.
            if (sealed === null) throw new Unopenable('The current version has no value', 'malformed');
            return values.open(secret, version, sealed);
          });
          opened.set(secret.name, value);
        }
        try {
          return await fill(opened);
        } catch (error) {
          const failed = [...failureCodes(error, names)].map(([name, code]) => ({
            ...useOf(name, byName.get(name)),
            changes: changesOf(code),
          }));
          await audit.recordAll(failed, 'FAILED');
          throw error;
        }
      });
    },

    async problems(names, of = session.authorizer.entitlements) {
      if (names.length === 0) return new Map();
      const subjects = of === null ? [] : subjectsOf(of);
      const viewing = viewingOf(subjects, of !== null && holds(of, 'ADMIN'), clock);
      const found = await store.findByNames(database, viewing, names);
      return decide(of, names, found).problems;
    },

    async valuesToMask(names, mostBytes) {
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
      // This SQL statement runs even if the caller may use none of the secrets. Otherwise the number of SQL statements would show whether the secrets
      // exist.
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

const LONGEST_NAME = 300;

/** The fields that describe a task in the `changes` of an audit event. Names of the workflow engine are shortened. */
export function taskChanges({ workflowId, workflow, task, taskId }: TaskOfUse) {
  return { workflowId, workflow: workflow.slice(0, LONGEST_NAME), task: task.slice(0, LONGEST_NAME), taskId };
}

/** Returns the error code of each failed use of a secret, by secret name. `error` is the error that `fill` threw. */
function failureCodes(error: unknown, names: readonly string[]): ReadonlyMap<string, string> {
  if (error instanceof UnresolvedReferences) return error.problems;
  return new Map(error instanceof BadInput ? names.map((name) => [name, error.code]) : []);
}
