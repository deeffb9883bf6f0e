import type { Load } from './apart/load.ts';
import type { Callers } from './callers.ts';
import { gatewayClient } from './gateway-client.ts';
import { PRINCIPAL } from './tables.ts';

export const SERVERS = ['gateway', 'bare', 'postgraphile', 'apollo'] as const;
export type ServerName = (typeof SERVERS)[number];

export const KEYS = [
  'graphql',
  'rest',
  'bare',
  'postgraphile',
  'apollo',
  'masked',
  'list',
  'resolve',
  'rotate',
  'sign-in',
  'who-can',
] as const;
export type Key = (typeof KEYS)[number];

/** One measurement: a load, and the server that receives it. */
export interface Measurement {
  key: Key;
  title: string;
  server: ServerName;
  load: Load;
}

export interface Asked {
  urls: Readonly<Record<ServerName, string>>;
  callers: Callers;
  names: readonly string[];
}

const REVEAL = 'query ($name: String!) { secret(name: $name) { name value(reveal: true) } }';
const RIGHT = '{"data":{"secret":{"name":"';
const MASKED = 'query ($name: String!) { secret(name: $name) { name value } }';
const LIST = `query ($after: String) {
  secrets(first: 50, after: $after) { nodes { name value version tags { key value } updatedAt } pageInfo { hasNextPage endCursor } } }`;
const RESOLVE = 'query ($payload: JSON!) { resolveReferences(payload: $payload) { payload } }';
const ROTATE =
  'mutation ($name: String!, $value: SecretValue!) { rotateSecret(input: { name: $name, value: $value }) { changed } }';
const SIGN_IN = `mutation ($keyId: String!, $keySecret: SecretValue!) {
  signInApplication(keyId: $keyId, keySecret: $keySecret) { token expiresAt } }`;
const WHO_CAN = `query ($name: String!) {
  accessEntries(secret: $name, access: READ, first: 50) {
    nodes { principal { id name } access paths { group { name } tag { key value } role } } } }`;

/** Returns the server addresses for measurements of the gateway without the reference servers. */
export const gatewayAlone = (gateway: string): Asked['urls'] => ({ gateway, bare: '', postgraphile: '', apollo: '' });

/** Returns all measurements: each operation of the gateway, and the reference servers. */
export async function measurementsOf({ urls, callers, names }: Asked): Promise<Measurement[]> {
  const { reader, rotator, admin } = callers;
  const graphql = (query: string, variables: readonly unknown[], expected: string, token?: string): Load => ({
    url: urls.gateway,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    requests: variables.map((of) => ({ path: '/graphql', body: JSON.stringify({ query, variables: of }) })),
    expected,
  });
  const rotations = names.map((name) => ({ name, value: '[<id>] of the bench' }));
  const byName = names.map((name) => ({ name }));
  const gateway = (key: Key, title: string, load: Load): Measurement => ({ key, title, server: 'gateway', load });

  return [
    gateway('graphql', 'revealed read by GraphQL', graphql(REVEAL, byName, RIGHT, reader.token)),
    gateway('rest', 'revealed read by REST', {
      url: urls.gateway,
      method: 'GET',
      headers: { 'x-authorization': reader.token },
      requests: names.map((name) => ({ path: `/api/secrets/${name}` })),
      // A text that every secret value of the benchmark contains.
      expected: ' of ',
    }),
    {
      key: 'bare',
      title: '(a) node:http, one prepared SELECT',
      server: 'bare',
      load: {
        url: urls.bare,
        method: 'GET',
        headers: {},
        requests: names.map((name) => ({ path: `/secrets/${name}` })),
        expected: RIGHT,
      },
    },
    {
      key: 'postgraphile',
      title: '(b) PostGraphile, row-level security',
      server: 'postgraphile',
      load: {
        url: urls.postgraphile,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-principal': PRINCIPAL },
        requests: byName.map((variables) => ({
          path: '/graphql',
          body: JSON.stringify({
            query: 'query ($name: String!) { secret: secretByName(name: $name) { name value } }',
            variables,
          }),
        })),
        expected: RIGHT,
      },
    },
    {
      key: 'apollo',
      title: '(c) Apollo Server, a constant',
      server: 'apollo',
      load: {
        url: urls.apollo,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        requests: byName.map((variables) => ({ path: '/', body: JSON.stringify({ query: REVEAL, variables }) })),
        expected: RIGHT,
      },
    },
    gateway('masked', 'masked read', graphql(MASKED, byName, '"value":"***"', reader.token)),
    gateway(
      'list',
      'list of 50',
      graphql(LIST, await pagesFor(urls.gateway, reader.token), '{"data":{"secrets":{"nodes":[{"name"', reader.token),
    ),
    gateway('resolve', 'resolve 10 references', graphql(RESOLVE, tens(names), '{"payload":{"task"', reader.token)),
    gateway('rotate', 'rotate', { ...graphql(ROTATE, rotations, '{"changed":true}', rotator.token), distinct: true }),
    gateway(
      'sign-in',
      'sign-in of an application',
      graphql(SIGN_IN, [{ keyId: reader.keyId, keySecret: reader.keySecret }], '{"token":"'),
    ),
    gateway('who-can', 'who can read a secret', graphql(WHO_CAN, byName, '"nodes":[{"principal":{"id"', admin.token)),
  ];
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
