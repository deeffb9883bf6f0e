import type { Route } from './exchange.ts';
import type { Metrics } from './metrics.ts';

export interface Readiness {
  readonly ok: boolean;
  /** For an operator: what is missing. */
  readonly reason?: string;
}

const READY_WITHIN_MS = 1_000;

/** `/healthz`: alive. `/readyz`: can do its work. `/metrics`: how much it does. */
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

/** Whether the database answers a statement. */
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

async function within(ms: number, ask: () => Promise<Readiness>): Promise<Readiness> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Readiness>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, reason: `no answer within ${ms} ms` }), ms);
  });
  // What went wrong is for whoever was asked to log: a driver's message may name hosts and users.
  const answer = (async () => ask())().catch((): Readiness => ({ ok: false, reason: 'the check failed' }));
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

const text = (status: number, body: string) => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});
