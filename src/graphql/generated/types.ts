// Generated from schema.graphql by `npm run generate`. Do not edit.
import type { OutputId } from '../global-id.ts';
import type { Json } from '../../primitives/json.ts';
import type { Sensitive } from '../../sensitive.ts';
import type { ShownValue } from '../../sensitive.ts';
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { SecretView as SecretViewRecord, VersionView as VersionViewRecord } from '../../secrets/secret.ts';
import type { TagView as TagViewRecord } from '../../tags/tag.ts';
import type { User as UserRecord } from '../../users/user.ts';
import type { Group as GroupRecord } from '../../groups/group.ts';
import type { Application as ApplicationRecord, AccessKey as AccessKeyRecord } from '../../applications/application.ts';
import type { Permission as PermissionRecord, SecretNameTarget as SecretNameTargetRecord } from '../../access/permission.ts';
import type { AccessEntry as AccessEntryRecord, AccessEntryPath as AccessEntryPathRecord } from '../../access-audit/entries/access-entry.ts';
import type { AccessHistoryEntry as AccessHistoryEntryRecord } from '../../access-audit/history/history-reader.ts';
import type { Explanation as ExplanationRecord } from '../../access-audit/entries/access-reader.ts';
import type { NearMiss as NearMissRecord } from '../../access-audit/entries/near-miss.ts';
import type { SignedIn as SignedInRecord } from '../../identity/sign-in.ts';
import type { AuditEvent as AuditEventRecord } from '../../audit/audit-event.ts';
import type { Verification as VerificationRecord } from '../../audit/audit-verification.ts';
import type { Context } from '../context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = T | null | undefined;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: OutputId; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /**
   * A date and time in the format of RFC 3339, for example `2026-01-31T09:30:00Z`. A date and time in an argument can have any UTC offset. Dates and
   * times in results are in UTC. The gateway ignores fractions of a millisecond.
   */
  DateTime: { input: Date; output: Date; }
  /**
   * Any JSON value with at most 100 nested levels. If a 64-bit floating-point number cannot represent a JSON number exactly, the JSON number keeps its
   * spelling.
   */
  JSON: { input: Json; output: unknown; }
  /**
   * A secret value is a text of 0 to 65,535 characters. The gateway returns the value byte for byte as it was written, or the mask `***`. Error messages
   * about a malformed value never quote the value.
   */
  SecretValue: { input: Sensitive; output: ShownValue; }
};

/** An access is an action that a grant allows on a secret. A holder of any access except CREATE can see that the secret exists. */
export type Access =
  /** Allows creating a secret with the granted name or the granted tag. */
  | 'CREATE'
  /** Allows revealing the value, and resolving references to the secret. */
  | 'READ'
  /** Allows rotating the secret, changing its description, expiry and tags, and granting accesses that the holder has. */
  | 'UPDATE'
  /** Allows deleting the secret, restoring the secret, and destroying earlier versions of the secret. */
  | 'DELETE'
  /** Allows resolving references to the secret, `${workflow.secrets.NAME}`. Does not allow revealing the value. */
  | 'EXECUTE';

/**
 * A role of a user, a group or an application. Each member of a group has the roles of the group. No role except ADMIN gives access to
 * existing secrets.
 */
export type Role =
  /** A principal with ADMIN passes every permission check, and has every access to every secret. */
  | 'ADMIN'
  /** Allows reading all principals, all grants and the audit log. Gives no access to secret values. */
  | 'AUDITOR'
  /** Allows creating secrets and applications, and registering workflow definitions and task definitions at the Conductor server. */
  | 'USER'
  /**
   * Allows creating secrets, managing environment variables, and changing tags of workflow definitions and task definitions. Allows registering, changing
   * and deleting workflow definitions and task definitions at the Conductor server.
   */
  | 'METADATA_MANAGER'
  /** A role for workflow engines. The role gives no permission in the gateway. */
  | 'WORKFLOW_MANAGER'
  /** A principal with this role can do only what the principal's grants allow. A principal with this role cannot be in a group. */
  | 'USER_READ_ONLY'
  /** A role for worker processes. The role gives no permission in the gateway. A manager of an application can give the application this role. */
  | 'WORKER'
  /**
   * A role for applications that register workflow definitions. Allows registering workflow definitions and task definitions at the Conductor server. A
   * manager of an application can give the application this role.
   */
  | 'METADATA_API'
  /** Allows creating applications. A manager of an application can give the application this role. */
  | 'APPLICATION_CREATOR'
  /** Allows creating applications and managing all applications. */
  | 'APPLICATION_MANAGER'
  /** A role for worker processes. The role gives no permission in the gateway. */
  | 'UNRESTRICTED_WORKER'
  /**
   * The role of the application with which a Conductor server signs in. Allows resolving the input of tasks and reporting the results of tasks in place
   * of the Conductor server. ADMIN does not include this permission. Gives no access to secrets.
   */
  | 'WORKFLOW_ENGINE';

/**
 * The type of a resource of a workflow engine. The gateway stores grants on resources, so that workflow engines can read these grants. A grant on
 * a resource gives no access to a secret. A grant on an ENV_VARIABLE lets its holder read the environment variable.
 */
export type ResourceType =
  /** A service behind the API gateway of a workflow engine. */
  | 'API_GATEWAY_SERVICE'
  /** A route of a service behind the API gateway of a workflow engine. */
  | 'API_GATEWAY_SERVICE_ROUTE'
  /** An application, by its id. */
  | 'APPLICATION'
  /** An authentication configuration. */
  | 'AUTH_CONFIG'
  /** A cluster setting. */
  | 'CLUSTER_CONFIG'
  /** A domain of worker processes. */
  | 'DOMAIN'
  /** An environment variable, by its name. */
  | 'ENV_VARIABLE'
  /** An event handler. */
  | 'EVENT_HANDLER'
  /** A group, by its name. */
  | 'GROUP'
  /** An integration. */
  | 'INTEGRATION'
  /** An integration provider. */
  | 'INTEGRATION_PROVIDER'
  /** A prompt. */
  | 'PROMPT'
  /** A role, by its name. */
  | 'ROLE'
  /** A schema. */
  | 'SCHEMA'
  /** An entry of the service registry. */
  | 'SERVICE_REGISTRY'
  /** A task definition. */
  | 'TASK_DEF'
  /** A task execution, by its id. */
  | 'TASK_ID'
  /** A task of a workflow, by its reference name. */
  | 'TASK_REF_NAME'
  /** A user, by its username. */
  | 'USER'
  /** A template of a user form. */
  | 'USER_FORM_TEMPLATE'
  /** A webhook. */
  | 'WEBHOOK'
  /** A workflow. */
  | 'WORKFLOW'
  /** A workflow definition. */
  | 'WORKFLOW_DEF'
  /** A workflow schedule. */
  | 'WORKFLOW_SCHEDULE';

/**
 * An object with a global id. An id is opaque. The prefix of an id shows the type of the object: `sec_` secret, `usr_` user, `grp_` group, `app_`
 * application, `rol_` role, `per_` grant, `aud_` audit event.
 */
export type Node = {
  /** The global id of the object. The gateway never gives this id to another object. */
  id: Scalars['ID']['output'];
};

/** A user, or an application that signs in with an access key. */
export type Principal = {
  /** The id: The id of the user (`usr_…`) or of the application (`app_…`). */
  id: Scalars['ID']['output'];
  /** The display name. */
  name: Scalars['String']['output'];
  /** The roles that were given to the principal directly. The principal also has the roles of its groups. Empty if the caller may not see the principal's roles. */
  roles: Array<Role>;
  /** The groups that the principal is a member of. Empty if the caller may not see the principal's groups. */
  groups: Array<Group>;
};

/** A person who signs in with a username and a password. */
export type User = Node & Principal & {
  __typename?: 'User';
  /** The id: `usr_…`. */
  id: Scalars['ID']['output'];
  /** The name that the user signs in with. A username is unique without regard to case; docs/names.md has the rules. */
  username: Scalars['String']['output'];
  /** The display name. */
  name: Scalars['String']['output'];
  /** The e-mail address. The gateway sends no e-mail. The field is visible to ADMIN, AUDITOR and the user itself, and null for everyone else. */
  email: Maybe<Scalars['String']['output']>;
  /** False if the user is deactivated. A deactivated user cannot sign in, and the user's tokens and grants have no effect. */
  active: Scalars['Boolean']['output'];
  /**
   * The roles that were given to the user directly. The user also has the roles of its groups. The field is visible to ADMIN, AUDITOR and the user itself, and empty for
   * everyone else.
   */
  roles: Array<Role>;
  /** The groups that the user is a member of. The field is visible to ADMIN, AUDITOR and the user itself, and empty for everyone else. */
  groups: Array<Group>;
  /** The grants to the user itself, newest first. The field is visible to ADMIN, AUDITOR and the user itself, and empty for everyone else. */
  permissions: PermissionConnection;
  /** The time when the user was created. */
  createdAt: Scalars['DateTime']['output'];
};


/** A person who signs in with a username and a password. */
export type UserPermissionsArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};

/**
 * A program that signs in with an access key. The managers of an application are ADMIN, APPLICATION_MANAGER and the principal that created the
 * application.
 */
export type Application = Node & Principal & {
  __typename?: 'Application';
  /** The id: `app_…`. */
  id: Scalars['ID']['output'];
  /** The display name. Several applications can have the same name. */
  name: Scalars['String']['output'];
  /** A text about the purpose of the application. Null if the application has no description. */
  description: Maybe<Scalars['String']['output']>;
  /**
   * The roles that were given to the application directly. The application also has the roles of its groups. The field is visible to ADMIN, AUDITOR, the application's
   * managers and the application itself, and empty for everyone else.
   */
  roles: Array<Role>;
  /**
   * The groups that the application is a member of. The field is visible to ADMIN, AUDITOR, the application's managers and the application itself, and
   * empty for everyone else.
   */
  groups: Array<Group>;
  /**
   * The access keys, oldest first. An application has at most 20 access keys. The field is visible to ADMIN, AUDITOR, the application's managers and
   * the application itself, and empty for everyone else.
   */
  accessKeys: Array<AccessKey>;
  /**
   * The grants to the application itself, newest first. The field is visible to ADMIN, AUDITOR, the application's managers and the application itself,
   * and empty for everyone else.
   */
  permissions: PermissionConnection;
  /** The time when the application was created. */
  createdAt: Scalars['DateTime']['output'];
  /** The principal that created the application. Null if that principal was deleted. */
  createdBy: Maybe<Principal>;
};


/**
 * A program that signs in with an access key. The managers of an application are ADMIN, APPLICATION_MANAGER and the principal that created the
 * application.
 */
export type ApplicationPermissionsArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};

/** A credential of an application. An access key has an id and a secret half. Only `createAccessKey` returns the secret half. */
export type AccessKey = {
  __typename?: 'AccessKey';
  /** The id of the access key: `key_…`. */
  id: Scalars['ID']['output'];
  /**
   * False if the access key is deactivated. The application cannot sign in with a deactivated access key, and tokens from this access key have
   * no effect.
   */
  active: Scalars['Boolean']['output'];
  /** The time when the access key was created. */
  createdAt: Scalars['DateTime']['output'];
  /** The time of the last sign-in with the access key, exact to one minute. Null if the access key was never used. */
  lastUsedAt: Maybe<Scalars['DateTime']['output']>;
  /** The time when the access key expires. Null if the access key does not expire. */
  expiresAt: Maybe<Scalars['DateTime']['output']>;
};

/** A group of users and applications. Each member has the group's grants and roles. */
export type Group = Node & {
  __typename?: 'Group';
  /** The id: `grp_…`. */
  id: Scalars['ID']['output'];
  /**
   * The name, which is unique without regard to case; docs/names.md has the rules. If the caller may not see the group, the name is the
   * group's id.
   */
  name: Scalars['String']['output'];
  /** A text about the purpose of the group. Null if the group has no description. */
  description: Maybe<Scalars['String']['output']>;
  /** The roles of the group. The field is visible to ADMIN, AUDITOR and members of the group, and empty for everyone else. */
  roles: Array<Role>;
  /**
   * The members, ordered by the time when each member was added. The field is visible to ADMIN, AUDITOR and members of the group, and empty for
   * everyone else.
   */
  members: PrincipalConnection;
  /** The grants to the group, newest first. The field is visible to ADMIN, AUDITOR and members of the group, and empty for everyone else. */
  permissions: PermissionConnection;
  /** The time when the group was created. */
  createdAt: Scalars['DateTime']['output'];
};


/** A group of users and applications. Each member has the group's grants and roles. */
export type GroupMembersArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A group of users and applications. Each member has the group's grants and roles. */
export type GroupPermissionsArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};

/** The holder of a grant. */
export type Subject = User | Group | Application | RoleName;

/** The name of a role that holds a grant. A role can hold grants only on resources of workflow engines. */
export type RoleName = {
  __typename?: 'RoleName';
  /** The id: `rol_…`. */
  id: Scalars['ID']['output'];
  /** The name of a predefined role (see `Role`) or of a role that an administrator created for workflow engines. */
  name: Scalars['String']['output'];
};

/** A label: a tag key and a tag value. A grant on a tag gives access to every secret that has the tag, also to secrets that get the tag later. */
export type Tag = {
  __typename?: 'Tag';
  /** The tag key and the tag value in one text: `key:value`. */
  id: Scalars['ID']['output'];
  /** The tag key: the text before the first colon. */
  key: Scalars['String']['output'];
  /** The tag value: the text after the first colon. */
  value: Scalars['String']['output'];
  /** The number of secrets with this tag that the caller may see. */
  secretCount: Scalars['Int']['output'];
};

/**
 * A secret: a name, a value and the earlier versions of the value. Seeing the secret needs READ, UPDATE, DELETE or EXECUTE. For callers without one of
 * these accesses, fields return null and lists omit the secret. In access queries, AUDITOR sees all secrets, without secret values.
 */
export type Secret = Node & {
  __typename?: 'Secret';
  /** The id: `sec_…`. The id of the secret. The id stays the same when the secret value changes. A new secret with the same name gets a different id. */
  id: Scalars['ID']['output'];
  /** The name: 1 to 255 of the characters `A-Z a-z 0-9 _ -`. The name is unique among secrets that are not deleted. */
  name: Scalars['String']['output'];
  /** A text about the purpose of the secret. Null if the secret has no description. Everyone who can see the secret can see its description. */
  description: Maybe<Scalars['String']['output']>;
  /**
   * The mask `***`, or the secret value if `reveal` is true. Revealing needs READ. The gateway records the reveal in the audit log before it
   * returns the value. The gateway rejects `reveal: true` over HTTP GET. If revealing fails, only this field is null. Errors: FORBIDDEN, EXPIRED,
   * NOT_FOUND (no such version), CONFLICT (the version is destroyed, or the secret is deleted).
   */
  value: Maybe<Scalars['SecretValue']['output']>;
  /** The number of the current version. */
  version: Scalars['Int']['output'];
  /** The versions of the secret, newest first. */
  versions: SecretVersionConnection;
  /** The tags of the secret, ordered by code point. A secret has at most 50 tags. */
  tags: Array<Tag>;
  /** The accesses that the caller has to this secret. */
  viewerAccess: Array<Access>;
  /**
   * Every principal with access to this secret, ordered by the principal's id. The caller needs ADMIN, AUDITOR, or UPDATE on the secret. The list is
   * empty for a deleted secret. Access through groups that the caller may not see is omitted. Errors: FORBIDDEN.
   */
  accessEntries: AccessEntryConnection;
  /** The time when the secret expires. The value of an expired secret cannot be revealed or resolved. Null if the secret does not expire. */
  expiresAt: Maybe<Scalars['DateTime']['output']>;
  /** The time when the secret was created. */
  createdAt: Scalars['DateTime']['output'];
  /** The principal that created the secret. Null if that principal was deleted. */
  createdBy: Maybe<Principal>;
  /** The time of the last change of the value, description, expiry or tags. */
  updatedAt: Scalars['DateTime']['output'];
  /** The principal that made the last change of the value, description, expiry or tags. Null if that principal was deleted. */
  updatedBy: Maybe<Principal>;
  /**
   * The time when the secret was deleted. Null if the secret is not deleted. Queries about past access also return secrets that can no longer
   * be restored.
   */
  deletedAt: Maybe<Scalars['DateTime']['output']>;
};


/**
 * A secret: a name, a value and the earlier versions of the value. Seeing the secret needs READ, UPDATE, DELETE or EXECUTE. For callers without one of
 * these accesses, fields return null and lists omit the secret. In access queries, AUDITOR sees all secrets, without secret values.
 */
export type SecretValueArgs = {
  reveal: Scalars['Boolean']['input'];
  version?: InputMaybe<Scalars['Int']['input']>;
};


/**
 * A secret: a name, a value and the earlier versions of the value. Seeing the secret needs READ, UPDATE, DELETE or EXECUTE. For callers without one of
 * these accesses, fields return null and lists omit the secret. In access queries, AUDITOR sees all secrets, without secret values.
 */
export type SecretVersionsArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


/**
 * A secret: a name, a value and the earlier versions of the value. Seeing the secret needs READ, UPDATE, DELETE or EXECUTE. For callers without one of
 * these accesses, fields return null and lists omit the secret. In access queries, AUDITOR sees all secrets, without secret values.
 */
export type SecretAccessEntriesArgs = {
  access?: InputMaybe<Access>;
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};

/** A version of a secret, without its value. */
export type SecretVersion = {
  __typename?: 'SecretVersion';
  /**
   * The number of the version. The first version has the number 1. Each new version has a number that is one higher than the number of the previous
   * version.
   */
  number: Scalars['Int']['output'];
  /** The time when the version was created. */
  createdAt: Scalars['DateTime']['output'];
  /** The principal that created the version. Null if that principal was deleted. */
  createdBy: Maybe<Principal>;
  /**
   * The time when the value of the version was destroyed. Null if the value still exists. The gateway keeps the values of the newest 20
   * versions.
   */
  destroyedAt: Maybe<Scalars['DateTime']['output']>;
};

/**
 * A grant gives accesses on a target to a user, a group, an application or a role. A principal has the accesses of all its grants and of all
 * grants to its groups. A grant can give accesses, but cannot deny accesses.
 */
export type Permission = Node & {
  __typename?: 'Permission';
  /** The id: `per_…`. The accesses of a grant never change: adding or removing accesses ends the grant and creates a grant with another id. */
  id: Scalars['ID']['output'];
  /** The holder of the grant. If the holder is a group that the caller may not see, its name is the group's id, and all other fields are empty or null. */
  subject: Subject;
  /** The tag, the secret's name or the resource that the grant is on. */
  target: PermissionTarget;
  /** The accesses that the grant gives. */
  access: Array<Access>;
  /** The time when the grant expires. Null if the grant does not expire. */
  expiresAt: Maybe<Scalars['DateTime']['output']>;
  /** The time when a principal made the grant. */
  grantedAt: Scalars['DateTime']['output'];
  /** The principal that made the grant. Null if that principal was deleted. */
  grantedBy: Maybe<Principal>;
  /** True if the caller may revoke the grant. The description of `revokePermission` explains which grants a caller may revoke. */
  viewerMayRevoke: Scalars['Boolean']['output'];
};

/** The target of a grant: a tag, the name of a secret, or a resource of a workflow engine. */
export type PermissionTarget = Tag | SecretName | Resource;

/** A resource of a workflow engine. The gateway does not check whether the resource exists. */
export type Resource = {
  __typename?: 'Resource';
  /** The type of the resource. */
  type: ResourceType;
  /** The name of the resource, or its id if resources of this type have no name. */
  name: Scalars['String']['output'];
};

/** The name of a secret. The secret need not exist. */
export type SecretName = {
  __typename?: 'SecretName';
  /** The name that the grant is on. */
  name: Scalars['String']['output'];
  /** The secret with this name. Null if no such secret exists, or the caller may not see the secret. */
  secret: Maybe<Secret>;
};

/** The accesses that one principal has to one secret, with every path that gives an access. */
export type AccessEntry = {
  __typename?: 'AccessEntry';
  /** The principal. In results about a past moment, the principal may have been deleted after that moment. */
  principal: Principal;
  /** The secret. In results about a past moment, the secret may have been deleted after that moment. */
  secret: Secret;
  /**
   * The accesses that the paths give together. If the query requests one access, the list contains only the requested access. A simulation returns
   * only the accesses that the principal would gain or lose.
   */
  access: Array<Access>;
  /** Every path that gives the principal an access in `access`. If an administrator removes one of these paths, the other paths still give access. */
  paths: Array<AccessPath>;
};

/**
 * A path from a principal to a secret: the role ADMIN or a grant. The principal or one of its groups has the role or the grant. A grant is on
 * the secret's name or on a tag.
 */
export type AccessPath = {
  __typename?: 'AccessPath';
  /** The accesses that the path gives. If the query requests one access, the list contains only the requested access. */
  access: Array<Access>;
  /** The grant, as it was at the queried moment. Null if a role gives the access, if the grant is simulated, or if the caller may not see the grant. */
  permission: Maybe<Permission>;
  /**
   * The group that has the role or the grant. Null if the principal itself has the role or the grant, and for a group that the caller may not
   * see.
   */
  group: Maybe<Group>;
  /** The tag that the grant is on. Null if a role or a grant on the secret's name gives the access. */
  tag: Maybe<Tag>;
  /** The role ADMIN, which gives every access to every secret. Null if a grant gives the access. */
  role: Maybe<Role>;
};

/**
 * The accesses that one principal gained and lost on one secret at one moment. An access that the principal also had by another path does not
 * count as gained or lost.
 */
export type AccessHistoryEntry = {
  __typename?: 'AccessHistoryEntry';
  /** The time of the change. One entry combines all changes of the same millisecond. */
  at: Scalars['DateTime']['output'];
  /** The principal whose access changed. The principal may have been deleted after the change. */
  principal: Principal;
  /** The secret to which the access changed. The secret may have been deleted after the change. */
  secret: Secret;
  /** The accesses that the principal had after the change, but not before the change. */
  gained: Array<Access>;
  /** The accesses that the principal had before the change, but not after the change. */
  lost: Array<Access>;
  /**
   * The audit event of the change. If several changes happened in the same millisecond, the field has the audit event of the change with the
   * greatest effect. Null if a grant expired, if the audit event was removed with a retired month, or if the caller may not read the audit log.
   */
  event: Maybe<AuditEvent>;
};

/** The reasons why an access is allowed or denied. */
export type AccessExplanation = {
  __typename?: 'AccessExplanation';
  /**
   * True if the principal has the access now. The answer does not depend on whether the secret has expired: READ and EXECUTE can be allowed on an
   * expired secret, although the value can no longer be revealed or resolved.
   */
  allowed: Scalars['Boolean']['output'];
  /** True if the principal is active. An inactive principal has no access, even with roles and grants. */
  principalActive: Scalars['Boolean']['output'];
  /** Every path that allows the access. Empty if the access is denied. */
  paths: Array<AccessPath>;
  /**
   * If the access is denied: the grants that come closest to allowing the access, closest first. At most 20 grants are returned. Only
   * ADMIN and AUDITOR see grants to groups that the principal is not a member of.
   */
  nearMisses: Array<NearMiss>;
};

/** A grant that almost allows an access. */
export type NearMiss = {
  __typename?: 'NearMiss';
  /** The grant. */
  permission: Permission;
  /** The reason why the grant does not allow the access. */
  reason: NearMissReason;
  /** The reason as a sentence for people, with the tag or the group that is missing. */
  message: Scalars['String']['output'];
};

/** The reason why a grant does not allow an access. */
export type NearMissReason =
  /** The grant applies to the secret, but does not give the requested access. */
  | 'OTHER_ACCESS'
  /** The grant has expired. */
  | 'EXPIRED'
  /** The grant is on a tag that the secret does not have. */
  | 'SECRET_LACKS_TAG'
  /** The grant is to a group that the principal is not a member of. */
  | 'NOT_A_MEMBER'
  /** The grant would allow the access if the principal were active. */
  | 'PRINCIPAL_INACTIVE';

/** The access that simulated changes would add and remove. Both lists of access entries are ordered by the principal's id, then by the secret's id. */
export type AccessSimulation = {
  __typename?: 'AccessSimulation';
  /** The access that the changes would add. `paths` contains the paths after the changes. */
  gained: Array<AccessEntry>;
  /** The access that the changes would remove. `paths` contains the present paths. */
  lost: Array<AccessEntry>;
  /**
   * False if `gained` or `lost` may be incomplete. Each of the two lists contains at most `first` entries. A simulation compares at most 5,000 pairs
   * of principal and secret.
   */
  complete: Scalars['Boolean']['output'];
};

/**
 * An audit event records an operation that the gateway performed, that it refused, or that failed. An audit event never changes, and never contains a
 * secret value. Audit events are removed from the database only by month, after an export.
 */
export type AuditEvent = Node & {
  __typename?: 'AuditEvent';
  /** The id: `aud_…`. */
  id: Scalars['ID']['output'];
  /** The time when the operation happened. */
  at: Scalars['DateTime']['output'];
  /** The kind of the operation. */
  action: AuditAction;
  /** The outcome of the operation. */
  outcome: AuditOutcome;
  /** The principal that requested the operation, with the name that the principal had at that time. */
  actor: AuditParty;
  /** The object of the operation, with the name that the object had at that time. Null if the audit event names no object. */
  subject: Maybe<AuditParty>;
  /** The number of the version whose value was written, revealed or used. Null for operations that wrote, revealed and used no version. */
  version: Maybe<Scalars['Int']['output']>;
  /** The details of the change, as JSON without secret values. For a refused or failed operation, the JSON field `code` contains the error code. */
  changes: Maybe<Scalars['JSON']['output']>;
  /** The id of the request. The gateway's log and the response header `X-Request-Id` contain the same request id. */
  requestId: Scalars['String']['output'];
  /** The network address of the caller. Null for operations without a network request, for example commands on the gateway's machine. */
  address: Maybe<Scalars['String']['output']>;
};

/** A principal or an object in an audit event. The audit event keeps the name that the principal or object had at that time. */
export type AuditParty = {
  __typename?: 'AuditParty';
  /**
   * The kind: `SECRET`, `USER`, `GROUP`, `APPLICATION`, `TAG`, `PERMISSION`, `ACCESS_KEY`, `SIGNING_KEY`, `KEYRING`, `OPERATION`, `ROLE`,
   * `RESOURCE`, `ANONYMOUS` (a caller that is not signed in) or `OPERATOR` (a command on the gateway's machine).
   */
  kind: Scalars['String']['output'];
  /** The id. The global id of the principal or object. Empty if the principal or object has no id. */
  id: Scalars['String']['output'];
  /** The name that the principal or object had at the time of the audit event. */
  name: Scalars['String']['output'];
};

/** The outcome of an operation. */
export type AuditOutcome =
  /** The gateway performed the operation. */
  | 'DONE'
  /** The gateway refused the operation, for example because the caller had no permission or the object did not exist. */
  | 'REFUSED'
  /** The caller had permission, but the operation failed, for example because of a conflict. */
  | 'FAILED';

/** The result of verifying the audit log. */
export type AuditVerification = {
  __typename?: 'AuditVerification';
  /**
   * True if no audit event, checkpoint, newest secret value or row that decides about access was changed, added or removed without the
   * gateway. Verification cannot notice missing audit events if all later checkpoints are missing too: docs/audit-format.md explains how to
   * keep copies of checkpoints.
   */
  intact: Scalars['Boolean']['output'];
  /** The number of audit events that verification read. Verification continues after a problem, and reads every audit event. */
  eventsChecked: Scalars['Int']['output'];
  /**
   * The first audit event that was changed, or the first audit event after a gap. Null if the newest audit events are missing, and for
   * problems outside the audit events.
   */
  brokenAt: Maybe<AuditEvent>;
  /** The first problem, as a text for people. The text contains the ids of changed database rows. Null if `intact` is true. */
  problem: Maybe<Scalars['String']['output']>;
  /** All problems, as texts for people. If verification finds more than 100 problems, the last text contains the number of further problems. */
  problems: Array<Scalars['String']['output']>;
  /**
   * The gaps of the audit log that an operator acknowledged with the command `audit acknowledge`. An acknowledged gap is not a problem.
   * The list contains at most 100 gaps.
   */
  acknowledgedGaps: Array<AcknowledgedGap>;
};

/** A gap of the audit log that an operator acknowledged, for example the gap after a failover to a database standby that was behind. */
export type AcknowledgedGap = {
  __typename?: 'AcknowledgedGap';
  /** The gap, as a text for people. */
  problem: Scalars['String']['output'];
  /** The operator who acknowledged the gap, as passed to the command. */
  acknowledgedBy: Scalars['String']['output'];
  /** The operator's explanation of the gap. */
  reason: Scalars['String']['output'];
  /** The time of the acknowledgement. */
  acknowledgedAt: Scalars['DateTime']['output'];
};

/** The kind of an operation in the audit log. */
export type AuditAction =
  /** A user or an application signed in. */
  | 'SIGN_IN'
  /** A secret was created. */
  | 'SECRET_CREATE'
  /** The description or the expiry of a secret changed. */
  | 'SECRET_UPDATE'
  /** A secret received a new value, or the value of an earlier version became its current value again. */
  | 'SECRET_ROTATE'
  /** A secret value was revealed. */
  | 'SECRET_REVEAL'
  /**
   * A secret value was used to resolve references. If resolving fails after the value was read (NOT_JSON, NO_FIELD or a result that is too
   * large), an audit event with the outcome FAILED follows.
   */
  | 'SECRET_USE'
  /** A secret was deleted, with or without a purge. */
  | 'SECRET_DELETE'
  /** A deleted secret was restored. */
  | 'SECRET_RESTORE'
  /** The value of a version was destroyed. */
  | 'SECRET_VERSION_DESTROY'
  /** Tags were added to a secret. */
  | 'SECRET_TAG'
  /** Tags were removed from a secret. */
  | 'SECRET_UNTAG'
  /** A grant was made. */
  | 'PERMISSION_GRANT'
  /** A grant was revoked, or some accesses of a grant were revoked. */
  | 'PERMISSION_REVOKE'
  /** A group was created. */
  | 'GROUP_CREATE'
  /** The name, description or roles of a group changed. */
  | 'GROUP_UPDATE'
  /** A group was deleted. */
  | 'GROUP_DELETE'
  /** Principals were added to a group. */
  | 'GROUP_MEMBER_ADD'
  /** Principals were removed from a group. */
  | 'GROUP_MEMBER_REMOVE'
  /** An application was created. */
  | 'APPLICATION_CREATE'
  /** The name, description or roles of an application changed. */
  | 'APPLICATION_UPDATE'
  /** An application was deleted. */
  | 'APPLICATION_DELETE'
  /** An access key was created. */
  | 'ACCESS_KEY_CREATE'
  /** An access key was activated or deactivated. */
  | 'ACCESS_KEY_UPDATE'
  /** An access key was deleted. */
  | 'ACCESS_KEY_DELETE'
  /** A user was created. */
  | 'USER_CREATE'
  /** The name, e-mail address, password or roles of a user changed, or the user was activated or deactivated. */
  | 'USER_UPDATE'
  /** A user was deleted. */
  | 'USER_DELETE'
  /** A principal ran a simulation of access changes. `changes` lists the simulated changes in order, up to 8,000 characters of JSON. */
  | 'ACCESS_SIMULATE'
  /** The audit log was verified. */
  | 'AUDIT_VERIFY'
  /** A month of the audit log was exported and removed from the database. */
  | 'AUDIT_RETIRE'
  /** An operator acknowledged known gaps of the audit log. `changes` contains the operator, the reason and the gaps. */
  | 'AUDIT_ACKNOWLEDGE'
  /** The operator made a backup of the database, or moved the database to another PostgreSQL server. */
  | 'BACKUP_CREATE'
  /** The operator restored a backup. The audit events before this event are from the backup. */
  | 'BACKUP_RESTORE'
  /** The signing key of the tokens was replaced. */
  | 'SIGNING_KEY_ROTATE'
  /** An encryption key was added to the keyring or removed from the keyring, or data keys were encrypted with another encryption key. */
  | 'KEYRING_ROTATE'
  /** A GraphQL operation was registered. Clients can send the hash of a registered operation instead of its text. */
  | 'OPERATION_REGISTER'
  /** A registered GraphQL operation was removed. */
  | 'OPERATION_REMOVE'
  /** An environment variable was set. */
  | 'ENV_VARIABLE_SET'
  /** An environment variable was deleted. */
  | 'ENV_VARIABLE_DELETE'
  /** Tags were added to an object that is not a secret. */
  | 'RESOURCE_TAG'
  /** Tags were removed from an object that is not a secret. */
  | 'RESOURCE_UNTAG'
  /** A role for workflow engines was created. */
  | 'ROLE_CREATE'
  /** The permissions of a role for workflow engines changed. */
  | 'ROLE_UPDATE'
  /** A role for workflow engines was deleted. */
  | 'ROLE_DELETE';

/**
 * A reference to a secret in a payload: `${workflow.secrets.NAME}`. If the secret value is JSON, a path can follow the name of the secret:
 * `${workflow.secrets.NAME.field.inner[0]}`. In a path, write a JSON field name with dots in quotes: `${workflow.secrets.NAME['tls.crt']}`.
 */
export type SecretReference = {
  __typename?: 'SecretReference';
  /**
   * The name of the secret. For MALFORMED, the name is the text of the expression. For ARCHIVED, the name is the text of the expression or
   * `***`.
   */
  name: Scalars['String']['output'];
  /** JSON Pointers to all places of the reference in the payload. */
  pointers: Array<Scalars['String']['output']>;
  /**
   * True if the gateway would resolve the reference for the principal. `checkReferences` does not check whether the path of the reference leads to a
   * field of the value; `resolveReferences` does.
   */
  resolvable: Scalars['Boolean']['output'];
  /** The reason why the reference cannot be resolved. Null if `resolvable` is true. */
  problem: Maybe<ReferenceProblem>;
};

/** The reason why a reference cannot be resolved. */
export type ReferenceProblem =
  /** The secret does not exist, or the principal may not use the secret. Only the audit log shows whether the secret is missing or forbidden. */
  | 'NOT_FOUND'
  /** The secret has expired. */
  | 'EXPIRED'
  /** A path follows the secret's name, but the value is not JSON. */
  | 'NOT_JSON'
  /** The value is JSON, but has no field at the path. */
  | 'NO_FIELD'
  /**
   * The text looks like a reference to a secret, but is not well-formed. For example, the reference has a space, has no closing brace, or
   * contains another expression. docs/workflows.md explains which texts look like a reference.
   */
  | 'MALFORMED'
  /** The payload was archived, and the value was replaced: the text, or the place that the expression reads, contains `***` instead of the value. */
  | 'ARCHIVED';

/** A payload in which secret values have replaced the references. */
export type ResolvedPayload = {
  __typename?: 'ResolvedPayload';
  /** The payload with all references resolved. Pass this payload only to the task that needs the secret values. */
  payload: Scalars['JSON']['output'];
  /** The references that were resolved. */
  references: Array<SecretReference>;
};

/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type Query = {
  __typename?: 'Query';
  /** The signed-in user or application. */
  viewer: Principal;
  /** An object by its id. Null if the object does not exist, or the caller may not see the object. */
  node: Maybe<Node>;
  /** A secret by its name. Null if the secret does not exist, is deleted, or the caller may not see the secret. */
  secret: Maybe<Secret>;
  /** The secrets that the caller may see. Lists, counts and pages contain no other secrets. */
  secrets: SecretConnection;
  /** The tags of the secrets that the caller may see, ordered by tag. */
  tags: TagConnection;
  /** A user by username, without regard to case. The field is visible to ADMIN, AUDITOR and the user itself, and null for everyone else. */
  user: Maybe<User>;
  /** Users, ordered by username. The caller needs ADMIN or AUDITOR. Errors: FORBIDDEN. */
  users: UserConnection;
  /** A group by name, without regard to case. The field is visible to ADMIN, AUDITOR and members of the group, and null for everyone else. */
  group: Maybe<Group>;
  /** Groups, ordered by name. ADMIN and AUDITOR see all groups; every other caller sees the groups that the caller is a member of. */
  groups: GroupConnection;
  /** An application by id. The field is visible to ADMIN, AUDITOR, the application's managers and the application itself, and null for everyone else. */
  application: Maybe<Application>;
  /**
   * Applications, ordered by name. ADMIN, AUDITOR and APPLICATION_MANAGER see all applications. Every other caller sees the applications
   * that the caller created. An application can see itself.
   */
  applications: ApplicationConnection;
  /**
   * Grants, newest first. A grant to a group or on a tag appears once. ADMIN and AUDITOR see all grants. Every other caller sees grants to itself, to
   * groups of the caller and to applications that the caller manages. A caller with UPDATE on a secret also sees all grants on the name of the secret.
   */
  permissions: PermissionConnection;
  /**
   * Lists the access of principals to secrets, with every path that gives access. The caller must send `principalId`, `secret` or both.
   * Entries are ordered by the principal's id, then by the secret's id.
   *
   * The caller needs ADMIN or AUDITOR. Every other caller can query its own access, and the present access of all principals to secrets on which the
   * caller has UPDATE. See docs/access-queries.md. Errors: FORBIDDEN, NOT_FOUND.
   */
  accessEntries: AccessEntryConnection;
  /**
   * Explains why a principal has or does not have an access to a secret. The caller needs ADMIN or AUDITOR; every other caller can query only its own
   * access. For a secret that the caller may not see, the answer is the same as for a missing secret. See docs/access-queries.md. Errors: FORBIDDEN,
   * NOT_FOUND.
   */
  explainAccess: AccessExplanation;
  /**
   * The accesses that principals gained and lost between two moments, oldest first, with the audit event of each change. The caller must
   * send `principalId`, `secret` or both. A page can have fewer entries than `first` although more pages follow: check `hasNextPage`.
   *
   * The caller needs ADMIN or AUDITOR; every other caller can query only its own access. See docs/access-queries.md. Errors: FORBIDDEN, NOT_FOUND.
   */
  accessChanges: AccessHistoryEntryConnection;
  /**
   * Lists unused grants on secrets and tags, newest first. An unused grant was made before `since`, and nobody has used the grant after `since`. See
   * docs/access-queries.md. A page can have fewer entries than `first` although more pages follow: check `hasNextPage`. The caller needs ADMIN or
   * AUDITOR. Errors: FORBIDDEN.
   */
  unusedPermissions: PermissionConnection;
  /**
   * Returns the access that changes would add and remove. The gateway does not save the simulated changes. ADMIN and AUDITOR can simulate every
   * change; every other caller can simulate changes of tags and grants, but only on secrets on which the caller has UPDATE. The gateway records the
   * simulation before it returns the result. See docs/access-queries.md. Errors: FORBIDDEN, NOT_FOUND, CONFLICT.
   */
  simulateAccess: AccessSimulation;
  /** Audit events, newest first. The caller needs ADMIN or AUDITOR. Errors: FORBIDDEN. */
  auditEvents: AuditEventConnection;
  /**
   * Replaces every reference in a payload with the secret value, for a task that is about to run. The caller needs EXECUTE or READ on each secret. The
   * gateway records each use in the audit log before it inserts a value. The gateway rejects this field over HTTP GET. See
   * docs/payload-rules.md#resolve. Errors: UNRESOLVED_REFERENCES, with the list `extensions.references`.
   */
  resolveReferences: ResolvedPayload;
  /**
   * Lists the references in a payload, and whether a principal can have each reference resolved. The gateway decrypts no secret value, and records no
   * audit event. The payload can have 200 secrets and 5,000 references. The gateway rejects this field over HTTP GET. See docs/payload-rules.md#check.
   * Errors: FORBIDDEN, NOT_FOUND.
   */
  checkReferences: Array<SecretReference>;
  /**
   * Returns a payload for people to read. `***` replaces the values of secrets that the caller may use. `***` also replaces everything below the JSON
   * field names `_secrets`, `_masked` and `maskedFields`, and copies of long texts from below these JSON field names. The gateway records no audit
   * event for masking. The gateway rejects this field over HTTP GET. See docs/payload-rules.md#mask.
   */
  maskPayload: Scalars['JSON']['output'];
  /**
   * Returns a payload for permanent storage. `***` replaces every value inside the JSON fields `_secrets` and `maskedFields`. If a long text from
   * these fields also occurs elsewhere, `***` replaces the text there too. Values below `_masked` stay unchanged. Archiving an archived payload again
   * changes nothing. The gateway rejects this field over HTTP GET. See docs/payload-rules.md#archive.
   */
  archivePayload: Scalars['JSON']['output'];
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QuerySecretArgs = {
  name: Scalars['String']['input'];
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QuerySecretsArgs = {
  filter?: InputMaybe<SecretFilter>;
  orderBy: SecretOrder;
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryTagsArgs = {
  key?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryUserArgs = {
  username: Scalars['String']['input'];
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryUsersArgs = {
  nameContains?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryGroupArgs = {
  name: Scalars['String']['input'];
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryGroupsArgs = {
  nameContains?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryApplicationArgs = {
  id: Scalars['ID']['input'];
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryApplicationsArgs = {
  nameContains?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryPermissionsArgs = {
  subjectId?: InputMaybe<Scalars['ID']['input']>;
  target?: InputMaybe<PermissionTargetInput>;
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryAccessEntriesArgs = {
  principalId?: InputMaybe<Scalars['ID']['input']>;
  secret?: InputMaybe<Scalars['String']['input']>;
  access?: InputMaybe<Access>;
  at?: InputMaybe<Scalars['DateTime']['input']>;
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryExplainAccessArgs = {
  principalId: Scalars['ID']['input'];
  secret: Scalars['String']['input'];
  access: Access;
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryAccessChangesArgs = {
  from: Scalars['DateTime']['input'];
  until: Scalars['DateTime']['input'];
  principalId?: InputMaybe<Scalars['ID']['input']>;
  secret?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryUnusedPermissionsArgs = {
  since: Scalars['DateTime']['input'];
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QuerySimulateAccessArgs = {
  changes: Array<AccessChange>;
  first: Scalars['Int']['input'];
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryAuditEventsArgs = {
  filter?: InputMaybe<AuditFilter>;
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryResolveReferencesArgs = {
  payload: Scalars['JSON']['input'];
  input?: InputMaybe<Scalars['JSON']['input']>;
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryCheckReferencesArgs = {
  payload: Scalars['JSON']['input'];
  principalId?: InputMaybe<Scalars['ID']['input']>;
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryMaskPayloadArgs = {
  payload: Scalars['JSON']['input'];
  definition?: InputMaybe<Scalars['JSON']['input']>;
  maskedFields: Array<Scalars['String']['input']>;
};


/** A query changes no data. The gateway records reveals, resolved references and simulations in the audit log. */
export type QueryArchivePayloadArgs = {
  payload: Scalars['JSON']['input'];
  maskedFields: Array<Scalars['String']['input']>;
};

/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type Mutation = {
  __typename?: 'Mutation';
  /**
   * Signs a user in. The error is the same for a wrong password, an unknown username and a deactivated user. Errors: UNAUTHENTICATED; RATE_LIMITED
   * after too many failed sign-ins for the username or from the address, with `extensions.retryAfter` in seconds.
   */
  signIn: Maybe<SignInPayload>;
  /** Signs an application in. Errors: UNAUTHENTICATED; RATE_LIMITED after too many failed sign-ins, with `extensions.retryAfter` in seconds. */
  signInApplication: Maybe<SignInPayload>;
  /**
   * Creates a secret and grants all five accesses on the secret to the caller. The caller needs ADMIN, USER or METADATA_MANAGER, or CREATE on the name
   * or on one of the tags. A name that is reserved for others needs ADMIN, or CREATE on the name: see docs/access-rules.md#reserved-names. Errors:
   * FORBIDDEN; NAME_TAKEN, also for a secret that the caller may not see.
   */
  createSecret: Maybe<SecretPayload>;
  /** Changes the description and the expiry of a secret. The caller needs UPDATE on the secret. Errors: FORBIDDEN, NOT_FOUND. */
  updateSecret: Maybe<SecretPayload>;
  /**
   * Stores a new value as the next version. Storing the current value again creates no version. The caller needs UPDATE on the secret. Errors:
   * FORBIDDEN, NOT_FOUND, VERSION_CONFLICT.
   */
  rotateSecret: Maybe<RotateSecretPayload>;
  /**
   * Stores the value of an earlier version as the next version. The caller needs UPDATE on the secret. Errors: FORBIDDEN, NOT_FOUND; CONFLICT for the
   * current version and for a destroyed version.
   */
  rollbackSecret: Maybe<SecretPayload>;
  /**
   * Destroys the value of an earlier version permanently. The caller needs DELETE on the secret. Errors: FORBIDDEN, NOT_FOUND; CONFLICT for the
   * current version.
   */
  destroySecretVersion: Maybe<SecretPayload>;
  /**
   * Deletes a secret. For 30 days, `restoreSecret` can restore the secret, unless `purge` is true. The caller needs DELETE on the secret. Errors:
   * FORBIDDEN, NOT_FOUND.
   */
  deleteSecret: Maybe<DeleteSecretPayload>;
  /**
   * Restores a deleted secret as it was before the deletion. The caller needs DELETE on the secret. A name that is reserved for others needs ADMIN, or
   * CREATE on the name: see docs/access-rules.md#reserved-names. Errors: FORBIDDEN, NOT_FOUND; NAME_TAKEN if another secret has the name.
   */
  restoreSecret: Maybe<SecretPayload>;
  /**
   * Adds tags to a secret. The gateway ignores tags that the secret already has. The caller needs UPDATE on the secret. Errors: FORBIDDEN, NOT_FOUND;
   * ESCALATION if a tag would give the caller more access.
   */
  tagSecret: Maybe<SecretPayload>;
  /**
   * Removes all requested tags from a secret. If one of the requested tags cannot be removed, the gateway removes no tag. The gateway ignores tags
   * that the secret does not have. The caller needs UPDATE on the secret. Removing a tag needs more permissions if an administrator added the tag, or
   * if the tag gives other principals access: see docs/access-rules.md#remove-tags. Errors: NOT_FOUND; FORBIDDEN, with the refused tags in
   * `extensions.tags`.
   */
  untagSecret: Maybe<SecretPayload>;
  /**
   * Runs an UPDATE_SECRET task of a workflow: creates a secret, or rotates an existing secret. The caller needs the same permissions as `createSecret`
   * or `rotateSecret`. The error is BAD_USER_INPUT if a part of the input is missing or empty, or if the new value is `***`. Errors: FORBIDDEN,
   * NAME_TAKEN.
   */
  runUpdateSecretTask: Maybe<SecretPayload>;
  /** Creates a group. The caller needs ADMIN. Errors: FORBIDDEN, NAME_TAKEN. */
  createGroup: Maybe<GroupPayload>;
  /**
   * Changes a group. The caller needs ADMIN. An application in the group cannot get ADMIN while it has an active access key that a principal without
   * ADMIN made. Errors: FORBIDDEN, NOT_FOUND, NAME_TAKEN, LAST_ADMIN; CONFLICT, with the access keys in `extensions.accessKeys`.
   */
  updateGroup: Maybe<GroupPayload>;
  /** Deletes a group with its memberships, roles and grants. The caller needs ADMIN. Errors: FORBIDDEN, NOT_FOUND, LAST_ADMIN. */
  deleteGroup: Maybe<DeletePayload>;
  /**
   * Adds principals to a group. The gateway ignores principals that are already members. The caller needs ADMIN. A principal with USER_READ_ONLY
   * cannot be a member. An application cannot get ADMIN while it has an active access key that a principal without ADMIN made. Errors: FORBIDDEN,
   * NOT_FOUND, CONFLICT (`extensions.accessKeys` lists such access keys).
   */
  addGroupMembers: Maybe<GroupPayload>;
  /**
   * Removes principals from a group. The gateway ignores principals that are not members. The caller needs ADMIN. Errors: FORBIDDEN, NOT_FOUND,
   * LAST_ADMIN.
   */
  removeGroupMembers: Maybe<GroupPayload>;
  /**
   * Creates an application. The caller needs ADMIN, USER, APPLICATION_CREATOR or APPLICATION_MANAGER. Errors: FORBIDDEN; ESCALATION for roles that
   * only ADMIN can give.
   */
  createApplication: Maybe<ApplicationPayload>;
  /**
   * Changes an application. The caller must be a manager of the application. Giving or removing some roles needs ADMIN. An application cannot
   * get ADMIN while it has an active access key that a principal without ADMIN made. See docs/access-rules.md#applications. Errors: FORBIDDEN,
   * NOT_FOUND, ESCALATION; CONFLICT, with the access keys in `extensions.accessKeys`.
   */
  updateApplication: Maybe<ApplicationPayload>;
  /**
   * Deletes an application with its access keys, memberships, roles and grants. The caller must be a manager of the application. Errors:
   * FORBIDDEN, NOT_FOUND; ESCALATION if the application has ADMIN and the caller does not.
   */
  deleteApplication: Maybe<DeletePayload>;
  /**
   * Creates an access key, and returns its secret half once. Several access keys can be active at the same time. The caller must be a manager
   * of the application. Errors: FORBIDDEN, NOT_FOUND; ESCALATION if the application has roles that the caller does not have; CONFLICT if the
   * application has 20 access keys.
   */
  createAccessKey: Maybe<CreateAccessKeyPayload>;
  /**
   * Activates or deactivates an access key. When an access key is deactivated, its tokens become invalid at once. The invalid tokens stay invalid when
   * the access key is activated again. The caller must be a manager of the application. Errors: FORBIDDEN, NOT_FOUND; ESCALATION if the application
   * has roles that the caller does not have.
   */
  setAccessKeyActive: Maybe<AccessKeyPayload>;
  /**
   * Deletes an access key, and ends its tokens at once. The caller must be a manager of the application. Errors: FORBIDDEN, NOT_FOUND;
   * ESCALATION if the application has ADMIN and the caller does not.
   */
  deleteAccessKey: Maybe<DeletePayload>;
  /** Creates a user. The caller needs ADMIN. Errors: FORBIDDEN, NAME_TAKEN. */
  createUser: Maybe<UserPayload>;
  /** Changes a user. The caller needs ADMIN. Errors: FORBIDDEN, NOT_FOUND, LAST_ADMIN; CONFLICT if a member of a group would get USER_READ_ONLY. */
  updateUser: Maybe<UserPayload>;
  /** Deletes a user with its memberships, roles and grants. The caller needs ADMIN. Errors: FORBIDDEN, NOT_FOUND, LAST_ADMIN. */
  deleteUser: Maybe<DeletePayload>;
  /**
   * Grants accesses on a target to a subject. Existing grants stay valid. Only ADMIN can grant on tags, on resources and on the name of a missing
   * secret. Every other caller needs UPDATE on the secret. The caller can grant only accesses that it holds, and for no longer than it holds them. See
   * docs/access-rules.md#grants. Errors: FORBIDDEN, NOT_FOUND, ESCALATION, CONFLICT.
   */
  grantPermission: Maybe<PermissionPayload>;
  /**
   * Revokes accesses of the subject on the target: the accesses in `access`, or all accesses if `access` is empty. If the caller may not revoke one of
   * the matching grants, the gateway changes none of the matching grants. docs/access-rules.md#revoke-grants explains which grants a caller may
   * revoke. Errors: NOT_FOUND; FORBIDDEN, with the refused grants in `extensions.permissions`.
   */
  revokePermission: Maybe<PermissionPayload>;
  /**
   * Verifies two things: the audit log, and the stored database rows that decide about access and secret values. Verifying a million audit events
   * takes some seconds. The caller needs ADMIN or AUDITOR. The gateway records each verification. A request can contain only one verification. If
   * several requests arrive while a verification runs, one further verification answers all of these requests. Errors: FORBIDDEN.
   */
  verifyAuditLog: Maybe<AuditVerification>;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationSignInArgs = {
  username: Scalars['String']['input'];
  password: Scalars['SecretValue']['input'];
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationSignInApplicationArgs = {
  keyId: Scalars['String']['input'];
  keySecret: Scalars['SecretValue']['input'];
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationCreateSecretArgs = {
  input: CreateSecretInput;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationUpdateSecretArgs = {
  input: UpdateSecretInput;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationRotateSecretArgs = {
  input: RotateSecretInput;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationRollbackSecretArgs = {
  name: Scalars['String']['input'];
  version: Scalars['Int']['input'];
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationDestroySecretVersionArgs = {
  name: Scalars['String']['input'];
  version: Scalars['Int']['input'];
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationDeleteSecretArgs = {
  name: Scalars['String']['input'];
  purge: Scalars['Boolean']['input'];
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationRestoreSecretArgs = {
  id: Scalars['ID']['input'];
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationTagSecretArgs = {
  name: Scalars['String']['input'];
  tags: Array<TagInput>;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationUntagSecretArgs = {
  name: Scalars['String']['input'];
  tags: Array<TagInput>;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationRunUpdateSecretTaskArgs = {
  input: Scalars['JSON']['input'];
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationCreateGroupArgs = {
  input: CreateGroupInput;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationUpdateGroupArgs = {
  input: UpdateGroupInput;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationDeleteGroupArgs = {
  id: Scalars['ID']['input'];
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationAddGroupMembersArgs = {
  groupId: Scalars['ID']['input'];
  principalIds: Array<Scalars['ID']['input']>;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationRemoveGroupMembersArgs = {
  groupId: Scalars['ID']['input'];
  principalIds: Array<Scalars['ID']['input']>;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationCreateApplicationArgs = {
  input: CreateApplicationInput;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationUpdateApplicationArgs = {
  input: UpdateApplicationInput;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationDeleteApplicationArgs = {
  id: Scalars['ID']['input'];
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationCreateAccessKeyArgs = {
  applicationId: Scalars['ID']['input'];
  expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationSetAccessKeyActiveArgs = {
  keyId: Scalars['ID']['input'];
  active: Scalars['Boolean']['input'];
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationDeleteAccessKeyArgs = {
  keyId: Scalars['ID']['input'];
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationCreateUserArgs = {
  input: CreateUserInput;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationUpdateUserArgs = {
  input: UpdateUserInput;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationDeleteUserArgs = {
  id: Scalars['ID']['input'];
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationGrantPermissionArgs = {
  input: PermissionInput;
};


/**
 * Every mutation field is nullable, so an error in one field does not affect the results of other fields. A change and its audit event are committed in
 * one transaction: the gateway saves both the change and the audit event, or nothing.
 */
export type MutationRevokePermissionArgs = {
  input: PermissionInput;
};

/** A tag. The gateway compares tags byte by byte. */
export type TagInput = {
  /** The tag key: 1 to 100 characters, without colons, control characters and surrounding spaces. A new tag cannot have invisible characters. */
  key: Scalars['String']['input'];
  /** The tag value: 1 to 255 characters, without control characters and surrounding spaces. A new tag cannot have invisible characters. */
  value: Scalars['String']['input'];
};

/** A filter for secrets. A secret must match every field. */
export type SecretFilter = {
  /** Returns only secrets whose name contains the requested text, without regard to case. At most 1,000 characters are allowed. */
  nameContains?: InputMaybe<Scalars['String']['input']>;
  /** Returns only secrets that have all requested tags. At most 50 tags are allowed. */
  tags?: InputMaybe<Array<TagInput>>;
  /** Returns only secrets to which the caller has all requested accesses. */
  access?: InputMaybe<Array<Access>>;
  /** Returns only secrets whose time of expiry is before the requested moment. */
  expiresBefore?: InputMaybe<Scalars['DateTime']['input']>;
  /** True returns the deleted secrets that can be restored. False returns the secrets that are not deleted. */
  deleted: Scalars['Boolean']['input'];
};

/** The order of a list of secrets. If the order does not distinguish two secrets, the secrets are ordered by id. */
export type SecretOrder =
  /** Orders secrets by name, from the lowest to the highest code point. */
  | 'NAME_ASC'
  /** Orders secrets by name, from the highest to the lowest code point. */
  | 'NAME_DESC'
  /** Orders secrets by the time of the last change, newest first. */
  | 'UPDATED_AT_DESC'
  /** Orders secrets by the time of expiry, earliest first. Secrets that do not expire are at the end. */
  | 'EXPIRES_AT_ASC';

/** A filter for audit events. An audit event must match every field. */
export type AuditFilter = {
  /** Returns only operations of the user or application with the requested id. */
  actorId?: InputMaybe<Scalars['String']['input']>;
  /** Returns only operations on secrets with the requested name. */
  secret?: InputMaybe<Scalars['String']['input']>;
  /** Returns only the requested kinds of operations. */
  actions?: InputMaybe<Array<AuditAction>>;
  /** Returns only operations with the requested outcome. */
  outcome?: InputMaybe<AuditOutcome>;
  /** Returns only audit events at or after the requested moment. */
  from?: InputMaybe<Scalars['DateTime']['input']>;
  /** Returns only audit events before the requested moment. */
  until?: InputMaybe<Scalars['DateTime']['input']>;
};

/** A new secret. */
export type CreateSecretInput = {
  /** The name: 1 to 255 of the characters `A-Z a-z 0-9 _ -`. */
  name: Scalars['String']['input'];
  /** The secret value: 0 to 65,535 characters. The gateway stores the value as written. */
  value: Scalars['SecretValue']['input'];
  /**
   * A text about the purpose of the secret: at most 2,000 characters. Do not write the secret value here: everyone who can see the secret can
   * see its description.
   */
  description?: InputMaybe<Scalars['String']['input']>;
  /** The tags of the secret. At most 50 tags are allowed. */
  tags: Array<TagInput>;
  /** The time when the secret expires. Send null for a secret that does not expire. If the time is in the past, the new secret is already expired. */
  expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
};

/** A change of a secret. If the input omits a field, the stored value of this field stays unchanged. Null removes the description or the expiry. */
export type UpdateSecretInput = {
  /** The secret's name. */
  name: Scalars['String']['input'];
  /** A text about the purpose of the secret: at most 2,000 characters. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** The time when the secret expires. With a time in the past, the secret expires at once. */
  expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
};

/** A new secret value. Exactly one of `value` and `generate` is required. */
export type RotateSecretInput = {
  /** The secret's name. */
  name: Scalars['String']['input'];
  /** The new secret value. The gateway stores the value as written. */
  value?: InputMaybe<Scalars['SecretValue']['input']>;
  /** The rules for a secret value that the gateway generates. */
  generate?: InputMaybe<GenerateInput>;
  /** The expected number of the current version. If the current version has a different number, the error is VERSION_CONFLICT. */
  expectedVersion?: InputMaybe<Scalars['Int']['input']>;
};

/**
 * The rules for a secret value that the gateway generates. The characters come from a cryptographic random source; all characters are equally
 * likely.
 */
export type GenerateInput = {
  /** The number of characters: 1 to 65,535. */
  length: Scalars['Int']['input'];
  /** The characters that the value can have. */
  alphabet: Alphabet;
};

/** The characters that a generated value can have. */
export type Alphabet =
  /** `A-Z a-z 0-9`: 5.95 bits of randomness per character. */
  | 'ALPHANUMERIC'
  /** `0-9 a-f`: 4 bits of randomness per character. */
  | 'HEX'
  /** `A-Z a-z 0-9 - _`: 6 bits of randomness per character. */
  | 'BASE64URL'
  /** ASCII characters from `!` to `~`: 6.55 bits of randomness per character. */
  | 'PRINTABLE'
  /** `0-9`: 3.32 bits of randomness per character. */
  | 'DIGITS';

/** A new group. */
export type CreateGroupInput = {
  /**
   * The name: 1 to 255 characters, without invisible characters. The name must not consist only of dots. The name is unique without regard to case and
   * to the number of spaces. The gateway stores the name as written.
   */
  name: Scalars['String']['input'];
  /** A text about the purpose of the group: at most 2,000 characters. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** The roles of the group. Every member has these roles. USER_READ_ONLY is not allowed. */
  roles: Array<Role>;
};

/** A change of a group. If the input omits a field, the stored value of this field stays unchanged. Null removes the stored value of an optional field. */
export type UpdateGroupInput = {
  /** The group's id: `grp_…`. */
  id: Scalars['ID']['input'];
  /**
   * The new name: 1 to 255 characters, without invisible characters. The name must not consist only of dots. The name is unique without regard to case
   * and to the number of spaces. The gateway stores the name as written.
   */
  name?: InputMaybe<Scalars['String']['input']>;
  /** A text about the purpose of the group: at most 2,000 characters. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** All roles of the group after the change. USER_READ_ONLY is not allowed. */
  roles?: InputMaybe<Array<Role>>;
};

/** A new application. */
export type CreateApplicationInput = {
  /** The display name: 1 to 255 characters, without invisible characters. */
  name: Scalars['String']['input'];
  /** A text about the purpose of the application: at most 2,000 characters. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** The roles of the application. Roles other than WORKER, METADATA_API and APPLICATION_CREATOR need ADMIN. */
  roles: Array<Role>;
};

/**
 * A change of an application. If the input omits a field, the stored value of this field stays unchanged. Null removes the stored value of an optional
 * field.
 */
export type UpdateApplicationInput = {
  /** The application's id: `app_…`. */
  id: Scalars['ID']['input'];
  /**
   * The display name: 1 to 255 characters. A new name cannot have invisible characters; the gateway always accepts the present name of the
   * application.
   */
  name?: InputMaybe<Scalars['String']['input']>;
  /** A text about the purpose of the application: at most 2,000 characters. */
  description?: InputMaybe<Scalars['String']['input']>;
  /**
   * All roles of the application after the change. Giving or removing roles other than WORKER, METADATA_API and APPLICATION_CREATOR needs
   * ADMIN.
   */
  roles?: InputMaybe<Array<Role>>;
};

/** A new user. */
export type CreateUserInput = {
  /**
   * The name for signing in: 1 to 255 letters, digits, ASCII marks and single spaces between other characters (RFC 8265, UsernameCaseMapped). A
   * username must not begin with `app:`, and must not consist only of dots. A username is unique without regard to case. The gateway stores a username
   * as written. A username can never be changed.
   */
  username: Scalars['String']['input'];
  /** The display name: 1 to 255 characters, without invisible characters except joiners and emoji selectors (U+200C, U+200D, U+FE0E, U+FE0F). */
  name: Scalars['String']['input'];
  /** The e-mail address: at most 320 characters, without invisible characters. */
  email?: InputMaybe<Scalars['String']['input']>;
  /** The password: 8 to 1,024 characters. A user without a password cannot sign in with a password. */
  password?: InputMaybe<Scalars['SecretValue']['input']>;
  /** The roles of the user. */
  roles: Array<Role>;
};

/** A change of a user. If the input omits a field, the stored value of this field stays unchanged. Null removes the stored value of an optional field. */
export type UpdateUserInput = {
  /** The user's id: `usr_…`. */
  id: Scalars['ID']['input'];
  /**
   * The display name: 1 to 255 characters, without invisible characters except joiners and emoji selectors (U+200C, U+200D, U+FE0E, U+FE0F).
   * The gateway always accepts the present name of the user.
   */
  name?: InputMaybe<Scalars['String']['input']>;
  /** The e-mail address: at most 320 characters, without invisible characters. */
  email?: InputMaybe<Scalars['String']['input']>;
  /** The new password: 8 to 1,024 characters. Null removes the password. All tokens of the user become invalid when the password changes or is removed. */
  password?: InputMaybe<Scalars['SecretValue']['input']>;
  /**
   * False deactivates the user. The tokens and grants of a deactivated user have no effect, and the user cannot sign in. True activates the user.
   * Tokens from before a deactivation stay invalid.
   */
  active?: InputMaybe<Scalars['Boolean']['input']>;
  /** All roles of the user after the change. */
  roles?: InputMaybe<Array<Role>>;
};

/** The target of a grant: exactly one field is required. */
export type PermissionTargetInput =
  /** A tag. The grant gives access to every secret that has the tag, now or later. */
  { tag: TagInput; secret?: never; resource?: never; }
  |  /** The name of a secret. If ADMIN makes the grant, the grant also gives access to later secrets with the name. */
  { tag?: never; secret: Scalars['String']['input']; resource?: never; }
  |  /** A resource of a workflow engine. Only ADMIN can grant on a resource. The resource need not exist. */
  { tag?: never; secret?: never; resource: ResourceInput; };

/** A resource of a workflow engine. */
export type ResourceInput = {
  /** The type of the resource. */
  type: ResourceType;
  /** The name of the resource: 1 to 1,000 characters and at most 2,000 bytes of UTF-8, without control characters and surrounding spaces. */
  name: Scalars['String']['input'];
};

/** Accesses of a subject on a target, to grant or to revoke. */
export type PermissionInput = {
  /** The id of a user, a group, an application or a role. A role can hold grants only on resources of workflow engines. */
  subjectId: Scalars['ID']['input'];
  /** A tag, the name of a secret, or a resource of a workflow engine. */
  target: PermissionTargetInput;
  /** The accesses to grant or to revoke. With an empty list, `revokePermission` revokes all accesses. `grantPermission` rejects an empty list. */
  access: Array<Access>;
  /**
   * `grantPermission`: the time when the grant expires, or null for a grant that does not expire. A grant that expires in the past gives no access.
   * `revokePermission`: the time of expiry of the grants to revoke. With this field, `revokePermission` revokes only grants that expire at the
   * requested time.
   */
  expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** The id of the only grant to revoke: `per_…`. `grantPermission` rejects this field. */
  permissionId?: InputMaybe<Scalars['ID']['input']>;
};

/** One change that a simulation makes. Exactly one field of the input is required. */
export type AccessChange =
  /** Simulates the mutation `grantPermission`. */
  { grant: PermissionInput; revoke?: never; tag?: never; untag?: never; addMember?: never; removeMember?: never; deleteGroup?: never; setRoles?: never; }
  |  /** Simulates the mutation `revokePermission`. */
  { grant?: never; revoke: PermissionInput; tag?: never; untag?: never; addMember?: never; removeMember?: never; deleteGroup?: never; setRoles?: never; }
  |  /** Simulates the mutation `tagSecret`. */
  { grant?: never; revoke?: never; tag: SecretTagInput; untag?: never; addMember?: never; removeMember?: never; deleteGroup?: never; setRoles?: never; }
  |  /** Simulates the mutation `untagSecret`. */
  { grant?: never; revoke?: never; tag?: never; untag: SecretTagInput; addMember?: never; removeMember?: never; deleteGroup?: never; setRoles?: never; }
  |  /** Simulates `addGroupMembers` for one principal. */
  { grant?: never; revoke?: never; tag?: never; untag?: never; addMember: MembershipInput; removeMember?: never; deleteGroup?: never; setRoles?: never; }
  |  /** Simulates `removeGroupMembers` for one principal. */
  { grant?: never; revoke?: never; tag?: never; untag?: never; addMember?: never; removeMember: MembershipInput; deleteGroup?: never; setRoles?: never; }
  |  /** Simulates the mutation `deleteGroup` for the group with this id. */
  { grant?: never; revoke?: never; tag?: never; untag?: never; addMember?: never; removeMember?: never; deleteGroup: Scalars['ID']['input']; setRoles?: never; }
  |  /** Simulates a change that replaces all roles of a user, a group or an application. */
  { grant?: never; revoke?: never; tag?: never; untag?: never; addMember?: never; removeMember?: never; deleteGroup?: never; setRoles: SubjectRolesInput; };

/** Tags to add to a secret or to remove from a secret. */
export type SecretTagInput = {
  /** The secret's name. */
  name: Scalars['String']['input'];
  /** A list of 1 to 50 tags. */
  tags: Array<TagInput>;
};

/** A principal and a group. */
export type MembershipInput = {
  /** The group's id: `grp_…`. */
  groupId: Scalars['ID']['input'];
  /** The id of a user or an application. */
  principalId: Scalars['ID']['input'];
};

/** New roles of a user, a group or an application. */
export type SubjectRolesInput = {
  /** The id of a user, a group or an application. */
  subjectId: Scalars['ID']['input'];
  /** All roles of the user, group or application after the change. The roles in the request replace the present roles. */
  roles: Array<Role>;
};

/** The result of signing in. */
export type SignInPayload = {
  __typename?: 'SignInPayload';
  /** A JSON Web Token, for the header `Authorization: Bearer` or `X-Authorization`. */
  token: Scalars['SecretValue']['output'];
  /** The time when the token expires. */
  expiresAt: Scalars['DateTime']['output'];
  /** The user or application that signed in. */
  principal: Principal;
};

/** A secret after a change. */
export type SecretPayload = {
  __typename?: 'SecretPayload';
  /** The secret after the change. */
  secret: Secret;
};

/** A secret after a rotation. */
export type RotateSecretPayload = {
  __typename?: 'RotateSecretPayload';
  /** The secret after the rotation. */
  secret: Secret;
  /** True if a new version was created. False if the new value is the same as the current value. */
  changed: Scalars['Boolean']['output'];
};

/** The result of deleting a secret. */
export type DeleteSecretPayload = {
  __typename?: 'DeleteSecretPayload';
  /** The id of the deleted secret: `sec_…`. */
  id: Scalars['ID']['output'];
  /** The time until which the secret can be restored. Null if the secret was purged. */
  restorableUntil: Maybe<Scalars['DateTime']['output']>;
};

/** The result of deleting an object. */
export type DeletePayload = {
  __typename?: 'DeletePayload';
  /** The id of the deleted object. */
  id: Scalars['ID']['output'];
};

/** A group after a change. */
export type GroupPayload = {
  __typename?: 'GroupPayload';
  /** The group after the change. */
  group: Group;
};

/** An application after a change. */
export type ApplicationPayload = {
  __typename?: 'ApplicationPayload';
  /** The application after the change. */
  application: Application;
};

/** An access key after a change. */
export type AccessKeyPayload = {
  __typename?: 'AccessKeyPayload';
  /** The access key after the change, without its secret half. */
  accessKey: AccessKey;
};

/** A new access key, with its secret half. */
export type CreateAccessKeyPayload = {
  __typename?: 'CreateAccessKeyPayload';
  /** The new access key. */
  accessKey: AccessKey;
  /** The secret half of the access key. No other field ever returns the secret half. */
  secret: Scalars['SecretValue']['output'];
};

/** A user after a change. */
export type UserPayload = {
  __typename?: 'UserPayload';
  /** The user after the change. */
  user: User;
};

/** The grant of a subject on a target, after accesses were granted or revoked. */
export type PermissionPayload = {
  __typename?: 'PermissionPayload';
  /** The grant after the change. A grant whose accesses changed has a new id. Null if the subject has no grant on the target any more. */
  permission: Maybe<Permission>;
};

/** The cursor of a page, and whether another page follows. */
export type PageInfo = {
  __typename?: 'PageInfo';
  /** True if another page follows. */
  hasNextPage: Scalars['Boolean']['output'];
  /** The cursor after the last entry of the page: to read the next page, pass this cursor as `after`. Null if the page is empty and no page follows. */
  endCursor: Maybe<Scalars['String']['output']>;
};

/** A page of secrets. */
export type SecretConnection = {
  __typename?: 'SecretConnection';
  /** The secrets on this page. */
  nodes: Array<Secret>;
  /** The end cursor of this page, and whether another page follows. */
  pageInfo: PageInfo;
};

/** A page of versions of a secret. */
export type SecretVersionConnection = {
  __typename?: 'SecretVersionConnection';
  /** The versions on this page. */
  nodes: Array<SecretVersion>;
  /** The end cursor of this page, and whether another page follows. */
  pageInfo: PageInfo;
};

/** A page of tags. */
export type TagConnection = {
  __typename?: 'TagConnection';
  /** The tags on this page. */
  nodes: Array<Tag>;
  /** The end cursor of this page, and whether another page follows. */
  pageInfo: PageInfo;
};

/** A page of users and applications. */
export type PrincipalConnection = {
  __typename?: 'PrincipalConnection';
  /** The users and applications on this page. */
  nodes: Array<Principal>;
  /** The end cursor of this page, and whether another page follows. */
  pageInfo: PageInfo;
};

/** A page of users. */
export type UserConnection = {
  __typename?: 'UserConnection';
  /** The users on this page. */
  nodes: Array<User>;
  /** The end cursor of this page, and whether another page follows. */
  pageInfo: PageInfo;
};

/** A page of groups. */
export type GroupConnection = {
  __typename?: 'GroupConnection';
  /** The groups on this page. */
  nodes: Array<Group>;
  /** The end cursor of this page, and whether another page follows. */
  pageInfo: PageInfo;
};

/** A page of applications. */
export type ApplicationConnection = {
  __typename?: 'ApplicationConnection';
  /** The applications on this page. */
  nodes: Array<Application>;
  /** The end cursor of this page, and whether another page follows. */
  pageInfo: PageInfo;
};

/** A page of grants. */
export type PermissionConnection = {
  __typename?: 'PermissionConnection';
  /** The grants on this page. */
  nodes: Array<Permission>;
  /** The end cursor of this page, and whether another page follows. */
  pageInfo: PageInfo;
};

/** A page of access entries. */
export type AccessEntryConnection = {
  __typename?: 'AccessEntryConnection';
  /** The access entries on this page. */
  nodes: Array<AccessEntry>;
  /** The end cursor of this page, and whether another page follows. */
  pageInfo: PageInfo;
};

/** A page of access changes. */
export type AccessHistoryEntryConnection = {
  __typename?: 'AccessHistoryEntryConnection';
  /** The access changes on this page. */
  nodes: Array<AccessHistoryEntry>;
  /** The end cursor of this page, and whether another page follows. */
  pageInfo: PageInfo;
};

/** A page of audit events. */
export type AuditEventConnection = {
  __typename?: 'AuditEventConnection';
  /** The audit events on this page. */
  nodes: Array<AuditEvent>;
  /** The end cursor of this page, and whether another page follows. */
  pageInfo: PageInfo;
};



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;



/** Mapping of union types */
export type ResolversUnionTypes<_RefType extends Record<string, unknown>> = {
  Subject:
    | ( UserRecord & { __typename: 'User' } )
    | ( GroupRecord & { __typename: 'Group' } )
    | ( ApplicationRecord & { __typename: 'Application' } )
    | ( RoleName & { __typename: 'RoleName' } )
  ;
  PermissionTarget:
    | ( TagViewRecord & { __typename: 'Tag' } )
    | ( SecretNameTargetRecord & { __typename: 'SecretName' } )
    | ( Resource & { __typename: 'Resource' } )
  ;
};

/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Node:
    | ( UserRecord & { __typename: 'User' } )
    | ( ApplicationRecord & { __typename: 'Application' } )
    | ( GroupRecord & { __typename: 'Group' } )
    | ( SecretViewRecord & { __typename: 'Secret' } )
    | ( PermissionRecord & { __typename: 'Permission' } )
    | ( AuditEventRecord & { __typename: 'AuditEvent' } )
  ;
  Principal:
    | ( UserRecord & { __typename: 'User' } )
    | ( ApplicationRecord & { __typename: 'Application' } )
  ;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  SecretValue: ResolverTypeWrapper<Scalars['SecretValue']['output']>;
  Access: Access;
  Role: Role;
  ResourceType: ResourceType;
  Node: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Node']>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Principal: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Principal']>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  User: ResolverTypeWrapper<UserRecord>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  Application: ResolverTypeWrapper<ApplicationRecord>;
  AccessKey: ResolverTypeWrapper<AccessKeyRecord>;
  Group: ResolverTypeWrapper<GroupRecord>;
  Subject: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['Subject']>;
  RoleName: ResolverTypeWrapper<RoleName>;
  Tag: ResolverTypeWrapper<TagViewRecord>;
  Secret: ResolverTypeWrapper<SecretViewRecord>;
  SecretVersion: ResolverTypeWrapper<VersionViewRecord>;
  Permission: ResolverTypeWrapper<PermissionRecord>;
  PermissionTarget: ResolverTypeWrapper<ResolversUnionTypes<ResolversTypes>['PermissionTarget']>;
  Resource: ResolverTypeWrapper<Resource>;
  SecretName: ResolverTypeWrapper<SecretNameTargetRecord>;
  AccessEntry: ResolverTypeWrapper<AccessEntryRecord>;
  AccessPath: ResolverTypeWrapper<AccessEntryPathRecord>;
  AccessHistoryEntry: ResolverTypeWrapper<AccessHistoryEntryRecord>;
  AccessExplanation: ResolverTypeWrapper<ExplanationRecord>;
  NearMiss: ResolverTypeWrapper<NearMissRecord>;
  NearMissReason: NearMissReason;
  AccessSimulation: ResolverTypeWrapper<Omit<AccessSimulation, 'gained' | 'lost'> & { gained: Array<ResolversTypes['AccessEntry']>, lost: Array<ResolversTypes['AccessEntry']> }>;
  AuditEvent: ResolverTypeWrapper<AuditEventRecord>;
  AuditParty: ResolverTypeWrapper<AuditParty>;
  AuditOutcome: AuditOutcome;
  AuditVerification: ResolverTypeWrapper<VerificationRecord>;
  AcknowledgedGap: ResolverTypeWrapper<AcknowledgedGap>;
  AuditAction: AuditAction;
  SecretReference: ResolverTypeWrapper<SecretReference>;
  ReferenceProblem: ReferenceProblem;
  ResolvedPayload: ResolverTypeWrapper<ResolvedPayload>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  TagInput: TagInput;
  SecretFilter: SecretFilter;
  SecretOrder: SecretOrder;
  AuditFilter: AuditFilter;
  CreateSecretInput: CreateSecretInput;
  UpdateSecretInput: UpdateSecretInput;
  RotateSecretInput: RotateSecretInput;
  GenerateInput: GenerateInput;
  Alphabet: Alphabet;
  CreateGroupInput: CreateGroupInput;
  UpdateGroupInput: UpdateGroupInput;
  CreateApplicationInput: CreateApplicationInput;
  UpdateApplicationInput: UpdateApplicationInput;
  CreateUserInput: CreateUserInput;
  UpdateUserInput: UpdateUserInput;
  PermissionTargetInput: PermissionTargetInput;
  ResourceInput: ResourceInput;
  PermissionInput: PermissionInput;
  AccessChange: AccessChange;
  SecretTagInput: SecretTagInput;
  MembershipInput: MembershipInput;
  SubjectRolesInput: SubjectRolesInput;
  SignInPayload: ResolverTypeWrapper<SignedInRecord>;
  SecretPayload: ResolverTypeWrapper<Omit<SecretPayload, 'secret'> & { secret: ResolversTypes['Secret'] }>;
  RotateSecretPayload: ResolverTypeWrapper<Omit<RotateSecretPayload, 'secret'> & { secret: ResolversTypes['Secret'] }>;
  DeleteSecretPayload: ResolverTypeWrapper<DeleteSecretPayload>;
  DeletePayload: ResolverTypeWrapper<DeletePayload>;
  GroupPayload: ResolverTypeWrapper<Omit<GroupPayload, 'group'> & { group: ResolversTypes['Group'] }>;
  ApplicationPayload: ResolverTypeWrapper<Omit<ApplicationPayload, 'application'> & { application: ResolversTypes['Application'] }>;
  AccessKeyPayload: ResolverTypeWrapper<Omit<AccessKeyPayload, 'accessKey'> & { accessKey: ResolversTypes['AccessKey'] }>;
  CreateAccessKeyPayload: ResolverTypeWrapper<Omit<CreateAccessKeyPayload, 'accessKey'> & { accessKey: ResolversTypes['AccessKey'] }>;
  UserPayload: ResolverTypeWrapper<Omit<UserPayload, 'user'> & { user: ResolversTypes['User'] }>;
  PermissionPayload: ResolverTypeWrapper<Omit<PermissionPayload, 'permission'> & { permission?: Maybe<ResolversTypes['Permission']> }>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  SecretConnection: ResolverTypeWrapper<Omit<SecretConnection, 'nodes'> & { nodes: Array<ResolversTypes['Secret']> }>;
  SecretVersionConnection: ResolverTypeWrapper<Omit<SecretVersionConnection, 'nodes'> & { nodes: Array<ResolversTypes['SecretVersion']> }>;
  TagConnection: ResolverTypeWrapper<Omit<TagConnection, 'nodes'> & { nodes: Array<ResolversTypes['Tag']> }>;
  PrincipalConnection: ResolverTypeWrapper<Omit<PrincipalConnection, 'nodes'> & { nodes: Array<ResolversTypes['Principal']> }>;
  UserConnection: ResolverTypeWrapper<Omit<UserConnection, 'nodes'> & { nodes: Array<ResolversTypes['User']> }>;
  GroupConnection: ResolverTypeWrapper<Omit<GroupConnection, 'nodes'> & { nodes: Array<ResolversTypes['Group']> }>;
  ApplicationConnection: ResolverTypeWrapper<Omit<ApplicationConnection, 'nodes'> & { nodes: Array<ResolversTypes['Application']> }>;
  PermissionConnection: ResolverTypeWrapper<Omit<PermissionConnection, 'nodes'> & { nodes: Array<ResolversTypes['Permission']> }>;
  AccessEntryConnection: ResolverTypeWrapper<Omit<AccessEntryConnection, 'nodes'> & { nodes: Array<ResolversTypes['AccessEntry']> }>;
  AccessHistoryEntryConnection: ResolverTypeWrapper<Omit<AccessHistoryEntryConnection, 'nodes'> & { nodes: Array<ResolversTypes['AccessHistoryEntry']> }>;
  AuditEventConnection: ResolverTypeWrapper<Omit<AuditEventConnection, 'nodes'> & { nodes: Array<ResolversTypes['AuditEvent']> }>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  DateTime: Scalars['DateTime']['output'];
  JSON: Scalars['JSON']['output'];
  SecretValue: Scalars['SecretValue']['output'];
  Node: ResolversInterfaceTypes<ResolversParentTypes>['Node'];
  ID: Scalars['ID']['output'];
  Principal: ResolversInterfaceTypes<ResolversParentTypes>['Principal'];
  String: Scalars['String']['output'];
  User: UserRecord;
  Boolean: Scalars['Boolean']['output'];
  Int: Scalars['Int']['output'];
  Application: ApplicationRecord;
  AccessKey: AccessKeyRecord;
  Group: GroupRecord;
  Subject: ResolversUnionTypes<ResolversParentTypes>['Subject'];
  RoleName: RoleName;
  Tag: TagViewRecord;
  Secret: SecretViewRecord;
  SecretVersion: VersionViewRecord;
  Permission: PermissionRecord;
  PermissionTarget: ResolversUnionTypes<ResolversParentTypes>['PermissionTarget'];
  Resource: Resource;
  SecretName: SecretNameTargetRecord;
  AccessEntry: AccessEntryRecord;
  AccessPath: AccessEntryPathRecord;
  AccessHistoryEntry: AccessHistoryEntryRecord;
  AccessExplanation: ExplanationRecord;
  NearMiss: NearMissRecord;
  AccessSimulation: Omit<AccessSimulation, 'gained' | 'lost'> & { gained: Array<ResolversParentTypes['AccessEntry']>, lost: Array<ResolversParentTypes['AccessEntry']> };
  AuditEvent: AuditEventRecord;
  AuditParty: AuditParty;
  AuditVerification: VerificationRecord;
  AcknowledgedGap: AcknowledgedGap;
  SecretReference: SecretReference;
  ResolvedPayload: ResolvedPayload;
  Query: Record<PropertyKey, never>;
  Mutation: Record<PropertyKey, never>;
  TagInput: TagInput;
  SecretFilter: SecretFilter;
  AuditFilter: AuditFilter;
  CreateSecretInput: CreateSecretInput;
  UpdateSecretInput: UpdateSecretInput;
  RotateSecretInput: RotateSecretInput;
  GenerateInput: GenerateInput;
  CreateGroupInput: CreateGroupInput;
  UpdateGroupInput: UpdateGroupInput;
  CreateApplicationInput: CreateApplicationInput;
  UpdateApplicationInput: UpdateApplicationInput;
  CreateUserInput: CreateUserInput;
  UpdateUserInput: UpdateUserInput;
  PermissionTargetInput: PermissionTargetInput;
  ResourceInput: ResourceInput;
  PermissionInput: PermissionInput;
  AccessChange: AccessChange;
  SecretTagInput: SecretTagInput;
  MembershipInput: MembershipInput;
  SubjectRolesInput: SubjectRolesInput;
  SignInPayload: SignedInRecord;
  SecretPayload: Omit<SecretPayload, 'secret'> & { secret: ResolversParentTypes['Secret'] };
  RotateSecretPayload: Omit<RotateSecretPayload, 'secret'> & { secret: ResolversParentTypes['Secret'] };
  DeleteSecretPayload: DeleteSecretPayload;
  DeletePayload: DeletePayload;
  GroupPayload: Omit<GroupPayload, 'group'> & { group: ResolversParentTypes['Group'] };
  ApplicationPayload: Omit<ApplicationPayload, 'application'> & { application: ResolversParentTypes['Application'] };
  AccessKeyPayload: Omit<AccessKeyPayload, 'accessKey'> & { accessKey: ResolversParentTypes['AccessKey'] };
  CreateAccessKeyPayload: Omit<CreateAccessKeyPayload, 'accessKey'> & { accessKey: ResolversParentTypes['AccessKey'] };
  UserPayload: Omit<UserPayload, 'user'> & { user: ResolversParentTypes['User'] };
  PermissionPayload: Omit<PermissionPayload, 'permission'> & { permission?: Maybe<ResolversParentTypes['Permission']> };
  PageInfo: PageInfo;
  SecretConnection: Omit<SecretConnection, 'nodes'> & { nodes: Array<ResolversParentTypes['Secret']> };
  SecretVersionConnection: Omit<SecretVersionConnection, 'nodes'> & { nodes: Array<ResolversParentTypes['SecretVersion']> };
  TagConnection: Omit<TagConnection, 'nodes'> & { nodes: Array<ResolversParentTypes['Tag']> };
  PrincipalConnection: Omit<PrincipalConnection, 'nodes'> & { nodes: Array<ResolversParentTypes['Principal']> };
  UserConnection: Omit<UserConnection, 'nodes'> & { nodes: Array<ResolversParentTypes['User']> };
  GroupConnection: Omit<GroupConnection, 'nodes'> & { nodes: Array<ResolversParentTypes['Group']> };
  ApplicationConnection: Omit<ApplicationConnection, 'nodes'> & { nodes: Array<ResolversParentTypes['Application']> };
  PermissionConnection: Omit<PermissionConnection, 'nodes'> & { nodes: Array<ResolversParentTypes['Permission']> };
  AccessEntryConnection: Omit<AccessEntryConnection, 'nodes'> & { nodes: Array<ResolversParentTypes['AccessEntry']> };
  AccessHistoryEntryConnection: Omit<AccessHistoryEntryConnection, 'nodes'> & { nodes: Array<ResolversParentTypes['AccessHistoryEntry']> };
  AuditEventConnection: Omit<AuditEventConnection, 'nodes'> & { nodes: Array<ResolversParentTypes['AuditEvent']> };
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSON'], any> {
  name: 'JSON';
}

export interface SecretValueScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['SecretValue'], any> {
  name: 'SecretValue';
}

export type NodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'User' | 'Application' | 'Group' | 'Secret' | 'Permission' | 'AuditEvent', ParentType, ContextType>;
};

export type PrincipalResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Principal'] = ResolversParentTypes['Principal']> = {
  __resolveType: TypeResolveFn<'User' | 'Application', ParentType, ContextType>;
};

export type UserResolvers<ContextType = Context, ParentType extends ResolversParentTypes['User'] = ResolversParentTypes['User']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  username?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  email?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  active?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  roles?: Resolver<Array<ResolversTypes['Role']>, ParentType, ContextType>;
  groups?: Resolver<Array<ResolversTypes['Group']>, ParentType, ContextType>;
  permissions?: Resolver<ResolversTypes['PermissionConnection'], ParentType, ContextType, RequireFields<UserPermissionsArgs, 'first'>>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ApplicationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Application'] = ResolversParentTypes['Application']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  roles?: Resolver<Array<ResolversTypes['Role']>, ParentType, ContextType>;
  groups?: Resolver<Array<ResolversTypes['Group']>, ParentType, ContextType>;
  accessKeys?: Resolver<Array<ResolversTypes['AccessKey']>, ParentType, ContextType>;
  permissions?: Resolver<ResolversTypes['PermissionConnection'], ParentType, ContextType, RequireFields<ApplicationPermissionsArgs, 'first'>>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  createdBy?: Resolver<Maybe<ResolversTypes['Principal']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AccessKeyResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccessKey'] = ResolversParentTypes['AccessKey']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  active?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  lastUsedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type GroupResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Group'] = ResolversParentTypes['Group']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  roles?: Resolver<Array<ResolversTypes['Role']>, ParentType, ContextType>;
  members?: Resolver<ResolversTypes['PrincipalConnection'], ParentType, ContextType, RequireFields<GroupMembersArgs, 'first'>>;
  permissions?: Resolver<ResolversTypes['PermissionConnection'], ParentType, ContextType, RequireFields<GroupPermissionsArgs, 'first'>>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SubjectResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Subject'] = ResolversParentTypes['Subject']> = {
  __resolveType: TypeResolveFn<'User' | 'Group' | 'Application' | 'RoleName', ParentType, ContextType>;
};

export type RoleNameResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RoleName'] = ResolversParentTypes['RoleName']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type TagResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Tag'] = ResolversParentTypes['Tag']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  secretCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SecretResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Secret'] = ResolversParentTypes['Secret']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  value?: Resolver<Maybe<ResolversTypes['SecretValue']>, ParentType, ContextType, RequireFields<SecretValueArgs, 'reveal'>>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  versions?: Resolver<ResolversTypes['SecretVersionConnection'], ParentType, ContextType, RequireFields<SecretVersionsArgs, 'first'>>;
  tags?: Resolver<Array<ResolversTypes['Tag']>, ParentType, ContextType>;
  viewerAccess?: Resolver<Array<ResolversTypes['Access']>, ParentType, ContextType>;
  accessEntries?: Resolver<ResolversTypes['AccessEntryConnection'], ParentType, ContextType, RequireFields<SecretAccessEntriesArgs, 'first'>>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  createdBy?: Resolver<Maybe<ResolversTypes['Principal']>, ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  updatedBy?: Resolver<Maybe<ResolversTypes['Principal']>, ParentType, ContextType>;
  deletedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SecretVersionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SecretVersion'] = ResolversParentTypes['SecretVersion']> = {
  number?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  createdBy?: Resolver<Maybe<ResolversTypes['Principal']>, ParentType, ContextType>;
  destroyedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type PermissionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Permission'] = ResolversParentTypes['Permission']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  subject?: Resolver<ResolversTypes['Subject'], ParentType, ContextType>;
  target?: Resolver<ResolversTypes['PermissionTarget'], ParentType, ContextType>;
  access?: Resolver<Array<ResolversTypes['Access']>, ParentType, ContextType>;
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  grantedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  grantedBy?: Resolver<Maybe<ResolversTypes['Principal']>, ParentType, ContextType>;
  viewerMayRevoke?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type PermissionTargetResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PermissionTarget'] = ResolversParentTypes['PermissionTarget']> = {
  __resolveType: TypeResolveFn<'Tag' | 'SecretName' | 'Resource', ParentType, ContextType>;
};

export type ResourceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Resource'] = ResolversParentTypes['Resource']> = {
  type?: Resolver<ResolversTypes['ResourceType'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SecretNameResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SecretName'] = ResolversParentTypes['SecretName']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  secret?: Resolver<Maybe<ResolversTypes['Secret']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AccessEntryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccessEntry'] = ResolversParentTypes['AccessEntry']> = {
  principal?: Resolver<ResolversTypes['Principal'], ParentType, ContextType>;
  secret?: Resolver<ResolversTypes['Secret'], ParentType, ContextType>;
  access?: Resolver<Array<ResolversTypes['Access']>, ParentType, ContextType>;
  paths?: Resolver<Array<ResolversTypes['AccessPath']>, ParentType, ContextType>;
};

export type AccessPathResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccessPath'] = ResolversParentTypes['AccessPath']> = {
  access?: Resolver<Array<ResolversTypes['Access']>, ParentType, ContextType>;
  permission?: Resolver<Maybe<ResolversTypes['Permission']>, ParentType, ContextType>;
  group?: Resolver<Maybe<ResolversTypes['Group']>, ParentType, ContextType>;
  tag?: Resolver<Maybe<ResolversTypes['Tag']>, ParentType, ContextType>;
  role?: Resolver<Maybe<ResolversTypes['Role']>, ParentType, ContextType>;
};

export type AccessHistoryEntryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccessHistoryEntry'] = ResolversParentTypes['AccessHistoryEntry']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  principal?: Resolver<ResolversTypes['Principal'], ParentType, ContextType>;
  secret?: Resolver<ResolversTypes['Secret'], ParentType, ContextType>;
  gained?: Resolver<Array<ResolversTypes['Access']>, ParentType, ContextType>;
  lost?: Resolver<Array<ResolversTypes['Access']>, ParentType, ContextType>;
  event?: Resolver<Maybe<ResolversTypes['AuditEvent']>, ParentType, ContextType>;
};

export type AccessExplanationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccessExplanation'] = ResolversParentTypes['AccessExplanation']> = {
  allowed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  principalActive?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  paths?: Resolver<Array<ResolversTypes['AccessPath']>, ParentType, ContextType>;
  nearMisses?: Resolver<Array<ResolversTypes['NearMiss']>, ParentType, ContextType>;
};

export type NearMissResolvers<ContextType = Context, ParentType extends ResolversParentTypes['NearMiss'] = ResolversParentTypes['NearMiss']> = {
  permission?: Resolver<ResolversTypes['Permission'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['NearMissReason'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type AccessSimulationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccessSimulation'] = ResolversParentTypes['AccessSimulation']> = {
  gained?: Resolver<Array<ResolversTypes['AccessEntry']>, ParentType, ContextType>;
  lost?: Resolver<Array<ResolversTypes['AccessEntry']>, ParentType, ContextType>;
  complete?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type AuditEventResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuditEvent'] = ResolversParentTypes['AuditEvent']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  action?: Resolver<ResolversTypes['AuditAction'], ParentType, ContextType>;
  outcome?: Resolver<ResolversTypes['AuditOutcome'], ParentType, ContextType>;
  actor?: Resolver<ResolversTypes['AuditParty'], ParentType, ContextType>;
  subject?: Resolver<Maybe<ResolversTypes['AuditParty']>, ParentType, ContextType>;
  version?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  changes?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>;
  requestId?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  address?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type AuditPartyResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuditParty'] = ResolversParentTypes['AuditParty']> = {
  kind?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type AuditVerificationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuditVerification'] = ResolversParentTypes['AuditVerification']> = {
  intact?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  eventsChecked?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  brokenAt?: Resolver<Maybe<ResolversTypes['AuditEvent']>, ParentType, ContextType>;
  problem?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  problems?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  acknowledgedGaps?: Resolver<Array<ResolversTypes['AcknowledgedGap']>, ParentType, ContextType>;
};

export type AcknowledgedGapResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AcknowledgedGap'] = ResolversParentTypes['AcknowledgedGap']> = {
  problem?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  acknowledgedBy?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  acknowledgedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type SecretReferenceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SecretReference'] = ResolversParentTypes['SecretReference']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  pointers?: Resolver<Array<ResolversTypes['String']>, ParentType, ContextType>;
  resolvable?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  problem?: Resolver<Maybe<ResolversTypes['ReferenceProblem']>, ParentType, ContextType>;
};

export type ResolvedPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ResolvedPayload'] = ResolversParentTypes['ResolvedPayload']> = {
  payload?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>;
  references?: Resolver<Array<ResolversTypes['SecretReference']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  viewer?: Resolver<ResolversTypes['Principal'], ParentType, ContextType>;
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>;
  secret?: Resolver<Maybe<ResolversTypes['Secret']>, ParentType, ContextType, RequireFields<QuerySecretArgs, 'name'>>;
  secrets?: Resolver<ResolversTypes['SecretConnection'], ParentType, ContextType, RequireFields<QuerySecretsArgs, 'orderBy' | 'first'>>;
  tags?: Resolver<ResolversTypes['TagConnection'], ParentType, ContextType, RequireFields<QueryTagsArgs, 'first'>>;
  user?: Resolver<Maybe<ResolversTypes['User']>, ParentType, ContextType, RequireFields<QueryUserArgs, 'username'>>;
  users?: Resolver<ResolversTypes['UserConnection'], ParentType, ContextType, RequireFields<QueryUsersArgs, 'first'>>;
  group?: Resolver<Maybe<ResolversTypes['Group']>, ParentType, ContextType, RequireFields<QueryGroupArgs, 'name'>>;
  groups?: Resolver<ResolversTypes['GroupConnection'], ParentType, ContextType, RequireFields<QueryGroupsArgs, 'first'>>;
  application?: Resolver<Maybe<ResolversTypes['Application']>, ParentType, ContextType, RequireFields<QueryApplicationArgs, 'id'>>;
  applications?: Resolver<ResolversTypes['ApplicationConnection'], ParentType, ContextType, RequireFields<QueryApplicationsArgs, 'first'>>;
  permissions?: Resolver<ResolversTypes['PermissionConnection'], ParentType, ContextType, RequireFields<QueryPermissionsArgs, 'first'>>;
  accessEntries?: Resolver<ResolversTypes['AccessEntryConnection'], ParentType, ContextType, RequireFields<QueryAccessEntriesArgs, 'first'>>;
  explainAccess?: Resolver<ResolversTypes['AccessExplanation'], ParentType, ContextType, RequireFields<QueryExplainAccessArgs, 'principalId' | 'secret' | 'access'>>;
  accessChanges?: Resolver<ResolversTypes['AccessHistoryEntryConnection'], ParentType, ContextType, RequireFields<QueryAccessChangesArgs, 'from' | 'until' | 'first'>>;
  unusedPermissions?: Resolver<ResolversTypes['PermissionConnection'], ParentType, ContextType, RequireFields<QueryUnusedPermissionsArgs, 'since' | 'first'>>;
  simulateAccess?: Resolver<ResolversTypes['AccessSimulation'], ParentType, ContextType, RequireFields<QuerySimulateAccessArgs, 'changes' | 'first'>>;
  auditEvents?: Resolver<ResolversTypes['AuditEventConnection'], ParentType, ContextType, RequireFields<QueryAuditEventsArgs, 'first'>>;
  resolveReferences?: Resolver<ResolversTypes['ResolvedPayload'], ParentType, ContextType, RequireFields<QueryResolveReferencesArgs, 'payload'>>;
  checkReferences?: Resolver<Array<ResolversTypes['SecretReference']>, ParentType, ContextType, RequireFields<QueryCheckReferencesArgs, 'payload'>>;
  maskPayload?: Resolver<ResolversTypes['JSON'], ParentType, ContextType, RequireFields<QueryMaskPayloadArgs, 'payload' | 'maskedFields'>>;
  archivePayload?: Resolver<ResolversTypes['JSON'], ParentType, ContextType, RequireFields<QueryArchivePayloadArgs, 'payload' | 'maskedFields'>>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  signIn?: Resolver<Maybe<ResolversTypes['SignInPayload']>, ParentType, ContextType, RequireFields<MutationSignInArgs, 'username' | 'password'>>;
  signInApplication?: Resolver<Maybe<ResolversTypes['SignInPayload']>, ParentType, ContextType, RequireFields<MutationSignInApplicationArgs, 'keyId' | 'keySecret'>>;
  createSecret?: Resolver<Maybe<ResolversTypes['SecretPayload']>, ParentType, ContextType, RequireFields<MutationCreateSecretArgs, 'input'>>;
  updateSecret?: Resolver<Maybe<ResolversTypes['SecretPayload']>, ParentType, ContextType, RequireFields<MutationUpdateSecretArgs, 'input'>>;
  rotateSecret?: Resolver<Maybe<ResolversTypes['RotateSecretPayload']>, ParentType, ContextType, RequireFields<MutationRotateSecretArgs, 'input'>>;
  rollbackSecret?: Resolver<Maybe<ResolversTypes['SecretPayload']>, ParentType, ContextType, RequireFields<MutationRollbackSecretArgs, 'name' | 'version'>>;
  destroySecretVersion?: Resolver<Maybe<ResolversTypes['SecretPayload']>, ParentType, ContextType, RequireFields<MutationDestroySecretVersionArgs, 'name' | 'version'>>;
  deleteSecret?: Resolver<Maybe<ResolversTypes['DeleteSecretPayload']>, ParentType, ContextType, RequireFields<MutationDeleteSecretArgs, 'name' | 'purge'>>;
  restoreSecret?: Resolver<Maybe<ResolversTypes['SecretPayload']>, ParentType, ContextType, RequireFields<MutationRestoreSecretArgs, 'id'>>;
  tagSecret?: Resolver<Maybe<ResolversTypes['SecretPayload']>, ParentType, ContextType, RequireFields<MutationTagSecretArgs, 'name' | 'tags'>>;
  untagSecret?: Resolver<Maybe<ResolversTypes['SecretPayload']>, ParentType, ContextType, RequireFields<MutationUntagSecretArgs, 'name' | 'tags'>>;
  runUpdateSecretTask?: Resolver<Maybe<ResolversTypes['SecretPayload']>, ParentType, ContextType, RequireFields<MutationRunUpdateSecretTaskArgs, 'input'>>;
  createGroup?: Resolver<Maybe<ResolversTypes['GroupPayload']>, ParentType, ContextType, RequireFields<MutationCreateGroupArgs, 'input'>>;
  updateGroup?: Resolver<Maybe<ResolversTypes['GroupPayload']>, ParentType, ContextType, RequireFields<MutationUpdateGroupArgs, 'input'>>;
  deleteGroup?: Resolver<Maybe<ResolversTypes['DeletePayload']>, ParentType, ContextType, RequireFields<MutationDeleteGroupArgs, 'id'>>;
  addGroupMembers?: Resolver<Maybe<ResolversTypes['GroupPayload']>, ParentType, ContextType, RequireFields<MutationAddGroupMembersArgs, 'groupId' | 'principalIds'>>;
  removeGroupMembers?: Resolver<Maybe<ResolversTypes['GroupPayload']>, ParentType, ContextType, RequireFields<MutationRemoveGroupMembersArgs, 'groupId' | 'principalIds'>>;
  createApplication?: Resolver<Maybe<ResolversTypes['ApplicationPayload']>, ParentType, ContextType, RequireFields<MutationCreateApplicationArgs, 'input'>>;
  updateApplication?: Resolver<Maybe<ResolversTypes['ApplicationPayload']>, ParentType, ContextType, RequireFields<MutationUpdateApplicationArgs, 'input'>>;
  deleteApplication?: Resolver<Maybe<ResolversTypes['DeletePayload']>, ParentType, ContextType, RequireFields<MutationDeleteApplicationArgs, 'id'>>;
  createAccessKey?: Resolver<Maybe<ResolversTypes['CreateAccessKeyPayload']>, ParentType, ContextType, RequireFields<MutationCreateAccessKeyArgs, 'applicationId'>>;
  setAccessKeyActive?: Resolver<Maybe<ResolversTypes['AccessKeyPayload']>, ParentType, ContextType, RequireFields<MutationSetAccessKeyActiveArgs, 'keyId' | 'active'>>;
  deleteAccessKey?: Resolver<Maybe<ResolversTypes['DeletePayload']>, ParentType, ContextType, RequireFields<MutationDeleteAccessKeyArgs, 'keyId'>>;
  createUser?: Resolver<Maybe<ResolversTypes['UserPayload']>, ParentType, ContextType, RequireFields<MutationCreateUserArgs, 'input'>>;
  updateUser?: Resolver<Maybe<ResolversTypes['UserPayload']>, ParentType, ContextType, RequireFields<MutationUpdateUserArgs, 'input'>>;
  deleteUser?: Resolver<Maybe<ResolversTypes['DeletePayload']>, ParentType, ContextType, RequireFields<MutationDeleteUserArgs, 'id'>>;
  grantPermission?: Resolver<Maybe<ResolversTypes['PermissionPayload']>, ParentType, ContextType, RequireFields<MutationGrantPermissionArgs, 'input'>>;
  revokePermission?: Resolver<Maybe<ResolversTypes['PermissionPayload']>, ParentType, ContextType, RequireFields<MutationRevokePermissionArgs, 'input'>>;
  verifyAuditLog?: Resolver<Maybe<ResolversTypes['AuditVerification']>, ParentType, ContextType>;
};

export type SignInPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SignInPayload'] = ResolversParentTypes['SignInPayload']> = {
  token?: Resolver<ResolversTypes['SecretValue'], ParentType, ContextType>;
  expiresAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  principal?: Resolver<ResolversTypes['Principal'], ParentType, ContextType>;
};

export type SecretPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SecretPayload'] = ResolversParentTypes['SecretPayload']> = {
  secret?: Resolver<ResolversTypes['Secret'], ParentType, ContextType>;
};

export type RotateSecretPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RotateSecretPayload'] = ResolversParentTypes['RotateSecretPayload']> = {
  secret?: Resolver<ResolversTypes['Secret'], ParentType, ContextType>;
  changed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type DeleteSecretPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DeleteSecretPayload'] = ResolversParentTypes['DeleteSecretPayload']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  restorableUntil?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type DeletePayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DeletePayload'] = ResolversParentTypes['DeletePayload']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type GroupPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GroupPayload'] = ResolversParentTypes['GroupPayload']> = {
  group?: Resolver<ResolversTypes['Group'], ParentType, ContextType>;
};

export type ApplicationPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ApplicationPayload'] = ResolversParentTypes['ApplicationPayload']> = {
  application?: Resolver<ResolversTypes['Application'], ParentType, ContextType>;
};

export type AccessKeyPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccessKeyPayload'] = ResolversParentTypes['AccessKeyPayload']> = {
  accessKey?: Resolver<ResolversTypes['AccessKey'], ParentType, ContextType>;
};

export type CreateAccessKeyPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CreateAccessKeyPayload'] = ResolversParentTypes['CreateAccessKeyPayload']> = {
  accessKey?: Resolver<ResolversTypes['AccessKey'], ParentType, ContextType>;
  secret?: Resolver<ResolversTypes['SecretValue'], ParentType, ContextType>;
};

export type UserPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UserPayload'] = ResolversParentTypes['UserPayload']> = {
  user?: Resolver<ResolversTypes['User'], ParentType, ContextType>;
};

export type PermissionPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PermissionPayload'] = ResolversParentTypes['PermissionPayload']> = {
  permission?: Resolver<Maybe<ResolversTypes['Permission']>, ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type SecretConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SecretConnection'] = ResolversParentTypes['SecretConnection']> = {
  nodes?: Resolver<Array<ResolversTypes['Secret']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type SecretVersionConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SecretVersionConnection'] = ResolversParentTypes['SecretVersionConnection']> = {
  nodes?: Resolver<Array<ResolversTypes['SecretVersion']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type TagConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TagConnection'] = ResolversParentTypes['TagConnection']> = {
  nodes?: Resolver<Array<ResolversTypes['Tag']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type PrincipalConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PrincipalConnection'] = ResolversParentTypes['PrincipalConnection']> = {
  nodes?: Resolver<Array<ResolversTypes['Principal']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type UserConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UserConnection'] = ResolversParentTypes['UserConnection']> = {
  nodes?: Resolver<Array<ResolversTypes['User']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type GroupConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['GroupConnection'] = ResolversParentTypes['GroupConnection']> = {
  nodes?: Resolver<Array<ResolversTypes['Group']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type ApplicationConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ApplicationConnection'] = ResolversParentTypes['ApplicationConnection']> = {
  nodes?: Resolver<Array<ResolversTypes['Application']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type PermissionConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PermissionConnection'] = ResolversParentTypes['PermissionConnection']> = {
  nodes?: Resolver<Array<ResolversTypes['Permission']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type AccessEntryConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccessEntryConnection'] = ResolversParentTypes['AccessEntryConnection']> = {
  nodes?: Resolver<Array<ResolversTypes['AccessEntry']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type AccessHistoryEntryConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccessHistoryEntryConnection'] = ResolversParentTypes['AccessHistoryEntryConnection']> = {
  nodes?: Resolver<Array<ResolversTypes['AccessHistoryEntry']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type AuditEventConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AuditEventConnection'] = ResolversParentTypes['AuditEventConnection']> = {
  nodes?: Resolver<Array<ResolversTypes['AuditEvent']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  DateTime?: GraphQLScalarType;
  JSON?: GraphQLScalarType;
  SecretValue?: GraphQLScalarType;
  Node?: NodeResolvers<ContextType>;
  Principal?: PrincipalResolvers<ContextType>;
  User?: UserResolvers<ContextType>;
  Application?: ApplicationResolvers<ContextType>;
  AccessKey?: AccessKeyResolvers<ContextType>;
  Group?: GroupResolvers<ContextType>;
  Subject?: SubjectResolvers<ContextType>;
  RoleName?: RoleNameResolvers<ContextType>;
  Tag?: TagResolvers<ContextType>;
  Secret?: SecretResolvers<ContextType>;
  SecretVersion?: SecretVersionResolvers<ContextType>;
  Permission?: PermissionResolvers<ContextType>;
  PermissionTarget?: PermissionTargetResolvers<ContextType>;
  Resource?: ResourceResolvers<ContextType>;
  SecretName?: SecretNameResolvers<ContextType>;
  AccessEntry?: AccessEntryResolvers<ContextType>;
  AccessPath?: AccessPathResolvers<ContextType>;
  AccessHistoryEntry?: AccessHistoryEntryResolvers<ContextType>;
  AccessExplanation?: AccessExplanationResolvers<ContextType>;
  NearMiss?: NearMissResolvers<ContextType>;
  AccessSimulation?: AccessSimulationResolvers<ContextType>;
  AuditEvent?: AuditEventResolvers<ContextType>;
  AuditParty?: AuditPartyResolvers<ContextType>;
  AuditVerification?: AuditVerificationResolvers<ContextType>;
  AcknowledgedGap?: AcknowledgedGapResolvers<ContextType>;
  SecretReference?: SecretReferenceResolvers<ContextType>;
  ResolvedPayload?: ResolvedPayloadResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  SignInPayload?: SignInPayloadResolvers<ContextType>;
  SecretPayload?: SecretPayloadResolvers<ContextType>;
  RotateSecretPayload?: RotateSecretPayloadResolvers<ContextType>;
  DeleteSecretPayload?: DeleteSecretPayloadResolvers<ContextType>;
  DeletePayload?: DeletePayloadResolvers<ContextType>;
  GroupPayload?: GroupPayloadResolvers<ContextType>;
  ApplicationPayload?: ApplicationPayloadResolvers<ContextType>;
  AccessKeyPayload?: AccessKeyPayloadResolvers<ContextType>;
  CreateAccessKeyPayload?: CreateAccessKeyPayloadResolvers<ContextType>;
  UserPayload?: UserPayloadResolvers<ContextType>;
  PermissionPayload?: PermissionPayloadResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  SecretConnection?: SecretConnectionResolvers<ContextType>;
  SecretVersionConnection?: SecretVersionConnectionResolvers<ContextType>;
  TagConnection?: TagConnectionResolvers<ContextType>;
  PrincipalConnection?: PrincipalConnectionResolvers<ContextType>;
  UserConnection?: UserConnectionResolvers<ContextType>;
  GroupConnection?: GroupConnectionResolvers<ContextType>;
  ApplicationConnection?: ApplicationConnectionResolvers<ContextType>;
  PermissionConnection?: PermissionConnectionResolvers<ContextType>;
  AccessEntryConnection?: AccessEntryConnectionResolvers<ContextType>;
  AccessHistoryEntryConnection?: AccessHistoryEntryConnectionResolvers<ContextType>;
  AuditEventConnection?: AuditEventConnectionResolvers<ContextType>;
};

