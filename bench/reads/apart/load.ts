// The load generator: a separate process that sends the requests of all measurements. The process receives descriptions of loads by IPC, and returns
// the results by IPC.
import autocannon, { type Client } from 'autocannon';

/** The requests that one kind of caller repeats. */
export interface Load {
  url: string;
  method: 'GET' | 'POST';
  headers: Readonly<Record<string, string>>;
  /** Each connection sends a different part of the requests, so that no two connections send the same request at the same moment. */
  requests: readonly { path: string; body?: string }[];
  /** True if each sent request contains a different text in place of `[<id>]`. */
  distinct?: boolean;
  /** Every correct answer contains this text, and no correct answer contains `"errors"`. */
  expected: string;
}

export interface Run {
  /** The index of an added load. */
  load: number;
  connections: number;
  seconds: number;
}

/** The latencies of the requests, in milliseconds. */
export interface Loaded {
  requests: number;
  requestsPerSecond: number;
  p50: number;
  p99: number;
  /** The number of requests that received no answer or an unexpected answer. */
  failed: number;
}

/** The maximum time that the load generator waits for the last answers. */
const PATIENCE_SECONDS = 10;

const loads: Load[] = [];

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
  const { url, method, headers, requests, distinct = false, expected } = loads[load] as Load;
  const shareOf = (connection: number) => {
    const share = requests.filter((_, n) => n % connections === connection);
    // The library autocannon changes its request objects, so each connection receives copies.
    return (share.length > 0 ? share : requests).map((request) => ({ ...request, method, headers: { ...headers } }));
  };
  let connection = 0;
  const clients: Client[] = [];
  const times: number[] = [];
  let inTime = 0;
  let over = false;
  const tracker = autocannon({
    url,
    connections,
    duration: seconds + PATIENCE_SECONDS,
    sampleInt: 100,
    idReplacement: distinct,
    setupClient(client) {
      clients.push(client);
      client.setRequests(shareOf(connection++));
      client.on('response', (_status, _bytes, milliseconds) => {
        times.push(milliseconds);
        if (!over) inTime += 1;
      });
    },
    verifyBody: (body) => body.includes(expected) && !body.includes('"errors"'),
  });
  let began = performance.now();
  let elapsed = 0;
  tracker.once('start', () => {
    began = performance.now();
    setTimeout(() => {
      over = true;
      elapsed = performance.now() - began;
      // Each client waits for its outstanding answer, so that the counted requests are exactly those that the server processed.
      for (const client of clients) client.responseMax = client.reqsMade;
    }, seconds * 1_000);
  });
  const { non2xx, mismatches, errors, timeouts } = await tracker;
  const sorted = Float64Array.from(times).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {
    requests: times.length,
    requestsPerSecond: (inTime / elapsed) * 1_000,
    p50: at(0.5),
    p99: at(0.99),
    failed: Math.max(non2xx, mismatches) + errors + timeouts,
  };
}
