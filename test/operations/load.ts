// Sends reads and rotations to a gateway, and compares afterwards what the gateway confirmed with what the database contains.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Caller, createSecret, ROTATE, reveal, signedIn } from '../support/gateway-process.ts';
import { remember } from '../support/sentinel.ts';

const READERS = 4;
const ROTATORS = 4;
/** The pause of a client between two requests. Without a pause, the load would take all processors from the other programs of the scenario. */
const PAUSE_MS = 5;
/** The pause of a client after a failed request, so that a gateway that is away does not cause millions of failed requests. */
const PAUSE_AFTER_FAILURE_MS = 50;
/** No request may take longer. A request that takes longer counts as failed. */
const REQUEST_MS = 30_000;
/** The duration of a measurement of rotations. */
const RATE_MS = 3_000;
const SIGN_IN = 'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token } }';

interface Rotation {
  requestId: string;
  name: string;
  version: number;
  value: string;
}

interface Reveal {
  requestId: string;
  name: string;
}

/** What a gateway confirmed to the clients of a load. */
export interface Confirmed {
  readonly rotated: readonly Rotation[];
  readonly revealed: readonly Reveal[];
}

export interface Load extends Confirmed {
  /** The numbers of requests so far. */
  readonly requests: number;
  readonly failed: number;
  /** The failed requests, by status and error code. */
  readonly failures: ReadonlyMap<string, number>;
  /** The longest time in milliseconds that a request took until now. */
  readonly slowest: number;
  /** Waits until a read and a rotation that were sent after this call have succeeded. @returns the seconds since the call */
  resumed(withinSeconds: number): Promise<number>;
  /** Waits until the clients have sent `count` further requests that succeeded. */
  succeed(count: number): Promise<void>;
  /** Ends the load. All requests have an answer afterwards. */
  stop(): Promise<void>;
}

/** Returns a session token of the user. */
export async function tokenOf(url: string, password: string): Promise<string> {
  const { answer } = await post(url, undefined, SIGN_IN, { u: 'admin', p: password });
  return answer.data.signIn.token;
}

/** Creates the secrets of the load, and starts clients that read and rotate these secrets at `url`. */
export async function startLoad(url: string, password: string, label = randomBytes(3).toString('hex')): Promise<Load> {
  const admin = await signedIn(url, password);
  const token = await tokenOf(url, password);
  const names = Array.from({ length: ROTATORS }, (_, number) => `load_${label}_${number}`);
  for (const name of names) await createSecret(admin, name, randomValue());
  const state = {
    requests: 0,
    failed: 0,
    slowest: 0,
    rotated: [] as Rotation[],
    revealed: [] as Reveal[],
    failures: new Map<string, number>(),
  };
  /** The time at which the newest successful read and the newest successful rotation were sent. */
  const newest = { read: 0, rotation: 0 };
  let isOver = false;

  const client = async (kind: 'read' | 'rotation', send: () => Promise<string | undefined>) => {
    while (!isOver) {
      const began = performance.now();
      const failure = await send().catch((error: Error) => error.cause?.toString() ?? error.message);
      state.requests += 1;
      state.slowest = Math.max(state.slowest, performance.now() - began);
      if (failure === undefined) newest[kind] = Math.max(newest[kind], began);
      else {
        state.failed += 1;
        state.failures.set(failure, (state.failures.get(failure) ?? 0) + 1);
      }
      await sleep(failure === undefined ? PAUSE_MS : PAUSE_AFTER_FAILURE_MS);
    }
  };
  const read = async (name: string) => {
    const response = await fetch(`${url}/api/secrets/${name}`, {
      headers: { 'x-authorization': token },
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    const text = await response.text();
    if (response.status !== 200) return `read ${response.status}`;
    if (text === '') return 'read without a value';
    state.revealed.push({ requestId: response.headers.get('x-request-id') ?? '', name });
    return undefined;
  };
  const rotate = async (name: string) => {
    const value = randomValue();
    const { status, requestId, answer } = await post(url, token, ROTATE, { i: { name, value } });
    const version = answer?.data?.rotateSecret?.secret.version;
    if (version === undefined) return `rotation ${answer?.errors?.[0]?.extensions.code ?? status}`;
    state.rotated.push({ requestId, name, version, value });
    return undefined;
  };
  const clients = [
    ...Array.from({ length: READERS }, (_, number) => client('read', () => read(names[number % names.length]!))),
    ...names.map((name) => client('rotation', () => rotate(name))),
  ];
  const waitFor = async (condition: () => boolean, seconds: number) => {
    const began = performance.now();
    while (!condition()) {
      if (performance.now() - began > seconds * 1_000) {
        throw new Error(`The load did not succeed within ${seconds} seconds: ${JSON.stringify([...state.failures])}`);
      }
      await sleep(10);
    }
  };
  return Object.assign(state, {
    async resumed(withinSeconds: number) {
      const began = performance.now();
      await waitFor(() => newest.read > began && newest.rotation > began, withinSeconds);
      return (performance.now() - began) / 1_000;
    },
    async succeed(count: number) {
      const before = state.requests - state.failed;
      await waitFor(() => state.requests - state.failed >= before + count, 60);
    },
    async stop() {
      isOver = true;
      await Promise.all(clients);
    },
  });
}

/** Measures how many rotations of different secrets a gateway confirms in a second, without a pause between two rotations. */
export async function rotationRate(url: string, password: string, clients: number): Promise<number> {
  const token = await tokenOf(url, password);
  const admin = await signedIn(url, password);
  const label = randomBytes(3).toString('hex');
  const names = Array.from({ length: clients }, (_, number) => `rate_${label}_${number}`);
  for (const name of names) await createSecret(admin, name, randomValue());
  let rotated = 0;
  const began = performance.now();
  await Promise.all(
    names.map(async (name) => {
      while (performance.now() - began < RATE_MS) {
        const { answer } = await post(url, token, ROTATE, { i: { name, value: randomValue() } });
        if (answer.errors === undefined) rotated += 1;
      }
    }),
  );
  return Math.round(rotated / ((performance.now() - began) / 1_000));
}

export interface Losses {
  /** Confirmed rotations whose version does not exist or has another value. */
  lost: Rotation[];
  /** Values that a client received and that have no audit event. */
  unaudited: Reveal[];
}

/**
 * Compares everything that the gateway confirmed during the loads with the database. For each rotation, the database must contain the audit event of its
 * request with its version. The gateway must reveal the value of each version that it still keeps. The gateway at `admin` must use this database.
 */
export async function lossesOf(loads: readonly Confirmed[], admin: Caller, databaseUrl: string): Promise<Losses> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ request: string; action: string; version: number }>(
    `SELECT request_id AS request, action, version FROM audit_events WHERE outcome = 'DONE' AND action = ANY($1)`,
    [['SECRET_REVEAL', 'SECRET_ROTATE']],
  );
  const kept = await client.query<{ name: string; version: number }>(
    `SELECT s.name, v.number AS version FROM secret_versions v JOIN secrets s ON s.id = v.secret_id WHERE v.ciphertext IS NOT NULL`,
  );
  await client.end();
  const revealEvents = new Set(rows.filter(({ action }) => action === 'SECRET_REVEAL').map(({ request }) => request));
  const rotateEvents = new Set(
    rows.filter(({ action }) => action === 'SECRET_ROTATE').map(({ request, version }) => `${request} ${version}`),
  );
  const versions = new Set(kept.rows.map(({ name, version }) => `${name} ${version}`));
  const lost: Rotation[] = [];
  for (const rotation of loads.flatMap((load) => load.rotated)) {
    const { requestId, name, version, value } = rotation;
    if (!rotateEvents.has(`${requestId} ${version}`)) lost.push(rotation);
    else if (versions.has(`${name} ${version}`) && (await reveal(admin, name, version)) !== value) lost.push(rotation);
  }
  const unaudited = loads.flatMap((load) => load.revealed).filter(({ requestId }) => !revealEvents.has(requestId));
  return { lost, unaudited };
}

/** Adds up the figures of loads for the table of outcomes. */
export function figuresOf(loads: readonly Load[], { lost, unaudited }: Losses) {
  const sum = (count: (load: Load) => number) => loads.reduce((total, load) => total + count(load), 0);
  return {
    requests: sum((load) => load.requests),
    failed: sum((load) => load.failed),
    lost: lost.length,
    unaudited: unaudited.length,
  };
}

function randomValue(): string {
  const value = `value-${randomBytes(16).toString('hex')}`;
  remember(value);
  return value;
}

async function post(url: string, token: string | undefined, query: string, variables: Record<string, unknown>) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(REQUEST_MS),
  });
  const text = await response.text();
  // A proxy answers with HTML if no gateway is available.
  const answer = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : undefined;
  return { status: response.status, requestId: response.headers.get('x-request-id') ?? '', answer };
}
