// Starts gateways that export traces and metrics to an OTLP receiver.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { afterAll, afterEach, expect, inject, test, vi } from 'vitest';
import { MAX_STOP_MS } from '../../src/startup/stop-limit.ts';
import { freshDatabase } from '../support/database.ts';
import { cleanUp, endAll, REVEAL, ROTATE, signedIn, startGateway, until } from '../support/gateway-process.ts';
import { overhear, sentinel } from '../support/sentinel.ts';

vi.setConfig({ testTimeout: 120_000 });

let closing: (() => unknown)[] = [];
afterEach(async () => {
  await endAll();
  for (const close of closing) await close();
  closing = [];
});
afterAll(cleanUp);

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number };
}
interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: Attribute[];
  /** The id of the process. */
  instance: string;
}
// biome-ignore lint/suspicious/noExplicitAny: exported JSON is untyped
type Exported = any;

/** A receiver for OTLP over HTTP. */
async function collector() {
  const bodies: { path: string; json: Exported; headers: IncomingHttpHeaders }[] = [];
  const url = await serving(async (path, body, headers) => {
    overhear(body);
    bodies.push({ path, json: JSON.parse(body), headers });
    return '{}';
  });
  const instanceOf = ({ resource }: Exported) => attributeOf(resource.attributes, 'service.instance.id');
  return {
    url,
    bodies,
    text: () => JSON.stringify(bodies.map(({ json }) => json)),
    spans: (): Span[] =>
      bodies
        .filter(({ path }) => path === '/v1/traces')
        .flatMap(({ json }) => json.resourceSpans)
        .flatMap((part: Exported) =>
          part.scopeSpans
            .flatMap(({ spans }: Exported) => spans)
            .map((span: Span) => ({ ...span, instance: instanceOf(part) })),
        ),
    metrics: (): Exported[] =>
      bodies
        .filter(({ path }) => path === '/v1/metrics')
        .flatMap(({ json }) => json.resourceMetrics)
        .flatMap(({ scopeMetrics }: Exported) => scopeMetrics.flatMap(({ metrics }: Exported) => metrics)),
  };
}

async function serving(
  answer: (path: string, body: string, headers: IncomingHttpHeaders) => Promise<string> | string,
  status = 200,
  answerHeaders: OutgoingHttpHeaders = { 'content-type': 'application/json' },
) {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    response.writeHead(status, answerHeaders);
    response.end(await answer(request.url ?? '', body, request.headers));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return urlOf(server);
}

function urlOf(server: TcpServer): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function attributeOf(attributes: Attribute[], key: string): string | number | undefined {
  const value = attributes.find((attribute) => attribute.key === key)?.value;
  return value?.stringValue ?? value?.intValue;
}

async function gatewayWith(settings: Record<string, string>) {
  const database = await freshDatabase(inject('databaseUrl'));
  closing.push(database.drop);
  const password = sentinel('password');
  const gateway = startGateway({
    ...{ DATABASE_URL: database.url, KEYRING: randomBytes(32).toString('base64'), ADMIN_PASSWORD: password },
    ...settings,
  });
  return { gateway, password, url: await gateway.ready() };
}

/** Signs in by REST, and returns a function that sends GraphQL requests with a `traceparent`. */
async function tracedCaller(url: string, password: string) {
  await signedIn(url, password);
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: 'mutation ($p: SecretValue!) { signIn(username: "admin", password: $p) { token } }',
      variables: { p: password },
    }),
  });
  const token = ((await answer.json()) as Exported).data.signIn.token as string;
  const send = async (path: string, init: { method?: string; body?: string } = {}) => {
    const trace = randomBytes(16).toString('hex');
    const parent = randomBytes(8).toString('hex');
    const headers = {
      ...{ 'content-type': 'application/json', authorization: `Bearer ${token}` },
      traceparent: `00-${trace}-${parent}-01`,
    };
    const response = await fetch(`${url}${path}`, { ...init, headers });
    return { trace, parent, status: response.status, text: await response.text() };
  };
  const ask = (query: string, variables: object) =>
    send('/graphql', { method: 'POST', body: JSON.stringify({ query, variables }) });
  return { token, send, ask };
}

const CREATE = 'mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { name } } }';

/** Returns the names of the spans below `parent`, as a tree. */
function treeOf(spans: Span[], parent: string): object {
  const children = spans.filter((span) => span.parentSpanId === parent);
  return Object.fromEntries(children.map(({ name, spanId }) => [name, treeOf(spans, spanId)]));
}

test('the spans of a read and a rotation form one trace with the caller, and contain no value, no name and no token', async () => {
  const otlp = await collector();
  const { gateway, password, url } = await gatewayWith({
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
    OTEL_SERVICE_NAME: 'gateway under test',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-token=abc%20d',
  });
  const { token, ask, send } = await tracedCaller(url, password);
  // The log lines of the gateway may contain the name of a secret, so the name is no sentinel.
  const name = `name-${randomBytes(8).toString('hex')}`;
  const [value, next] = [sentinel(), sentinel()];
  await ask(CREATE, { i: { name, value } });
  const read = await ask(REVEAL, { n: name });
  const rotation = await ask(ROTATE, { i: { name, value: next } });
  const rest = await send(`/api/secrets/${name}`);
  expect([read.status, rotation.status, rest.status]).toEqual([200, 200, 200]);
  expect(read.text).toContain(value);
  expect(rest.text).toContain(next);
  const scraped = await (await fetch(`${url}/metrics`)).text();
  expect(await gateway.end('SIGTERM')).toBe(0);

  const spans = otlp.spans();
  expect(treeOf(spans, read.parent)).toEqual({
    'POST /graphql': {
      entitlements: {},
      'entitlements and data': { 'SELECT secrets': {} },
      'commit audit events': { 'INSERT audit_events': {} },
      'open value': {},
    },
  });
  expect(treeOf(spans, rotation.parent)).toEqual({
    'POST /graphql': expect.objectContaining({
      'seal value': {},
      'commit audit events': { 'INSERT audit_events': {} },
    }),
  });
  expect(Object.keys(treeOf(spans, rest.parent))).toEqual(['GET /api/secrets/{key}']);
  const [request] = spans.filter(({ parentSpanId }) => parentSpanId === rest.parent);
  expect(request).toMatchObject({ traceId: rest.trace, kind: 2 });
  expect(request!.attributes.map(({ key }) => [key, attributeOf(request!.attributes, key)])).toEqual([
    ['http.request.method', 'GET'],
    ['http.route', '/api/secrets/{key}'],
    ['http.response.status_code', 200],
  ]);
  expect(new Set(spans.filter(({ traceId }) => traceId === read.trace).map(({ instance }) => instance)).size).toBe(1);

  const exported = otlp.text();
  for (const text of [name, value, next, token, password, token.split('.')[2]!]) expect(exported).not.toContain(text);
  for (const part of ['$1', 'WHERE', 'ON CONFLICT']) expect(exported).not.toContain(part);
  expect(exported).toContain('gateway under test');
  expect(exported).toContain('deployment.environment.name');
  expect(otlp.bodies[0]?.headers).toMatchObject({ 'x-collector-token': 'abc d' });

  // The log line of a request names the trace.
  expect(gateway.said()).toContain(`"traceId":"${read.trace}"`);

  // The exported metrics are the metrics of /metrics.
  const names = (text: string) => [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, metric]) => metric);
  const metrics = new Map(otlp.metrics().map((metric) => [metric.name, metric]));
  expect(names(scraped).filter((metric) => !metrics.has(metric))).toEqual([]);
  const requests = metrics.get('http_requests_total').sum;
  expect(requests).toMatchObject({ isMonotonic: true, aggregationTemporality: 2 });
  const durations = metrics.get('http_request_duration_seconds').histogram.dataPoints;
  for (const { bucketCounts, count } of durations)
    expect(bucketCounts.reduce((sum: number, each: number | string) => sum + Number(each), 0)).toBe(Number(count));
});

test('with OTEL_SECRET_NAMES=on, spans contain the names of secrets', async () => {
  const otlp = await collector();
  const { gateway, password, url } = await gatewayWith({
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
    OTEL_SECRET_NAMES: 'on',
  });
  const { ask } = await tracedCaller(url, password);
  const value = sentinel();
  await ask(CREATE, { i: { name: 'shown-name', value } });
  await ask(REVEAL, { n: 'shown-name' });
  await gateway.end('SIGTERM');
  const opened = otlp.spans().find((span) => span.name === 'open value');
  expect(attributeOf(opened!.attributes, 'secret.name')).toBe('shown-name');
  expect(otlp.text()).not.toContain(value);
});

test('the Conductor server receives the trace of the caller, with the span of the gateway as the parent', async () => {
  const otlp = await collector();
  const received: IncomingHttpHeaders[] = [];
  const conductor = await serving(async (_, _body, headers) => {
    received.push(headers);
    return '{}';
  });
  const { gateway, password, url } = await gatewayWith({
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
    CONDUCTOR_URL: `${conductor}/api`,
  });
  const { send } = await tracedCaller(url, password);
  const { trace, parent, status } = await send('/api/queue/all');
  expect(status).toBe(200);
  await gateway.end('SIGTERM');
  const spans = otlp.spans().filter(({ traceId }) => traceId === trace);
  const call = spans.find(({ name }) => name === 'conductor GET');
  const request = spans.find(({ parentSpanId }) => parentSpanId === parent);
  expect(call?.parentSpanId).toBe(request?.spanId);
  expect(received[0]?.traceparent).toBe(`00-${trace}-${call?.spanId}-01`);
});

test('each worker process exports its own spans and metrics', async () => {
  const otlp = await collector();
  const { gateway, password, url } = await gatewayWith({ OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url, WORKERS: '2' });
  await signedIn(url, password);
  for (let i = 0; i < 8; i += 1) await fetch(`${url}/healthz`, { headers: { connection: 'close' } });
  await gateway.end('SIGTERM');
  expect(new Set(otlp.spans().map(({ instance }) => instance)).size).toBe(2);
  expect(new Set(otlp.bodies.map(({ path }) => path))).toEqual(new Set(['/v1/traces', '/v1/metrics']));
});

test('a collector that is away delays neither requests nor the stop of the gateway, and the gateway logs one line', async () => {
  const { gateway, password, url } = await gatewayWith({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_METRIC_EXPORT_INTERVAL: '100',
  });
  const admin = await signedIn(url, password);
  expect(await admin.get('{ secrets(first: 1) { nodes { name } } }')).toBeDefined();
  expect(await gateway.end('SIGTERM')).toBe(0);
  const warnings = gateway.said().match(/"level":[456]0[^\n]*/g) ?? [];
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('OpenTelemetry collector');
});

/** Returns the address of a collector that accepts connections and never answers. */
async function silentCollector() {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return urlOf(server);
}

/** Returns the address of a collector that answers each request with this status. */
const refusingCollector = (status: number, headers: OutgoingHttpHeaders = {}) => serving(() => '', status, headers);

test.each([
  ['does not answer', silentCollector, 'timeout'],
  ['answers with a redirect', () => refusingCollector(307, { location: 'http://127.0.0.1:9/' }), 'HTTP 307'],
  ['is overloaded', () => refusingCollector(503), 'HTTP 429, 502, 503 or 504'],
])('the log line about a collector that %s contains the reason', async (_, start, reason) => {
  const { gateway } = await gatewayWith({
    OTEL_EXPORTER_OTLP_ENDPOINT: await start(),
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_EXPORTER_OTLP_TIMEOUT: '500',
  });
  await until(() => gateway.said().includes('OpenTelemetry collector'));
  expect(JSON.parse(/.*OpenTelemetry collector.*/.exec(gateway.said())![0])).toMatchObject({ level: 40, reason });
});

test.each([
  ['1', 'does not answer', silentCollector],
  ['2', 'does not answer', silentCollector],
  ['1', 'demands a later retry', () => refusingCollector(503, { 'retry-after': '60' })],
])(
  'with WORKERS=%s and a collector that %s, the gateway stops without an error, and each process logs one line',
  async (workers, _, start) => {
    // A process that does not end within the maximum time of a clean stop exits with 1. The timeout of the exporters is longer.
    const { gateway } = await gatewayWith({
      OTEL_EXPORTER_OTLP_ENDPOINT: await start(),
      OTEL_EXPORTER_OTLP_TIMEOUT: String(4 * MAX_STOP_MS),
      WORKERS: workers,
    });
    expect(await gateway.end('SIGTERM')).toBe(0);
    const lines = gateway.said().match(/.*OpenTelemetry collector.*/g) ?? [];
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      Array(Number(workers)).fill(expect.objectContaining({ level: 40, reason: 'timeout' })),
    );
  },
);

/** Prints each module of OpenTelemetry's SDK that the process loads. The Prometheus client always loads the API package. */
const PRINT_MODULES = `--import=data:text/javascript,${encodeURIComponent(
  `import { registerHooks } from 'node:module';
   registerHooks({ load(url, context, next) {
     if (/@opentelemetry.(?!api)|telemetry.opentelemetry/.test(url)) process.stderr.write('LOADED ' + url + '\\n');
     return next(url, context);
   } });`,
)}`;

test.each([
  ['without settings', {}, false],
  [
    'with OTEL_SDK_DISABLED=true',
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' },
    false,
  ],
  ['with a collector', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, true],
])(
  'the gateway loads the SDK of OpenTelemetry only if the settings name a collector: %s',
  async (_, settings, loads) => {
    const { gateway, password, url } = await gatewayWith({ ...settings, NODE_OPTIONS: PRINT_MODULES });
    await signedIn(url, password);
    await gateway.end('SIGTERM');
    expect(gateway.said().includes('LOADED')).toBe(loads);
  },
);
