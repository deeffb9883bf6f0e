// The alerts for Prometheus use only metrics that a gateway has, and the documentation describes every alert.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  countDescriptorShortages,
  countSetBacks,
  countStatements,
  createMetrics,
  graphqlErrorCounter,
  measureSinks,
  showClockDifference,
} from '../../src/http/metrics.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const { groups } = parse(read('deploy/prometheus/alerts.yaml')) as {
  groups: { rules: { alert: string; expr: string }[] }[];
};
const rules = groups.flatMap((group) => group.rules);
/** Prometheus itself stores this metric for each scrape. */
const OF_PROMETHEUS = ['up'];

test('each alert uses only metrics that a gateway has', async () => {
  const metrics = createMetrics();
  graphqlErrorCounter(metrics)('UNAVAILABLE');
  countSetBacks(metrics, () => 0);
  countStatements(metrics, () => 0);
  countDescriptorShortages(metrics, () => 0);
  showClockDifference(metrics, () => 0);
  measureSinks(metrics, { status: () => [], skipped: () => new Map() });
  metrics.requestServed('/readyz', 200, 0.01);
  const names = new Set((await metrics.snapshot()).map(({ name }) => name));
  const used = rules.flatMap(({ expr }) => [...expr.matchAll(/([a-z0-9_]+)\{/g)].map(([, name]) => name!));
  expect(used.length).toBeGreaterThanOrEqual(rules.length);
  const unknown = used.filter((name) => !names.has(name.replace(/_bucket$/, '')) && !OF_PROMETHEUS.includes(name));
  expect(unknown).toEqual([]);
});

test('docs/operations/monitoring.md describes every alert', () => {
  const page = read('docs/operations/monitoring.md');
  expect(rules.map(({ alert }) => alert).filter((alert) => !page.includes(`| ${alert} |`))).toEqual([]);
});
