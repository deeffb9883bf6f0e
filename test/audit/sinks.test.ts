// Sends committed audit events to a file, to syslog servers and to an HTTP server, and compares what the servers receive with the exported audit log.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  chmod,
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { exportLog } from '../../src/audit/audit-export.ts';
import { findMonths, retireMonth } from '../../src/audit/audit-retirement.ts';
import { operatorAudit } from '../../src/audit/operator.ts';
import { fileSink } from '../../src/audit/sinks/file-sink.ts';
import { type Forwarding, startForwarding } from '../../src/audit/sinks/forwarding.ts';
import { httpSink } from '../../src/audit/sinks/http-sink.ts';
import type { Sink } from '../../src/audit/sinks/sink.ts';
import { storePositions, takeLease } from '../../src/audit/sinks/sink-store.ts';
import { syslogSink } from '../../src/audit/sinks/syslog-sink.ts';
import { Sensitive } from '../../src/sensitive.ts';
import { until } from '../support/gateway-process.ts';
import { overhear, sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';

let w: World;
let folder: string;
let running: Forwarding[];
let closing: (() => unknown)[];
let logged: string;

beforeEach(async () => {
  w = await world();
  folder = await mkdtemp(join(tmpdir(), 'sinks-'));
  running = [];
  closing = [];
  logged = '';
  await w.secret('first');
  await w.reveal(w.admin, 'first');
});
afterEach(async () => {
  for (const forwarding of running) await forwarding.stop();
  for (const close of closing) await close();
  await w.close();
  await rm(folder, { recursive: true, force: true });
});

/** Returns a logger that writes to `logged`. */
function log() {
  const out = new Writable({
    write(chunk, _, done) {
      logged += chunk;
      overhear(String(chunk));
      done();
    },
  });
  return pino(out);
}

/** Sends the audit events of the gateway to a sink. */
function forward(...sinks: Sink[]): Forwarding {
  const forwarding = startForwarding({ database: w.database, sinks, log: log() });
  running.push(forwarding);
  return forwarding;
}

/** Returns the lines of the events in the exported audit log. */
async function exportedLines(): Promise<string[]> {
  const parts: string[] = [];
  await exportLog({ database: w.database, key: await w.stream.key(), now: w.clock.now() }, async (part) => {
    parts.push(part);
  });
  const lines = parts.join('').trimEnd().split('\n');
  return lines.filter((line) => line.startsWith('{"event"'));
}

const linesOf = (text: string) => text.trimEnd().split('\n');

/** An HTTP server that receives batches. `status` is the status of its answers. */
async function httpReceiver() {
  const receiver = { url: new URL('http://127.0.0.1'), status: 204, lines: [] as string[], requests: 0, headers: {} };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    receiver.requests += 1;
    receiver.headers = request.headers;
    if (receiver.status < 300) receiver.lines.push(...linesOf(body));
    response.writeHead(receiver.status, { location: 'http://127.0.0.1:9/elsewhere' }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  receiver.url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/events`);
  closing.push(() => server.close());
  return receiver;
}

/** Splits received bytes into syslog messages with octet counts. */
function messagesIn(bytes: Buffer): string[] {
  const messages: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = space + 1 + Number(bytes.subarray(at, space).toString());
    messages.push(bytes.subarray(space + 1, end).toString('latin1'));
    at = end;
  }
  return messages;
}

const HEADER = /^<(\d+)>1 (\S+) \S+ secrets-gateway - ([A-Z_]+) - (\{.*\})$/;

test('a file sink receives each audit event as the same line that an exported audit log contains', async () => {
  const file = join(folder, 'events.jsonl');
  forward(fileSink(file, log()));
  await w.secret('second');
  const expected = await exportedLines();
  expect(expected.length).toBeGreaterThan(3);
  await until(async () => linesOf(await readFile(file, 'utf8').catch(() => '')).length >= expected.length);
  expect(linesOf(await readFile(file, 'utf8'))).toEqual(expected);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('a file sink continues in a new file after a program renamed the file, and ends a line that an interrupted write left', async () => {
  const file = join(folder, 'events.jsonl');
  forward(fileSink(file, log()));
  await until(async () => (await stat(file).catch(() => undefined)) !== undefined);
  const before = await exportedLines();
  await until(async () => linesOf(await readFile(file, 'utf8')).length === before.length);
  await rename(file, `${file}.1`);
  await writeFile(file, '{"event":{"id":"');
  await w.secret('third');
  const all = await exportedLines();
  await until(async () => linesOf(await readFile(file, 'utf8')).length === 1 + all.length - before.length);
  const [torn, ...after] = linesOf(await readFile(file, 'utf8'));
  expect(torn).toBe('{"event":{"id":"');
  expect([...linesOf(await readFile(`${file}.1`, 'utf8')), ...after]).toEqual(all);
});

test('a file sink warns once about each file that other users can read', async () => {
  const file = join(folder, 'events.jsonl');
  const warnings = () => logged.split('other users can read or change the file').length - 1;
  await writeFile(file, '');
  await chmod(file, 0o640);
  const sink = fileSink(file, log());
  await sink.send([], new AbortController().signal);
  await sink.send([], new AbortController().signal);
  expect(warnings()).toBe(1);
  await rename(file, `${file}.1`);
  await sink.send([], new AbortController().signal);
  expect(warnings()).toBe(1);
  await rename(file, `${file}.2`);
  await writeFile(file, '');
  await chmod(file, 0o604);
  await sink.send([], new AbortController().signal);
  expect(warnings()).toBe(2);
  expect(linesOf(logged).map((line) => JSON.parse(line).mode)).toEqual(['640', '604']);
});

test('a file sink follows a symbolic link, and syncs the folder of a new file before the first write', async () => {
  const volume = join(folder, 'volume');
  await mkdir(volume);
  const link = join(folder, 'events.jsonl');
  await symlink(join(volume, 'events.jsonl'), link);
  const synced: unknown[] = [];
  const handle = await open(folder);
  const record = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'sync');
  closing.push(() => record.mockRestore());
  await handle.close();
  record.mockImplementation(async function (this: FileHandle) {
    synced.push((await this.stat()).ino, (await stat(link)).size);
  });
  forward(fileSink(link, log()));
  const expected = await exportedLines();
  await until(async () => linesOf(await readFile(link, 'utf8').catch(() => '')).length >= expected.length);
  expect(linesOf(await readFile(join(volume, 'events.jsonl'), 'utf8'))).toEqual(expected);
  expect(synced).toEqual([(await stat(volume)).ino, 0]);
});

test('an HTTP sink receives the lines with the bearer token, and again after the server refused a batch', async () => {
  const receiver = await httpReceiver();
  receiver.status = 503;
  const token = sentinel('token');
  const forwarding = forward(httpSink({ url: receiver.url, token: new Sensitive(token) }));
  await until(() => receiver.requests >= 2);
  expect(forwarding.status()).toMatchObject([{ sink: 'http' }]);
  expect(forwarding.status()[0]?.lagEvents).toBeGreaterThan(0);
  receiver.status = 204;
  const expected = await exportedLines();
  await until(() => receiver.lines.length >= expected.length);
  expect(receiver.lines).toEqual(expected);
  expect(receiver.headers).toMatchObject({ authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' });
  await until(() => forwarding.status()[0]?.lagEvents === 0);
  const warnings = linesOf(logged).map((line) => JSON.parse(line));
  expect(warnings.map(({ level, reason }) => [level, reason])).toEqual([
    [40, 'HTTP 503'],
    [30, undefined],
  ]);
});

test('an HTTP sink follows no redirect, because the request contains the token', async () => {
  const receiver = await httpReceiver();
  receiver.status = 302;
  forward(httpSink({ url: receiver.url, token: new Sensitive(sentinel('token')) }));
  await until(() => logged.includes('HTTP 302'));
});

test('a sink that never answers delays no other sink, and no request', async () => {
  const silent = createTcpServer(() => {});
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  closing.push(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const file = join(folder, 'events.jsonl');
  const url = new URL(`http://127.0.0.1:${port}`);
  forward(httpSink({ url, token: undefined }), fileSink(file, log()));
  await w.secret('other');
  const expected = await exportedLines();
  await until(async () => linesOf(await readFile(file, 'utf8').catch(() => '')).length >= expected.length);
});

test('a syslog server receives RFC 5424 messages with octet counts over TCP', async () => {
  const received: Buffer[] = [];
  const server = createTcpServer((socket) => socket.on('data', (chunk) => void received.push(chunk)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  await w.group('naïve 😀 group');
  forward(syslogSink({ transport: 'tcp', host: '127.0.0.1', port }));
  const expected = await exportedLines();
  await until(() => messagesIn(Buffer.concat(received)).length >= expected.length);
  const parts = messagesIn(Buffer.concat(received)).map((message) => HEADER.exec(message)!);
  expect(parts.map(([, , , , json]) => JSON.parse(json!))).toEqual(expected.map((line) => JSON.parse(line)));
  expect(parts.map(([, , at, action]) => ({ at, action }))).toEqual(
    expected.map((line) => JSON.parse(line).event).map(({ at, action }) => ({ at, action })),
  );
  expect(new Set(parts.map(([, priority]) => priority))).toEqual(new Set(['110']));
});

test('the gateway sends a batch again if the syslog server closes the connection with an error', async () => {
  let connections = 0;
  const received: Buffer[] = [];
  const server = createTcpServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    if (connections === 1) socket.resetAndDestroy();
    else socket.on('data', (chunk) => void received.push(chunk));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  forward(syslogSink({ transport: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port }));
  const expected = await exportedLines();
  await until(() => messagesIn(Buffer.concat(received)).length >= expected.length);
  expect(messagesIn(Buffer.concat(received))).toHaveLength(expected.length);
});

/** A syslog server over TCP. `onFirst` handles the first connection instead of the server. */
async function tcpReceiver(onFirst: (socket: Socket) => void) {
  const receiver = { port: 0, connections: 0, received: [] as Buffer[] };
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    receiver.connections += 1;
    socket.on('error', () => {});
    if (receiver.connections === 1) return onFirst(socket);
    socket.on('data', (chunk) => void receiver.received.push(chunk));
    socket.on('end', () => socket.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  receiver.port = (server.address() as AddressInfo).port;
  closing.push(() => server.close());
  return receiver;
}

test.each<[string, (socket: Socket) => void]>([
  ['before the server reads the batch', (socket) => socket.pause().end()],
  ['after the first bytes of the batch', (socket) => socket.once('data', () => socket.pause().end())],
])('the gateway sends a batch again if the syslog server ends the TCP connection %s', async (_, onFirst) => {
  const receiver = await tcpReceiver(onFirst);
  forward(syslogSink({ transport: 'tcp', host: '127.0.0.1', port: receiver.port }));
  const expected = await exportedLines();
  await until(() => messagesIn(Buffer.concat(receiver.received)).length >= expected.length);
  expect(messagesIn(Buffer.concat(receiver.received))).toHaveLength(expected.length);
  expect(JSON.parse(linesOf(logged)[0]!).reason).toBe('the server ended the connection early');
});

/** A certificate for the address 127.0.0.1, and its private key. */
const CERTIFICATE = await readFile(new URL('localhost.pem', import.meta.url), 'utf8');

/** A syslog server over TLS, behind a proxy. The proxy withholds the end of the first TLS connection, and sends a TCP end instead. */
async function tlsReceiver({ cutsFirst }: { cutsFirst: boolean }) {
  const receiver = { port: 0, connections: 0, received: [] as Buffer[][] };
  let cuts = cutsFirst;
  let isCut = false;
  const server = createTlsServer({ key: CERTIFICATE, cert: CERTIFICATE }, (socket) => {
    const batch: Buffer[] = [];
    receiver.received.push(batch);
    socket.on('error', () => {});
    socket.on('data', (chunk) => void batch.push(chunk));
    // The server answers the client's close_notify after this listener.
    socket.on('end', () => {
      isCut = cuts;
      cuts = false;
    });
  });
  const proxy = createTcpServer({ allowHalfOpen: true }, (client) => {
    receiver.connections += 1;
    isCut = false;
    const upstream = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, allowHalfOpen: true });
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.pipe(upstream);
    upstream.on('data', (chunk) => isCut || client.write(chunk));
    upstream.on('end', () => client.end());
  });
  for (const each of [server, proxy]) {
    each.listen(0, '127.0.0.1');
    await once(each, 'listening');
    closing.push(() => each.close());
  }
  const trusted = getCACertificates();
  setDefaultCACertificates([...trusted, CERTIFICATE]);
  closing.push(() => setDefaultCACertificates(trusted));
  receiver.port = (proxy.address() as AddressInfo).port;
  return receiver;
}

test('the gateway sends a batch again if the TLS connection to the syslog server ends without close_notify', async () => {
  const receiver = await tlsReceiver({ cutsFirst: true });
  forward(syslogSink({ transport: 'tcp+tls', host: '127.0.0.1', port: receiver.port }));
  const expected = await exportedLines();
  await until(() => receiver.received.length === 2);
  const [first, second] = receiver.received as [Buffer[], Buffer[]];
  await until(() => messagesIn(Buffer.concat(second)).length >= expected.length);
  expect(messagesIn(Buffer.concat(second))).toEqual(messagesIn(Buffer.concat(first)));
  await until(() => logged.includes('accepts audit events again'));
  expect(JSON.parse(linesOf(logged)[0]!).reason).toBe(
    'the server ended the connection without a TLS close_notify alert',
  );
});

test('a syslog server over TLS receives no audit event if its certificate is for another address', async () => {
  const receiver = await tlsReceiver({ cutsFirst: false });
  forward(syslogSink({ transport: 'tcp+tls', host: 'localhost', port: receiver.port }));
  await until(() => logged.includes('ERR_TLS_CERT_ALTNAME_INVALID'));
  expect(Buffer.concat(receiver.received.flat())).toHaveLength(0);
});

test('a syslog server receives one datagram for each audit event over UDP', async () => {
  const received: string[] = [];
  const socket = createSocket('udp4', (message) => void received.push(String(message)));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closing.push(() => socket.close());
  forward(syslogSink({ transport: 'udp', host: '127.0.0.1', port: socket.address().port }));
  const expected = await exportedLines();
  await until(() => received.length >= expected.length);
  expect(received.map((message) => JSON.parse(HEADER.exec(message)![4]!))).toEqual(
    expected.map((line) => JSON.parse(line)),
  );
});

test('only one of several gateways sends events to a sink, and another gateway continues when it stops', async () => {
  const receiver = await httpReceiver();
  const sink = () => httpSink({ url: receiver.url, token: undefined });
  const first = forward(sink());
  await until(async () => receiver.lines.length > 0 && receiver.lines.length === (await exportedLines()).length);
  const second = forward(sink());
  await w.secret('while-both-run');
  await until(async () => receiver.lines.length === (await exportedLines()).length);
  expect(second.status()).toEqual([]);
  await first.stop();
  await w.secret('after-the-stop');
  const expected = await exportedLines();
  await until(() => receiver.lines.length >= expected.length);
  expect(receiver.lines).toEqual(expected);
});

test('a gateway that lost its lease cannot move the position of a sink', async () => {
  expect(await takeLease(w.database, 'http', 'one', 30)).toBe(true);
  expect(await takeLease(w.database, 'http', 'two', 30)).toBe(false);
  const [{ id }] = (await w.database.query<{ id: never }>('SELECT id FROM audit_streams LIMIT 1')) as [{ id: never }];
  expect(await storePositions(w.database, 'http', 'one', [{ stream: id, seq: 1 }])).toBe(true);
  await w.database.query(`UPDATE audit_sinks SET expires_at = now() - interval '1 second' RETURNING name`);
  expect(await storePositions(w.database, 'http', 'one', [{ stream: id, seq: 2 }])).toBe(false);
  expect(await takeLease(w.database, 'http', 'two', 30)).toBe(true);
  expect(await storePositions(w.database, 'http', 'one', [{ stream: id, seq: 2 }])).toBe(false);
});

test('a sink receives the later events if a month was retired before the sink received its events', async () => {
  w.clock.advance({ days: 32 });
  w.admin = await w.signIn('admin', w.adminPassword);
  await w.reveal(w.admin, 'first');
  const [month] = await findMonths(w.database);
  const audit = operatorAudit(w);
  await retireMonth({ ...w, audit }, month!, folder);
  const receiver = await httpReceiver();
  const forwarding = forward(httpSink({ url: receiver.url, token: undefined }));
  const expected = await exportedLines();
  await until(() => receiver.lines.length >= expected.length);
  expect(receiver.lines).toEqual(expected);
  await until(() => (forwarding.skipped().get('http') ?? 0) > 0);
  await until(() => forwarding.status()[0]?.lagEvents === 0);
  expect(logged).toContain('were retired');
});

test('no sink receives a secret value', async () => {
  const value = sentinel();
  await w.secret('with-value', { value });
  await w.reveal(w.admin, 'with-value');
  const receiver = await httpReceiver();
  forward(httpSink({ url: receiver.url, token: undefined }));
  const expected = await exportedLines();
  await until(() => receiver.lines.length >= expected.length);
  expect(receiver.lines.join('\n')).toContain('with-value');
  expect(receiver.lines.join('\n')).not.toContain(value);
});
