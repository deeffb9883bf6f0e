import type { Route } from './exchange.ts';
import type { Metrics } from './metrics.ts';

export interface Readiness {
  readonly ok: boolean;
  /** The reason why the gateway is not ready. Operators read the reason. */
  readonly reason?: string;
}

const READY_WITHIN_MS = 1_000;

/** The routes `/healthz` (the process is running), `/readyz` (the gateway can do its work) and `/metrics` (the metrics). */
export function healthRoutes(options: { ready: () => Promise<Readiness>; metrics: Metrics }): Route[] {
  return [
    { path: '/healthz', methods: { GET: async () => text(200, 'ok') } },
    {
      path: '/readyz',
      methods: {
        GET: async () => {
          const state = await within(READY_WITHIN_MS, options.ready);
          return {
            status: state.ok ? 200 : 503,
            headers: { 'content-type': 'application/json; charset=utf-8' },
            body: JSON.stringify(state),
          };
        },
      },
    },
    { path: '/metrics', methods: { GET: options.metrics.handle } },
  ];
}

export interface GatewayReadinessDeps {
  database: { query<Row>(text: string): Promise<Row[]> };
  /** Returns whether the last attempt to commit audit events failed, and no audit event was committed since. */
  isFailing(): boolean;
  /** Returns whether the gateway drains its connections before it stops. */
  isDraining(): boolean;
  /** Whether the gateway requires a database server that commits to a synchronous standby. */
  requireSynchronous: boolean;
}

/** Returns a function that checks whether the gateway can do its work: the database answers, accepts writes, and commits audit events. */
export function gatewayReadiness(needs: GatewayReadinessDeps): () => Promise<Readiness> {
  return async () => {
    if (needs.isDraining()) return { ok: false, reason: 'the gateway is stopping' };
    const reason = await readinessProblem(needs).catch(() => 'the database does not answer');
    return reason === undefined ? { ok: true } : { ok: false, reason };
  };
}

/**
 * The state of the database server. PostgreSQL shows the column `sync_state` only to roles with the privileges of `pg_read_all_stats`. For all other
 * roles, the statement counts every connected standby.
 */
const SERVER_STATE = `SELECT pg_is_in_recovery() AS "isStandby", current_setting('transaction_read_only')::boolean AS "isReadOnly",
  current_setting('synchronous_standby_names') <> '' AND current_setting('synchronous_commit') NOT IN ('off', 'local') AS "isSynchronous",
  EXISTS (SELECT FROM pg_stat_replication r WHERE r.sync_state IS NULL OR r.sync_state IN ('sync', 'quorum')) AS "hasStandby"`;
/** Fails if the database does not have the tables of the gateway. */
const GATEWAY_STATE = `${SERVER_STATE}, EXISTS (SELECT e.epoch FROM access_epoch e) AS "hasTables"`;

interface ServerState {
  isStandby: boolean;
  isReadOnly: boolean;
  isSynchronous: boolean;
  hasStandby: boolean;
}

async function readinessProblem({
  database,
  isFailing,
  requireSynchronous,
}: GatewayReadinessDeps): Promise<string | undefined> {
  const [state] = await database.query<ServerState>(GATEWAY_STATE);
  if (state === undefined) return 'the database does not answer';
  if (state.isStandby) return 'the database server is a standby';
  if (state.isReadOnly) return 'the database is read-only';
  if (requireSynchronous && !state.isSynchronous)
    return 'the database server has no synchronous standby, and REQUIRE_SYNCHRONOUS is on';
  if (state.isSynchronous && !state.hasStandby) return 'no synchronous standby is connected to the database server';
  return isFailing() ? 'audit events cannot be committed' : undefined;
}

/** Works before the first migration too. @throws Error if the database server does not commit to a synchronous standby */
export async function requireSynchronousCommit(database: GatewayReadinessDeps['database']): Promise<void> {
  const [state] = await database.query<ServerState>(SERVER_STATE);
  if (state?.isSynchronous) return;
  throw new Error(
    'REQUIRE_SYNCHRONOUS is on, but the database server does not commit to a synchronous standby. Set synchronous_standby_names and synchronous_commit of the server, or set REQUIRE_SYNCHRONOUS=off.',
  );
}

async function within(ms: number, check: () => Promise<Readiness>): Promise<Readiness> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Readiness>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, reason: `no answer within ${ms} ms` }), ms);
  });
  // The answer does not contain the error, because messages of the database driver can contain host names and usernames. The check logs the error.
  const answer = (async () => check())().catch((): Readiness => ({ ok: false, reason: 'the check failed' }));
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

const text = (status: number, body: string) => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});
