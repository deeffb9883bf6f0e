// Defines the rows of the table that `npm run bench -- beside` prints, and the goals of each row.

/** The loads of a gateway. */
export type Kind =
  | 'rest'
  | 'graphql'
  | 'put'
  | 'rotate'
  | 'create-delete'
  | 'tag-untag'
  | 'grant-revoke'
  | 'sign-in'
  | 'names'
  | 'names-rest'
  | 'list'
  | 'masked'
  | 'resolve'
  | 'who-can';
/** The loads of OpenBao. The floor accepts only the load `read`. */
export type ReferenceKind = 'read' | 'write' | 'sign-in' | 'list';

/** The loads that reveal secrets by name. */
export const READS: ReadonlySet<string> = new Set<Kind | ReferenceKind>(['rest', 'graphql', 'read']);

/** One operation of the gateway, with the loads of OpenBao and of the floor to which the operation is compared. */
export interface Row {
  key: string;
  title: string;
  /** The number of connections that send requests at the same time. */
  connections: number;
  kind: Kind;
  openbao?: ReferenceKind;
  floor?: 'read';
  /** True if the benchmark measures the row only if the option `--only` names the row. */
  onlyByName?: true;
}

const read = { openbao: 'read', floor: 'read' } as const;
const write = { openbao: 'write' } as const;

export const ROWS: readonly Row[] = [
  { key: 'read-32-rest', title: 'revealed read by REST', connections: 32, kind: 'rest', ...read },
  { key: 'read-32-graphql', title: 'revealed read by GraphQL', connections: 32, kind: 'graphql', ...read },
  { key: 'read-1-rest', title: 'revealed read by REST', connections: 1, kind: 'rest', ...read },
  { key: 'read-1-graphql', title: 'revealed read by GraphQL', connections: 1, kind: 'graphql', ...read },
  { key: 'write-8-put', title: 'new value by PUT', connections: 8, kind: 'put', ...write },
  { key: 'write-8-rotate', title: 'new value by rotateSecret', connections: 8, kind: 'rotate', ...write },
  { key: 'write-1-put', title: 'new value by PUT', connections: 1, kind: 'put', ...write },
  { key: 'create-8', title: 'create and delete a secret', connections: 8, kind: 'create-delete', onlyByName: true },
  { key: 'create-1', title: 'create and delete a secret', connections: 1, kind: 'create-delete', onlyByName: true },
  { key: 'tag-8', title: 'tag and untag a secret', connections: 8, kind: 'tag-untag', onlyByName: true },
  { key: 'tag-1', title: 'tag and untag a secret', connections: 1, kind: 'tag-untag', onlyByName: true },
  { key: 'grant-8', title: 'grant and revoke access', connections: 8, kind: 'grant-revoke', onlyByName: true },
  { key: 'grant-1', title: 'grant and revoke access', connections: 1, kind: 'grant-revoke', onlyByName: true },
  { key: 'sign-in-8', title: 'sign-in of an application', connections: 8, kind: 'sign-in', openbao: 'sign-in' },
  { key: 'names-8-graphql', title: 'list of 50 names by GraphQL', connections: 8, kind: 'names', openbao: 'list' },
  { key: 'names-8-rest', title: 'list of 50 names by REST', connections: 8, kind: 'names-rest', openbao: 'list' },
  // A list of OpenBao contains only names. For the versions, tags and dates in this page, OpenBao would need one more request for each secret.
  // Therefore the row has no goal.
  { key: 'list-8', title: 'page of 50 secrets with tags and dates', connections: 8, kind: 'list', openbao: 'list' },
  { key: 'masked-32', title: 'masked read', connections: 32, kind: 'masked', onlyByName: true },
  { key: 'resolve-32', title: 'resolve 10 references', connections: 32, kind: 'resolve', onlyByName: true },
  { key: 'who-can-8', title: 'who can read a secret', connections: 8, kind: 'who-can', onlyByName: true },
];

/** Returns the rows whose keys equal one of `only` or start with one of `only` and a hyphen. */
export function rowsIn(only: readonly string[] | undefined): Row[] {
  if (only === undefined) return ROWS.filter(({ onlyByName }) => !onlyByName);
  return ROWS.filter(({ key }) => only.some((one) => key === one || key.startsWith(`${one}-`)));
}

export type Bound = readonly ['>=' | '<=', number];

/** The goals of a row. Each goal limits the median of the ratios of the same round, or a median. */
export interface Goals {
  /** The requests per second, relative to OpenBao. */
  toOpenbao?: Bound;
  /** The requests per second, relative to the floor. */
  toFloor?: Bound;
  /** The 99th percentile of the latency, relative to the floor. */
  p99ToFloor?: Bound;
  /** The CPU time of Node and PostgreSQL for each request, in microseconds. */
  cpu?: Bound;
}

export const GOALS: Readonly<Record<string, Goals>> = {
  'read-32-rest': { toOpenbao: ['>=', 4], toFloor: ['>=', 0.55], p99ToFloor: ['<=', 1.8] },
  'read-32-graphql': { toOpenbao: ['>=', 3], toFloor: ['>=', 0.45], p99ToFloor: ['<=', 2] },
  'read-1-rest': { toOpenbao: ['>=', 0.9] },
  'read-1-graphql': { toOpenbao: ['>=', 0.8] },
  'write-8-put': { toOpenbao: ['>=', 2], cpu: ['<=', 1_300] },
  'write-8-rotate': { toOpenbao: ['>=', 2], cpu: ['<=', 1_300] },
  'write-1-put': { toOpenbao: ['>=', 1.2] },
  'sign-in-8': { toOpenbao: ['>=', 2.5] },
  'names-8-graphql': { toOpenbao: ['>=', 2] },
  'names-8-rest': { toOpenbao: ['>=', 2] },
};

/** The goal for the memory of the gateway's Node process under load, relative to OpenBao. */
export const MEMORY_GOAL: Bound = ['<=', 1.3];
/** The goal for the requests per second in the small world, relative to the big world. */
export const WORLDS_GOAL: Bound = ['<=', 1.2];
