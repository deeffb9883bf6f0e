// Generated from schema.graphql by `npm run generate`. Do not edit.
/** An access: an action that a grant allows on a secret. A holder of any access except CREATE can see that the secret exists. */
export type Access =
  /** Allows creating a secret with the granted name or the granted tag. */
  | 'CREATE'
  /** Allows revealing the value, and resolving references to the secret. */
  | 'READ'
  /** Allows rotating the secret, changing its description, expiry and tags, and granting accesses that the holder has. */
  | 'UPDATE'
  /** Allows deleting the secret, restoring the secret and destroying its earlier versions. */
  | 'DELETE'
  /** Allows resolving references to the secret, `${workflow.secrets.NAME}`. Does not allow revealing the value. */
  | 'EXECUTE';

/**
 * A role of a user, a group or an application. Each member of a group has the roles of the group. No role except ADMIN gives access to
 * existing secrets.
 */
export type Role =
  /** Allows every operation, and gives every access to every secret. */
  | 'ADMIN'
  /** Allows reading all principals, all grants and the audit log. Gives no access to secret values. */
  | 'AUDITOR'
  /** Allows creating secrets and applications. */
  | 'USER'
  /** Allows creating secrets, managing environment variables, and changing tags of workflow definitions and task definitions. */
  | 'METADATA_MANAGER'
  /** A role for workflow engines. Allows nothing in the gateway. */
  | 'WORKFLOW_MANAGER'
  /** Allows nothing except what the principal's grants allow. A principal with this role cannot be in a group. */
  | 'USER_READ_ONLY'
  /** A role for worker processes. Allows nothing in the gateway. A manager of an application can give the application this role. */
  | 'WORKER'
  /**
   * A role for applications that manage workflow definitions. Allows nothing in the gateway. A manager of an application can give the
   * application this role.
   */
  | 'METADATA_API'
  /** Allows creating applications. A manager of an application can give the application this role. */
  | 'APPLICATION_CREATOR'
  /** Allows creating applications and managing all applications. */
  | 'APPLICATION_MANAGER'
  /** A role for worker processes. Allows nothing in the gateway. */
  | 'UNRESTRICTED_WORKER';

/**
 * The type of a resource of a workflow engine. The gateway stores grants on resources for workflow engines, which read the grants. A grant on
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

/** What a grant lacks to allow something. */
export type NearMissReason =
  /** It reaches the secret, and gives other accesses. */
  | 'OTHER_ACCESS'
  /** It has ended. */
  | 'EXPIRED'
  /** It is on a tag that the secret would have to carry. */
  | 'SECRET_LACKS_TAG'
  /** It is to a group that the principal is not in. */
  | 'NOT_A_MEMBER'
  /** It would allow it, were the principal active. */
  | 'PRINCIPAL_INACTIVE';

/** How an attempt ended. */
export type AuditOutcome =
  /** It was done. */
  | 'DONE'
  /** The caller may not. */
  | 'REFUSED'
  /** The caller may, and it could not be done. */
  | 'FAILED';

/** What was tried. */
export type AuditAction =
  /** A user or an application signed in. */
  | 'SIGN_IN'
  /** A secret was created. */
  | 'SECRET_CREATE'
  /** A secret's description or expiry changed. */
  | 'SECRET_UPDATE'
  /** A secret got a new value, or an earlier one again. */
  | 'SECRET_ROTATE'
  /** A value was shown. */
  | 'SECRET_REVEAL'
  /**
   * A value was put in place of a reference. A use of which nothing comes after all (NOT_JSON, NO_FIELD, too large a result) has two events: DONE,
   * then FAILED.
   */
  | 'SECRET_USE'
  /** A secret was deleted, or purged. */
  | 'SECRET_DELETE'
  /** A deleted secret came back. */
  | 'SECRET_RESTORE'
  /** A version's value was destroyed. */
  | 'SECRET_VERSION_DESTROY'
  /** Tags were added to a secret. */
  | 'SECRET_TAG'
  /** Tags were taken from a secret. */
  | 'SECRET_UNTAG'
  /** A permission was granted. */
  | 'PERMISSION_GRANT'
  /** A permission was revoked, in whole or in part. */
  | 'PERMISSION_REVOKE'
  /** A group was created. */
  | 'GROUP_CREATE'
  /** A group's name, description or roles changed. */
  | 'GROUP_UPDATE'
  /** A group was deleted. */
  | 'GROUP_DELETE'
  /** A principal joined a group. */
  | 'GROUP_MEMBER_ADD'
  /** A principal left a group. */
  | 'GROUP_MEMBER_REMOVE'
  /** An application was created. */
  | 'APPLICATION_CREATE'
  /** An application's name, description or roles changed. */
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
  /** A user's name, address, password, roles or activity changed. */
  | 'USER_UPDATE'
  /** A user was deleted. */
  | 'USER_DELETE'
  /** A principal simulated changes of access. `changes` lists them in order, up to 8,000 characters of JSON. */
  | 'ACCESS_SIMULATE'
  /** The audit log was checked. */
  | 'AUDIT_VERIFY'
  /** A month of the audit log was exported and taken out of the database. */
  | 'AUDIT_RETIRE'
  /** The key that signs tokens was replaced. */
  | 'SIGNING_KEY_ROTATE'
  /** A key was added to the keyring or taken from it, or data keys were wrapped anew. */
  | 'KEYRING_ROTATE'
  /** A GraphQL operation was registered, to be asked for by its hash. */
  | 'OPERATION_REGISTER'
  /** A registered operation was removed. */
  | 'OPERATION_REMOVE'
  /** An environment variable was set. */
  | 'ENV_VARIABLE_SET'
  /** An environment variable was deleted. */
  | 'ENV_VARIABLE_DELETE'
  /** Tags were added to something that is no secret. */
  | 'RESOURCE_TAG'
  /** Tags were removed from something other than a secret. */
  | 'RESOURCE_UNTAG'
  /** A role was defined for workflow engines. */
  | 'ROLE_CREATE'
  /** What such a role tells workflow engines changed. */
  | 'ROLE_UPDATE'
  /** Such a role was deleted. */
  | 'ROLE_DELETE';

/** Why a reference cannot be resolved. */
export type ReferenceProblem =
  /** The secret does not exist, or the principal may not use it. The answer is the same for both; the audit log distinguishes them. */
  | 'NOT_FOUND'
  /** The secret's `expiresAt` has passed. */
  | 'EXPIRED'
  /** A path follows the name, but the value is not JSON. */
  | 'NOT_JSON'
  /** The value is JSON, but has nothing at that path. */
  | 'NO_FIELD'
  /**
   * The text looks like a reference to a secret, but is not written like one: it has spaces or other letters, has no closing brace, has no
   * name, or has another expression in it or around it, so that input could choose the secret. docs/workflows.md has the rule.
   */
  | 'MALFORMED'
  /** The payload was archived: this place, or the place that an expression reads, has `***` instead of the value, and the value is lost. */
  | 'ARCHIVED';

/** The order of a list of secrets. Ties are ordered by id. */
export type SecretOrder =
  /** By name, by code point. */
  | 'NAME_ASC'
  /** By name, backwards. */
  | 'NAME_DESC'
  /** What changed last comes first. */
  | 'UPDATED_AT_DESC'
  /** What expires next comes first; what never expires comes last. */
  | 'EXPIRES_AT_ASC';

/** What a generated value is made of. */
export type Alphabet =
  /** `A-Z a-z 0-9`: 5.95 bits a character. */
  | 'ALPHANUMERIC'
  /** `0-9 a-f`: 4 bits a character. */
  | 'HEX'
  /** `A-Z a-z 0-9 - _`: 6 bits a character. */
  | 'BASE64URL'
  /** ASCII from `!` to `~`: 6.55 bits a character. */
  | 'PRINTABLE'
  /** `0-9`: 3.32 bits a character. */
  | 'DIGITS';
