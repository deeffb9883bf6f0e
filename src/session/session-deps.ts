import type { Authorizer } from '../access/authorizer.ts';
import type { SimulationQueues } from '../access-audit/simulation/simulation-queue.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { AuditStream } from '../audit/audit-stream.ts';
import type { Verification } from '../audit/audit-verification.ts';
import type { EngineTasks } from '../conductor/engine-tasks.ts';
import type { RegisteredDefinitions } from '../conductor/registered-definition.ts';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database } from '../database/client.ts';
import type { Clock } from '../primitives/clock.ts';
import type { WaitBudget } from '../primitives/wait-budget.ts';
import type { EntitlementCache } from '../principals/entitlement-cache.ts';
import type { NamedSecrets } from '../secrets/named-secrets.ts';
import type { SecretValues } from '../secrets/secret-values.ts';

/** The parts of a gateway process that all requests of the process share. */
export interface AppDeps {
  database: Database;
  /** The audit log of this process. */
  stream: AuditStream;
  keyring: Keyring;
  values: SecretValues;
  verifyLog: () => Promise<Verification>;
  simulationQueues: SimulationQueues;
  clock: Clock;
}

/** The parts of a gateway process that a session needs. */
export interface SessionDeps extends AppDeps {
  entitlementCache: EntitlementCache;
  named: NamedSecrets;
  /** Reads the definitions of the Conductor server behind the gateway. Undefined if no Conductor server is configured. */
  definitions?: RegisteredDefinitions | undefined;
  /** Reads tasks of the Conductor server behind the gateway. Undefined if no Conductor server is configured. */
  tasks?: EngineTasks | undefined;
}

/** The parts that the services of one session need. All services of the session use the same authorizer for decisions, and the same audit log. */
export interface RequestDeps extends AppDeps {
  authorizer: Authorizer;
  audit: AuditLog;
  /** Limits how long the request waits, in all, for the database and for turns. */
  budget: WaitBudget;
}
