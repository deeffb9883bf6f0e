// Generated from schema.graphql by `npm run generate`. Do not edit.
/** What a permission allows on a secret. */
export type Access =
  /** Create a secret under this name, or one that carries this tag. */
  | 'CREATE'
  /** See the secret and reveal its value. */
  | 'READ'
  /** Give it a new value, change its description, expiry and tags, share what the holder has. */
  | 'UPDATE'
  /** Delete it, restore it, destroy a version. */
  | 'DELETE'
  /** Have its value put in place of `${workflow.secrets.NAME}`, without being shown it. */
  | 'EXECUTE';

/** What a principal is, whatever it was granted. ADMIN passes every check; AUDITOR reads permissions and the audit log, never a value. */
export type Role =
  /** Passes every check. */
  | 'ADMIN'
  /** Reads permissions, principals and the audit log; never a value. */
  | 'AUDITOR'
  /** Creates secrets and applications. */
  | 'USER'
  /** Creates secrets; reads and changes environment variables, and changes tags on definitions of workflows and tasks. */
  | 'METADATA_MANAGER'
  /** A role of workflow engines; gives nothing here. */
  | 'WORKFLOW_MANAGER'
  /** Has only what it is granted, and cannot be in a group. */
  | 'USER_READ_ONLY'
  /** A role of workers; gives nothing here. Anyone who manages an application can give it. */
  | 'WORKER'
  /** A role of applications that manage definitions; gives nothing here. Anyone who manages an application can give it. */
  | 'METADATA_API'
  /** Creates applications. Anyone who manages an application can give it. */
  | 'APPLICATION_CREATOR'
  /** Creates and manages applications. */
  | 'APPLICATION_MANAGER'
  /** A role of workers; gives nothing here. */
  | 'UNRESTRICTED_WORKER';

/**
 * What of a workflow engine a permission can be on, besides secrets and tags. Such permissions are kept for the engine to ask about. None
 * of them gives anything on a secret; one on an ENV_VARIABLE lets that variable be read.
 */
export type ResourceType =
  /** A service behind an engine's API gateway. */
  | 'API_GATEWAY_SERVICE'
  /** A route of such a service. */
  | 'API_GATEWAY_SERVICE_ROUTE'
  /** An application, by its id. */
  | 'APPLICATION'
  /** A configuration of authentication. */
  | 'AUTH_CONFIG'
  /** A setting of the cluster. */
  | 'CLUSTER_CONFIG'
  /** A domain of workers. */
  | 'DOMAIN'
  /** An environment variable, by its name. */
  | 'ENV_VARIABLE'
  /** A handler of events. */
  | 'EVENT_HANDLER'
  /** A group, by its name. */
  | 'GROUP'
  /** An integration. */
  | 'INTEGRATION'
  /** A provider of integrations. */
  | 'INTEGRATION_PROVIDER'
  /** A prompt. */
  | 'PROMPT'
  /** A role, by its name. */
  | 'ROLE'
  /** A schema. */
  | 'SCHEMA'
  /** An entry of the service registry. */
  | 'SERVICE_REGISTRY'
  /** A definition of a task. */
  | 'TASK_DEF'
  /** A task that ran, by its id. */
  | 'TASK_ID'
  /** A task within a workflow, by its reference name. */
  | 'TASK_REF_NAME'
  /** A user, by its username. */
  | 'USER'
  /** A form for people. */
  | 'USER_FORM_TEMPLATE'
  /** A webhook. */
  | 'WEBHOOK'
  /** A workflow. */
  | 'WORKFLOW'
  /** A definition of a workflow. */
  | 'WORKFLOW_DEF'
  /** A schedule of a workflow. */
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
