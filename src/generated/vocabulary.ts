// Generated from schema.graphql by `npm run generate`. Do not edit.
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
