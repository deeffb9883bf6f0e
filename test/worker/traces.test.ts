// The worker's spans of a task, and the header `traceparent` of the worker's requests.
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { conductorServer } from '../support/conductor-server.ts';
import { cleanUp } from '../support/gateway-process.ts';
import { overhear, remember, sentinel } from '../support/sentinel.ts';
import { targetServer } from '../support/target-server.ts';
import { readyWorker } from '../support/worker-process.ts';
import { world } from '../support/world.ts';

const closing: (() => unknown)[] = [];
afterAll(async () => {
  await cleanUp();
  for (const close of closing.reverse()) await close();
});

/** A proxy that records the path and the headers of each request. */
async function recordingProxy(to: string) {
  const seen: { path: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((incoming, response) => {
    seen.push({ path: incoming.url ?? '', headers: incoming.headers });
    const { hostname, port } = new URL(to);
    const forwarded = httpRequest(
      { hostname, port, path: incoming.url, method: incoming.method, headers: incoming.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    forwarded.on('error', () => response.destroy());
    incoming.pipe(forwarded);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

test('a task of the worker is one trace, and the gateway and the Conductor server receive the trace', async () => {
  const w = await world();
  closing.push(w.close);
  const conductor = await conductorServer();
  closing.push(() => conductor.stop());
  const target = await targetServer();
  closing.push(target.close);
  target.answer({ ok: true });
  const app = await w.application('worker');
  remember(app.keySecret);
  const value = sentinel('token');
  await w.secret('token', { value });
  await w.grant(app.id, 'EXECUTE', 'token');

  const bodies: string[] = [];
  const collector = createServer(async (incoming, response) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    bodies.push(body);
    overhear(body);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  closing.push(() => collector.close());

  const { origin, pathname } = new URL(conductor.url);
  const [toConductor, toGateway] = [await recordingProxy(origin), await recordingProxy(w.url)];
  const worker = await readyWorker({
    conductorUrl: `${toConductor.url}${pathname}`,
    gatewayUrl: toGateway.url,
    as: app,
    more: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}` },
  });
  const id = conductor.add('HTTP_WITH_SECRETS', {
    http_request: { method: 'GET', uri: target.url, headers: { a: '${workflow.secrets.token}' } },
  });
  expect((await conductor.resultOf(id)).status).toBe('COMPLETED');
  expect(await worker.end('SIGTERM')).toBe(0);

  const spans: { name: string; traceId: string; spanId: string; parentSpanId?: string }[] = bodies
    .flatMap((body) => JSON.parse(body).resourceSpans ?? [])
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap((scope) => scope.spans);
  const task = spans.find(({ name }) => name === 'task HTTP_WITH_SECRETS')!;
  const report = spans.find(({ name }) => name === 'conductor POST /api/tasks')!;
  expect(report).toMatchObject({ traceId: task.traceId, parentSpanId: task.spanId });
  const parentsOf = (seen: typeof toGateway.seen, path: RegExp) =>
    seen.filter((each) => path.test(each.path)).map(({ headers }) => headers.traceparent);
  expect(parentsOf(toConductor.seen, /\/tasks$/)).toEqual([`00-${task.traceId}-${report.spanId}-01`]);
  expect(parentsOf(toGateway.seen, /\/payloads\/|\/graphql$/)).toContain(`00-${task.traceId}-${task.spanId}-01`);
  // The called server is not part of the trace.
  expect(target.asked[0]?.headers).not.toHaveProperty('traceparent');
  for (const text of [value, app.keySecret, target.url]) expect(bodies.join('')).not.toContain(text);
}, 90_000);
