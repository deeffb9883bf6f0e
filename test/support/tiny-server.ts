import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';
import { createGraphQLServer } from '../../src/graphql/server.ts';
import type { Incoming, Route } from '../../src/http/exchange.ts';
import { healthRoutes, type Readiness } from '../../src/http/health.ts';
import { createHttpServer } from '../../src/http/http-server.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { tinySchema } from './tiny-schema.ts';

export interface TinyServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** All log lines that the server has written, at every level. */
  logged(): string;
  post(body: unknown, headers?: Record<string, string>): Promise<Answer>;
  stop(graceMs: number): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
  readonly json: any;
}

/** A logger that records every log line at every level. */
export function keepingLog(): { log: Logger; logged(): string } {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { log: pino({ level: 'trace' }, sink), logged: () => lines.join('') };
}

/** Starts the GraphQL server with a small test schema. */
export async function tinyServer(
  options: {
    introspection?: boolean;
    contextFor?: (incoming: Incoming) => Promise<object>;
    routes?: Route[];
    ready?: () => Promise<Readiness>;
    trustedProxies?: string[];
  } = {},
): Promise<TinyServer> {
  const { log, logged } = keepingLog();
  const graphql = createGraphQLServer({
    schema: tinySchema(),
    contextFor: options.contextFor ?? (async () => ({})),
    introspection: options.introspection ?? true,
    log,
  });
  await graphql.start();
  const metrics = createMetrics();
  const server = createHttpServer({
    routes: [
      { path: '/graphql', methods: { GET: graphql.handle, POST: graphql.handle } },
      ...healthRoutes({ ready: options.ready ?? (async () => ({ ok: true })), metrics }),
      ...(options.routes ?? []),
    ],
    log,
    metrics,
    trustedProxies: options.trustedProxies ?? [],
  });
  const port = await server.listen('127.0.0.1', 0);
  const url = `http://127.0.0.1:${port}`;
  const stop = async (graceMs: number) => {
    await server.close({ graceMs });
    await graphql.stop();
  };
  return {
    url,
    port,
    logged,
    stop,
    async post(body, headers = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      });
      return answerOf(response);
    },
    [Symbol.asyncDispose]: () => stop(100),
  };
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.status, headers: response.headers, text, json };
}
