// The services of one request, each built around its caller: no method takes one, none can be called without one.

import { type Acting, type Authorizer, authorizerFor, type Caller } from '../access/authorizer.ts';
import type { Permission } from '../access/permission.ts';
import {
  type FindSecret,
  type PermissionReader,
  permissionReader,
  permissionViewer,
} from '../access/permission-reader.ts';
import { type PermissionService, permissionService } from '../access/permission-service.ts';
import { EVERY_PERMISSION, type Row as PermissionRow, toPermission, visibleWhere } from '../access/permission-store.ts';
import { type AccessObjects, accessObjects, type ObjectSources } from '../access-audit/entries/access-objects.ts';
import { type AccessReader, accessReader } from '../access-audit/entries/access-reader.ts';
import { type HistoryReader, historyReader } from '../access-audit/history/history-reader.ts';
import { type AccessSimulation, accessSimulation } from '../access-audit/simulation/access-simulation.ts';
import type { SimulationTurns } from '../access-audit/simulation/simulation-queue.ts';
import { type UnusedPermissions, unusedPermissions } from '../access-audit/unused/unused-permissions.ts';
import type { Application } from '../applications/application.ts';
import { type ApplicationService, applicationService } from '../applications/application-service.ts';
import { EVERY_APPLICATION } from '../applications/application-store.ts';
import { auditLogFor } from '../audit/audit-log.ts';
import { type AuditReader, auditReader } from '../audit/audit-reader.ts';
import type { AuditStream } from '../audit/audit-stream.ts';
import type { Verification } from '../audit/audit-verification.ts';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database } from '../database/client.ts';
import { type EnvironmentService, environmentService } from '../environment/environment-service.ts';
import type { Group } from '../groups/group.ts';
import { type GroupService, groupService } from '../groups/group-service.ts';
import { EVERY_GROUP } from '../groups/group-store.ts';
import { type PayloadService, payloadService } from '../payloads/payload-service.ts';
import type { Clock } from '../primitives/clock.ts';
import { outsideId } from '../primitives/ids.ts';
import { type Directory, directory } from '../principals/directory.ts';
import type { Entitlements } from '../principals/principal.ts';
import { type RoleService, roleService } from '../roles/role-service.ts';
import type { NamedSecrets } from '../secrets/named-secrets.ts';
import type { SecretView } from '../secrets/secret.ts';
import { type SecretReader, secretReader } from '../secrets/secret-reader.ts';
import { type SecretService, secretService } from '../secrets/secret-service.ts';
import { findByNames, lockByName, PLAIN, type Row as SecretRow, toView } from '../secrets/secret-store.ts';
import { secretUseService } from '../secrets/secret-use-service.ts';
import type { SecretValues } from '../secrets/secret-values.ts';
import { addTags, endTags } from '../secrets/secret-writes.ts';
import { viewingOf } from '../secrets/viewing.ts';
import { type DefinitionTagging, definitionTagging } from '../tags/definition-tagging.ts';
import { definitionTags } from '../tags/definition-tags.ts';
import { type ResourceTagService, resourceTagService } from '../tags/resource-tag-service.ts';
import type { User } from '../users/user.ts';
import { type UserService, userService } from '../users/user-service.ts';
import { EVERY_USER } from '../users/user-store.ts';
import { lazily } from './lazily.ts';

/** The objects that access entries name. */
interface AccessObjectTypes {
  USER: User;
  APPLICATION: Application;
  GROUP: Group;
  SECRET: SecretView;
  PERMISSION: Permission;
}

export interface Services {
  authorizer: Authorizer;
  /** What the caller's token says. */
  claims: Caller['claims'];
  directory: Directory;
  /** Reading and revealing secrets. */
  secretReader: SecretReader;
  /** Changing secrets. */
  secrets: SecretService;
  /** Secrets in payloads of workflows. */
  payloads: PayloadService;
  /** Reading grants, and what they come to. */
  permissionReader: PermissionReader;
  /** Changing grants. */
  permissions: PermissionService;
  /** Who can do what. */
  accessReader: AccessReader;
  /** Who gained and lost what. */
  historyReader: HistoryReader;
  /** Grants that nobody used. */
  unusedPermissions: UnusedPermissions;
  /** What changes would give and take. */
  accessSimulation: AccessSimulation;
  /** Whoever and whatever that names. */
  accessObjects: AccessObjects<AccessObjectTypes>;
  users: UserService;
  groups: GroupService;
  applications: ApplicationService;
  roles: RoleService;
  /** Environment variables. */
  environment: EnvironmentService;
  /** Tags on what is no secret. */
  resourceTags: ResourceTagService;
  /** Tags within definitions that are passed on to the Conductor server. */
  definitionTagging: DefinitionTagging;
  auditEvents: AuditReader;
}

export interface Outside {
  database: Database;
  /** Secrets by name, for all requests. */
  named: NamedSecrets;
  /** The audit log of this process. */
  stream: AuditStream;
  verifyLog: () => Promise<Verification>;
  simulating: SimulationTurns;
  keyring: Keyring;
  values: SecretValues;
  clock: Clock;
}

/**
 * What can be answered before it is known how a caller stands: the statement that reads the secrets tells it, and they are shown by that.
 * Nothing else may be asked of services whose caller's standing is not confirmed.
 */
export interface EarlyServices {
  secretReader: Pick<SecretReader, 'find' | 'reveal'>;
  payloads: Pick<PayloadService, 'resolve'>;
}

/** What the services of one request are made of. */
interface Made extends Outside, Acting {
  caller: Caller;
  /** The caller, as it stands at the moment of which a standing is. */
  as: (entitlements: Entitlements) => Acting;
}

/** One request asks for a few of them. */
const makeServices = lazily<Made, Services>({
  authorizer: ({ authorizer }) => authorizer,
  claims: ({ caller }) => caller.claims,
  directory: ({ database }) => directory(database),
  secretReader,
  secrets: secretService,
  payloads: (made, { secrets, permissionReader }) =>
    payloadService({ uses: secretUseService(made), secrets, permissionReader }),
  permissionReader: (made) =>
    permissionReader({
      ...made,
      findSecret: findSecretIn(made),
      findSecrets: (subjects, names) =>
        findByNames(made.database, viewingOf(subjects, made.authorizer.seesAll, made.clock), names),
    }),
  permissions: ({ authorizer, audit, clock }) =>
    permissionService({
      authorizer,
      audit,
      lockSecret: (tx, name) =>
        lockByName(tx, viewingOf(authorizer.subjects, authorizer.isAdmin, clock), name, authorizer.sees),
      clock,
    }),
  accessReader: (made) => accessReader({ ...made, findSecret: findSecretIn(made) }),
  historyReader: (made) => historyReader({ ...made, findSecret: findSecretIn(made) }),
  unusedPermissions,
  accessSimulation: ({ database, simulating, authorizer, audit, clock }) =>
    accessSimulation({
      database,
      simulating,
      authorizer,
      audit,
      clock,
      findSecret: async (tx, name) =>
        (await findByNames(tx, viewingOf(authorizer.subjects, authorizer.seesAll, clock), [name]))[0],
      async retag(tx, secretId, { removed, added }, now) {
        if (removed.length > 0) await endTags(tx, secretId, removed, now);
        if (added.length > 0)
          await addTags(tx, secretId, added, { by: authorizer.entitlements.id, byAdmin: authorizer.isAdmin, now });
      },
    }),
  accessObjects: ({ database, authorizer, clock }) =>
    accessObjects(database, authorizer.subjects, objectSources(authorizer, clock)),
  users: userService,
  groups: groupService,
  applications: applicationService,
  roles: roleService,
  environment: environmentService,
  definitionTagging,
  resourceTags: ({ database, authorizer, audit, clock }, { applications, environment }) =>
    resourceTagService({
      database,
      authorizer,
      audit,
      clock,
      owners: {
        APPLICATION: applications.tagOwner,
        ENV_VARIABLE: environment.tagOwner,
        TASK_DEF: definitionTags('TASK_DEF', { authorizer, clock }),
        WORKFLOW_DEF: definitionTags('WORKFLOW_DEF', { authorizer, clock }),
      },
    }),
  auditEvents: auditReader,
});

export function servicesFor(caller: Caller, outside: Outside): Services {
  const { stream, clock } = outside;
  const acting = (entitlements: Entitlements): Acting => {
    const party = {
      kind: entitlements.kind,
      id: outsideId(entitlements.kind, entitlements.id),
      name: entitlements.name,
    };
    const { requestId, address } = caller;
    return {
      authorizer: authorizerFor(entitlements, clock),
      audit: auditLogFor({ party, requestId, address }, { stream, clock }),
    };
  };
  const own = acting(caller.entitlements);
  const as = (entitlements: Entitlements) => (entitlements === caller.entitlements ? own : acting(entitlements));
  return makeServices({ ...outside, ...own, caller, as });
}

function findSecretIn({ database, authorizer, clock }: Made): FindSecret {
  return async (subjects, name) =>
    (await findByNames(database, viewingOf(subjects, authorizer.seesAll, clock), [name]))[0];
}

/** How each kind of object that an entry of access names is read, as the feature that it belongs to reads it. */
function objectSources(authorizer: Authorizer, clock: Clock): ObjectSources<AccessObjectTypes> {
  const same = <Row>(row: Row) => row;
  const viewer = permissionViewer(authorizer, clock.now());
  return {
    USER: { select: EVERY_USER, id: 'u.id', toObject: same },
    APPLICATION: { select: EVERY_APPLICATION, id: 'a.id', toObject: same },
    GROUP: {
      select: EVERY_GROUP,
      id: 'g.id',
      // As in the query `group`, a caller sees only the groups that it is in, unless it has ADMIN or AUDITOR.
      where: (place) => (authorizer.seesAll ? 'true' : `g.id = ANY(${place(authorizer.subjects)}::uuid[])`),
      toObject: same,
    },
    SECRET: { select: PLAIN, id: 's.id', toObject: (row: SecretRow) => toView(row) },
    PERMISSION: {
      select: EVERY_PERMISSION,
      id: 'p.id',
      where: (place) => (viewer === null ? 'true' : visibleWhere(viewer, place)),
      toObject: (row: PermissionRow) => toPermission(row),
    },
  };
}
