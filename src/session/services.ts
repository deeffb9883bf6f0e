// Builds those services of a session that need parts of several features. For example, the access reader looks up secrets by name.
import type { Permission } from '../access/permission.ts';
import {
  type FindSecret,
  type PermissionReader,
  permissionReader,
  permissionViewer,
} from '../access/permission-reader.ts';
import { type PermissionService, permissionService } from '../access/permission-service.ts';
import { EVERY_PERMISSION, type Row as PermissionRow, toPermission, visibleWhere } from '../access/permission-store.ts';
import { type AccessObjects, accessObjects } from '../access-audit/entries/access-objects.ts';
import { type AccessReader, accessReader } from '../access-audit/entries/access-reader.ts';
import { type HistoryReader, historyReader } from '../access-audit/history/history-reader.ts';
import { type AccessSimulation, accessSimulation } from '../access-audit/simulation/access-simulation.ts';
import type { Application } from '../applications/application.ts';
import type { ApplicationService } from '../applications/application-service.ts';
import { EVERY_APPLICATION } from '../applications/application-store.ts';
import type { EnvironmentService } from '../environment/environment-service.ts';
import type { Group } from '../groups/group.ts';
import { EVERY_GROUP } from '../groups/group-store.ts';
import type { SecretView } from '../secrets/secret.ts';
import { findByNames, lockByName, PLAIN, type Row as SecretRow, toView } from '../secrets/secret-store.ts';
import { addTags, endTags } from '../secrets/secret-writes.ts';
import { viewingOf } from '../secrets/viewing.ts';
import { definitionTags } from '../tags/definition-tags.ts';
import { type ResourceTagService, resourceTagService } from '../tags/resource-tag-service.ts';
import type { User } from '../users/user.ts';
import { EVERY_USER } from '../users/user-store.ts';
import type { RequestDeps } from './session-deps.ts';

/** The types of the objects whose ids access entries contain. */
export interface AccessObjectTypes {
  USER: User;
  APPLICATION: Application;
  GROUP: Group;
  SECRET: SecretView;
  PERMISSION: Permission;
}

export function permissionReaderFor(deps: RequestDeps): PermissionReader {
  const { database, authorizer, clock } = deps;
  return permissionReader({
    ...deps,
    findSecret: findSecretFor(deps),
    findSecrets: (subjects, names) => findByNames(database, viewingOf(subjects, authorizer.seesAll, clock), names),
  });
}

export function permissionServiceFor({ authorizer, audit, clock }: RequestDeps): PermissionService {
  return permissionService({
    authorizer,
    audit,
    lockSecret: (tx, name) =>
      lockByName(tx, viewingOf(authorizer.subjects, authorizer.isAdmin, clock), name, authorizer.sees),
    clock,
  });
}

export function accessReaderFor(deps: RequestDeps): AccessReader {
  return accessReader({ ...deps, findSecret: findSecretFor(deps) });
}

export function historyReaderFor(deps: RequestDeps): HistoryReader {
  return historyReader({ ...deps, findSecret: findSecretFor(deps) });
}

export function accessSimulationFor(deps: RequestDeps): AccessSimulation {
  const { authorizer, clock } = deps;
  return accessSimulation({
    ...deps,
    findSecret: async (tx, name) =>
      (await findByNames(tx, viewingOf(authorizer.subjects, authorizer.seesAll, clock), [name]))[0],
    async retag(tx, secretId, { removed, added }, now) {
      if (removed.length > 0) await endTags(tx, secretId, removed, now);
      if (added.length > 0)
        await addTags(tx, secretId, added, { by: authorizer.entitlements.id, byAdmin: authorizer.isAdmin, now });
    },
  });
}

/** Reads the objects whose ids an access entry contains. Each feature of the gateway provides the SQL columns of its objects. */
export function accessObjectsFor({ database, authorizer, clock }: RequestDeps): AccessObjects<AccessObjectTypes> {
  const viewer = permissionViewer(authorizer, clock.now());
  return accessObjects(database, authorizer.subjects, {
    USER: { select: EVERY_USER, id: 'u.id', toObject: (user: User) => user },
    APPLICATION: { select: EVERY_APPLICATION, id: 'a.id', toObject: (application: Application) => application },
    GROUP: {
      select: EVERY_GROUP,
      id: 'g.id',
      // A principal with neither ADMIN nor AUDITOR sees only its own groups. The GraphQL query `group` has the same rule.
      where: (place) => (authorizer.seesAll ? 'true' : `g.id = ANY(${place(authorizer.subjects)}::uuid[])`),
      toObject: (group: Group) => group,
    },
    SECRET: { select: PLAIN, id: 's.id', toObject: (row: SecretRow) => toView(row) },
    PERMISSION: {
      select: EVERY_PERMISSION,
      id: 'p.id',
      where: (place) => (viewer === null ? 'true' : visibleWhere(viewer, place)),
      toObject: (row: PermissionRow) => toPermission(row),
    },
  });
}

export function resourceTagServiceFor(
  deps: RequestDeps,
  owners: { applications: ApplicationService; environment: EnvironmentService },
): ResourceTagService {
  return resourceTagService({
    ...deps,
    owners: {
      APPLICATION: owners.applications.tagOwner,
      ENV_VARIABLE: owners.environment.tagOwner,
      TASK_DEF: definitionTags('TASK_DEF', deps),
      WORKFLOW_DEF: definitionTags('WORKFLOW_DEF', deps),
    },
  });
}

function findSecretFor({ database, authorizer, clock }: RequestDeps): FindSecret {
  return async (subjects, name) =>
    (await findByNames(database, viewingOf(subjects, authorizer.seesAll, clock), [name]))[0];
}
