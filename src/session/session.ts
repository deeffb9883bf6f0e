// The caller of one request: the principal, its entitlements, the id and the address of the request, and the services built around them.

import { type Authorizer, authorizerFor } from '../access/authorizer.ts';
import { type PermissionAttempts, permissionAttempts } from '../access/permission-attempts.ts';
import type { PermissionReader } from '../access/permission-reader.ts';
import type { PermissionService } from '../access/permission-service.ts';
import type { AccessObjects } from '../access-audit/entries/access-objects.ts';
import type { AccessReader } from '../access-audit/entries/access-reader.ts';
import type { HistoryReader } from '../access-audit/history/history-reader.ts';
import type { AccessSimulation } from '../access-audit/simulation/access-simulation.ts';
import { type UnusedPermissions, unusedPermissions } from '../access-audit/unused/unused-permissions.ts';
import { type ApplicationService, applicationService } from '../applications/application-service.ts';
import { Stale } from '../audit/as-of.ts';
import type { EventActor } from '../audit/audit-event.ts';
import { type AuditLog, auditLogAsOf, auditLogFor, type EventSource } from '../audit/audit-log.ts';
import { type AuditReader, auditReader } from '../audit/audit-reader.ts';
import { streamOfRequest } from '../audit/audit-stream.ts';
import type { Turn } from '../concurrency/queues.ts';
import { settled } from '../concurrency/settled.ts';
import { type DefinitionCheck, definitionCheck } from '../conductor/definition-check.ts';
import type { RegisteredDefinitions } from '../conductor/registered-definition.ts';
import { type TaskSecrets, taskSecrets } from '../conductor/task-secrets.ts';
import type { Sql } from '../database/client.ts';
import { forOneRequest } from '../database/request-statements.ts';
import { type EnvironmentService, environmentService } from '../environment/environment-service.ts';
import { GatewayError, Unauthenticated, Unavailable } from '../errors.ts';
import type { Access, Role } from '../generated/vocabulary.ts';
import { type GroupService, groupService } from '../groups/group-service.ts';
import { HttpError, type Incoming } from '../http/exchange.ts';
import type { Authenticate, VerifiedToken } from '../identity/authenticate.ts';
import { type PayloadService, payloadService } from '../payloads/payload-service.ts';
import { toGlobalId } from '../primitives/ids.ts';
import { unlimited, type WaitBudget } from '../primitives/wait-budget.ts';
import { type Directory, directory } from '../principals/directory.ts';
import type { Entitlements } from '../principals/principal.ts';
import { type RoleService, roleService } from '../roles/role-service.ts';
import { CHANGING, type NamedDecision, type ReadingSession } from '../secrets/named-secrets.ts';
import { type ChangingSecret, isHashedForChange } from '../secrets/secret.ts';
import {
  type ChangingSession,
  type EntitledToChange,
  type ReadToChange,
  type SecretChanges,
  secretChanges,
  type ToChange,
} from '../secrets/secret-changes.ts';
import { type SecretReader, secretReader } from '../secrets/secret-reader.ts';
import { type SecretService, secretService } from '../secrets/secret-service.ts';
import { type SecretUseService, secretUseService } from '../secrets/secret-use-service.ts';
import { type DefinitionTagging, definitionTagging } from '../tags/definition-tagging.ts';
import type { ResourceTagService } from '../tags/resource-tag-service.ts';
import { type UserService, userService } from '../users/user-service.ts';
import {
  type AccessObjectTypes,
  accessObjectsFor,
  accessReaderFor,
  accessSimulationFor,
  historyReaderFor,
  permissionReaderFor,
  permissionServiceFor,
  resourceTagServiceFor,
} from './services.ts';
import type { RequestDeps, SessionDeps } from './session-deps.ts';

/**
 * The request for which a session is created. When the entitlements are confirmed, the session sets `principal`, which the log line of the request
 * contains.
 */
export type SessionRequest = Pick<Incoming, 'requestId' | 'address' | 'headers'> &
  Partial<Pick<Incoming, 'principal' | 'budget'>>;

export interface Sessions {
  /**
   * Verifies the token of the request and returns a session. For a request without a valid token, the returned session throws Unauthenticated when it
   * confirms its entitlements.
   */
  of(request: SessionRequest): Promise<Session>;
}

export function sessions({ authenticate, ...deps }: SessionDeps & { authenticate: Authenticate }): Sessions {
  return {
    async of(request) {
      const token = await budgetOf(request)
        .within(() => authenticate(request.headers))
        .catch((error: unknown) => {
          if (error instanceof GatewayError) return error;
          throw error;
        });
      return new Session(request, token, deps);
    },
  };
}

function budgetOf({ budget }: SessionRequest): WaitBudget {
  return budget ?? unlimited();
}

/** The services of a session. A service is built when it is first used, because a request uses few services. */
interface Services {
  directory: Directory;
  secretReader: SecretReader;
  secrets: SecretService;
  secretChanges: SecretChanges;
  payloads: PayloadService;
  taskSecrets: TaskSecrets;
  definitionCheck: DefinitionCheck;
  permissionReader: PermissionReader;
  permissions: PermissionService;
  permissionAttempts: PermissionAttempts;
  accessReader: AccessReader;
  historyReader: HistoryReader;
  unusedPermissions: UnusedPermissions;
  accessSimulation: AccessSimulation;
  accessObjects: AccessObjects<AccessObjectTypes>;
  users: UserService;
  groups: GroupService;
  applications: ApplicationService;
  roles: RoleService;
  environment: EnvironmentService;
  resourceTags: ResourceTagService;
  definitionTagging: DefinitionTagging;
  auditEvents: AuditReader;
}

/** The parts of a session with confirmed entitlements. */
type Confirmed = Pick<RequestDeps, 'authorizer' | 'audit'>;

/**
 * One session serves one request.
 *
 * INVARIANT: the session decides and records nothing before its entitlements are confirmed by a statement that was sent after the request arrived. An
 * unconfirmed session provides only `secretReader`, `secretChanges`, `permissionAttempts`, `payloads` and `taskSecrets`. These services throw if they need the authorizer while the session is unconfirmed.
 * When the session reads secrets by name or lists secrets, the same SQL statement confirms the entitlements. When the session decides about cached secrets, the
 * statement that commits the audit event confirms the entitlements and the secrets.
 */
export class Session implements ReadingSession, ChangingSession, Services {
  readonly #request: SessionRequest;
  readonly #token: VerifiedToken | GatewayError;
  readonly #deps: SessionDeps & Pick<RequestDeps, 'budget'>;
  #services: Partial<Services> = {};
  /** Undefined until the entitlements are confirmed. */
  #confirmed: Confirmed | undefined;
  #confirmation: Promise<void> | undefined;
  #required: { role: Role; message: string } | undefined;

  constructor(request: SessionRequest, token: VerifiedToken | GatewayError, deps: SessionDeps) {
    this.#request = request;
    this.#token = token;
    const budget = budgetOf(request);
    const { database, stream } = deps;
    this.#deps = {
      ...deps,
      database: forOneRequest(database, budget),
      stream: streamOfRequest(stream, budget),
      budget,
    };
  }

  /** Limits how long the request waits, in all, for the database and for turns. */
  get budget(): WaitBudget {
    return this.#deps.budget;
  }

  /** Confirms the entitlements, unless the session has already confirmed them. @throws Unauthenticated, Unavailable */
  async confirm(): Promise<void> {
    if (this.#confirmed !== undefined) return;
    this.#confirmation ??= this.#confirmFirst();
    await this.#confirmation;
  }

  /**
   * Requires a role for all work of the session. INVARIANT: an unconfirmed session checks the role when it confirms the entitlements, before it decides
   * or records anything. @throws Forbidden if the confirmed principal does not have the role
   */
  requireRole(role: Role, message: string): void {
    this.#required = { role, message };
    if (this.#confirmed !== undefined) this.#confirmed.authorizer.requireRole(message, role);
  }

  /** Confirms the entitlements again, and rebuilds all services of the session with the new entitlements. @throws Unauthenticated, Unavailable */
  async recheck(): Promise<void> {
    this.#adopt(await this.#currentEntitlements());
  }

  /**
   * Runs `work`. First, `work` must read or list secrets, because this read confirms the entitlements. If `work` fails before this read, the
   * entitlements are confirmed before the error is thrown. @throws Unauthenticated, Unavailable, and everything that `work` throws
   */
  async confirmedByRead<T>(work: () => Promise<T>): Promise<T> {
    // Refuses most invalid tokens before the gateway does any work for the request.
    await this.budget.within(() => this.#deps.entitlementCache.cached(this.token.claims));
    let result: T;
    try {
      result = await work();
    } catch (error) {
      if (!(error instanceof Unauthenticated) && !(error instanceof Unavailable)) await this.confirm();
      throw error;
    }
    await this.confirm();
    return result;
  }

  async readNamed(names: readonly string[], accesses: readonly Access[] | null) {
    const { entitlements, secrets } = await this.#readNamedNow(names, accesses);
    const { authorizer } = this.#confirmed ?? this.#adopt(entitlements);
    if (authorizer.entitlements === entitlements) return { authorizer, secrets };
    return { authorizer: authorizerFor(entitlements, this.#deps.clock), secrets };
  }

  async decideNamed<T>(
    names: readonly string[],
    accesses: readonly Access[],
    decide: (decision: NamedDecision) => Promise<T>,
  ): Promise<T> {
    const { named, clock, entitlementCache } = this.#deps;
    const { claims } = this.token;
    let hasNewEpoch = false;
    for (let cached = named.cached(claims, names); cached !== undefined; cached = named.cached(claims, names)) {
      const authorizer = authorizerFor(cached.entitlements, clock);
      // A refusal because of a missing role would commit no audit event, so cached data cannot decide about the refusal.
      if (this.#required && !authorizer.holds(this.#required.role)) break;
      const { entitlements, asOf } = cached;
      const log = auditLogAsOf(this.#sourceOf(entitlements), this.#deps, asOf, () => {
        if (this.#confirmed === undefined) this.#adopt(entitlements, log.audit);
      });
      const outcome = await settled(decide({ authorizer, audit: log.audit, secrets: cached.secrets }));
      if (log.isConfirmed()) {
        if (outcome.status === 'rejected') throw outcome.reason;
        return outcome.value;
      }
      const failure = log.failure();
      if (failure !== undefined && !(failure instanceof Stale)) throw failure;
      const epoch = failure?.epoch ?? null;
      if (epoch === null || epoch === asOf.epoch || hasNewEpoch) {
        named.forget(cached);
        break;
      }
      // If the entitlements of the new epoch are the same, the cached secrets may still be current.
      hasNewEpoch = true;
      entitlementCache.noteEpoch(epoch);
      await this.budget.within(() => entitlementCache.cached(claims));
    }
    const { authorizer: current, secrets } = await this.readNamed(names, accesses);
    return decide({ authorizer: current, audit: this.audit, secrets });
  }

  async confirmedBy<Read extends { epoch: number }>(
    readFor: (authorizer: Authorizer, sql?: Sql) => Promise<Read>,
  ): Promise<Read> {
    if (this.#confirmed !== undefined) return readFor(this.#confirmed.authorizer);
    const { entitlementCache, clock } = this.#deps;
    const { entitlements, read } = await this.budget.within(() =>
      entitlementCache.readWith(this.token.claims, (entitlements, sql) =>
        readFor(authorizerFor(entitlements, clock), sql),
      ),
    );
    const { authorizer } = this.#confirmed ?? this.#adopt(entitlements);
    // While this function waited, another read may have confirmed the entitlements. A query uses only the entitlements that were confirmed first.
    return authorizer.entitlements === entitlements ? read : readFor(authorizer);
  }

  async readToChange(
    name: string,
    { access, withValue }: ToChange,
    isFresh: boolean,
  ): Promise<ReadToChange | undefined> {
    const { named } = this.#deps;
    const cached = isFresh ? undefined : this.#cachedToChange(name, withValue);
    const { entitlements, epoch, found } = cached ?? (await this.#readToChange(name, withValue));
    const entitled = this.#asOf(entitlements, epoch);
    if (entitled === undefined) return undefined;
    const { authorizer, commit } = entitled;
    const secret = found !== undefined && authorizer.allows(access, found) ? found : undefined;
    return {
      ...{ authorizer, exists: found !== undefined, secret },
      commit: async ({ after, ...decided }) => {
        await commit(decided, secret && [secret]);
        if (after !== undefined) named.keep(entitlements, epoch, after);
        else if (secret !== undefined && decided.change !== undefined)
          named.forget({ entitlements, secrets: [secret] });
      },
    };
  }

  turnToChange(object: string): Promise<Turn> {
    return this.budget.within(
      () => this.#deps.stream.turnToChange(object),
      (turn) => turn.end(),
    );
  }

  async entitledToChange(isFresh: boolean): Promise<EntitledToChange | undefined> {
    const { entitlementCache } = this.#deps;
    const { claims } = this.token;
    const cached = isFresh ? undefined : entitlementCache.peek(claims);
    const { entitlements, epoch } =
      cached ?? (await this.budget.within(() => entitlementCache.currentWithEpoch(claims)));
    return this.#asOf(entitlements, epoch);
  }

  #asOf(entitlements: Entitlements, epoch: number): EntitledToChange | undefined {
    const authorizer = authorizerFor(entitlements, this.#deps.clock);
    if (this.#required !== undefined && !authorizer.holds(this.#required.role)) return undefined;
    return {
      authorizer,
      commit: async (decided, secrets = []) => {
        const asOf = { epoch, secrets: secrets.map(({ id, revision }) => ({ id, revision })) };
        const audit = auditLogFor(this.#sourceOf(entitlements), this.#deps);
        await audit.commit(decided, asOf);
        this.#adopt(entitlements, audit);
      },
    };
  }

  async #readToChange(name: string, withValue: boolean) {
    const { entitlements, epoch, secrets } = await this.#readNamedNow([name], withValue ? CHANGING : null);
    const [found]: (ChangingSecret | undefined)[] = secrets;
    return { entitlements, epoch, found };
  }

  #cachedToChange(name: string, withValue: boolean) {
    const cached = this.#deps.named.cached(this.token.claims, [name]);
    const [found]: ChangingSecret[] = cached?.secrets ?? [];
    if (cached === undefined || found === undefined || (withValue && !isHashedForChange(found))) return undefined;
    return { entitlements: cached.entitlements, epoch: cached.asOf.epoch, found };
  }

  /** @throws Unauthenticated, Unavailable */
  get token(): VerifiedToken {
    if (this.#token instanceof GatewayError) throw this.#token;
    return this.#token;
  }
  /** The principal, with its global id. */
  get principal(): EventActor {
    return eventActorOf(this.authorizer.entitlements);
  }
  get authorizer(): Authorizer {
    return this.#asConfirmed.authorizer;
  }
  get audit(): AuditLog {
    return this.#asConfirmed.audit;
  }

  get directory(): Directory {
    return this.#once('directory', () => directory(this.#ready.database));
  }
  /** Reads and reveals secrets. */
  get secretReader(): SecretReader {
    return this.#once('secretReader', () => {
      const { database, values, clock } = this.#deps;
      return secretReader({ session: this, database, values, clock });
    });
  }
  /** Changes secrets, and locks each secret. */
  get secrets(): SecretService {
    return this.#once('secrets', () => secretService(this.#ready));
  }
  /** Changes secrets, and confirms the session. */
  get secretChanges(): SecretChanges {
    return this.#once('secretChanges', () => secretChanges({ ...this.#deps, session: this }));
  }
  /** Resolves references and masks secret values in payloads of workflows. */
  get payloads(): PayloadService {
    return this.#once('payloads', () => payloadService({ uses: this.#uses, session: this }));
  }
  /** @throws HttpError 404 if no Conductor server is configured */
  requireConductor(): RegisteredDefinitions {
    return this.#conductor.definitions;
  }
  get #conductor() {
    const { definitions, tasks } = this.#deps;
    if (definitions === undefined || tasks === undefined)
      throw new HttpError(404, 'NOT_FOUND', 'The gateway has no Conductor server: CONDUCTOR_URL is not set.');
    return { definitions, tasks };
  }
  /** Fills in and hides the secrets of tasks of the Conductor server. @throws HttpError 404 if no Conductor server is configured */
  get taskSecrets(): TaskSecrets {
    const conductor = this.#conductor;
    return this.#once('taskSecrets', () =>
      taskSecrets({ ...this.#deps, ...conductor, uses: this.#uses, session: this }),
    );
  }
  /** Checks references to secrets in definitions for the Conductor server. @throws HttpError 404 if no Conductor server is configured */
  get definitionCheck(): DefinitionCheck {
    const definitions = this.requireConductor();
    return this.#once('definitionCheck', () => definitionCheck({ definitions, session: this }));
  }
  /** Reads grants, and the access that they give. */
  get permissionReader(): PermissionReader {
    return this.#once('permissionReader', () => permissionReaderFor(this.#ready));
  }
  /** Grants and revokes access, and confirms the session. */
  get permissionAttempts(): PermissionAttempts {
    return this.#once('permissionAttempts', () => permissionAttempts({ ...this.#deps, session: this }));
  }
  /** Changes grants, and locks the rows that decide. */
  get permissions(): PermissionService {
    return this.#once('permissions', () => permissionServiceFor(this.#ready));
  }
  /** Finds the accesses that principals have to secrets. */
  get accessReader(): AccessReader {
    return this.#once('accessReader', () => accessReaderFor(this.#ready));
  }
  /** Finds the accesses that principals gained and lost in a period. */
  get historyReader(): HistoryReader {
    return this.#once('historyReader', () => historyReaderFor(this.#ready));
  }
  /** Finds grants that no principal used. */
  get unusedPermissions(): UnusedPermissions {
    return this.#once('unusedPermissions', () => unusedPermissions(this.#ready));
  }
  /** Finds the access that changes would add and remove. */
  get accessSimulation(): AccessSimulation {
    return this.#once('accessSimulation', () => accessSimulationFor(this.#ready));
  }
  /** Finds the objects whose ids access entries contain. */
  get accessObjects(): AccessObjects<AccessObjectTypes> {
    return this.#once('accessObjects', () => accessObjectsFor(this.#ready));
  }
  get users(): UserService {
    return this.#once('users', () => userService(this.#ready));
  }
  get groups(): GroupService {
    return this.#once('groups', () => groupService(this.#ready));
  }
  get applications(): ApplicationService {
    return this.#once('applications', () => applicationService(this.#ready));
  }
  get roles(): RoleService {
    return this.#once('roles', () => roleService(this.#ready));
  }
  /** Environment variables. */
  get environment(): EnvironmentService {
    return this.#once('environment', () => environmentService(this.#ready));
  }
  /** Reads and changes tags on resources that are not secrets. */
  get resourceTags(): ResourceTagService {
    return this.#once('resourceTags', () => resourceTagServiceFor(this.#ready, this));
  }
  /** Stores tags of workflow definitions and task definitions that the gateway forwards to the Conductor server. */
  get definitionTagging(): DefinitionTagging {
    return this.#once('definitionTagging', () => definitionTagging(this.#ready));
  }
  get auditEvents(): AuditReader {
    return this.#once('auditEvents', () => auditReader(this.#ready));
  }

  get #uses(): SecretUseService {
    return secretUseService({ ...this.#deps, session: this });
  }

  #once<Name extends keyof Services>(name: Name, make: () => Services[Name]): Services[Name] {
    const service = this.#services[name] ?? make();
    this.#services[name] = service;
    return service;
  }

  get #ready(): RequestDeps {
    return { ...this.#deps, ...this.#asConfirmed };
  }

  get #asConfirmed(): Confirmed {
    if (this.#confirmed === undefined)
      throw new Error('The session used a service before its entitlements were confirmed.');
    return this.#confirmed;
  }

  async #confirmFirst(): Promise<void> {
    const entitlements = await this.#currentEntitlements();
    // While this function waited, a read of secrets by name may have confirmed the entitlements. A query uses only the entitlements that were
    // confirmed first.
    if (this.#confirmed === undefined) this.#adopt(entitlements);
  }

  #currentEntitlements(): Promise<Entitlements> {
    return this.budget.within(() => this.#deps.entitlementCache.current(this.token.claims));
  }

  #readNamedNow(names: readonly string[], accesses: readonly Access[] | null) {
    return this.budget.within(() => this.#deps.named.read(this.token.claims, names, accesses));
  }

  #sourceOf(entitlements: Entitlements): EventSource {
    const { requestId, address } = this.#request;
    return { actor: eventActorOf(entitlements), requestId, address };
  }

  /** @param audit an audit log of this session for a principal with these entitlements */
  #adopt(entitlements: Entitlements, audit = auditLogFor(this.#sourceOf(entitlements), this.#deps)): Confirmed {
    const authorizer = authorizerFor(entitlements, this.#deps.clock);
    this.#request.principal = eventActorOf(entitlements).id;
    if (this.#required !== undefined) authorizer.requireRole(this.#required.message, this.#required.role);
    // After the first confirmation, the session keeps its existing services, because these services read the authorizer from the session at each
    // call.
    if (this.#confirmed !== undefined) this.#services = {};
    this.#confirmed = { authorizer, audit };
    return this.#confirmed;
  }
}

/** The actors of entitlements that are still in memory. */
const eventActors = new WeakMap<Entitlements, EventActor>();

function eventActorOf(entitlements: Entitlements): EventActor {
  const known = eventActors.get(entitlements);
  if (known !== undefined) return known;
  const { kind, id, name } = entitlements;
  const actor = { kind, id: toGlobalId(kind, id), name };
  eventActors.set(entitlements, actor);
  return actor;
}
