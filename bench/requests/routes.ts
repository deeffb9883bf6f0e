// Defines the largest requests for each REST route. The command `npm run bench -- requests` does not start if a route has no request in this file.
import type { Json, JsonObject } from '../../src/primitives/json.ts';
import { DEFINITION_PATHS } from '../../src/rest/conductor/forwarded-requests.ts';
import { many, payloads } from './bodies.ts';
import type { Subjects } from './subjects.ts';

export interface RestRequest {
  /** The path below `/api`, with the query string. */
  readonly path: string;
  readonly body?: string;
  readonly type?: string;
}
type RouteCases = (subjects: Subjects) => Readonly<Record<string, RestRequest>>;

const JSON_TYPE = 'application/json';
const one = (path: string | ((s: Subjects) => string), body?: Json): RouteCases => {
  return (s) => ({
    '': {
      path: typeof path === 'string' ? path : path(s),
      ...(body !== undefined && { body: JSON.stringify(body), type: JSON_TYPE }),
    },
  });
};
/** Two request bodies: a list of 1 MiB, and 40 tags of the maximum length. The body contains only 40 tags, because the secrets already have some tags. */
const tags = (path: (s: Subjects) => string): RouteCases => {
  return (s) => ({
    'a MiB of tags': {
      path: path(s),
      type: JSON_TYPE,
      body: JSON.stringify(many((i) => ({ key: `k${i}`, value: 'v' }))),
    },
    'a MiB of one tag': {
      path: path(s),
      type: JSON_TYPE,
      body: JSON.stringify(many(() => ({ key: 'k', value: 'v' }))),
    },
    '40 tags': {
      path: path(s),
      type: JSON_TYPE,
      body: JSON.stringify(Array.from({ length: 40 }, (_, i) => ({ key: `k${i}`, value: 'v'.repeat(255) }))),
    },
  });
};
const json = (path: string, body: Json): RestRequest => ({ path, type: JSON_TYPE, body: JSON.stringify(body) });
const texts = () => many((i) => `name-${i}`);
const members = (s: Subjects, names: Json): Readonly<Record<string, RestRequest>> => {
  const path = `/groups/${encodeURIComponent(s.groups[2] ?? '')}/users`;
  return { 'a MiB of names': json(path, names), 'users of the world': json(path, s.usernames.slice(0, 300)) };
};
const value = (path: (s: Subjects) => string): RouteCases => {
  return (s) => ({
    'JSON escapes': { path: path(s), type: JSON_TYPE, body: `"${'\\u0041'.repeat(65_535)}"` },
    'too long': { path: path(s), type: JSON_TYPE, body: `"${'\\"'.repeat(500_000)}"` },
    'white space': { path: path(s), type: JSON_TYPE, body: ' '.repeat(1_040_000) },
    text: { path: path(s), type: 'text/plain', body: 'v'.repeat(65_535) },
  });
};
const payload = (path: string, more: Readonly<Record<string, Json>> = {}): RouteCases => {
  return ({ secret }) =>
    Object.fromEntries(
      Object.entries(payloads(secret)).map(([kind, json]) => [
        kind,
        { path, type: JSON_TYPE, body: JSON.stringify({ payload: json, ...more }) },
      ]),
    );
};
const grant = (s: Subjects, ids: Json): Json => ({
  subject: { type: 'USER', id: s.username },
  target: { type: 'SECRET_NAME', id: s.secret },
  access: ids,
});

const definitions = (path: string): RouteCases => {
  return () => ({
    'a MiB of definitions without tags': json(
      path,
      many((i) => ({ name: `n${i}` })),
    ),
    'a MiB of tagged definitions': json(
      path,
      many((i) => ({ name: `n${i}`, tags: [{ key: 'k', value: 'v' }] })),
    ),
    '1,000 tagged definitions': json(
      path,
      Array.from({ length: 1_000 }, (_, i) => ({ name: `n${i}`, tags: [{ key: 'k', value: `v${i}` }] })),
    ),
    'a MiB of lists': { path, type: JSON_TYPE, body: `{"name":"n","tags":null,"d":[1e999,${'[],'.repeat(349_000)}1]}` },
    // The gateway does not parse a request body that is longer than this limit.
    'more than a MiB': { path, type: JSON_TYPE, body: `{"name":"n","d":[1e999,${'[],'.repeat(5_500_000)}1]}` },
  });
};

/** The paths whose request bodies the gateway reads before the gateway forwards the request to the Conductor server. */
export const PASSED_ON: Readonly<Record<string, RouteCases>> = Object.fromEntries(
  DEFINITION_PATHS.flatMap((path) => ['POST', 'PUT'].map((method) => [`${method} ${path}`, definitions(path)])),
);

/** A task of a Conductor server, with this input. */
const engineTask = (inputData: JsonObject): { task: JsonObject; workflowDefinition: JsonObject } => ({
  task: {
    ...{ taskId: 'task', workflowInstanceId: 'execution', referenceTaskName: 'call', taskType: 'HTTP', inputData },
    workflowTask: { name: 'call', taskReferenceName: 'call', type: 'HTTP', inputParameters: {} },
  },
  workflowDefinition: { name: 'flow', version: 1, tasks: [] },
});

export const ROUTES: Readonly<Record<string, RouteCases>> = {
  'POST /token': one('/token', { username: 'nobody', password: 'p'.repeat(15_000) }),
  'GET /token/userInfo': one('/token/userInfo?claims=true'),
  'GET /auth/userInfo': one('/auth/userInfo?claims=true'),
  'GET /secrets/clearLocalCache': one('/secrets/clearLocalCache'),
  'GET /secrets/clearRedisCache': one('/secrets/clearRedisCache'),
  'POST /secrets': one('/secrets', {}),
  'GET /secrets': one('/secrets?access=READ'),
  'GET /secrets-v2': one('/secrets-v2'),
  'GET /secrets/v2': one('/secrets/v2'),
  'GET /secrets/{key}': one((s) => `/secrets/${s.secret}`),
  'PUT /secrets/{key}': value((s) => `/secrets/${s.secret}`),
  'DELETE /secrets/{key}': one((s) => `/secrets/${s.secrets.at(-150)}`),
  'GET /secrets/{key}/exists': one((s) => `/secrets/${s.secret}/exists`),
  'GET /secrets/{key}/tags': one((s) => `/secrets/${s.secret}/tags`),
  'PUT /secrets/{key}/tags': tags((s) => `/secrets/${s.secret}/tags`),
  'DELETE /secrets/{key}/tags': tags((s) => `/secrets/${s.secret}/tags`),
  'GET /environment': one('/environment'),
  'GET /environment/{key}': one('/environment/a'),
  'PUT /environment/{key}': value(() => '/environment/a'),
  'GET /environment/{key}/tags': one('/environment/a/tags'),
  'PUT /environment/{key}/tags': tags(() => '/environment/a/tags'),
  'DELETE /environment/{key}/tags': tags(() => '/environment/a/tags'),
  'DELETE /environment/{key}': one('/environment/a'),
  'GET /applications/{id}/tags': one((s) => `/applications/${s.applicationId}/tags`),
  'PUT /applications/{id}/tags': tags((s) => `/applications/${s.applicationId}/tags`),
  'DELETE /applications/{id}/tags': tags((s) => `/applications/${s.applicationId}/tags`),
  'GET /metadata/workflow/{name}/tags': one('/metadata/workflow/w/tags'),
  'POST /metadata/workflow/{name}/tags': one('/metadata/workflow/w/tags', {
    key: 'k'.repeat(100),
    value: 'v'.repeat(255),
  }),
  'PUT /metadata/workflow/{name}/tags': tags(() => '/metadata/workflow/w/tags'),
  'DELETE /metadata/workflow/{name}/tags': tags(() => '/metadata/workflow/w/tags'),
  'GET /metadata/task/{name}/tags': one('/metadata/task/t/tags'),
  'POST /metadata/task/{name}/tags': one('/metadata/task/t/tags', { key: 'k'.repeat(100), value: 'v'.repeat(255) }),
  'PUT /metadata/task/{name}/tags': tags(() => '/metadata/task/t/tags'),
  'DELETE /metadata/task/{name}/tags': tags(() => '/metadata/task/t/tags'),
  'GET /metadata/taskdefs/{name}/tags': one('/metadata/taskdefs/t/tags'),
  'POST /metadata/taskdefs/{name}/tags': one('/metadata/taskdefs/t/tags', {
    key: 'k'.repeat(100),
    value: 'v'.repeat(255),
  }),
  'PUT /metadata/taskdefs/{name}/tags': tags(() => '/metadata/taskdefs/t/tags'),
  'DELETE /metadata/taskdefs/{name}/tags': tags(() => '/metadata/taskdefs/t/tags'),
  'GET /metadata/tags': one('/metadata/tags'),
  'GET /metadata/tags/grouped': one('/metadata/tags/grouped'),
  'GET /metadata/tags/resources': one('/metadata/tags/resources?resourceType=SECRET_NAME&tagKey=team&tagValue=x'),
  'POST /auth/authorization': (s) => ({
    'a MiB of accesses': {
      path: '/auth/authorization',
      type: JSON_TYPE,
      body: JSON.stringify(
        grant(
          s,
          many(() => 'READ'),
        ),
      ),
    },
    'a long name': {
      path: '/auth/authorization',
      type: JSON_TYPE,
      body: JSON.stringify({
        ...(grant(s, ['READ']) as object),
        target: { type: 'SECRET_NAME', id: 'x'.repeat(1_000_000) },
      }),
    },
  }),
  'DELETE /auth/authorization': (s) => ({
    '': {
      path: '/auth/authorization',
      type: JSON_TYPE,
      body: JSON.stringify(
        grant(
          s,
          many(() => 'READ'),
        ),
      ),
    },
  }),
  'GET /auth/authorization/{type}/{id}': one((s) => `/auth/authorization/SECRET_NAME/${s.secret}`),
  'GET /auth/subjects/{type}/{id}/grants': one((s) => `/auth/subjects/GROUP/${encodeURIComponent(s.group)}/grants`),
  'DELETE /auth/subjects/{type}/{id}/grants': one(
    (s) => `/auth/subjects/GROUP/${encodeURIComponent(s.groups[1] ?? '')}/grants`,
  ),
  'GET /users/{id}/permissions': one((s) => `/users/${s.username}/permissions`),
  'GET /users/{id}/permissions/{type}/{target}': one((s) => `/users/${s.username}/permissions/SECRET_NAME/${s.secret}`),
  'GET /users/{id}/checkPermissions': one(
    (s) => `/users/${s.username}/checkPermissions?type=SECRET_NAME&id=${s.secret}`,
  ),
  'GET /groups/{id}/permissions': one((s) => `/groups/${encodeURIComponent(s.group)}/permissions`),
  'GET /users': one('/users?apps=true'),
  'GET /users/{id}': one((s) => `/users/${s.username}`),
  'PUT /users/{id}': (s) => ({
    'a MiB of groups': json('/users/made', { name: 'x', roles: ['USER'], groups: texts() }),
    'the maximum number of groups': json('/users/made', { name: 'x', roles: ['USER'], groups: s.groups.slice(0, 90) }),
  }),
  'DELETE /users/{id}': one((s) => `/users/${s.usernames.at(-150)}`),
  'POST /users/{id}/sendInviteEmail': one((s) => `/users/${s.username}/sendInviteEmail`),
  'GET /groups': one('/groups'),
  'GET /groups/{id}': one((s) => `/groups/${encodeURIComponent(s.group)}`),
  'PUT /groups/{id}': one('/groups/made', { description: 'x'.repeat(2_000), roles: many(() => 'USER') }),
  'DELETE /groups/{id}': one((s) => `/groups/${encodeURIComponent(s.groups.at(-110) ?? '')}`),
  'GET /groups/{id}/users': one((s) => `/groups/${encodeURIComponent(s.group)}/users`),
  'POST /groups/{id}/users': (s) => members(s, texts()),
  'DELETE /groups/{id}/users': (s) => members(s, texts()),
  'POST /groups/{id}/users/{userId}': one((s) => `/groups/${encodeURIComponent(s.group)}/users/${s.username}`),
  'DELETE /groups/{id}/users/{userId}': one((s) => `/groups/${encodeURIComponent(s.group)}/users/${s.username}`),
  'GET /applications': one('/applications'),
  'POST /applications': one('/applications', { name: 'x'.repeat(1_000_000) }),
  'GET /applications/key/{keyId}': one((s) => `/applications/key/${s.keyId}`),
  'GET /applications/{id}': one((s) => `/applications/${s.applicationId}`),
  'PUT /applications/{id}': one((s) => `/applications/${s.applicationId}`, { name: 'x'.repeat(1_000_000) }),
  'DELETE /applications/{id}': one((s) => `/applications/${s.applicationIds[2]}`),
  'GET /applications/{id}/accessKeys': one((s) => `/applications/${s.applicationId}/accessKeys`),
  'POST /applications/{id}/accessKeys': one((s) => `/applications/${s.applicationIds[1]}/accessKeys`),
  'POST /applications/{id}/accessKeys/{keyId}/status': one(
    (s) => `/applications/${s.applicationId}/accessKeys/${s.keyId}/status`,
  ),
  'DELETE /applications/{id}/accessKeys/{keyId}': one((s) => `/applications/${s.applicationId}/accessKeys/nothing`),
  'POST /applications/{id}/roles/{role}': one((s) => `/applications/${s.applicationId}/roles/WORKER`),
  'DELETE /applications/{id}/roles/{role}': one((s) => `/applications/${s.applicationId}/roles/WORKER`),
  'GET /roles': one('/roles'),
  'GET /roles/system': one('/roles/system'),
  'GET /roles/custom': one('/roles/custom'),
  'GET /roles/permissions': one('/roles/permissions'),
  'POST /roles': one('/roles', { name: 'made', permissions: texts() }),
  'GET /roles/{name}': one('/roles/USER'),
  'PUT /roles/{name}': one('/roles/made', { name: 'made', permissions: texts() }),
  'DELETE /roles/{name}': one('/roles/nothing'),
  'POST /payloads/resolve': (s) => ({
    ...payload('/payloads/resolve')(s),
    ...prefixed(payload('/payloads/resolve', { input: { a: 1 } })(s)),
  }),
  'POST /payloads/check': payload('/payloads/check'),
  'POST /payloads/mask': payload('/payloads/mask', {
    maskedFields: Array.from({ length: 200 }, (_, i) => `field${i}`),
  }),
  'POST /payloads/archive': payload('/payloads/archive'),
  'POST /tasks/update-secret': one('/tasks/update-secret', {
    _secrets: { secretKey: 'made_by_rest', secretValue: 'v'.repeat(65_535) },
  }),
  'GET /conductor': one('/conductor'),
  'POST /conductor/tasks/resolve': one('/conductor/tasks/resolve', engineTask({ text: 'x'.repeat(1_000_000) })),
  'POST /conductor/tasks/result': one('/conductor/tasks/result', {
    ...engineTask({}),
    output: { text: 'x'.repeat(1_000_000) },
  }),
  'POST /conductor/tasks/update-secret': one('/conductor/tasks/update-secret', {
    task: engineTask({ _secrets: { secretKey: 'made_by_rest', secretValue: 'v'.repeat(65_535) } }).task,
  }),
  'GET /reports/access.csv': (s) => ({
    entries: { path: `/reports/access.csv?report=entries&principalId=${s.userId}` },
    changes: { path: `/reports/access.csv?report=changes&from=${s.past}&until=${s.present}&principalId=${s.userId}` },
    unused: { path: `/reports/access.csv?report=unused&since=${s.past}` },
    explain: { path: `/reports/access.csv?report=explain&principalId=${s.userId}&secret=${s.secret}&access=DELETE` },
  }),
};

const prefixed = (cases: Readonly<Record<string, RestRequest>>) =>
  Object.fromEntries(Object.entries(cases).map(([kind, request]) => [`${kind}, with input`, request]));
