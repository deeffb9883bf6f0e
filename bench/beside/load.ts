// The load generator: a separate process that sends requests. The process receives descriptions of loads by IPC, and returns the results by IPC. The
// load generator writes to sockets itself, because an HTTP client library would take more CPU time than some of the measured servers.
import { connect, type Socket } from 'node:net';

/** The requests that one kind of caller repeats. */
export interface Load {
  url: string;
  method: 'GET' | 'POST' | 'PUT';
  headers: Readonly<Record<string, string>>;
  /** Each connection sends a different part of the requests, so that no two connections send the same request at the same moment. */
  requests: readonly { path: string; body?: string }[];
  /** True if each sent request contains a different text in place of `UNIQUE`. */
  distinct?: boolean;
  /** Every correct answer contains this text, and no correct answer contains `"errors"`. */
  expected: string;
}

export interface Run {
  /** The index of an added load. */
  load: number;
  connections: number;
  /** The duration of the load. With `once`, each connection sends each of its requests once. */
  seconds: number | 'once';
}

/** The latencies of the requests, in milliseconds. */
export interface Loaded {
  requests: number;
  requestsPerSecond: number;
  p50: number;
  p99: number;
}

/** The text that a distinct load replaces. The replacement has the same length. */
export const UNIQUE = '[unique]';

/** The maximum time that the load generator waits for one answer, in milliseconds. */
const PATIENCE_MS = 10_000;

const loads: Load[] = [];
let sent = 0;

process.on('message', (message: { add: Load } | Run) => {
  if ('add' in message) loads.push(message.add);
  else
    void run(message).then(
      (loaded) => process.send?.({ loaded }),
      (error) => process.send?.({ error: String(error) }),
    );
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function run({ load, connections, seconds }: Run): Promise<Loaded> {
  const { url, requests, distinct = false, expected, ...common } = loads[load] as Load;
  const { hostname, port, host } = new URL(url);
  const texts = requests.map((request) => requestText(host, { ...common, ...request }));
  const times: number[] = [];
  const began = performance.now();
  const until = seconds === 'once' ? Number.POSITIVE_INFINITY : began + seconds * 1_000;
  let inTime = 0;

  const one = (socket: Socket, share: readonly string[]) =>
    new Promise<void>((resolve, reject) => {
      let next = 0;
      let answer = '';
      let sentAt = 0;
      const send = () => {
        const text = share[next] as string;
        next = (next + 1) % share.length;
        sentAt = performance.now();
        socket.write(
          distinct ? text.replace(UNIQUE, (sent++).toString(36).padStart(UNIQUE.length, '0')) : text,
          'latin1',
        );
      };
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('The server closed a connection')));
      socket.setTimeout(PATIENCE_MS, () => reject(new Error(`The server sent no answer for ${PATIENCE_MS} ms`)));
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1');
        if (!isComplete(answer)) return;
        const now = performance.now();
        times.push(now - sentAt);
        if (!isRight(answer, expected)) {
          reject(new Error(`The server sent an unexpected answer: ${answer.slice(0, 400)}`));
          return;
        }
        answer = '';
        // Each connection waits for its last answer, so that the counted requests are exactly those that the server processed.
        if (now < until) inTime += 1;
        if (now >= until || (seconds === 'once' && next === 0)) resolve();
        else send();
      });
      send();
    });
  const sockets = Array.from({ length: connections }, () => connect(Number(port), hostname).setNoDelay());
  try {
    await Promise.all(
      sockets.map((socket, connection) => {
        const share = texts.filter((_, n) => n % connections === connection);
        return one(socket, share.length > 0 ? share : texts);
      }),
    );
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  const lasted = seconds === 'once' ? (performance.now() - began) / 1_000 : seconds;
  const sorted = Float64Array.from(times).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { requests: times.length, requestsPerSecond: inTime / lasted, p50: at(0.5), p99: at(0.99) };
}

function requestText(
  host: string,
  { method, path, headers, body }: Pick<Load, 'method' | 'headers'> & Load['requests'][number],
): string {
  const length = body === undefined ? {} : { 'content-length': String(body.length) };
  const lines = Object.entries({ host, ...headers, ...length }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`;
}

/** The servers answer only one request at a time on each connection, so a complete answer ends at the end of the received text. */
function isComplete(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(answer.slice(0, end + 2))?.[1];
  return length === undefined ? answer.endsWith('\r\n0\r\n\r\n') : answer.length >= end + 4 + Number(length);
}

function isRight(answer: string, expected: string): boolean {
  return /^HTTP\/1.1 20[04] /.test(answer) && answer.includes(expected) && !answer.includes('"errors"');
}
