import type { Route } from './exchange.ts';
import type { Metrics } from './metrics.ts';

export interface Readiness {
  readonly ok: boolean;
  /** The reason why the gateway is not ready. Operators read the reason. */
  readonly reason?: string;
}

const READY_WITHIN_MS = 1_000;

/** The routes `/healthz` (the process is running), `/readyz` (the gateway can answer requests) and `/metrics` (the metrics). */
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

/** Returns a function that checks whether the database answers an SQL statement. */
export function databaseReadiness(database: { query(text: string): Promise<unknown> }): () => Promise<Readiness> {
  return async () => {
    try {
      await database.query('SELECT epoch FROM access_epoch');
      return { ok: true };
    } catch {
      return { ok: false, reason: 'the database does not answer' };
    }
  };
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
