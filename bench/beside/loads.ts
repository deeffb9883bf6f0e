import type { Callers } from './callers.ts';
import { gatewayClient } from './gateway-client.ts';
import { type Load, UNIQUE } from './load.ts';
import type { Kind } from './rows.ts';

const REVEAL = 'query ($name: String!) { secret(name: $name) { name value(reveal: true) } }';
const RIGHT = '{"data":{"secret":{"name":"';
const MASKED = 'query ($name: String!) { secret(name: $name) { name value } }';
const LIST = `query ($after: String) {
  secrets(first: 50, after: $after) { nodes { name value version tags { key value } updatedAt } pageInfo { hasNextPage endCursor } } }`;
const NAMES = `query ($after: String) {
  secrets(first: 50, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } } }`;
const RESOLVE = 'query ($payload: JSON!) { resolveReferences(payload: $payload) { payload } }';
const ROTATE =
  'mutation ($name: String!, $value: SecretValue!) { rotateSecret(input: { name: $name, value: $value }) { changed } }';
const CREATE_AND_DELETE = `mutation ($name: String!) {
  createSecret(input: { name: $name, value: "the first value" }) { secret { version } } deleteSecret(name: $name) { id } }`;
const TAG_AND_UNTAG = `mutation ($name: String!) {
  tagSecret(name: $name, tags: [{ key: "bench", value: "more" }]) { secret { version } }
  untagSecret(name: $name, tags: [{ key: "bench", value: "more" }]) { secret { version } } }`;
const GRANT_AND_REVOKE = `mutation ($input: PermissionInput!) {
  grantPermission(input: $input) { permission { access } } revokePermission(input: $input) { permission { access } } }`;
const SIGN_IN = `mutation ($keyId: String!, $keySecret: SecretValue!) {
  signInApplication(keyId: $keyId, keySecret: $keySecret) { token expiresAt } }`;
const WHO_CAN = `query ($name: String!) {
  accessEntries(secret: $name, access: READ, first: 50) {
    nodes { principal { id name } access paths { group { name } tag { key value } role } } } }`;

/** A text that every secret value of the benchmark contains. */
const IN_VALUES = ' of ';
export const NEW_VALUE = `${UNIQUE} of the bench`;

/**
 * Divides the secrets of the benchmark into secrets that only reads use and secrets that only writes use. Otherwise a measurement of reads would
 * depend on the number of secrets that the previous measurement of writes changed.
 */
export function readAndWritten<Secret>(secrets: readonly Secret[]): { read: Secret[]; written: Secret[] } {
  const count = Math.ceil(secrets.length / 5);
  return { written: secrets.slice(0, count), read: secrets.slice(count) };
}

/** Returns the loads of a gateway: each operation that the benchmark measures. */
export async function gatewayLoads(
  url: string,
  { reader, rotator, lister, creator, admin }: Callers,
  names: readonly string[],
): Promise<Record<Kind, Load>> {
  const graphql = (query: string, variables: readonly unknown[], expected: string, token?: string): Load => ({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    requests: variables.map((of) => ({ path: '/graphql', body: JSON.stringify({ query, variables: of }) })),
    expected,
  });
  const { read, written } = readAndWritten(names);
  const byName = read.map((name) => ({ name }));
  const { keyId, keySecret } = reader;
  const pages = await pagesFor(url, reader.token);
  return {
    graphql: graphql(REVEAL, byName, RIGHT, reader.token),
    rest: {
      url,
      method: 'GET',
      headers: { 'x-authorization': reader.token },
      requests: read.map((name) => ({ path: `/api/secrets/${name}` })),
      expected: IN_VALUES,
    },
    put: {
      url,
      method: 'PUT',
      headers: { 'x-authorization': rotator.token, 'content-type': 'text/plain' },
      requests: written.map((name) => ({ path: `/api/secrets/${name}`, body: NEW_VALUE })),
      distinct: true,
      expected: '',
    },
    rotate: {
      ...graphql(
        ROTATE,
        written.map((name) => ({ name, value: NEW_VALUE })),
        '{"changed":true}',
        rotator.token,
      ),
      distinct: true,
    },
    'create-delete': {
      ...graphql(CREATE_AND_DELETE, [{ name: `made-${UNIQUE}` }], '"deleteSecret":{"id"', creator.token),
      distinct: true,
    },
    'tag-untag': graphql(TAG_AND_UNTAG, byName, '"untagSecret":{"secret"', rotator.token),
    'grant-revoke': graphql(
      GRANT_AND_REVOKE,
      byName.map(({ name }) => ({ input: { subjectId: reader.id, target: { secret: name }, access: ['READ'] } })),
      '"revokePermission":{"permission"',
      rotator.token,
    ),
    'sign-in': graphql(SIGN_IN, [{ keyId, keySecret }], '{"token":"'),
    names: graphql(NAMES, pages, '{"data":{"secrets":{"nodes":[{"name"', reader.token),
    'names-rest': {
      url,
      method: 'GET',
      headers: { 'x-authorization': lister.token },
      requests: [{ path: '/api/secrets' }],
      expected: '["',
    },
    list: graphql(LIST, pages, '{"data":{"secrets":{"nodes":[{"name"', reader.token),
    masked: graphql(MASKED, byName, '"value":"***"', reader.token),
    resolve: graphql(RESOLVE, tens(read), '{"payload":{"task"', reader.token),
    'who-can': graphql(WHO_CAN, byName, '"nodes":[{"principal":{"id"', admin.token),
  };
}

/** Creates payloads. Each payload contains references to ten secrets. */
function tens(names: readonly string[]): { payload: unknown }[] {
  return Array.from({ length: Math.floor(names.length / 10) }, (_, i) => ({
    payload: {
      task: Object.fromEntries(
        names.slice(i * 10, i * 10 + 10).map((name, n) => [`field${n}`, `\${workflow.secrets.${name}}`]),
      ),
    },
  }));
}

/** Returns the cursors of the first pages. */
async function pagesFor(url: string, token: string): Promise<{ after: string | null }[]> {
  const ask = gatewayClient(url, token);
  const pages: { after: string | null }[] = [{ after: null }];
  while (pages.length < 200) {
    const { secrets } = await ask(LIST, pages.at(-1));
    if (!secrets.pageInfo.hasNextPage) break;
    pages.push({ after: secrets.pageInfo.endCursor });
  }
  return pages;
}
