// The load generator: a process of its own, the same one for all that is measured. It is told by IPC what to send, and tells what came of it.
import autocannon, { type Client } from 'autocannon';

/** What one kind of caller sends, over and over. */
export interface Load {
  url: string;
  method: 'GET' | 'POST';
  headers: Readonly<Record<string, string>>;
  /** Each connection takes its share of them, so that no two ask for the same at the same moment. */
  requests: readonly { path: string; body?: string }[];
  /** Whether `[<id>]` becomes another text in each request that is sent. */
  distinct?: boolean;
  /** Stands in every answer that is right; `"errors"` in none. */
  expected: string;
}

export interface Run {
  /** The index of a load told before. */
  load: number;
  connections: number;
  seconds: number;
}

/** Milliseconds; requests that were answered as expected. */
export interface Loaded {
  requests: number;
  requestsPerSecond: number;
  p50: number;
  p99: number;
  /** Not answered, or not as expected. */
  failed: number;
}

/** For the last answers. */
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
    // The generator writes into what it is given.
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
      // What was sent is waited for, so that what the server did is what was counted: each is done with the answer that is due.
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
