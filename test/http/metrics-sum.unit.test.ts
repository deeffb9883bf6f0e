import { expect, test } from 'vitest';
import { createMetrics } from '../../src/http/metrics.ts';
import { metricsSum } from '../../src/http/metrics-sum.ts';

/** Returns the lines in `text` that belong to the metric `name`. */
const linesOf = (text: string, name: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith(name))
    .sort();

async function counting(...requests: [route: string, status: number, seconds: number][]) {
  const metrics = createMetrics();
  metrics.gauge({ name: 'in_use', help: 'In use.' }).set(requests.length);
  for (const request of requests) metrics.requestServed(...request);
  // Returns the metrics as JSON, because worker processes send their metrics to each other as JSON.
  return JSON.parse(JSON.stringify(await metrics.snapshot()));
}

test('the sum of metrics over several processes adds counters, histograms and gauges', async () => {
  const sum = metricsSum();
  sum.addSnapshot(1, await counting(['/graphql', 200, 0.002], ['/graphql', 400, 0.002]));
  sum.addSnapshot(2, await counting(['/graphql', 200, 0.2], ['/api', 200, 0.2], ['/api', 200, 0.2]));
  const text = await sum.text();
  expect(linesOf(text, 'http_requests_total')).toEqual([
    'http_requests_total{route="/api",status="200"} 2',
    'http_requests_total{route="/graphql",status="200"} 2',
    'http_requests_total{route="/graphql",status="400"} 1',
  ]);
  expect(linesOf(text, 'http_request_duration_seconds_count')).toEqual([
    'http_request_duration_seconds_count{route="/api"} 2',
    'http_request_duration_seconds_count{route="/graphql"} 3',
  ]);
  expect(linesOf(text, 'http_request_duration_seconds_bucket{le="0.0025",route="/graphql"}')).toEqual([
    'http_request_duration_seconds_bucket{le="0.0025",route="/graphql"} 2',
  ]);
  expect(linesOf(text, 'in_use')).toEqual(['in_use 5']);
});

test('the sum of metrics uses only the latest report of each process', async () => {
  const sum = metricsSum();
  sum.addSnapshot(1, await counting(['/api', 200, 0]));
  sum.addSnapshot(1, await counting(['/api', 200, 0], ['/api', 200, 0]));
  expect(linesOf(await sum.text(), 'http_requests_total')).toEqual([
    'http_requests_total{route="/api",status="200"} 2',
  ]);
});

test('the sum of metrics includes the counters of ended processes, but not their gauges', async () => {
  const sum = metricsSum();
  for (const of of [1, 2, 3]) {
    sum.addSnapshot(of, await counting(['/api', 200, 0.002]));
    sum.processEnded(of);
  }
  sum.processEnded(4);
  sum.addSnapshot(5, await counting(['/api', 200, 0.002], ['/graphql', 200, 0.002]));
  const text = await sum.text();
  expect(linesOf(text, 'http_requests_total')).toEqual([
    'http_requests_total{route="/api",status="200"} 4',
    'http_requests_total{route="/graphql",status="200"} 1',
  ]);
  expect(linesOf(text, 'http_request_duration_seconds_count{route="/api"}')).toEqual([
    'http_request_duration_seconds_count{route="/api"} 4',
  ]);
  expect(linesOf(text, 'in_use')).toEqual(['in_use 2']);
});

test('the sum of metrics over several processes contains every metric except the start time, with its name, type and help text', async () => {
  const metrics = createMetrics();
  const one = String((await metrics.handle({} as never)).body);
  const sum = metricsSum();
  for (const of of [1, 2]) sum.addSnapshot(of, await counting());
  const families = (text: string) =>
    linesOf(text, '#').filter((line) => !/ (in_use|process_start_time_seconds) /.test(line));
  expect(families(await sum.text())).toEqual(families(one));
  expect(families(one)).toContain('# TYPE http_requests_total counter');
  expect(families(one)).toContain('# TYPE http_request_duration_seconds histogram');
  expect(families(one)).toContain('# TYPE nodejs_eventloop_lag_seconds gauge');
  expect(families(one).filter((line) => line.endsWith(' summary'))).toEqual([]);
});
