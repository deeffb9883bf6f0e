// Generated from schema.graphql by `npm run generate`. Do not edit.
import type { Operation } from '../api/operation.ts';

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
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

/** The outcome of an operation. */
export type AuditOutcome =
  /** The gateway performed the operation. */
  | 'DONE'
  /** The gateway refused the operation, for example because the caller had no permission or the object did not exist. */
  | 'REFUSED'
  /** The caller had permission, but the operation failed, for example because of a conflict. */
  | 'FAILED';

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

/** A tag. The gateway compares tags byte by byte. */
export type TagInput = {
  /** The tag key: 1 to 100 characters, without colons, control characters and surrounding spaces. A new tag cannot have invisible characters. */
  key: string;
  /** The tag value: 1 to 255 characters, without control characters and surrounding spaces. A new tag cannot have invisible characters. */
  value: string;
};

/** A filter for secrets. A secret must match every field. */
export type SecretFilter = {
  /** Returns only secrets whose name contains the requested text, without regard to case. At most 1,000 characters are allowed. */
  nameContains?: string | null | undefined;
  /** Returns only secrets that have all requested tags. At most 50 tags are allowed. */
  tags?: Array<TagInput> | null | undefined;
  /** Returns only secrets to which the caller has all requested accesses. */
  access?: Array<Access> | null | undefined;
  /** Returns only secrets whose time of expiry is before the requested moment. */
  expiresBefore?: string | null | undefined;
  /** True returns the deleted secrets that can be restored. False returns the secrets that are not deleted. */
  deleted?: boolean;
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
  actorId?: string | null | undefined;
  /** Returns only operations on secrets with the requested name. */
  secret?: string | null | undefined;
  /** Returns only the requested kinds of operations. */
  actions?: Array<AuditAction> | null | undefined;
  /** Returns only operations with the requested outcome. */
  outcome?: AuditOutcome | null | undefined;
  /** Returns only audit events at or after the requested moment. */
  from?: string | null | undefined;
  /** Returns only audit events before the requested moment. */
  until?: string | null | undefined;
};

/** A new secret. */
export type CreateSecretInput = {
  /** The name: 1 to 255 of the characters `A-Z a-z 0-9 _ -`. */
  name: string;
  /** The secret value: 0 to 65,535 characters. The gateway stores the value as written. */
  value: string;
  /**
   * A text about the purpose of the secret: at most 2,000 characters. Do not write the secret value here: everyone who can see the secret can
   * see its description.
   */
  description?: string | null | undefined;
  /** The tags of the secret. At most 50 tags are allowed. */
  tags?: Array<TagInput>;
  /** The time when the secret expires. Send null for a secret that does not expire. If the time is in the past, the new secret is already expired. */
  expiresAt?: string | null | undefined;
};

/** A change of a secret. If the input omits a field, the stored value of this field stays unchanged. Null removes the description or the expiry. */
export type UpdateSecretInput = {
  /** The secret's name. */
  name: string;
  /** A text about the purpose of the secret: at most 2,000 characters. */
  description?: string | null | undefined;
  /** The time when the secret expires. With a time in the past, the secret expires at once. */
  expiresAt?: string | null | undefined;
};

/** A new secret value. Exactly one of `value` and `generate` is required. */
export type RotateSecretInput = {
  /** The secret's name. */
  name: string;
  /** The new secret value. The gateway stores the value as written. */
  value?: string | null | undefined;
  /** The rules for a secret value that the gateway generates. */
  generate?: GenerateInput | null | undefined;
  /** The expected number of the current version. If the current version has a different number, the error is VERSION_CONFLICT. */
  expectedVersion?: number | null | undefined;
};

/**
 * The rules for a secret value that the gateway generates. The characters come from a cryptographic random source; all characters are equally
 * likely.
 */
export type GenerateInput = {
  /** The number of characters: 1 to 65,535. */
  length?: number;
  /** The characters that the value can have. */
  alphabet?: Alphabet;
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
  name: string;
  /** A text about the purpose of the group: at most 2,000 characters. */
  description?: string | null | undefined;
  /** The roles of the group. Every member has these roles. USER_READ_ONLY is not allowed. */
  roles?: Array<Role>;
};

/** A change of a group. If the input omits a field, the stored value of this field stays unchanged. Null removes the stored value of an optional field. */
export type UpdateGroupInput = {
  /** The group's id: `grp_…`. */
  id: string;
  /**
   * The new name: 1 to 255 characters, without invisible characters. The name must not consist only of dots. The name is unique without regard to case
   * and to the number of spaces. The gateway stores the name as written.
   */
  name?: string | null | undefined;
  /** A text about the purpose of the group: at most 2,000 characters. */
  description?: string | null | undefined;
  /** All roles of the group after the change. USER_READ_ONLY is not allowed. */
  roles?: Array<Role> | null | undefined;
};

/** A new application. */
export type CreateApplicationInput = {
  /** The display name: 1 to 255 characters, without invisible characters. */
  name: string;
  /** A text about the purpose of the application: at most 2,000 characters. */
  description?: string | null | undefined;
  /** The roles of the application. Roles other than WORKER, METADATA_API and APPLICATION_CREATOR need ADMIN. */
  roles?: Array<Role>;
};

/**
 * A change of an application. If the input omits a field, the stored value of this field stays unchanged. Null removes the stored value of an optional
 * field.
 */
export type UpdateApplicationInput = {
  /** The application's id: `app_…`. */
  id: string;
  /**
   * The display name: 1 to 255 characters. A new name cannot have invisible characters; the gateway always accepts the present name of the
   * application.
   */
  name?: string | null | undefined;
  /** A text about the purpose of the application: at most 2,000 characters. */
  description?: string | null | undefined;
  /**
   * All roles of the application after the change. Giving or removing roles other than WORKER, METADATA_API and APPLICATION_CREATOR needs
   * ADMIN.
   */
  roles?: Array<Role> | null | undefined;
};

/** A new user. */
export type CreateUserInput = {
  /**
   * The name for signing in: 1 to 255 letters, digits, ASCII marks and single spaces between other characters (RFC 8265, UsernameCaseMapped). A
   * username must not begin with `app:`, and must not consist only of dots. A username is unique without regard to case. The gateway stores a username
   * as written. A username can never be changed.
   */
  username: string;
  /** The display name: 1 to 255 characters, without invisible characters except joiners and emoji selectors (U+200C, U+200D, U+FE0E, U+FE0F). */
  name: string;
  /** The e-mail address: at most 320 characters, without invisible characters. */
  email?: string | null | undefined;
  /** The password: 8 to 1,024 characters. A user without a password cannot sign in with a password. */
  password?: string | null | undefined;
  /** The roles of the user. */
  roles?: Array<Role>;
};

/** A change of a user. If the input omits a field, the stored value of this field stays unchanged. Null removes the stored value of an optional field. */
export type UpdateUserInput = {
  /** The user's id: `usr_…`. */
  id: string;
  /**
   * The display name: 1 to 255 characters, without invisible characters except joiners and emoji selectors (U+200C, U+200D, U+FE0E, U+FE0F).
   * The gateway always accepts the present name of the user.
   */
  name?: string | null | undefined;
  /** The e-mail address: at most 320 characters, without invisible characters. */
  email?: string | null | undefined;
  /** The new password: 8 to 1,024 characters. Null removes the password. All tokens of the user become invalid when the password changes or is removed. */
  password?: string | null | undefined;
  /**
   * False deactivates the user. The tokens and grants of a deactivated user have no effect, and the user cannot sign in. True activates the user.
   * Tokens from before a deactivation stay invalid.
   */
  active?: boolean | null | undefined;
  /** All roles of the user after the change. */
  roles?: Array<Role> | null | undefined;
};

/** The target of a grant: exactly one field is required. */
export type PermissionTargetInput =
  {   /** A tag. The grant gives access to every secret that has the tag, now or later. */
  tag: TagInput; secret?: never; resource?: never; }
  |  { tag?: never;   /** The name of a secret. If ADMIN makes the grant, the grant also gives access to later secrets with the name. */
  secret: string; resource?: never; }
  |  { tag?: never; secret?: never;   /** A resource of a workflow engine. Only ADMIN can grant on a resource. The resource need not exist. */
  resource: ResourceInput; };

/** A resource of a workflow engine. */
export type ResourceInput = {
  /** The type of the resource. */
  type: ResourceType;
  /** The name of the resource: 1 to 1,000 characters and at most 2,000 bytes of UTF-8, without control characters and surrounding spaces. */
  name: string;
};

/** Accesses of a subject on a target, to grant or to revoke. */
export type PermissionInput = {
  /** The id of a user, a group, an application or a role. A role can hold grants only on resources of workflow engines. */
  subjectId: string;
  /** A tag, the name of a secret, or a resource of a workflow engine. */
  target: PermissionTargetInput;
  /** The accesses to grant or to revoke. With an empty list, `revokePermission` revokes all accesses. `grantPermission` rejects an empty list. */
  access: Array<Access>;
  /**
   * `grantPermission`: the time when the grant expires, or null for a grant that does not expire. A grant that expires in the past gives no access.
   * `revokePermission`: the time of expiry of the grants to revoke. With this field, `revokePermission` revokes only grants that expire at the
   * requested time.
   */
  expiresAt?: string | null | undefined;
  /** The id of the only grant to revoke: `per_…`. `grantPermission` rejects this field. */
  permissionId?: string | null | undefined;
};

/** One change that a simulation makes. Exactly one field of the input is required. */
export type AccessChange =
  {   /** Simulates the mutation `grantPermission`. */
  grant: PermissionInput; revoke?: never; tag?: never; untag?: never; addMember?: never; removeMember?: never; deleteGroup?: never; setRoles?: never; }
  |  { grant?: never;   /** Simulates the mutation `revokePermission`. */
  revoke: PermissionInput; tag?: never; untag?: never; addMember?: never; removeMember?: never; deleteGroup?: never; setRoles?: never; }
  |  { grant?: never; revoke?: never;   /** Simulates the mutation `tagSecret`. */
  tag: SecretTagInput; untag?: never; addMember?: never; removeMember?: never; deleteGroup?: never; setRoles?: never; }
  |  { grant?: never; revoke?: never; tag?: never;   /** Simulates the mutation `untagSecret`. */
  untag: SecretTagInput; addMember?: never; removeMember?: never; deleteGroup?: never; setRoles?: never; }
  |  { grant?: never; revoke?: never; tag?: never; untag?: never;   /** Simulates `addGroupMembers` for one principal. */
  addMember: MembershipInput; removeMember?: never; deleteGroup?: never; setRoles?: never; }
  |  { grant?: never; revoke?: never; tag?: never; untag?: never; addMember?: never;   /** Simulates `removeGroupMembers` for one principal. */
  removeMember: MembershipInput; deleteGroup?: never; setRoles?: never; }
  |  { grant?: never; revoke?: never; tag?: never; untag?: never; addMember?: never; removeMember?: never;   /** Simulates the mutation `deleteGroup` for the group with this id. */
  deleteGroup: string; setRoles?: never; }
  |  { grant?: never; revoke?: never; tag?: never; untag?: never; addMember?: never; removeMember?: never; deleteGroup?: never;   /** Simulates a change that replaces all roles of a user, a group or an application. */
  setRoles: SubjectRolesInput; };

/** Tags to add to a secret or to remove from a secret. */
export type SecretTagInput = {
  /** The secret's name. */
  name: string;
  /** A list of 1 to 50 tags. */
  tags: Array<TagInput>;
};

/** A principal and a group. */
export type MembershipInput = {
  /** The group's id: `grp_…`. */
  groupId: string;
  /** The id of a user or an application. */
  principalId: string;
};

/** New roles of a user, a group or an application. */
export type SubjectRolesInput = {
  /** The id of a user, a group or an application. */
  subjectId: string;
  /** All roles of the user, group or application after the change. The roles in the request replace the present roles. */
  roles: Array<Role>;
};

export type AccessWayFragment = { access: Array<Access>, role: Role | null, tag: { id: string } | null, group: { id: string, name: string } | null, permission: { id: string, expiresAt: string | null, target:
      | { __typename: 'Tag' }
      | { __typename: 'SecretName', name: string }
      | { __typename: 'Resource' }
     } | null };

export type AccessRowFragment = { access: Array<Access>, principal:
    | { __typename: 'User', id: string, name: string }
    | { __typename: 'Application', id: string, name: string }
  , secret: { id: string, name: string, deletedAt: string | null }, paths: Array<AccessWayFragment> };

export type SimulateAccessQueryVariables = Exact<{
  changes: Array<AccessChange>;
}>;


export type SimulateAccessQuery = { simulateAccess: { complete: boolean, gained: Array<AccessRowFragment>, lost: Array<AccessRowFragment> } };

export type SubjectGroupsQueryVariables = Exact<{
  name?: string | null | undefined;
}>;


export type SubjectGroupsQuery = { groups: { nodes: Array<{ id: string, name: string }> } };

export type SubjectApplicationsQueryVariables = Exact<{
  name?: string | null | undefined;
}>;


export type SubjectApplicationsQuery = { applications: { nodes: Array<{ id: string, name: string }> } };

export type SubjectUsersQueryVariables = Exact<{
  name?: string | null | undefined;
}>;


export type SubjectUsersQuery = { users: { nodes: Array<{ id: string, name: string, username: string }> } };

export type AccessKeyRowFragment = { id: string, active: boolean, createdAt: string, lastUsedAt: string | null, expiresAt: string | null };

export type AccessKeysQueryVariables = Exact<{
  id: string;
}>;


export type AccessKeysQuery = { application: { id: string, accessKeys: Array<AccessKeyRowFragment> } | null };

export type CreateAccessKeyMutationVariables = Exact<{
  applicationId: string;
  expiresAt?: string | null | undefined;
}>;


export type CreateAccessKeyMutation = { createAccessKey: { secret: string, accessKey: { id: string } } | null };

export type SetAccessKeyActiveMutationVariables = Exact<{
  keyId: string;
  active: boolean;
}>;


export type SetAccessKeyActiveMutation = { setAccessKeyActive: { accessKey: AccessKeyRowFragment } | null };

export type DeleteAccessKeyMutationVariables = Exact<{
  keyId: string;
}>;


export type DeleteAccessKeyMutation = { deleteAccessKey: { id: string } | null };

export type ApplicationRowFragment = { id: string, name: string, description: string | null, roles: Array<Role>, createdAt: string, createdBy:
    | { id: string, name: string }
    | { id: string, name: string }
   | null };

export type ApplicationsQueryVariables = Exact<{
  name?: string | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type ApplicationsQuery = { applications: { nodes: Array<ApplicationRowFragment>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ApplicationByIdQueryVariables = Exact<{
  id: string;
}>;


export type ApplicationByIdQuery = { application: (
    { groups: Array<{ id: string, name: string, description: string | null, roles: Array<Role> }> }
    & ApplicationRowFragment
  ) | null };

export type CreateApplicationMutationVariables = Exact<{
  input: CreateApplicationInput;
}>;


export type CreateApplicationMutation = { createApplication: { application: ApplicationRowFragment } | null };

export type UpdateApplicationMutationVariables = Exact<{
  input: UpdateApplicationInput;
}>;


export type UpdateApplicationMutation = { updateApplication: { application: ApplicationRowFragment } | null };

export type DeleteApplicationMutationVariables = Exact<{
  id: string;
}>;


export type DeleteApplicationMutation = { deleteApplication: { id: string } | null };

export type AskAccessQueryVariables = Exact<{
  principalId?: string | null | undefined;
  secret?: string | null | undefined;
  access?: Access | null | undefined;
  at?: string | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type AskAccessQuery = { accessEntries: { nodes: Array<AccessRowFragment>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ExplainAccessQueryVariables = Exact<{
  principalId: string;
  secret: string;
  access: Access;
}>;


export type ExplainAccessQuery = { explainAccess: { allowed: boolean, principalActive: boolean, paths: Array<AccessWayFragment>, nearMisses: Array<{ reason: NearMissReason, message: string, permission: { id: string } }> }, secret: { id: string, expiresAt: string | null } | null };

export type NamedSubjectQueryVariables = Exact<{
  id: string;
}>;


export type NamedSubjectQuery = { node:
    | { __typename: 'User', name: string, username: string, id: string }
    | { __typename: 'Application', name: string, id: string }
    | { __typename: 'Group', name: string, id: string }
    | { __typename: 'Secret', id: string }
    | { __typename: 'Permission', id: string }
    | { __typename: 'AuditEvent', id: string }
   | null };

export type ChangeRowFragment = { at: string, gained: Array<Access>, lost: Array<Access>, principal:
    | { __typename: 'User', id: string, name: string }
    | { __typename: 'Application', id: string, name: string }
  , secret: { id: string, name: string, deletedAt: string | null }, event: { id: string, action: AuditAction, actor: { name: string } } | null };

export type AskChangesQueryVariables = Exact<{
  from: string;
  until: string;
  principalId?: string | null | undefined;
  secret?: string | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type AskChangesQuery = { accessChanges: { nodes: Array<ChangeRowFragment>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type LogRowFragment = { id: string, at: string, action: AuditAction, outcome: AuditOutcome, version: number | null, changes: unknown, requestId: string, address: string | null, actor: { kind: string, id: string, name: string }, subject: { kind: string, id: string, name: string } | null };

export type LogEventsQueryVariables = Exact<{
  filter?: AuditFilter | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type LogEventsQuery = { auditEvents: { nodes: Array<LogRowFragment>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type LogEventQueryVariables = Exact<{
  id: string;
}>;


export type LogEventQuery = { node:
    | { __typename: 'User' }
    | { __typename: 'Application' }
    | { __typename: 'Group' }
    | { __typename: 'Secret' }
    | { __typename: 'Permission' }
    | (
      { __typename: 'AuditEvent' }
      & LogRowFragment
    )
   | null };

export type VerifyLogMutationVariables = Exact<{ [key: string]: never; }>;


export type VerifyLogMutation = { verifyAuditLog: { intact: boolean, eventsChecked: number, problems: Array<string>, acknowledgedGaps: Array<{ problem: string, acknowledgedBy: string, reason: string }>, brokenAt: { id: string, at: string } | null } | null };

export type UnusedRowFragment = { id: string, access: Array<Access>, expiresAt: string | null, grantedAt: string, grantedBy:
    | { id: string, name: string }
    | { id: string, name: string }
   | null, subject:
    | { __typename: 'User', id: string, name: string }
    | { __typename: 'Group', id: string, name: string }
    | { __typename: 'Application', id: string, name: string }
    | { __typename: 'RoleName' }
  , target:
    | { __typename: 'Tag', id: string }
    | { __typename: 'SecretName', name: string, secret: { id: string } | null }
    | { __typename: 'Resource' }
   };

export type UnusedPermissionsQueryVariables = Exact<{
  since: string;
  first: number;
  after?: string | null | undefined;
}>;


export type UnusedPermissionsQuery = { unusedPermissions: { nodes: Array<UnusedRowFragment>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type GroupRowFragment = { id: string, name: string, description: string | null, roles: Array<Role>, createdAt: string };

export type GroupsQueryVariables = Exact<{
  name?: string | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type GroupsQuery = { groups: { nodes: Array<GroupRowFragment>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type GroupByIdQueryVariables = Exact<{
  id: string;
}>;


export type GroupByIdQuery = { node:
    | { __typename: 'User' }
    | { __typename: 'Application' }
    | (
      { __typename: 'Group' }
      & GroupRowFragment
    )
    | { __typename: 'Secret' }
    | { __typename: 'Permission' }
    | { __typename: 'AuditEvent' }
   | null };

export type CreateGroupMutationVariables = Exact<{
  input: CreateGroupInput;
}>;


export type CreateGroupMutation = { createGroup: { group: GroupRowFragment } | null };

export type UpdateGroupMutationVariables = Exact<{
  input: UpdateGroupInput;
}>;


export type UpdateGroupMutation = { updateGroup: { group: GroupRowFragment } | null };

export type DeleteGroupMutationVariables = Exact<{
  id: string;
}>;


export type DeleteGroupMutation = { deleteGroup: { id: string } | null };

type MemberRow_User_Fragment = { __typename: 'User', username: string, active: boolean, id: string, name: string };

type MemberRow_Application_Fragment = { __typename: 'Application', id: string, name: string };

export type MemberRowFragment =
  | MemberRow_User_Fragment
  | MemberRow_Application_Fragment
;

export type GroupMembersQueryVariables = Exact<{
  id: string;
  first: number;
  after?: string | null | undefined;
}>;


export type GroupMembersQuery = { node:
    | { __typename: 'User' }
    | { __typename: 'Application' }
    | { __typename: 'Group', members: { nodes: Array<
          | MemberRow_User_Fragment
          | MemberRow_Application_Fragment
        >, pageInfo: { hasNextPage: boolean, endCursor: string | null } } }
    | { __typename: 'Secret' }
    | { __typename: 'Permission' }
    | { __typename: 'AuditEvent' }
   | null };

export type AddGroupMembersMutationVariables = Exact<{
  groupId: string;
  principalIds: Array<string>;
}>;


export type AddGroupMembersMutation = { addGroupMembers: { group: { id: string, name: string } } | null };

export type RemoveGroupMemberMutationVariables = Exact<{
  groupId: string;
  principalId: string;
}>;


export type RemoveGroupMemberMutation = { removeGroupMembers: { group: { id: string, name: string } } | null };

export type TagSuggestionsQueryVariables = Exact<{
  key?: string | null | undefined;
}>;


export type TagSuggestionsQuery = { tags: { nodes: Array<{ id: string }> } };

export type PermissionRowFragment = { id: string, access: Array<Access>, expiresAt: string | null, grantedAt: string, viewerMayRevoke: boolean, grantedBy:
    | { id: string, name: string }
    | { id: string, name: string }
   | null, target:
    | { __typename: 'Tag', id: string, key: string, value: string }
    | { __typename: 'SecretName', name: string, secret: { id: string, viewerAccess: Array<Access> } | null }
    | { __typename: 'Resource', type: ResourceType, name: string }
   };

export type SubjectPermissionsQueryVariables = Exact<{
  subjectId: string;
  target?: PermissionTargetInput | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type SubjectPermissionsQuery = { permissions: { nodes: Array<PermissionRowFragment>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type TaggedSecretsQueryVariables = Exact<{
  tags: Array<TagInput>;
}>;


export type TaggedSecretsQuery = { secrets: { nodes: Array<{ id: string, name: string }>, pageInfo: { hasNextPage: boolean } } };

export type TargetSecretQueryVariables = Exact<{
  name: string;
}>;


export type TargetSecretQuery = { secret: { id: string, viewerAccess: Array<Access>, expiresAt: string | null } | null };

export type SharableSecretsQueryVariables = Exact<{ [key: string]: never; }>;


export type SharableSecretsQuery = { secrets: { nodes: Array<{ id: string }> } };

export type GrantPermissionMutationVariables = Exact<{
  input: PermissionInput;
}>;


export type GrantPermissionMutation = { grantPermission: { permission: PermissionRowFragment | null } | null };

export type RevokePermissionMutationVariables = Exact<{
  input: PermissionInput;
}>;


export type RevokePermissionMutation = { revokePermission: { permission: PermissionRowFragment | null } | null };

export type CreateSecretMutationVariables = Exact<{
  input: CreateSecretInput;
}>;


export type CreateSecretMutation = { createSecret: { secret: SecretRowFragment } | null };

export type RotateSecretMutationVariables = Exact<{
  input: RotateSecretInput;
}>;


export type RotateSecretMutation = { rotateSecret: { changed: boolean, secret: SecretRowFragment } | null };

export type NewestVersionQueryVariables = Exact<{
  name: string;
}>;


export type NewestVersionQuery = { secret: { id: string, version: number, updatedAt: string, updatedBy:
      | { id: string, name: string }
      | { id: string, name: string }
     | null } | null };

export type TagSecretMutationVariables = Exact<{
  name: string;
  tags: Array<TagInput>;
}>;


export type TagSecretMutation = { tagSecret: { secret: SecretRowFragment } | null };

export type UntagSecretMutationVariables = Exact<{
  name: string;
  tags: Array<TagInput>;
}>;


export type UntagSecretMutation = { untagSecret: { secret: SecretRowFragment } | null };

export type DeleteSecretMutationVariables = Exact<{
  name: string;
}>;


export type DeleteSecretMutation = { deleteSecret: { id: string, restorableUntil: string | null } | null };

export type RestoreSecretMutationVariables = Exact<{
  id: string;
}>;


export type RestoreSecretMutation = { restoreSecret: { secret: SecretRowFragment } | null };

export type CreateGrantsFragment = { nodes: Array<{ id: string, access: Array<Access>, expiresAt: string | null, target:
      | { __typename: 'Tag', id: string }
      | { __typename: 'SecretName', name: string }
      | { __typename: 'Resource' }
     }>, pageInfo: { hasNextPage: boolean } };

export type ViewerCreateGrantsQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerCreateGrantsQuery = { viewer:
    | { id: string, permissions: CreateGrantsFragment, groups: Array<{ id: string, permissions: CreateGrantsFragment }> }
    | { id: string, groups: Array<{ id: string, permissions: CreateGrantsFragment }> }
   };

export type DeletedSecretsQueryVariables = Exact<{
  filter?: SecretFilter | null | undefined;
  orderBy: SecretOrder;
  first: number;
  after?: string | null | undefined;
}>;


export type DeletedSecretsQuery = { secrets: { nodes: Array<{ id: string, name: string, viewerAccess: Array<Access>, deletedAt: string | null, tags: Array<{ id: string }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type RevealSecretQueryVariables = Exact<{
  name: string;
  version?: number | null | undefined;
}>;


export type RevealSecretQuery = { secret: { id: string, value: string | null } | null };

export type ReachingFragment = { access: Array<Access>, principal:
    | { __typename: 'User', username: string, id: string, name: string }
    | { __typename: 'Application', id: string, name: string }
  , paths: Array<(
    { permission: { id: string, access: Array<Access>, viewerMayRevoke: boolean, subject:
        | { __typename: 'User', id: string, name: string }
        | { __typename: 'Group', id: string, name: string }
        | { __typename: 'Application', id: string, name: string }
        | { __typename: 'RoleName' }
       } | null }
    & AccessWayFragment
  )> };

export type SecretAccessQueryVariables = Exact<{
  secret: string;
  principalId?: string | null | undefined;
  access?: Access | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type SecretAccessQuery = { accessEntries: { nodes: Array<ReachingFragment>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type WholeSecretFragment = (
  { createdAt: string, createdBy:
    | { id: string, name: string }
    | { id: string, name: string }
   | null }
  & SecretRowFragment
);

export type SecretByNameQueryVariables = Exact<{
  name: string;
}>;


export type SecretByNameQuery = { secret: WholeSecretFragment | null };

export type UpdateSecretMutationVariables = Exact<{
  input: UpdateSecretInput;
}>;


export type UpdateSecretMutation = { updateSecret: { secret: WholeSecretFragment } | null };

export type SecretNamesQueryVariables = Exact<{
  name?: string | null | undefined;
}>;


export type SecretNamesQuery = { secrets: { nodes: Array<{ id: string, name: string }> } };

export type SecretVersionsQueryVariables = Exact<{
  name: string;
  first: number;
  after?: string | null | undefined;
}>;


export type SecretVersionsQuery = { secret: { id: string, versions: { nodes: Array<{ number: number, createdAt: string, destroyedAt: string | null, createdBy:
          | { id: string, name: string }
          | { id: string, name: string }
         | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null };

export type RollBackSecretMutationVariables = Exact<{
  name: string;
  version: number;
}>;


export type RollBackSecretMutation = { rollbackSecret: { secret: WholeSecretFragment } | null };

export type DestroySecretVersionMutationVariables = Exact<{
  name: string;
  version: number;
}>;


export type DestroySecretVersionMutation = { destroySecretVersion: { secret: WholeSecretFragment } | null };

export type SecretRowFragment = { id: string, name: string, description: string | null, value: string | null, version: number, viewerAccess: Array<Access>, expiresAt: string | null, updatedAt: string, tags: Array<{ id: string, key: string, value: string }>, updatedBy:
    | { id: string, name: string }
    | { id: string, name: string }
   | null };

export type SecretsQueryVariables = Exact<{
  filter?: SecretFilter | null | undefined;
  orderBy: SecretOrder;
  first: number;
  after?: string | null | undefined;
}>;


export type SecretsQuery = { secrets: { nodes: Array<SecretRowFragment>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type SignInMutationVariables = Exact<{
  username: string;
  password: string;
}>;


export type SignInMutation = { signIn: { token: string, principal:
      | { id: string, name: string }
      | { id: string, name: string }
     } | null };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer:
    | { __typename: 'User', username: string, id: string, name: string, roles: Array<Role>, groups: Array<{ id: string, name: string, roles: Array<Role> }> }
    | { __typename: 'Application', id: string, name: string, roles: Array<Role>, groups: Array<{ id: string, name: string, roles: Array<Role> }> }
   };

export type UserRowFragment = { id: string, username: string, name: string, email: string | null, active: boolean, roles: Array<Role>, createdAt: string };

export type UsersQueryVariables = Exact<{
  name?: string | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type UsersQuery = { users: { nodes: Array<UserRowFragment>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type UserByIdQueryVariables = Exact<{
  id: string;
}>;


export type UserByIdQuery = { node:
    | (
      { __typename: 'User', groups: Array<{ id: string, name: string, description: string | null, roles: Array<Role> }> }
      & UserRowFragment
    )
    | { __typename: 'Application' }
    | { __typename: 'Group' }
    | { __typename: 'Secret' }
    | { __typename: 'Permission' }
    | { __typename: 'AuditEvent' }
   | null };

export type CreateUserMutationVariables = Exact<{
  input: CreateUserInput;
}>;


export type CreateUserMutation = { createUser: { user: { id: string, username: string } } | null };

export type UpdateUserMutationVariables = Exact<{
  input: UpdateUserInput;
}>;


export type UpdateUserMutation = { updateUser: { user: UserRowFragment } | null };

export type DeleteUserMutationVariables = Exact<{
  id: string;
}>;


export type DeleteUserMutation = { deleteUser: { id: string } | null };

export const SimulateAccess: Operation<SimulateAccessQuery, SimulateAccessQueryVariables> = {
  name: 'SimulateAccess',
  text: "query SimulateAccess($changes: [AccessChange!]!) {\n  simulateAccess(changes: $changes, first: 100) {\n    gained {\n      ...AccessRow\n    }\n    lost {\n      ...AccessRow\n    }\n    complete\n  }\n}\n\nfragment AccessRow on AccessEntry {\n  principal {\n    __typename\n    id\n    name\n  }\n  secret {\n    id\n    name\n    deletedAt\n  }\n  access\n  paths {\n    ...AccessWay\n  }\n}\n\nfragment AccessWay on AccessPath {\n  access\n  role\n  tag {\n    id\n  }\n  group {\n    id\n    name\n  }\n  permission {\n    id\n    expiresAt\n    target {\n      __typename\n      ... on SecretName {\n        name\n      }\n    }\n  }\n}",
};

export const SubjectGroups: Operation<SubjectGroupsQuery, SubjectGroupsQueryVariables> = {
  name: 'SubjectGroups',
  text: "query SubjectGroups($name: String) {\n  groups(nameContains: $name, first: 20) {\n    nodes {\n      id\n      name\n    }\n  }\n}",
};

export const SubjectApplications: Operation<SubjectApplicationsQuery, SubjectApplicationsQueryVariables> = {
  name: 'SubjectApplications',
  text: "query SubjectApplications($name: String) {\n  applications(nameContains: $name, first: 20) {\n    nodes {\n      id\n      name\n    }\n  }\n}",
};

export const SubjectUsers: Operation<SubjectUsersQuery, SubjectUsersQueryVariables> = {
  name: 'SubjectUsers',
  text: "query SubjectUsers($name: String) {\n  users(nameContains: $name, first: 20) {\n    nodes {\n      id\n      name\n      username\n    }\n  }\n}",
};

export const AccessKeys: Operation<AccessKeysQuery, AccessKeysQueryVariables> = {
  name: 'AccessKeys',
  text: "query AccessKeys($id: ID!) {\n  application(id: $id) {\n    id\n    accessKeys {\n      ...AccessKeyRow\n    }\n  }\n}\n\nfragment AccessKeyRow on AccessKey {\n  id\n  active\n  createdAt\n  lastUsedAt\n  expiresAt\n}",
};

export const CreateAccessKey: Operation<CreateAccessKeyMutation, CreateAccessKeyMutationVariables> = {
  name: 'CreateAccessKey',
  text: "mutation CreateAccessKey($applicationId: ID!, $expiresAt: DateTime) {\n  createAccessKey(applicationId: $applicationId, expiresAt: $expiresAt) {\n    accessKey {\n      id\n    }\n    secret\n  }\n}",
};

export const SetAccessKeyActive: Operation<SetAccessKeyActiveMutation, SetAccessKeyActiveMutationVariables> = {
  name: 'SetAccessKeyActive',
  text: "mutation SetAccessKeyActive($keyId: ID!, $active: Boolean!) {\n  setAccessKeyActive(keyId: $keyId, active: $active) {\n    accessKey {\n      ...AccessKeyRow\n    }\n  }\n}\n\nfragment AccessKeyRow on AccessKey {\n  id\n  active\n  createdAt\n  lastUsedAt\n  expiresAt\n}",
};

export const DeleteAccessKey: Operation<DeleteAccessKeyMutation, DeleteAccessKeyMutationVariables> = {
  name: 'DeleteAccessKey',
  text: "mutation DeleteAccessKey($keyId: ID!) {\n  deleteAccessKey(keyId: $keyId) {\n    id\n  }\n}",
};

export const Applications: Operation<ApplicationsQuery, ApplicationsQueryVariables> = {
  name: 'Applications',
  text: "query Applications($name: String, $first: Int!, $after: String) {\n  applications(nameContains: $name, first: $first, after: $after) {\n    nodes {\n      ...ApplicationRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nfragment ApplicationRow on Application {\n  id\n  name\n  description\n  roles\n  createdAt\n  createdBy {\n    id\n    name\n  }\n}",
};

export const ApplicationById: Operation<ApplicationByIdQuery, ApplicationByIdQueryVariables> = {
  name: 'ApplicationById',
  text: "query ApplicationById($id: ID!) {\n  application(id: $id) {\n    ...ApplicationRow\n    groups {\n      id\n      name\n      description\n      roles\n    }\n  }\n}\n\nfragment ApplicationRow on Application {\n  id\n  name\n  description\n  roles\n  createdAt\n  createdBy {\n    id\n    name\n  }\n}",
};

export const CreateApplication: Operation<CreateApplicationMutation, CreateApplicationMutationVariables> = {
  name: 'CreateApplication',
  text: "mutation CreateApplication($input: CreateApplicationInput!) {\n  createApplication(input: $input) {\n    application {\n      ...ApplicationRow\n    }\n  }\n}\n\nfragment ApplicationRow on Application {\n  id\n  name\n  description\n  roles\n  createdAt\n  createdBy {\n    id\n    name\n  }\n}",
};

export const UpdateApplication: Operation<UpdateApplicationMutation, UpdateApplicationMutationVariables> = {
  name: 'UpdateApplication',
  text: "mutation UpdateApplication($input: UpdateApplicationInput!) {\n  updateApplication(input: $input) {\n    application {\n      ...ApplicationRow\n    }\n  }\n}\n\nfragment ApplicationRow on Application {\n  id\n  name\n  description\n  roles\n  createdAt\n  createdBy {\n    id\n    name\n  }\n}",
};

export const DeleteApplication: Operation<DeleteApplicationMutation, DeleteApplicationMutationVariables> = {
  name: 'DeleteApplication',
  text: "mutation DeleteApplication($id: ID!) {\n  deleteApplication(id: $id) {\n    id\n  }\n}",
};

export const AskAccess: Operation<AskAccessQuery, AskAccessQueryVariables> = {
  name: 'AskAccess',
  text: "query AskAccess($principalId: ID, $secret: String, $access: Access, $at: DateTime, $first: Int!, $after: String) {\n  accessEntries(\n    principalId: $principalId\n    secret: $secret\n    access: $access\n    at: $at\n    first: $first\n    after: $after\n  ) {\n    nodes {\n      ...AccessRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nfragment AccessRow on AccessEntry {\n  principal {\n    __typename\n    id\n    name\n  }\n  secret {\n    id\n    name\n    deletedAt\n  }\n  access\n  paths {\n    ...AccessWay\n  }\n}\n\nfragment AccessWay on AccessPath {\n  access\n  role\n  tag {\n    id\n  }\n  group {\n    id\n    name\n  }\n  permission {\n    id\n    expiresAt\n    target {\n      __typename\n      ... on SecretName {\n        name\n      }\n    }\n  }\n}",
};

export const ExplainAccess: Operation<ExplainAccessQuery, ExplainAccessQueryVariables> = {
  name: 'ExplainAccess',
  text: "query ExplainAccess($principalId: ID!, $secret: String!, $access: Access!) {\n  explainAccess(principalId: $principalId, secret: $secret, access: $access) {\n    allowed\n    principalActive\n    paths {\n      ...AccessWay\n    }\n    nearMisses {\n      permission {\n        id\n      }\n      reason\n      message\n    }\n  }\n  secret(name: $secret) {\n    id\n    expiresAt\n  }\n}\n\nfragment AccessWay on AccessPath {\n  access\n  role\n  tag {\n    id\n  }\n  group {\n    id\n    name\n  }\n  permission {\n    id\n    expiresAt\n    target {\n      __typename\n      ... on SecretName {\n        name\n      }\n    }\n  }\n}",
};

export const NamedSubject: Operation<NamedSubjectQuery, NamedSubjectQueryVariables> = {
  name: 'NamedSubject',
  text: "query NamedSubject($id: ID!) {\n  node(id: $id) {\n    __typename\n    id\n    ... on User {\n      name\n      username\n    }\n    ... on Application {\n      name\n    }\n    ... on Group {\n      name\n    }\n  }\n}",
};

export const AskChanges: Operation<AskChangesQuery, AskChangesQueryVariables> = {
  name: 'AskChanges',
  text: "query AskChanges($from: DateTime!, $until: DateTime!, $principalId: ID, $secret: String, $first: Int!, $after: String) {\n  accessChanges(\n    from: $from\n    until: $until\n    principalId: $principalId\n    secret: $secret\n    first: $first\n    after: $after\n  ) {\n    nodes {\n      ...ChangeRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nfragment ChangeRow on AccessHistoryEntry {\n  at\n  principal {\n    __typename\n    id\n    name\n  }\n  secret {\n    id\n    name\n    deletedAt\n  }\n  gained\n  lost\n  event {\n    id\n    action\n    actor {\n      name\n    }\n  }\n}",
};

export const LogEvents: Operation<LogEventsQuery, LogEventsQueryVariables> = {
  name: 'LogEvents',
  text: "query LogEvents($filter: AuditFilter, $first: Int!, $after: String) {\n  auditEvents(filter: $filter, first: $first, after: $after) {\n    nodes {\n      ...LogRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nfragment LogRow on AuditEvent {\n  id\n  at\n  action\n  outcome\n  actor {\n    kind\n    id\n    name\n  }\n  subject {\n    kind\n    id\n    name\n  }\n  version\n  changes\n  requestId\n  address\n}",
};

export const LogEvent: Operation<LogEventQuery, LogEventQueryVariables> = {
  name: 'LogEvent',
  text: "query LogEvent($id: ID!) {\n  node(id: $id) {\n    __typename\n    ...LogRow\n  }\n}\n\nfragment LogRow on AuditEvent {\n  id\n  at\n  action\n  outcome\n  actor {\n    kind\n    id\n    name\n  }\n  subject {\n    kind\n    id\n    name\n  }\n  version\n  changes\n  requestId\n  address\n}",
};

export const VerifyLog: Operation<VerifyLogMutation, VerifyLogMutationVariables> = {
  name: 'VerifyLog',
  text: "mutation VerifyLog {\n  verifyAuditLog {\n    intact\n    eventsChecked\n    problems\n    acknowledgedGaps {\n      problem\n      acknowledgedBy\n      reason\n    }\n    brokenAt {\n      id\n      at\n    }\n  }\n}",
};

export const UnusedPermissions: Operation<UnusedPermissionsQuery, UnusedPermissionsQueryVariables> = {
  name: 'UnusedPermissions',
  text: "query UnusedPermissions($since: DateTime!, $first: Int!, $after: String) {\n  unusedPermissions(since: $since, first: $first, after: $after) {\n    nodes {\n      ...UnusedRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nfragment UnusedRow on Permission {\n  id\n  access\n  expiresAt\n  grantedAt\n  grantedBy {\n    id\n    name\n  }\n  subject {\n    __typename\n    ... on User {\n      id\n      name\n    }\n    ... on Group {\n      id\n      name\n    }\n    ... on Application {\n      id\n      name\n    }\n  }\n  target {\n    __typename\n    ... on Tag {\n      id\n    }\n    ... on SecretName {\n      name\n      secret {\n        id\n      }\n    }\n  }\n}",
};

export const Groups: Operation<GroupsQuery, GroupsQueryVariables> = {
  name: 'Groups',
  text: "query Groups($name: String, $first: Int!, $after: String) {\n  groups(nameContains: $name, first: $first, after: $after) {\n    nodes {\n      ...GroupRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nfragment GroupRow on Group {\n  id\n  name\n  description\n  roles\n  createdAt\n}",
};

export const GroupById: Operation<GroupByIdQuery, GroupByIdQueryVariables> = {
  name: 'GroupById',
  text: "query GroupById($id: ID!) {\n  node(id: $id) {\n    __typename\n    ... on Group {\n      ...GroupRow\n    }\n  }\n}\n\nfragment GroupRow on Group {\n  id\n  name\n  description\n  roles\n  createdAt\n}",
};

export const CreateGroup: Operation<CreateGroupMutation, CreateGroupMutationVariables> = {
  name: 'CreateGroup',
  text: "mutation CreateGroup($input: CreateGroupInput!) {\n  createGroup(input: $input) {\n    group {\n      ...GroupRow\n    }\n  }\n}\n\nfragment GroupRow on Group {\n  id\n  name\n  description\n  roles\n  createdAt\n}",
};

export const UpdateGroup: Operation<UpdateGroupMutation, UpdateGroupMutationVariables> = {
  name: 'UpdateGroup',
  text: "mutation UpdateGroup($input: UpdateGroupInput!) {\n  updateGroup(input: $input) {\n    group {\n      ...GroupRow\n    }\n  }\n}\n\nfragment GroupRow on Group {\n  id\n  name\n  description\n  roles\n  createdAt\n}",
};

export const DeleteGroup: Operation<DeleteGroupMutation, DeleteGroupMutationVariables> = {
  name: 'DeleteGroup',
  text: "mutation DeleteGroup($id: ID!) {\n  deleteGroup(id: $id) {\n    id\n  }\n}",
};

export const GroupMembers: Operation<GroupMembersQuery, GroupMembersQueryVariables> = {
  name: 'GroupMembers',
  text: "query GroupMembers($id: ID!, $first: Int!, $after: String) {\n  node(id: $id) {\n    __typename\n    ... on Group {\n      members(first: $first, after: $after) {\n        nodes {\n          ...MemberRow\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n}\n\nfragment MemberRow on Principal {\n  __typename\n  id\n  name\n  ... on User {\n    username\n    active\n  }\n}",
};

export const AddGroupMembers: Operation<AddGroupMembersMutation, AddGroupMembersMutationVariables> = {
  name: 'AddGroupMembers',
  text: "mutation AddGroupMembers($groupId: ID!, $principalIds: [ID!]!) {\n  addGroupMembers(groupId: $groupId, principalIds: $principalIds) {\n    group {\n      id\n      name\n    }\n  }\n}",
};

export const RemoveGroupMember: Operation<RemoveGroupMemberMutation, RemoveGroupMemberMutationVariables> = {
  name: 'RemoveGroupMember',
  text: "mutation RemoveGroupMember($groupId: ID!, $principalId: ID!) {\n  removeGroupMembers(groupId: $groupId, principalIds: [$principalId]) {\n    group {\n      id\n      name\n    }\n  }\n}",
};

export const TagSuggestions: Operation<TagSuggestionsQuery, TagSuggestionsQueryVariables> = {
  name: 'TagSuggestions',
  text: "query TagSuggestions($key: String) {\n  tags(key: $key, first: 200) {\n    nodes {\n      id\n    }\n  }\n}",
};

export const SubjectPermissions: Operation<SubjectPermissionsQuery, SubjectPermissionsQueryVariables> = {
  name: 'SubjectPermissions',
  text: "query SubjectPermissions($subjectId: ID!, $target: PermissionTargetInput, $first: Int!, $after: String) {\n  permissions(\n    subjectId: $subjectId\n    target: $target\n    first: $first\n    after: $after\n  ) {\n    nodes {\n      ...PermissionRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nfragment PermissionRow on Permission {\n  id\n  access\n  expiresAt\n  grantedAt\n  grantedBy {\n    id\n    name\n  }\n  viewerMayRevoke\n  target {\n    __typename\n    ... on Tag {\n      id\n      key\n      value\n    }\n    ... on SecretName {\n      name\n      secret {\n        id\n        viewerAccess\n      }\n    }\n    ... on Resource {\n      type\n      name\n    }\n  }\n}",
};

export const TaggedSecrets: Operation<TaggedSecretsQuery, TaggedSecretsQueryVariables> = {
  name: 'TaggedSecrets',
  text: "query TaggedSecrets($tags: [TagInput!]!) {\n  secrets(filter: {tags: $tags}, first: 50) {\n    nodes {\n      id\n      name\n    }\n    pageInfo {\n      hasNextPage\n    }\n  }\n}",
};

export const TargetSecret: Operation<TargetSecretQuery, TargetSecretQueryVariables> = {
  name: 'TargetSecret',
  text: "query TargetSecret($name: String!) {\n  secret(name: $name) {\n    id\n    viewerAccess\n    expiresAt\n  }\n}",
};

export const SharableSecrets: Operation<SharableSecretsQuery, SharableSecretsQueryVariables> = {
  name: 'SharableSecrets',
  text: "query SharableSecrets {\n  secrets(filter: {access: [UPDATE]}, first: 1) {\n    nodes {\n      id\n    }\n  }\n}",
};

export const GrantPermission: Operation<GrantPermissionMutation, GrantPermissionMutationVariables> = {
  name: 'GrantPermission',
  text: "mutation GrantPermission($input: PermissionInput!) {\n  grantPermission(input: $input) {\n    permission {\n      ...PermissionRow\n    }\n  }\n}\n\nfragment PermissionRow on Permission {\n  id\n  access\n  expiresAt\n  grantedAt\n  grantedBy {\n    id\n    name\n  }\n  viewerMayRevoke\n  target {\n    __typename\n    ... on Tag {\n      id\n      key\n      value\n    }\n    ... on SecretName {\n      name\n      secret {\n        id\n        viewerAccess\n      }\n    }\n    ... on Resource {\n      type\n      name\n    }\n  }\n}",
};

export const RevokePermission: Operation<RevokePermissionMutation, RevokePermissionMutationVariables> = {
  name: 'RevokePermission',
  text: "mutation RevokePermission($input: PermissionInput!) {\n  revokePermission(input: $input) {\n    permission {\n      ...PermissionRow\n    }\n  }\n}\n\nfragment PermissionRow on Permission {\n  id\n  access\n  expiresAt\n  grantedAt\n  grantedBy {\n    id\n    name\n  }\n  viewerMayRevoke\n  target {\n    __typename\n    ... on Tag {\n      id\n      key\n      value\n    }\n    ... on SecretName {\n      name\n      secret {\n        id\n        viewerAccess\n      }\n    }\n    ... on Resource {\n      type\n      name\n    }\n  }\n}",
};

export const CreateSecret: Operation<CreateSecretMutation, CreateSecretMutationVariables> = {
  name: 'CreateSecret',
  text: "mutation CreateSecret($input: CreateSecretInput!) {\n  createSecret(input: $input) {\n    secret {\n      ...SecretRow\n    }\n  }\n}\n\nfragment SecretRow on Secret {\n  id\n  name\n  description\n  value\n  version\n  tags {\n    id\n    key\n    value\n  }\n  viewerAccess\n  expiresAt\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n}",
};

export const RotateSecret: Operation<RotateSecretMutation, RotateSecretMutationVariables> = {
  name: 'RotateSecret',
  text: "mutation RotateSecret($input: RotateSecretInput!) {\n  rotateSecret(input: $input) {\n    secret {\n      ...SecretRow\n    }\n    changed\n  }\n}\n\nfragment SecretRow on Secret {\n  id\n  name\n  description\n  value\n  version\n  tags {\n    id\n    key\n    value\n  }\n  viewerAccess\n  expiresAt\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n}",
};

export const NewestVersion: Operation<NewestVersionQuery, NewestVersionQueryVariables> = {
  name: 'NewestVersion',
  text: "query NewestVersion($name: String!) {\n  secret(name: $name) {\n    id\n    version\n    updatedAt\n    updatedBy {\n      id\n      name\n    }\n  }\n}",
};

export const TagSecret: Operation<TagSecretMutation, TagSecretMutationVariables> = {
  name: 'TagSecret',
  text: "mutation TagSecret($name: String!, $tags: [TagInput!]!) {\n  tagSecret(name: $name, tags: $tags) {\n    secret {\n      ...SecretRow\n    }\n  }\n}\n\nfragment SecretRow on Secret {\n  id\n  name\n  description\n  value\n  version\n  tags {\n    id\n    key\n    value\n  }\n  viewerAccess\n  expiresAt\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n}",
};

export const UntagSecret: Operation<UntagSecretMutation, UntagSecretMutationVariables> = {
  name: 'UntagSecret',
  text: "mutation UntagSecret($name: String!, $tags: [TagInput!]!) {\n  untagSecret(name: $name, tags: $tags) {\n    secret {\n      ...SecretRow\n    }\n  }\n}\n\nfragment SecretRow on Secret {\n  id\n  name\n  description\n  value\n  version\n  tags {\n    id\n    key\n    value\n  }\n  viewerAccess\n  expiresAt\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n}",
};

export const DeleteSecret: Operation<DeleteSecretMutation, DeleteSecretMutationVariables> = {
  name: 'DeleteSecret',
  text: "mutation DeleteSecret($name: String!) {\n  deleteSecret(name: $name) {\n    id\n    restorableUntil\n  }\n}",
};

export const RestoreSecret: Operation<RestoreSecretMutation, RestoreSecretMutationVariables> = {
  name: 'RestoreSecret',
  text: "mutation RestoreSecret($id: ID!) {\n  restoreSecret(id: $id) {\n    secret {\n      ...SecretRow\n    }\n  }\n}\n\nfragment SecretRow on Secret {\n  id\n  name\n  description\n  value\n  version\n  tags {\n    id\n    key\n    value\n  }\n  viewerAccess\n  expiresAt\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n}",
};

export const ViewerCreateGrants: Operation<ViewerCreateGrantsQuery, ViewerCreateGrantsQueryVariables> = {
  name: 'ViewerCreateGrants',
  text: "query ViewerCreateGrants {\n  viewer {\n    id\n    groups {\n      id\n      permissions(first: 100) {\n        ...CreateGrants\n      }\n    }\n    ... on User {\n      permissions(first: 100) {\n        ...CreateGrants\n      }\n    }\n  }\n}\n\nfragment CreateGrants on PermissionConnection {\n  nodes {\n    id\n    access\n    expiresAt\n    target {\n      __typename\n      ... on Tag {\n        id\n      }\n      ... on SecretName {\n        name\n      }\n    }\n  }\n  pageInfo {\n    hasNextPage\n  }\n}",
};

export const DeletedSecrets: Operation<DeletedSecretsQuery, DeletedSecretsQueryVariables> = {
  name: 'DeletedSecrets',
  text: "query DeletedSecrets($filter: SecretFilter, $orderBy: SecretOrder!, $first: Int!, $after: String) {\n  secrets(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {\n    nodes {\n      id\n      name\n      tags {\n        id\n      }\n      viewerAccess\n      deletedAt\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}",
};

export const RevealSecret: Operation<RevealSecretQuery, RevealSecretQueryVariables> = {
  name: 'RevealSecret',
  text: "query RevealSecret($name: String!, $version: Int) {\n  secret(name: $name) {\n    id\n    value(reveal: true, version: $version)\n  }\n}",
};

export const SecretAccess: Operation<SecretAccessQuery, SecretAccessQueryVariables> = {
  name: 'SecretAccess',
  text: "query SecretAccess($secret: String!, $principalId: ID, $access: Access, $first: Int!, $after: String) {\n  accessEntries(\n    secret: $secret\n    principalId: $principalId\n    access: $access\n    first: $first\n    after: $after\n  ) {\n    nodes {\n      ...Reaching\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nfragment Reaching on AccessEntry {\n  principal {\n    __typename\n    id\n    name\n    ... on User {\n      username\n    }\n  }\n  access\n  paths {\n    ...AccessWay\n    permission {\n      id\n      access\n      viewerMayRevoke\n      subject {\n        __typename\n        ... on User {\n          id\n          name\n        }\n        ... on Group {\n          id\n          name\n        }\n        ... on Application {\n          id\n          name\n        }\n      }\n    }\n  }\n}\n\nfragment AccessWay on AccessPath {\n  access\n  role\n  tag {\n    id\n  }\n  group {\n    id\n    name\n  }\n  permission {\n    id\n    expiresAt\n    target {\n      __typename\n      ... on SecretName {\n        name\n      }\n    }\n  }\n}",
};

export const SecretByName: Operation<SecretByNameQuery, SecretByNameQueryVariables> = {
  name: 'SecretByName',
  text: "query SecretByName($name: String!) {\n  secret(name: $name) {\n    ...WholeSecret\n  }\n}\n\nfragment WholeSecret on Secret {\n  ...SecretRow\n  createdAt\n  createdBy {\n    id\n    name\n  }\n}\n\nfragment SecretRow on Secret {\n  id\n  name\n  description\n  value\n  version\n  tags {\n    id\n    key\n    value\n  }\n  viewerAccess\n  expiresAt\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n}",
};

export const UpdateSecret: Operation<UpdateSecretMutation, UpdateSecretMutationVariables> = {
  name: 'UpdateSecret',
  text: "mutation UpdateSecret($input: UpdateSecretInput!) {\n  updateSecret(input: $input) {\n    secret {\n      ...WholeSecret\n    }\n  }\n}\n\nfragment WholeSecret on Secret {\n  ...SecretRow\n  createdAt\n  createdBy {\n    id\n    name\n  }\n}\n\nfragment SecretRow on Secret {\n  id\n  name\n  description\n  value\n  version\n  tags {\n    id\n    key\n    value\n  }\n  viewerAccess\n  expiresAt\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n}",
};

export const SecretNames: Operation<SecretNamesQuery, SecretNamesQueryVariables> = {
  name: 'SecretNames',
  text: "query SecretNames($name: String) {\n  secrets(filter: {nameContains: $name}, orderBy: NAME_ASC, first: 20) {\n    nodes {\n      id\n      name\n    }\n  }\n}",
};

export const SecretVersions: Operation<SecretVersionsQuery, SecretVersionsQueryVariables> = {
  name: 'SecretVersions',
  text: "query SecretVersions($name: String!, $first: Int!, $after: String) {\n  secret(name: $name) {\n    id\n    versions(first: $first, after: $after) {\n      nodes {\n        number\n        createdAt\n        createdBy {\n          id\n          name\n        }\n        destroyedAt\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}",
};

export const RollBackSecret: Operation<RollBackSecretMutation, RollBackSecretMutationVariables> = {
  name: 'RollBackSecret',
  text: "mutation RollBackSecret($name: String!, $version: Int!) {\n  rollbackSecret(name: $name, version: $version) {\n    secret {\n      ...WholeSecret\n    }\n  }\n}\n\nfragment WholeSecret on Secret {\n  ...SecretRow\n  createdAt\n  createdBy {\n    id\n    name\n  }\n}\n\nfragment SecretRow on Secret {\n  id\n  name\n  description\n  value\n  version\n  tags {\n    id\n    key\n    value\n  }\n  viewerAccess\n  expiresAt\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n}",
};

export const DestroySecretVersion: Operation<DestroySecretVersionMutation, DestroySecretVersionMutationVariables> = {
  name: 'DestroySecretVersion',
  text: "mutation DestroySecretVersion($name: String!, $version: Int!) {\n  destroySecretVersion(name: $name, version: $version) {\n    secret {\n      ...WholeSecret\n    }\n  }\n}\n\nfragment WholeSecret on Secret {\n  ...SecretRow\n  createdAt\n  createdBy {\n    id\n    name\n  }\n}\n\nfragment SecretRow on Secret {\n  id\n  name\n  description\n  value\n  version\n  tags {\n    id\n    key\n    value\n  }\n  viewerAccess\n  expiresAt\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n}",
};

export const Secrets: Operation<SecretsQuery, SecretsQueryVariables> = {
  name: 'Secrets',
  text: "query Secrets($filter: SecretFilter, $orderBy: SecretOrder!, $first: Int!, $after: String) {\n  secrets(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {\n    nodes {\n      ...SecretRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nfragment SecretRow on Secret {\n  id\n  name\n  description\n  value\n  version\n  tags {\n    id\n    key\n    value\n  }\n  viewerAccess\n  expiresAt\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n}",
};

export const SignIn: Operation<SignInMutation, SignInMutationVariables> = {
  name: 'SignIn',
  text: "mutation SignIn($username: String!, $password: SecretValue!) {\n  signIn(username: $username, password: $password) {\n    token\n    principal {\n      id\n      name\n    }\n  }\n}",
};

export const Viewer: Operation<ViewerQuery, ViewerQueryVariables> = {
  name: 'Viewer',
  text: "query Viewer {\n  viewer {\n    __typename\n    id\n    name\n    roles\n    groups {\n      id\n      name\n      roles\n    }\n    ... on User {\n      username\n    }\n  }\n}",
};

export const Users: Operation<UsersQuery, UsersQueryVariables> = {
  name: 'Users',
  text: "query Users($name: String, $first: Int!, $after: String) {\n  users(nameContains: $name, first: $first, after: $after) {\n    nodes {\n      ...UserRow\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nfragment UserRow on User {\n  id\n  username\n  name\n  email\n  active\n  roles\n  createdAt\n}",
};

export const UserById: Operation<UserByIdQuery, UserByIdQueryVariables> = {
  name: 'UserById',
  text: "query UserById($id: ID!) {\n  node(id: $id) {\n    __typename\n    ... on User {\n      ...UserRow\n      groups {\n        id\n        name\n        description\n        roles\n      }\n    }\n  }\n}\n\nfragment UserRow on User {\n  id\n  username\n  name\n  email\n  active\n  roles\n  createdAt\n}",
};

export const CreateUser: Operation<CreateUserMutation, CreateUserMutationVariables> = {
  name: 'CreateUser',
  text: "mutation CreateUser($input: CreateUserInput!) {\n  createUser(input: $input) {\n    user {\n      id\n      username\n    }\n  }\n}",
};

export const UpdateUser: Operation<UpdateUserMutation, UpdateUserMutationVariables> = {
  name: 'UpdateUser',
  text: "mutation UpdateUser($input: UpdateUserInput!) {\n  updateUser(input: $input) {\n    user {\n      ...UserRow\n    }\n  }\n}\n\nfragment UserRow on User {\n  id\n  username\n  name\n  email\n  active\n  roles\n  createdAt\n}",
};

export const DeleteUser: Operation<DeleteUserMutation, DeleteUserMutationVariables> = {
  name: 'DeleteUser',
  text: "mutation DeleteUser($id: ID!) {\n  deleteUser(id: $id) {\n    id\n  }\n}",
};
