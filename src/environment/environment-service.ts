// Reads and changes environment variables for one caller, whose grants decide which variables it may read.
import DataLoader from 'dataloader';
import type { Authorizer } from '../access/authorizer.ts';
import { ACCESSES_TO_READ_VARIABLE, mayManageMetadata, mayReadVariable } from '../access/policy.ts';
import { endAllTags } from '../access/resource-tag-store.ts';
import type { TagOwner } from '../access/tag-owner.ts';
import type { EventSubject } from '../audit/audit-event.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Database } from '../database/client.ts';
import { Forbidden, NotFound } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import { type Page, type PageRequest, pageBounds, toPage } from '../primitives/pages.ts';
import * as store from './environment-store.ts';
import {
  type EnvironmentVariable,
  isVariableName,
  type VariableName,
  type VariableView,
  variableName,
  variableValue,
} from './environment-variable.ts';

/** Reads and changes environment variables for one caller. */
export interface EnvironmentService {
  /** Lists the variables that the caller may read, in the order of names. */
  list(page: PageRequest): Promise<Page<EnvironmentVariable>>;
  /** Returns null if no variable has this name, or if the caller may not read the variable. */
  find(name: string): Promise<EnvironmentVariable | null>;
  /** Creates an environment variable, or replaces the value of an existing variable. @throws Forbidden, BadInput */
  set(name: string, value: string): Promise<void>;
  /**
   * Deletes the variable and its tags, and returns the deleted value. Grants on the variable's name are not revoked. @throws Forbidden, NotFound,
   * BadInput
   */
  delete(name: string): Promise<string>;
  tagOwner: TagOwner;
}

export interface EnvironmentServiceDeps {
  database: Database;
  authorizer: Authorizer;
  audit: AuditLog;
  clock: Clock;
}

export function environmentService({ database, authorizer, audit, clock }: EnvironmentServiceDeps): EnvironmentService {
  const { entitlements, subjects } = authorizer;
  const viewer = (): store.VariableViewer | null =>
    mayManageMetadata(entitlements) ? null : { subjects, reading: ACCESSES_TO_READ_VARIABLE, now: clock.now() };

  // One SQL statement reads all variables that a request needs at the same time.
  const byName = new DataLoader<VariableName, VariableView | undefined>(
    async (names) => {
      const rows = await store.findByNames(database, names, subjects, viewer());
      const found = new Map(rows.map((row) => [row.name, row]));
      return names.map((name) => found.get(name));
    },
    { cache: false, maxBatchSize: 500 },
  );

  const find = async (name: string): Promise<EnvironmentVariable | null> => {
    const stored = isVariableName(name) ? await byName.load(name) : undefined;
    if (stored === undefined || !mayReadVariable(entitlements, stored, clock.now())) return null;
    const { value, tags } = stored;
    return value === null ? null : { name, value, tags };
  };

  /**
   * Checks that the caller may change environment variables. The check runs before the variable is read, so that a refusal does not show whether the
   * variable exists.
   */
  const requireManager = () => {
    if (!mayManageMetadata(entitlements)) {
      throw new Forbidden('Changing environment variables needs ADMIN or METADATA_MANAGER.');
    }
  };

  return {
    find,

    async list(page) {
      const { first, after } = pageBounds(page);
      return toPage(await store.list(database, viewer(), first + 1, after), first);
    },

    async set(text, given) {
      const [name, value] = [variableName(text), variableValue(given)];
      const attempt = { action: 'ENV_VARIABLE_SET', subject: eventSubjectOf(name) } as const;
      await audit.change(attempt, async (tx) => {
        requireManager();
        const { created } = await store.put(tx, { name, value }, { by: entitlements.id, now: clock.now() });
        return { result: undefined, event: { ...attempt, changes: { created } } };
      });
    },

    async delete(text) {
      const name = variableName(text);
      const event = { action: 'ENV_VARIABLE_DELETE', subject: eventSubjectOf(name) } as const;
      return audit.change(event, async (tx) => {
        requireManager();
        const value = await store.remove(tx, name);
        if (value === undefined) throw new NotFound('environment variable', 'name');
        await endAllTags(tx, 'ENV_VARIABLE', name, clock.now());
        return { result: value, event };
      });
    },

    tagOwner: {
      eventSubjectOf: (resource) => eventSubjectOf(variableName(resource)),
      async requireSeen(resource) {
        if ((await find(resource)) === null) throw new NotFound('environment variable', 'name');
      },
      async lock(tx, resource) {
        requireManager();
        const name = variableName(resource);
        if (!(await store.lock(tx, name))) throw new NotFound('environment variable', 'name');
        return eventSubjectOf(name);
      },
    },
  };
}

function eventSubjectOf(name: VariableName): EventSubject {
  return { kind: 'RESOURCE', id: 'ENV_VARIABLE', name };
}
