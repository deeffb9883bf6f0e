// The client library: reads and changes secrets of a gateway. Programs import the library as `secrets-gateway/client`.
import DataLoader from 'dataloader';
import type { Access, Alphabet, SecretOrder } from '../generated/vocabulary.ts';
import { isJsonObject, type Json } from '../primitives/json.ts';
import { splitTag } from '../primitives/tag-text.ts';
import { type Answer, graphqlData, restBody, SecretsGatewayError } from './client-error.ts';
import { type ConnectionOptions, connect, type IssuedToken } from './connection.ts';
import {
  CreateSecret,
  DeleteSecret,
  ExplainAccess,
  type ExplainAccessQuery,
  FindMany,
  type FindManyQueryVariables,
  FindSecret,
  FindUser,
  ListAccess,
  type ListAccessQuery,
  ListEvents,
  type ListEventsQuery,
  ListSecrets,
  ListVersions,
  type ListVersionsQuery,
  RestoreSecret,
  Reveal,
  RevealMany,
  type RevealManyQueryVariables,
  RollbackSecret,
  RotateSecret,
  type SecretFieldsFragment,
  TagSecret,
  UntagSecret,
  UpdateSecret,
  Viewer,
  type ViewerQuery,
} from './generated/operations.ts';
import type { Operation } from './operation.ts';
import { type CacheBound, cacheKeyOf, type ValueCache, valueCache } from './value-cache.ts';

export type { Access, Alphabet, SecretOrder } from '../generated/vocabulary.ts';
export type { Json } from '../primitives/json.ts';
export { type ClientErrorCode, SecretsGatewayError } from './client-error.ts';
export type { ConnectionOptions, Credentials, IssuedToken } from './connection.ts';
export { randomValue } from './random-value.ts';
export type { CacheBound } from './value-cache.ts';

export interface ClientOptions extends ConnectionOptions {
  /**
   * Without this option, the client caches no secret value. The client drops a cached value when the gateway refuses a request for the secret, and
   * when the client changes the secret.
   */
  readonly cache?: CacheBound;
}

/** A secret without its value. Each tag is a text `key:value`. */
export type Secret = Omit<SecretFieldsFragment, 'tags'> & { tags: string[] };
export type Version = NonNullable<ListVersionsQuery['secret']>['versions']['nodes'][number];
export type AuditEvent = ListEventsQuery['auditEvents']['nodes'][number];
export type AccessEntry = ListAccessQuery['accessEntries']['nodes'][number];
export type AccessExplanation = ExplainAccessQuery['explainAccess'];
export type Principal = ViewerQuery['viewer'];

/** A filter for secrets. A secret must match every member. Each tag is a text `key:value`. */
export interface SecretFilter {
  readonly nameContains?: string;
  readonly tags?: readonly string[];
  readonly access?: readonly Access[];
  readonly expiresBefore?: Date;
  /** True lists the deleted secrets that can be restored. */
  readonly deleted?: boolean;
  readonly orderBy?: SecretOrder;
}

export interface SecretDetails {
  readonly description?: string;
  /** Texts `key:value`. */
  readonly tags?: readonly string[];
  readonly expiresAt?: Date;
}

/** The options of a reveal. `fresh` reads the value from the gateway even if the cache contains the value. */
export interface RevealOptions {
  readonly version?: number;
  readonly fresh?: boolean;
}

export type NewValue =
  | { readonly value: string; readonly expectedVersion?: number }
  | {
      readonly generate: { readonly length?: number; readonly alphabet?: Alphabet };
      readonly expectedVersion?: number;
    };

/** The task for which a payload is resolved. The audit events of the gateway name the task. */
export interface PayloadTask {
  readonly taskId: string;
  readonly workflowId: string;
  readonly task: string;
  readonly workflow: string;
}

/** Every method throws SecretsGatewayError if the gateway refuses the request or does not answer. */
export interface SecretsClient {
  /** Signs in, unless the client has a valid token. Every other method signs in when needed. */
  signIn(): Promise<IssuedToken>;
  viewer(): Promise<Principal>;
  /** Returns the secrets that the caller may see. The client reads the pages one after the other. */
  list(filter?: SecretFilter): AsyncGenerator<Secret>;
  /**
   * Returns a secret without its value. Returns undefined if the secret does not exist, or the caller may not see the secret. All calls of one moment
   * become one request.
   */
  find(name: string): Promise<Secret | undefined>;
  /** Reveals a value. All calls of one moment become one request. */
  get(name: string, options?: RevealOptions): Promise<string>;
  /** Reveals several values in one request. Throws the first error; the member `secret` of the error names the secret. */
  getMany(names: readonly string[], options?: Pick<RevealOptions, 'fresh'>): Promise<Map<string, string>>;
  /** Stores a value: creates the secret, or rotates the existing secret. The details apply only to a new secret. */
  set(
    name: string,
    value: string,
    details?: SecretDetails,
  ): Promise<{ secret: Secret; created: boolean; changed: boolean }>;
  create(name: string, value: string, details?: SecretDetails): Promise<Secret>;
  /** Changes the description and the expiry. Null removes the description or the expiry. */
  update(name: string, changes: { description?: string | null; expiresAt?: Date | null }): Promise<Secret>;
  /** Stores a new value, or lets the gateway generate a value. `changed` is false if the new value is the current value. */
  rotate(name: string, value: NewValue): Promise<{ secret: Secret; changed: boolean }>;
  rollback(name: string, version: number): Promise<Secret>;
  delete(name: string, options?: { purge?: boolean }): Promise<{ id: string; restorableUntil: string | null }>;
  /** Restores a deleted secret by its id `sec_…`. */
  restore(id: string): Promise<Secret>;
  tag(name: string, tags: readonly string[]): Promise<Secret>;
  untag(name: string, tags: readonly string[]): Promise<Secret>;
  versions(name: string): AsyncGenerator<Version>;
  /** Returns the audit events of a secret, newest first. The caller needs ADMIN or AUDITOR. */
  history(name: string): AsyncGenerator<AuditEvent>;
  /** Returns the principals with access to a secret, and why. */
  whoCan(name: string, access?: Access): AsyncGenerator<AccessEntry>;
  /** Explains why a principal has or does not have an access. The default principal is the caller. */
  why(name: string, access: Access, principalId?: string): Promise<AccessExplanation>;
  /** Returns the id of a user by its username. Returns undefined if the caller may not see the user. */
  userId(username: string): Promise<string | undefined>;
  /** Resolves the references to secrets in a payload, and expressions that read `input` as `workflow.input`. */
  resolve(payload: Json, options?: { input?: Json; task?: PayloadTask }): Promise<Json>;
  /** Sends a POST request to the REST API. @param path the path below `/api` */
  rest(path: string, body: Json): Promise<Json>;
}

/** The maximum number of secrets that one request reveals. The operation RevealMany has this number of fields. */
const MOST_REVEALED = 50;
/** The maximum number of secrets that one request finds. The operation FindMany has this number of fields. */
const MOST_FOUND = 40;
const PAGE_SIZE = 200;

interface RevealKey {
  readonly name: string;
  readonly version: number | undefined;
}

export function secretsClient(options: ClientOptions): SecretsClient {
  const connection = connect(options);
  const cache: ValueCache = valueCache(options.cache);

  /** Sends an operation. `secret` is the name of the secret in the request. */
  async function ask<Result, Variables>(
    operation: Operation<Result, Variables>,
    variables: Variables,
    { secret, isRead = true }: { secret?: string; isRead?: boolean } = {},
  ): Promise<Result> {
    if (secret !== undefined && !isRead) cache.drop(secret);
    try {
      const body = { query: operation.text, operationName: operation.name, variables: variables as Json };
      const data = await connection.call('/graphql', body, dataWithoutErrors, isRead);
      return data as Result;
    } catch (error) {
      throw dropped(error, secret);
    } finally {
      if (secret !== undefined && !isRead) cache.drop(secret);
    }
  }

  const change = <Result, Variables>(operation: Operation<Result, Variables>, variables: Variables, secret?: string) =>
    ask(operation, variables, { isRead: false, ...(secret !== undefined && { secret }) });

  /** Drops the cached values that an error concerns. Returns the error with the name of the secret. */
  function dropped(error: unknown, secret: string | undefined): unknown {
    if (!(error instanceof SecretsGatewayError)) return error;
    if (error.code === 'UNAUTHENTICATED') cache.clear();
    if (secret === undefined) return error;
    if (!error.isTemporary) cache.drop(secret);
    return error.about(secret);
  }

  const loader = new DataLoader<RevealKey, string, string>(revealBatch, {
    cache: false,
    maxBatchSize: MOST_REVEALED,
  });

  async function revealBatch(keys: readonly RevealKey[]): Promise<(string | Error)[]> {
    const unique = new Map(keys.map((reveal) => [cacheKeyOf(reveal.name, reveal.version), reveal]));
    const store = cache.begin();
    const found = new Map<string, string | Error>();
    try {
      const reveals = [...unique.values()];
      const { data, errors } = await revealed(reveals);
      reveals.forEach(({ name, version }, i) => {
        const field = reveals.length === 1 ? 'secret' : `s${i}`;
        const secret = data[field];
        const value = isJsonObject(secret) ? secret.value : undefined;
        const id = cacheKeyOf(name, version);
        if (typeof value === 'string') {
          store(name, version, value);
          found.set(id, value);
        } else found.set(id, dropped(errors.get(field) ?? notFound(), name) as Error);
      });
    } catch (error) {
      for (const [id, { name }] of unique) found.set(id, dropped(error, name) as Error);
    }
    return keys.map(({ name, version }) => found.get(cacheKeyOf(name, version)) as string | Error);
  }

  function revealed(reveals: readonly RevealKey[]) {
    const [first] = reveals;
    const single = reveals.length === 1 && first !== undefined;
    const operation = single ? Reveal : RevealMany;
    const variables = single
      ? { name: first.name, version: first.version ?? null }
      : (Object.fromEntries(
          reveals.flatMap(({ name, version = null }, i) => [
            [`has${i}`, true],
            [`name${i}`, name],
            [`version${i}`, version],
          ]),
        ) satisfies RevealManyQueryVariables);
    return connection.call(
      '/graphql',
      { query: operation.text, operationName: operation.name, variables },
      graphqlData,
      true,
    );
  }

  const finder = new DataLoader<string, Secret | undefined, string>(findBatch, {
    cache: false,
    maxBatchSize: MOST_FOUND,
  });

  async function findBatch(names: readonly string[]): Promise<(Secret | undefined | Error)[]> {
    const unique = [...new Set(names)];
    const found = new Map<string, Secret | undefined | Error>();
    try {
      const { data, errors } = await foundSecrets(unique);
      unique.forEach((name, i) => {
        const field = unique.length === 1 ? 'secret' : `s${i}`;
        const error = errors.get(field);
        const secret = data[field] as SecretFieldsFragment | null | undefined;
        if (error !== undefined) found.set(name, dropped(error, name) as Error);
        else if (secret === null) cache.drop(name);
        else found.set(name, secretOf(secret));
      });
    } catch (error) {
      for (const name of unique) found.set(name, dropped(error, name) as Error);
    }
    return names.map((name) => found.get(name));
  }

  function foundSecrets(names: readonly string[]) {
    const [first] = names;
    const single = names.length === 1 && first !== undefined;
    const operation = single ? FindSecret : FindMany;
    const variables = single
      ? { name: first }
      : (Object.fromEntries(
          names.flatMap((name, i) => [
            [`has${i}`, true],
            [`name${i}`, name],
          ]),
        ) satisfies FindManyQueryVariables);
    return connection.call(
      '/graphql',
      { query: operation.text, operationName: operation.name, variables },
      graphqlData,
      true,
    );
  }

  const client: SecretsClient = {
    signIn: () => connection.signIn(),
    viewer: async () => (await ask(Viewer, {})).viewer,
    async *list({ tags, expiresBefore, orderBy = 'NAME_ASC', ...filter } = {}) {
      const variables = {
        filter: {
          ...(filter as { access?: Access[] }),
          ...(tags !== undefined && { tags: tags.map(tagOf) }),
          ...(expiresBefore !== undefined && { expiresBefore: expiresBefore.toISOString() }),
        },
        orderBy,
      };
      const pages = paged(async (page) => (await ask(ListSecrets, { ...variables, ...page })).secrets);
      for await (const secret of pages) yield secretOf(secret);
    },
    find: (name) => finder.load(name),
    async get(name, { version, fresh = false } = {}) {
      const cached = fresh ? undefined : cache.get(name, version);
      return cached ?? loader.load({ name, version });
    },
    async getMany(names, { fresh = false } = {}) {
      const unique = [...new Set(names)];
      const values = await Promise.all(unique.map((name) => client.get(name, { fresh })));
      return new Map(unique.map((name, i) => [name, values[i] as string]));
    },
    async set(name, value, details) {
      for (let attempt = 1; ; attempt++) {
        try {
          return { ...(await client.rotate(name, { value })), created: false };
        } catch (error) {
          if (!hasCode(error, 'NOT_FOUND')) throw error;
        }
        try {
          return { secret: await client.create(name, value, details), created: true, changed: true };
        } catch (error) {
          // Another client may have created the secret after the attempt to rotate.
          if (!hasCode(error, 'NAME_TAKEN') || attempt === 2) throw error;
        }
      }
    },
    async create(name, value, { description, tags = [], expiresAt } = {}) {
      const input = {
        name,
        value,
        tags: tags.map(tagOf),
        ...(description !== undefined && { description }),
        ...(expiresAt !== undefined && { expiresAt: expiresAt.toISOString() }),
      };
      return secretOf((await change(CreateSecret, { input }, name)).createSecret?.secret);
    },
    async update(name, { description, expiresAt }) {
      const input = {
        name,
        ...(description !== undefined && { description }),
        ...(expiresAt !== undefined && { expiresAt: expiresAt?.toISOString() ?? null }),
      };
      return secretOf((await change(UpdateSecret, { input }, name)).updateSecret?.secret);
    },
    async rotate(name, value) {
      const { rotateSecret } = await change(RotateSecret, { input: { name, ...value } }, name);
      return { secret: secretOf(rotateSecret?.secret), changed: rotateSecret?.changed === true };
    },
    async rollback(name, version) {
      return secretOf((await change(RollbackSecret, { name, version }, name)).rollbackSecret?.secret);
    },
    async delete(name, { purge = false } = {}) {
      return (await change(DeleteSecret, { name, purge }, name)).deleteSecret ?? missing();
    },
    restore: async (id) => secretOf((await change(RestoreSecret, { id })).restoreSecret?.secret),
    async tag(name, tags) {
      return secretOf((await change(TagSecret, { name, tags: tags.map(tagOf) }, name)).tagSecret?.secret);
    },
    async untag(name, tags) {
      return secretOf((await change(UntagSecret, { name, tags: tags.map(tagOf) }, name)).untagSecret?.secret);
    },
    versions: (name) =>
      paged(async (page) => {
        const { secret } = await ask(ListVersions, { name, ...page }, { secret: name });
        if (secret === null) throw dropped(notFound(), name);
        return secret.versions;
      }),
    history: (name) =>
      paged(async (page) => (await ask(ListEvents, { filter: { secret: name }, ...page })).auditEvents),
    whoCan: (name, access) =>
      paged(
        async (page) =>
          (await ask(ListAccess, { name, access: access ?? null, ...page }, { secret: name })).accessEntries,
      ),
    async why(name, access, principalId) {
      const id = principalId ?? (await client.viewer()).id;
      return (await ask(ExplainAccess, { principalId: id, name, access }, { secret: name })).explainAccess;
    },
    userId: async (username) => (await ask(FindUser, { username })).user?.id,
    async resolve(payload, { input, task } = {}) {
      const body = { payload, ...(input !== undefined && { input }), ...(task !== undefined && { task: { ...task } }) };
      const answer = await connection.call('/api/payloads/resolve', body, restBody, true).catch((error: unknown) => {
        for (const { name } of unresolvedIn(error)) cache.drop(name);
        throw dropped(error, undefined);
      });
      if (!isJsonObject(answer) || answer.payload === undefined) missing();
      return answer.payload;
    },
    rest: (path, body) => connection.call(`/api${path}`, body, restBody, false),
  };
  return client;
}

/** @throws SecretsGatewayError for the first error of any field */
function dataWithoutErrors(answer: Answer): Json {
  const { data, errors } = graphqlData(answer);
  for (const error of errors.values()) throw error;
  return data;
}

/** Reads a paged list, one page after the other. */
async function* paged<Row>(
  read: (page: {
    first: number;
    after: string | null;
  }) => Promise<{ nodes: Row[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }>,
): AsyncGenerator<Row> {
  for (let after: string | null = null; ; ) {
    const { nodes, pageInfo } = await read({ first: PAGE_SIZE, after });
    yield* nodes;
    if (!pageInfo.hasNextPage) return;
    after = pageInfo.endCursor;
  }
}

function secretOf(secret: SecretFieldsFragment | undefined): Secret {
  return secret === undefined ? missing() : { ...secret, tags: secret.tags.map(({ id }) => id) };
}

/** @throws SecretsGatewayError if the text contains no colon */
function tagOf(tag: string): { key: string; value: string } {
  if (!tag.includes(':'))
    throw new SecretsGatewayError('BAD_USER_INPUT', 'tags: expected the form key:value', {
      details: { field: 'tags', expected: 'the form key:value' },
    });
  return splitTag(tag);
}

/** A reference that the gateway did not resolve. */
export interface UnresolvedReference {
  readonly name: string;
  /** The JSON Pointers of the reference in the payload. */
  readonly pointers: readonly string[];
  readonly problem: string;
  /** The reference that the author of the payload probably meant. */
  readonly suggestion: string | undefined;
}

/** Returns the references that an error of `resolve` lists. */
export function unresolvedIn(error: unknown): UnresolvedReference[] {
  const references = error instanceof SecretsGatewayError ? error.details.references : undefined;
  return (Array.isArray(references) ? references : []).filter(isJsonObject).map((reference) => {
    const { name = '', pointers, problem = '', suggestion } = reference;
    return {
      name: String(name),
      pointers: Array.isArray(pointers) ? pointers.map(String) : [],
      problem: String(problem),
      suggestion: typeof suggestion === 'string' ? suggestion : undefined,
    };
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof SecretsGatewayError && error.code === code;
}

function notFound(): SecretsGatewayError {
  return new SecretsGatewayError('NOT_FOUND', 'No such secret.');
}

function missing(): never {
  throw new SecretsGatewayError('UNEXPECTED_ANSWER', 'The answer of the gateway is incomplete.');
}
