// Generated from schema.graphql by `npm run generate`. Do not edit.
import type { Operation } from '../operation.ts';

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

export type FindManyQueryVariables = Exact<{
  has0?: boolean;
  name0?: string;
  has1?: boolean;
  name1?: string;
  has2?: boolean;
  name2?: string;
  has3?: boolean;
  name3?: string;
  has4?: boolean;
  name4?: string;
  has5?: boolean;
  name5?: string;
  has6?: boolean;
  name6?: string;
  has7?: boolean;
  name7?: string;
  has8?: boolean;
  name8?: string;
  has9?: boolean;
  name9?: string;
  has10?: boolean;
  name10?: string;
  has11?: boolean;
  name11?: string;
  has12?: boolean;
  name12?: string;
  has13?: boolean;
  name13?: string;
  has14?: boolean;
  name14?: string;
  has15?: boolean;
  name15?: string;
  has16?: boolean;
  name16?: string;
  has17?: boolean;
  name17?: string;
  has18?: boolean;
  name18?: string;
  has19?: boolean;
  name19?: string;
  has20?: boolean;
  name20?: string;
  has21?: boolean;
  name21?: string;
  has22?: boolean;
  name22?: string;
  has23?: boolean;
  name23?: string;
  has24?: boolean;
  name24?: string;
  has25?: boolean;
  name25?: string;
  has26?: boolean;
  name26?: string;
  has27?: boolean;
  name27?: string;
  has28?: boolean;
  name28?: string;
  has29?: boolean;
  name29?: string;
  has30?: boolean;
  name30?: string;
  has31?: boolean;
  name31?: string;
  has32?: boolean;
  name32?: string;
  has33?: boolean;
  name33?: string;
  has34?: boolean;
  name34?: string;
  has35?: boolean;
  name35?: string;
  has36?: boolean;
  name36?: string;
  has37?: boolean;
  name37?: string;
  has38?: boolean;
  name38?: string;
  has39?: boolean;
  name39?: string;
}>;


export type FindManyQuery = { s0?: SecretFieldsFragment | null, s1?: SecretFieldsFragment | null, s2?: SecretFieldsFragment | null, s3?: SecretFieldsFragment | null, s4?: SecretFieldsFragment | null, s5?: SecretFieldsFragment | null, s6?: SecretFieldsFragment | null, s7?: SecretFieldsFragment | null, s8?: SecretFieldsFragment | null, s9?: SecretFieldsFragment | null, s10?: SecretFieldsFragment | null, s11?: SecretFieldsFragment | null, s12?: SecretFieldsFragment | null, s13?: SecretFieldsFragment | null, s14?: SecretFieldsFragment | null, s15?: SecretFieldsFragment | null, s16?: SecretFieldsFragment | null, s17?: SecretFieldsFragment | null, s18?: SecretFieldsFragment | null, s19?: SecretFieldsFragment | null, s20?: SecretFieldsFragment | null, s21?: SecretFieldsFragment | null, s22?: SecretFieldsFragment | null, s23?: SecretFieldsFragment | null, s24?: SecretFieldsFragment | null, s25?: SecretFieldsFragment | null, s26?: SecretFieldsFragment | null, s27?: SecretFieldsFragment | null, s28?: SecretFieldsFragment | null, s29?: SecretFieldsFragment | null, s30?: SecretFieldsFragment | null, s31?: SecretFieldsFragment | null, s32?: SecretFieldsFragment | null, s33?: SecretFieldsFragment | null, s34?: SecretFieldsFragment | null, s35?: SecretFieldsFragment | null, s36?: SecretFieldsFragment | null, s37?: SecretFieldsFragment | null, s38?: SecretFieldsFragment | null, s39?: SecretFieldsFragment | null };

export type SecretFieldsFragment = { id: string, name: string, description: string | null, version: number, viewerAccess: Array<Access>, expiresAt: string | null, createdAt: string, updatedAt: string, deletedAt: string | null, tags: Array<{ id: string }>, createdBy:
    | { id: string, name: string }
    | { id: string, name: string }
   | null, updatedBy:
    | { id: string, name: string }
    | { id: string, name: string }
   | null };

export type PathFieldsFragment = { access: Array<Access>, role: Role | null, permission: { id: string, expiresAt: string | null, grantedAt: string } | null, group: { id: string, name: string } | null, tag: { id: string } | null };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer:
    | { __typename: 'User', username: string, id: string, name: string, roles: Array<Role>, groups: Array<{ id: string, name: string }> }
    | { __typename: 'Application', id: string, name: string, roles: Array<Role>, groups: Array<{ id: string, name: string }> }
   };

export type FindSecretQueryVariables = Exact<{
  name: string;
}>;


export type FindSecretQuery = { secret: SecretFieldsFragment | null };

export type ListSecretsQueryVariables = Exact<{
  filter?: SecretFilter | null | undefined;
  orderBy: SecretOrder;
  first: number;
  after?: string | null | undefined;
}>;


export type ListSecretsQuery = { secrets: { nodes: Array<SecretFieldsFragment>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ListVersionsQueryVariables = Exact<{
  name: string;
  first: number;
  after?: string | null | undefined;
}>;


export type ListVersionsQuery = { secret: { versions: { nodes: Array<{ number: number, createdAt: string, destroyedAt: string | null, createdBy:
          | { id: string, name: string }
          | { id: string, name: string }
         | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null };

export type ListEventsQueryVariables = Exact<{
  filter: AuditFilter;
  first: number;
  after?: string | null | undefined;
}>;


export type ListEventsQuery = { auditEvents: { nodes: Array<{ id: string, at: string, action: AuditAction, outcome: AuditOutcome, version: number | null, changes: unknown, requestId: string, address: string | null, actor: { kind: string, id: string, name: string }, subject: { kind: string, id: string, name: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ListAccessQueryVariables = Exact<{
  name: string;
  access?: Access | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type ListAccessQuery = { accessEntries: { nodes: Array<{ access: Array<Access>, principal:
        | { __typename: 'User', id: string, name: string }
        | { __typename: 'Application', id: string, name: string }
      , paths: Array<PathFieldsFragment> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ExplainAccessQueryVariables = Exact<{
  principalId: string;
  name: string;
  access: Access;
}>;


export type ExplainAccessQuery = { explainAccess: { allowed: boolean, principalActive: boolean, paths: Array<PathFieldsFragment>, nearMisses: Array<{ reason: NearMissReason, message: string, permission: { id: string } }> } };

export type FindUserQueryVariables = Exact<{
  username: string;
}>;


export type FindUserQuery = { user: { id: string } | null };

export type CreateSecretMutationVariables = Exact<{
  input: CreateSecretInput;
}>;


export type CreateSecretMutation = { createSecret: { secret: SecretFieldsFragment } | null };

export type UpdateSecretMutationVariables = Exact<{
  input: UpdateSecretInput;
}>;


export type UpdateSecretMutation = { updateSecret: { secret: SecretFieldsFragment } | null };

export type RotateSecretMutationVariables = Exact<{
  input: RotateSecretInput;
}>;


export type RotateSecretMutation = { rotateSecret: { changed: boolean, secret: SecretFieldsFragment } | null };

export type RollbackSecretMutationVariables = Exact<{
  name: string;
  version: number;
}>;


export type RollbackSecretMutation = { rollbackSecret: { secret: SecretFieldsFragment } | null };

export type DeleteSecretMutationVariables = Exact<{
  name: string;
  purge: boolean;
}>;


export type DeleteSecretMutation = { deleteSecret: { id: string, restorableUntil: string | null } | null };

export type RestoreSecretMutationVariables = Exact<{
  id: string;
}>;


export type RestoreSecretMutation = { restoreSecret: { secret: SecretFieldsFragment } | null };

export type TagSecretMutationVariables = Exact<{
  name: string;
  tags: Array<TagInput>;
}>;


export type TagSecretMutation = { tagSecret: { secret: SecretFieldsFragment } | null };

export type UntagSecretMutationVariables = Exact<{
  name: string;
  tags: Array<TagInput>;
}>;


export type UntagSecretMutation = { untagSecret: { secret: SecretFieldsFragment } | null };

export type RevealQueryVariables = Exact<{
  name: string;
  version?: number | null | undefined;
}>;


export type RevealQuery = { secret: { value: string | null } | null };

export type RevealManyQueryVariables = Exact<{
  has0?: boolean;
  name0?: string;
  version0?: number | null | undefined;
  has1?: boolean;
  name1?: string;
  version1?: number | null | undefined;
  has2?: boolean;
  name2?: string;
  version2?: number | null | undefined;
  has3?: boolean;
  name3?: string;
  version3?: number | null | undefined;
  has4?: boolean;
  name4?: string;
  version4?: number | null | undefined;
  has5?: boolean;
  name5?: string;
  version5?: number | null | undefined;
  has6?: boolean;
  name6?: string;
  version6?: number | null | undefined;
  has7?: boolean;
  name7?: string;
  version7?: number | null | undefined;
  has8?: boolean;
  name8?: string;
  version8?: number | null | undefined;
  has9?: boolean;
  name9?: string;
  version9?: number | null | undefined;
  has10?: boolean;
  name10?: string;
  version10?: number | null | undefined;
  has11?: boolean;
  name11?: string;
  version11?: number | null | undefined;
  has12?: boolean;
  name12?: string;
  version12?: number | null | undefined;
  has13?: boolean;
  name13?: string;
  version13?: number | null | undefined;
  has14?: boolean;
  name14?: string;
  version14?: number | null | undefined;
  has15?: boolean;
  name15?: string;
  version15?: number | null | undefined;
  has16?: boolean;
  name16?: string;
  version16?: number | null | undefined;
  has17?: boolean;
  name17?: string;
  version17?: number | null | undefined;
  has18?: boolean;
  name18?: string;
  version18?: number | null | undefined;
  has19?: boolean;
  name19?: string;
  version19?: number | null | undefined;
  has20?: boolean;
  name20?: string;
  version20?: number | null | undefined;
  has21?: boolean;
  name21?: string;
  version21?: number | null | undefined;
  has22?: boolean;
  name22?: string;
  version22?: number | null | undefined;
  has23?: boolean;
  name23?: string;
  version23?: number | null | undefined;
  has24?: boolean;
  name24?: string;
  version24?: number | null | undefined;
  has25?: boolean;
  name25?: string;
  version25?: number | null | undefined;
  has26?: boolean;
  name26?: string;
  version26?: number | null | undefined;
  has27?: boolean;
  name27?: string;
  version27?: number | null | undefined;
  has28?: boolean;
  name28?: string;
  version28?: number | null | undefined;
  has29?: boolean;
  name29?: string;
  version29?: number | null | undefined;
  has30?: boolean;
  name30?: string;
  version30?: number | null | undefined;
  has31?: boolean;
  name31?: string;
  version31?: number | null | undefined;
  has32?: boolean;
  name32?: string;
  version32?: number | null | undefined;
  has33?: boolean;
  name33?: string;
  version33?: number | null | undefined;
  has34?: boolean;
  name34?: string;
  version34?: number | null | undefined;
  has35?: boolean;
  name35?: string;
  version35?: number | null | undefined;
  has36?: boolean;
  name36?: string;
  version36?: number | null | undefined;
  has37?: boolean;
  name37?: string;
  version37?: number | null | undefined;
  has38?: boolean;
  name38?: string;
  version38?: number | null | undefined;
  has39?: boolean;
  name39?: string;
  version39?: number | null | undefined;
  has40?: boolean;
  name40?: string;
  version40?: number | null | undefined;
  has41?: boolean;
  name41?: string;
  version41?: number | null | undefined;
  has42?: boolean;
  name42?: string;
  version42?: number | null | undefined;
  has43?: boolean;
  name43?: string;
  version43?: number | null | undefined;
  has44?: boolean;
  name44?: string;
  version44?: number | null | undefined;
  has45?: boolean;
  name45?: string;
  version45?: number | null | undefined;
  has46?: boolean;
  name46?: string;
  version46?: number | null | undefined;
  has47?: boolean;
  name47?: string;
  version47?: number | null | undefined;
  has48?: boolean;
  name48?: string;
  version48?: number | null | undefined;
  has49?: boolean;
  name49?: string;
  version49?: number | null | undefined;
}>;


export type RevealManyQuery = { s0?: { value: string | null } | null, s1?: { value: string | null } | null, s2?: { value: string | null } | null, s3?: { value: string | null } | null, s4?: { value: string | null } | null, s5?: { value: string | null } | null, s6?: { value: string | null } | null, s7?: { value: string | null } | null, s8?: { value: string | null } | null, s9?: { value: string | null } | null, s10?: { value: string | null } | null, s11?: { value: string | null } | null, s12?: { value: string | null } | null, s13?: { value: string | null } | null, s14?: { value: string | null } | null, s15?: { value: string | null } | null, s16?: { value: string | null } | null, s17?: { value: string | null } | null, s18?: { value: string | null } | null, s19?: { value: string | null } | null, s20?: { value: string | null } | null, s21?: { value: string | null } | null, s22?: { value: string | null } | null, s23?: { value: string | null } | null, s24?: { value: string | null } | null, s25?: { value: string | null } | null, s26?: { value: string | null } | null, s27?: { value: string | null } | null, s28?: { value: string | null } | null, s29?: { value: string | null } | null, s30?: { value: string | null } | null, s31?: { value: string | null } | null, s32?: { value: string | null } | null, s33?: { value: string | null } | null, s34?: { value: string | null } | null, s35?: { value: string | null } | null, s36?: { value: string | null } | null, s37?: { value: string | null } | null, s38?: { value: string | null } | null, s39?: { value: string | null } | null, s40?: { value: string | null } | null, s41?: { value: string | null } | null, s42?: { value: string | null } | null, s43?: { value: string | null } | null, s44?: { value: string | null } | null, s45?: { value: string | null } | null, s46?: { value: string | null } | null, s47?: { value: string | null } | null, s48?: { value: string | null } | null, s49?: { value: string | null } | null };

export const FindMany: Operation<FindManyQuery, FindManyQueryVariables> = {
  name: 'FindMany',
  text: "query FindMany($has0: Boolean! = false, $name0: String! = \"\", $has1: Boolean! = false, $name1: String! = \"\", $has2: Boolean! = false, $name2: String! = \"\", $has3: Boolean! = false, $name3: String! = \"\", $has4: Boolean! = false, $name4: String! = \"\", $has5: Boolean! = false, $name5: String! = \"\", $has6: Boolean! = false, $name6: String! = \"\", $has7: Boolean! = false, $name7: String! = \"\", $has8: Boolean! = false, $name8: String! = \"\", $has9: Boolean! = false, $name9: String! = \"\", $has10: Boolean! = false, $name10: String! = \"\", $has11: Boolean! = false, $name11: String! = \"\", $has12: Boolean! = false, $name12: String! = \"\", $has13: Boolean! = false, $name13: String! = \"\", $has14: Boolean! = false, $name14: String! = \"\", $has15: Boolean! = false, $name15: String! = \"\", $has16: Boolean! = false, $name16: String! = \"\", $has17: Boolean! = false, $name17: String! = \"\", $has18: Boolean! = false, $name18: String! = \"\", $has19: Boolean! = false, $name19: String! = \"\", $has20: Boolean! = false, $name20: String! = \"\", $has21: Boolean! = false, $name21: String! = \"\", $has22: Boolean! = false, $name22: String! = \"\", $has23: Boolean! = false, $name23: String! = \"\", $has24: Boolean! = false, $name24: String! = \"\", $has25: Boolean! = false, $name25: String! = \"\", $has26: Boolean! = false, $name26: String! = \"\", $has27: Boolean! = false, $name27: String! = \"\", $has28: Boolean! = false, $name28: String! = \"\", $has29: Boolean! = false, $name29: String! = \"\", $has30: Boolean! = false, $name30: String! = \"\", $has31: Boolean! = false, $name31: String! = \"\", $has32: Boolean! = false, $name32: String! = \"\", $has33: Boolean! = false, $name33: String! = \"\", $has34: Boolean! = false, $name34: String! = \"\", $has35: Boolean! = false, $name35: String! = \"\", $has36: Boolean! = false, $name36: String! = \"\", $has37: Boolean! = false, $name37: String! = \"\", $has38: Boolean! = false, $name38: String! = \"\", $has39: Boolean! = false, $name39: String! = \"\") {\n  s0: secret(name: $name0) @include(if: $has0) {\n    ...SecretFields\n  }\n  s1: secret(name: $name1) @include(if: $has1) {\n    ...SecretFields\n  }\n  s2: secret(name: $name2) @include(if: $has2) {\n    ...SecretFields\n  }\n  s3: secret(name: $name3) @include(if: $has3) {\n    ...SecretFields\n  }\n  s4: secret(name: $name4) @include(if: $has4) {\n    ...SecretFields\n  }\n  s5: secret(name: $name5) @include(if: $has5) {\n    ...SecretFields\n  }\n  s6: secret(name: $name6) @include(if: $has6) {\n    ...SecretFields\n  }\n  s7: secret(name: $name7) @include(if: $has7) {\n    ...SecretFields\n  }\n  s8: secret(name: $name8) @include(if: $has8) {\n    ...SecretFields\n  }\n  s9: secret(name: $name9) @include(if: $has9) {\n    ...SecretFields\n  }\n  s10: secret(name: $name10) @include(if: $has10) {\n    ...SecretFields\n  }\n  s11: secret(name: $name11) @include(if: $has11) {\n    ...SecretFields\n  }\n  s12: secret(name: $name12) @include(if: $has12) {\n    ...SecretFields\n  }\n  s13: secret(name: $name13) @include(if: $has13) {\n    ...SecretFields\n  }\n  s14: secret(name: $name14) @include(if: $has14) {\n    ...SecretFields\n  }\n  s15: secret(name: $name15) @include(if: $has15) {\n    ...SecretFields\n  }\n  s16: secret(name: $name16) @include(if: $has16) {\n    ...SecretFields\n  }\n  s17: secret(name: $name17) @include(if: $has17) {\n    ...SecretFields\n  }\n  s18: secret(name: $name18) @include(if: $has18) {\n    ...SecretFields\n  }\n  s19: secret(name: $name19) @include(if: $has19) {\n    ...SecretFields\n  }\n  s20: secret(name: $name20) @include(if: $has20) {\n    ...SecretFields\n  }\n  s21: secret(name: $name21) @include(if: $has21) {\n    ...SecretFields\n  }\n  s22: secret(name: $name22) @include(if: $has22) {\n    ...SecretFields\n  }\n  s23: secret(name: $name23) @include(if: $has23) {\n    ...SecretFields\n  }\n  s24: secret(name: $name24) @include(if: $has24) {\n    ...SecretFields\n  }\n  s25: secret(name: $name25) @include(if: $has25) {\n    ...SecretFields\n  }\n  s26: secret(name: $name26) @include(if: $has26) {\n    ...SecretFields\n  }\n  s27: secret(name: $name27) @include(if: $has27) {\n    ...SecretFields\n  }\n  s28: secret(name: $name28) @include(if: $has28) {\n    ...SecretFields\n  }\n  s29: secret(name: $name29) @include(if: $has29) {\n    ...SecretFields\n  }\n  s30: secret(name: $name30) @include(if: $has30) {\n    ...SecretFields\n  }\n  s31: secret(name: $name31) @include(if: $has31) {\n    ...SecretFields\n  }\n  s32: secret(name: $name32) @include(if: $has32) {\n    ...SecretFields\n  }\n  s33: secret(name: $name33) @include(if: $has33) {\n    ...SecretFields\n  }\n  s34: secret(name: $name34) @include(if: $has34) {\n    ...SecretFields\n  }\n  s35: secret(name: $name35) @include(if: $has35) {\n    ...SecretFields\n  }\n  s36: secret(name: $name36) @include(if: $has36) {\n    ...SecretFields\n  }\n  s37: secret(name: $name37) @include(if: $has37) {\n    ...SecretFields\n  }\n  s38: secret(name: $name38) @include(if: $has38) {\n    ...SecretFields\n  }\n  s39: secret(name: $name39) @include(if: $has39) {\n    ...SecretFields\n  }\n}\n\nfragment SecretFields on Secret {\n  id\n  name\n  description\n  version\n  tags {\n    id\n  }\n  viewerAccess\n  expiresAt\n  createdAt\n  createdBy {\n    id\n    name\n  }\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n  deletedAt\n}",
};

export const Viewer: Operation<ViewerQuery, ViewerQueryVariables> = {
  name: 'Viewer',
  text: "query Viewer {\n  viewer {\n    __typename\n    id\n    name\n    roles\n    groups {\n      id\n      name\n    }\n    ... on User {\n      username\n    }\n  }\n}",
};

export const FindSecret: Operation<FindSecretQuery, FindSecretQueryVariables> = {
  name: 'FindSecret',
  text: "query FindSecret($name: String!) {\n  secret(name: $name) {\n    ...SecretFields\n  }\n}\n\nfragment SecretFields on Secret {\n  id\n  name\n  description\n  version\n  tags {\n    id\n  }\n  viewerAccess\n  expiresAt\n  createdAt\n  createdBy {\n    id\n    name\n  }\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n  deletedAt\n}",
};

export const ListSecrets: Operation<ListSecretsQuery, ListSecretsQueryVariables> = {
  name: 'ListSecrets',
  text: "query ListSecrets($filter: SecretFilter, $orderBy: SecretOrder!, $first: Int!, $after: String) {\n  secrets(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {\n    nodes {\n      ...SecretFields\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nfragment SecretFields on Secret {\n  id\n  name\n  description\n  version\n  tags {\n    id\n  }\n  viewerAccess\n  expiresAt\n  createdAt\n  createdBy {\n    id\n    name\n  }\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n  deletedAt\n}",
};

export const ListVersions: Operation<ListVersionsQuery, ListVersionsQueryVariables> = {
  name: 'ListVersions',
  text: "query ListVersions($name: String!, $first: Int!, $after: String) {\n  secret(name: $name) {\n    versions(first: $first, after: $after) {\n      nodes {\n        number\n        createdAt\n        createdBy {\n          id\n          name\n        }\n        destroyedAt\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n}",
};

export const ListEvents: Operation<ListEventsQuery, ListEventsQueryVariables> = {
  name: 'ListEvents',
  text: "query ListEvents($filter: AuditFilter!, $first: Int!, $after: String) {\n  auditEvents(filter: $filter, first: $first, after: $after) {\n    nodes {\n      id\n      at\n      action\n      outcome\n      actor {\n        kind\n        id\n        name\n      }\n      subject {\n        kind\n        id\n        name\n      }\n      version\n      changes\n      requestId\n      address\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}",
};

export const ListAccess: Operation<ListAccessQuery, ListAccessQueryVariables> = {
  name: 'ListAccess',
  text: "query ListAccess($name: String!, $access: Access, $first: Int!, $after: String) {\n  accessEntries(secret: $name, access: $access, first: $first, after: $after) {\n    nodes {\n      principal {\n        __typename\n        id\n        name\n      }\n      access\n      paths {\n        ...PathFields\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n\nfragment PathFields on AccessPath {\n  access\n  permission {\n    id\n    expiresAt\n    grantedAt\n  }\n  group {\n    id\n    name\n  }\n  tag {\n    id\n  }\n  role\n}",
};

export const ExplainAccess: Operation<ExplainAccessQuery, ExplainAccessQueryVariables> = {
  name: 'ExplainAccess',
  text: "query ExplainAccess($principalId: ID!, $name: String!, $access: Access!) {\n  explainAccess(principalId: $principalId, secret: $name, access: $access) {\n    allowed\n    principalActive\n    paths {\n      ...PathFields\n    }\n    nearMisses {\n      reason\n      message\n      permission {\n        id\n      }\n    }\n  }\n}\n\nfragment PathFields on AccessPath {\n  access\n  permission {\n    id\n    expiresAt\n    grantedAt\n  }\n  group {\n    id\n    name\n  }\n  tag {\n    id\n  }\n  role\n}",
};

export const FindUser: Operation<FindUserQuery, FindUserQueryVariables> = {
  name: 'FindUser',
  text: "query FindUser($username: String!) {\n  user(username: $username) {\n    id\n  }\n}",
};

export const CreateSecret: Operation<CreateSecretMutation, CreateSecretMutationVariables> = {
  name: 'CreateSecret',
  text: "mutation CreateSecret($input: CreateSecretInput!) {\n  createSecret(input: $input) {\n    secret {\n      ...SecretFields\n    }\n  }\n}\n\nfragment SecretFields on Secret {\n  id\n  name\n  description\n  version\n  tags {\n    id\n  }\n  viewerAccess\n  expiresAt\n  createdAt\n  createdBy {\n    id\n    name\n  }\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n  deletedAt\n}",
};

export const UpdateSecret: Operation<UpdateSecretMutation, UpdateSecretMutationVariables> = {
  name: 'UpdateSecret',
  text: "mutation UpdateSecret($input: UpdateSecretInput!) {\n  updateSecret(input: $input) {\n    secret {\n      ...SecretFields\n    }\n  }\n}\n\nfragment SecretFields on Secret {\n  id\n  name\n  description\n  version\n  tags {\n    id\n  }\n  viewerAccess\n  expiresAt\n  createdAt\n  createdBy {\n    id\n    name\n  }\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n  deletedAt\n}",
};

export const RotateSecret: Operation<RotateSecretMutation, RotateSecretMutationVariables> = {
  name: 'RotateSecret',
  text: "mutation RotateSecret($input: RotateSecretInput!) {\n  rotateSecret(input: $input) {\n    changed\n    secret {\n      ...SecretFields\n    }\n  }\n}\n\nfragment SecretFields on Secret {\n  id\n  name\n  description\n  version\n  tags {\n    id\n  }\n  viewerAccess\n  expiresAt\n  createdAt\n  createdBy {\n    id\n    name\n  }\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n  deletedAt\n}",
};

export const RollbackSecret: Operation<RollbackSecretMutation, RollbackSecretMutationVariables> = {
  name: 'RollbackSecret',
  text: "mutation RollbackSecret($name: String!, $version: Int!) {\n  rollbackSecret(name: $name, version: $version) {\n    secret {\n      ...SecretFields\n    }\n  }\n}\n\nfragment SecretFields on Secret {\n  id\n  name\n  description\n  version\n  tags {\n    id\n  }\n  viewerAccess\n  expiresAt\n  createdAt\n  createdBy {\n    id\n    name\n  }\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n  deletedAt\n}",
};

export const DeleteSecret: Operation<DeleteSecretMutation, DeleteSecretMutationVariables> = {
  name: 'DeleteSecret',
  text: "mutation DeleteSecret($name: String!, $purge: Boolean!) {\n  deleteSecret(name: $name, purge: $purge) {\n    id\n    restorableUntil\n  }\n}",
};

export const RestoreSecret: Operation<RestoreSecretMutation, RestoreSecretMutationVariables> = {
  name: 'RestoreSecret',
  text: "mutation RestoreSecret($id: ID!) {\n  restoreSecret(id: $id) {\n    secret {\n      ...SecretFields\n    }\n  }\n}\n\nfragment SecretFields on Secret {\n  id\n  name\n  description\n  version\n  tags {\n    id\n  }\n  viewerAccess\n  expiresAt\n  createdAt\n  createdBy {\n    id\n    name\n  }\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n  deletedAt\n}",
};

export const TagSecret: Operation<TagSecretMutation, TagSecretMutationVariables> = {
  name: 'TagSecret',
  text: "mutation TagSecret($name: String!, $tags: [TagInput!]!) {\n  tagSecret(name: $name, tags: $tags) {\n    secret {\n      ...SecretFields\n    }\n  }\n}\n\nfragment SecretFields on Secret {\n  id\n  name\n  description\n  version\n  tags {\n    id\n  }\n  viewerAccess\n  expiresAt\n  createdAt\n  createdBy {\n    id\n    name\n  }\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n  deletedAt\n}",
};

export const UntagSecret: Operation<UntagSecretMutation, UntagSecretMutationVariables> = {
  name: 'UntagSecret',
  text: "mutation UntagSecret($name: String!, $tags: [TagInput!]!) {\n  untagSecret(name: $name, tags: $tags) {\n    secret {\n      ...SecretFields\n    }\n  }\n}\n\nfragment SecretFields on Secret {\n  id\n  name\n  description\n  version\n  tags {\n    id\n  }\n  viewerAccess\n  expiresAt\n  createdAt\n  createdBy {\n    id\n    name\n  }\n  updatedAt\n  updatedBy {\n    id\n    name\n  }\n  deletedAt\n}",
};

export const Reveal: Operation<RevealQuery, RevealQueryVariables> = {
  name: 'Reveal',
  text: "query Reveal($name: String!, $version: Int) {\n  secret(name: $name) {\n    value(reveal: true, version: $version)\n  }\n}",
};

export const RevealMany: Operation<RevealManyQuery, RevealManyQueryVariables> = {
  name: 'RevealMany',
  text: "query RevealMany($has0: Boolean! = false, $name0: String! = \"\", $version0: Int, $has1: Boolean! = false, $name1: String! = \"\", $version1: Int, $has2: Boolean! = false, $name2: String! = \"\", $version2: Int, $has3: Boolean! = false, $name3: String! = \"\", $version3: Int, $has4: Boolean! = false, $name4: String! = \"\", $version4: Int, $has5: Boolean! = false, $name5: String! = \"\", $version5: Int, $has6: Boolean! = false, $name6: String! = \"\", $version6: Int, $has7: Boolean! = false, $name7: String! = \"\", $version7: Int, $has8: Boolean! = false, $name8: String! = \"\", $version8: Int, $has9: Boolean! = false, $name9: String! = \"\", $version9: Int, $has10: Boolean! = false, $name10: String! = \"\", $version10: Int, $has11: Boolean! = false, $name11: String! = \"\", $version11: Int, $has12: Boolean! = false, $name12: String! = \"\", $version12: Int, $has13: Boolean! = false, $name13: String! = \"\", $version13: Int, $has14: Boolean! = false, $name14: String! = \"\", $version14: Int, $has15: Boolean! = false, $name15: String! = \"\", $version15: Int, $has16: Boolean! = false, $name16: String! = \"\", $version16: Int, $has17: Boolean! = false, $name17: String! = \"\", $version17: Int, $has18: Boolean! = false, $name18: String! = \"\", $version18: Int, $has19: Boolean! = false, $name19: String! = \"\", $version19: Int, $has20: Boolean! = false, $name20: String! = \"\", $version20: Int, $has21: Boolean! = false, $name21: String! = \"\", $version21: Int, $has22: Boolean! = false, $name22: String! = \"\", $version22: Int, $has23: Boolean! = false, $name23: String! = \"\", $version23: Int, $has24: Boolean! = false, $name24: String! = \"\", $version24: Int, $has25: Boolean! = false, $name25: String! = \"\", $version25: Int, $has26: Boolean! = false, $name26: String! = \"\", $version26: Int, $has27: Boolean! = false, $name27: String! = \"\", $version27: Int, $has28: Boolean! = false, $name28: String! = \"\", $version28: Int, $has29: Boolean! = false, $name29: String! = \"\", $version29: Int, $has30: Boolean! = false, $name30: String! = \"\", $version30: Int, $has31: Boolean! = false, $name31: String! = \"\", $version31: Int, $has32: Boolean! = false, $name32: String! = \"\", $version32: Int, $has33: Boolean! = false, $name33: String! = \"\", $version33: Int, $has34: Boolean! = false, $name34: String! = \"\", $version34: Int, $has35: Boolean! = false, $name35: String! = \"\", $version35: Int, $has36: Boolean! = false, $name36: String! = \"\", $version36: Int, $has37: Boolean! = false, $name37: String! = \"\", $version37: Int, $has38: Boolean! = false, $name38: String! = \"\", $version38: Int, $has39: Boolean! = false, $name39: String! = \"\", $version39: Int, $has40: Boolean! = false, $name40: String! = \"\", $version40: Int, $has41: Boolean! = false, $name41: String! = \"\", $version41: Int, $has42: Boolean! = false, $name42: String! = \"\", $version42: Int, $has43: Boolean! = false, $name43: String! = \"\", $version43: Int, $has44: Boolean! = false, $name44: String! = \"\", $version44: Int, $has45: Boolean! = false, $name45: String! = \"\", $version45: Int, $has46: Boolean! = false, $name46: String! = \"\", $version46: Int, $has47: Boolean! = false, $name47: String! = \"\", $version47: Int, $has48: Boolean! = false, $name48: String! = \"\", $version48: Int, $has49: Boolean! = false, $name49: String! = \"\", $version49: Int) {\n  s0: secret(name: $name0) @include(if: $has0) {\n    value(reveal: true, version: $version0)\n  }\n  s1: secret(name: $name1) @include(if: $has1) {\n    value(reveal: true, version: $version1)\n  }\n  s2: secret(name: $name2) @include(if: $has2) {\n    value(reveal: true, version: $version2)\n  }\n  s3: secret(name: $name3) @include(if: $has3) {\n    value(reveal: true, version: $version3)\n  }\n  s4: secret(name: $name4) @include(if: $has4) {\n    value(reveal: true, version: $version4)\n  }\n  s5: secret(name: $name5) @include(if: $has5) {\n    value(reveal: true, version: $version5)\n  }\n  s6: secret(name: $name6) @include(if: $has6) {\n    value(reveal: true, version: $version6)\n  }\n  s7: secret(name: $name7) @include(if: $has7) {\n    value(reveal: true, version: $version7)\n  }\n  s8: secret(name: $name8) @include(if: $has8) {\n    value(reveal: true, version: $version8)\n  }\n  s9: secret(name: $name9) @include(if: $has9) {\n    value(reveal: true, version: $version9)\n  }\n  s10: secret(name: $name10) @include(if: $has10) {\n    value(reveal: true, version: $version10)\n  }\n  s11: secret(name: $name11) @include(if: $has11) {\n    value(reveal: true, version: $version11)\n  }\n  s12: secret(name: $name12) @include(if: $has12) {\n    value(reveal: true, version: $version12)\n  }\n  s13: secret(name: $name13) @include(if: $has13) {\n    value(reveal: true, version: $version13)\n  }\n  s14: secret(name: $name14) @include(if: $has14) {\n    value(reveal: true, version: $version14)\n  }\n  s15: secret(name: $name15) @include(if: $has15) {\n    value(reveal: true, version: $version15)\n  }\n  s16: secret(name: $name16) @include(if: $has16) {\n    value(reveal: true, version: $version16)\n  }\n  s17: secret(name: $name17) @include(if: $has17) {\n    value(reveal: true, version: $version17)\n  }\n  s18: secret(name: $name18) @include(if: $has18) {\n    value(reveal: true, version: $version18)\n  }\n  s19: secret(name: $name19) @include(if: $has19) {\n    value(reveal: true, version: $version19)\n  }\n  s20: secret(name: $name20) @include(if: $has20) {\n    value(reveal: true, version: $version20)\n  }\n  s21: secret(name: $name21) @include(if: $has21) {\n    value(reveal: true, version: $version21)\n  }\n  s22: secret(name: $name22) @include(if: $has22) {\n    value(reveal: true, version: $version22)\n  }\n  s23: secret(name: $name23) @include(if: $has23) {\n    value(reveal: true, version: $version23)\n  }\n  s24: secret(name: $name24) @include(if: $has24) {\n    value(reveal: true, version: $version24)\n  }\n  s25: secret(name: $name25) @include(if: $has25) {\n    value(reveal: true, version: $version25)\n  }\n  s26: secret(name: $name26) @include(if: $has26) {\n    value(reveal: true, version: $version26)\n  }\n  s27: secret(name: $name27) @include(if: $has27) {\n    value(reveal: true, version: $version27)\n  }\n  s28: secret(name: $name28) @include(if: $has28) {\n    value(reveal: true, version: $version28)\n  }\n  s29: secret(name: $name29) @include(if: $has29) {\n    value(reveal: true, version: $version29)\n  }\n  s30: secret(name: $name30) @include(if: $has30) {\n    value(reveal: true, version: $version30)\n  }\n  s31: secret(name: $name31) @include(if: $has31) {\n    value(reveal: true, version: $version31)\n  }\n  s32: secret(name: $name32) @include(if: $has32) {\n    value(reveal: true, version: $version32)\n  }\n  s33: secret(name: $name33) @include(if: $has33) {\n    value(reveal: true, version: $version33)\n  }\n  s34: secret(name: $name34) @include(if: $has34) {\n    value(reveal: true, version: $version34)\n  }\n  s35: secret(name: $name35) @include(if: $has35) {\n    value(reveal: true, version: $version35)\n  }\n  s36: secret(name: $name36) @include(if: $has36) {\n    value(reveal: true, version: $version36)\n  }\n  s37: secret(name: $name37) @include(if: $has37) {\n    value(reveal: true, version: $version37)\n  }\n  s38: secret(name: $name38) @include(if: $has38) {\n    value(reveal: true, version: $version38)\n  }\n  s39: secret(name: $name39) @include(if: $has39) {\n    value(reveal: true, version: $version39)\n  }\n  s40: secret(name: $name40) @include(if: $has40) {\n    value(reveal: true, version: $version40)\n  }\n  s41: secret(name: $name41) @include(if: $has41) {\n    value(reveal: true, version: $version41)\n  }\n  s42: secret(name: $name42) @include(if: $has42) {\n    value(reveal: true, version: $version42)\n  }\n  s43: secret(name: $name43) @include(if: $has43) {\n    value(reveal: true, version: $version43)\n  }\n  s44: secret(name: $name44) @include(if: $has44) {\n    value(reveal: true, version: $version44)\n  }\n  s45: secret(name: $name45) @include(if: $has45) {\n    value(reveal: true, version: $version45)\n  }\n  s46: secret(name: $name46) @include(if: $has46) {\n    value(reveal: true, version: $version46)\n  }\n  s47: secret(name: $name47) @include(if: $has47) {\n    value(reveal: true, version: $version47)\n  }\n  s48: secret(name: $name48) @include(if: $has48) {\n    value(reveal: true, version: $version48)\n  }\n  s49: secret(name: $name49) @include(if: $has49) {\n    value(reveal: true, version: $version49)\n  }\n}",
};
