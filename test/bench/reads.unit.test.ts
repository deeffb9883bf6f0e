// Evaluates example measurements with the functions of the read benchmark. No test measures durations, because
// measurements take minutes.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chart } from '../../bench/reads/chart.ts';
import type { Key } from '../../bench/reads/measurements.ts';
import { readOptions } from '../../bench/reads/options.ts';
import { type Report, report } from '../../bench/reads/report.ts';
import { BARE, barsOf, type Measured, resultsOf, spread } from '../../bench/reads/results.ts';
import type { Stint } from '../../bench/reads/stint.ts';

const stint = (requestsPerSecond: number, p99 = 10, statements = 3): Stint => ({
  requests: 1_000,
  requestsPerSecond,
  p50: p99 / 2,
  p99,
  cpuMicroseconds: 500,
  databaseMicroseconds: null,
  statements,
});
const measured = (key: Key, rounds: Stint[], alone = stint(50)): Measured => ({
  key,
  title: `<${key}>`,
  rounds,
  alone,
});

test('a median is between the minimum and the maximum, and as many values are below the median as above the median', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1 }), (values) => {
      const { median, least, most } = spread(values);
      expect([least, most]).toEqual([Math.min(...values), Math.max(...values)]);
      const below = values.filter((value) => value < median).length;
      const above = values.filter((value) => value > median).length;
      expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
    }),
  );
});

test('the benchmark compares only measurements of the same round, so that the ratios stay equal if the machine becomes slower', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 1 }), (slowness) => {
      const [bare, graphql] = [1_000, 1_500].map((speed) => slowness.map((slow) => stint(speed * slow)));
      const results = resultsOf([measured(BARE, bare ?? []), measured('graphql', graphql ?? [])]);
      for (const ratio of Object.values(results[1]!.toBare)) expect(ratio).toBeCloseTo(1.5);
    }),
  );
});

test('evaluating benchmark results fails if the measurement of the bare server is missing', () => {
  expect(() => resultsOf([measured('graphql', [stint(1)])])).toThrow('compare');
});

describe('goals of the read benchmark', () => {
  const titles = (all: Measured[]) => barsOf(all).map(({ title, met }) => `${title}: ${met}`);

  test('a benchmark goal is met if the result equals the limit of the goal or is better than the limit', () => {
    const all = [
      measured(BARE, [stint(1_000, 10, 1)]),
      measured('postgraphile', [stint(240, 40, 4)]),
      measured('graphql', [stint(1_200, 15, 0.2)], stint(50, 1, 3)),
      measured('rest', [stint(1_999, 15.1, 0.21)], stint(50, 1, 3.1)),
    ];
    expect(titles(all)).toEqual([
      'GraphQL against (a), throughput: true',
      'REST against (a), throughput: false',
      'GraphQL against (b), throughput: true',
      'GraphQL against (a), p99: true',
      'REST against (a), p99: false',
      'GraphQL, statements a read: true',
      'REST, statements a read: false',
      'GraphQL, statements of a read alone: true',
      'REST, statements of a read alone: false',
    ]);
  });

  test('if a measurement was not made, the benchmark report omits the goals for this measurement', () => {
    expect(titles([measured(BARE, [stint(1)]), measured('list', [stint(1)])])).toEqual([]);
  });
});

test('the table and the chart of a benchmark show every measurement', () => {
  const all = (['graphql', BARE, 'list'] as const).map((key) => measured(key, [stint(1_000)]));
  const made: Report = {
    at: '2026-11-22T12:00:00.000Z',
    options: { rounds: 1, seconds: 1, secrets: 1_000, connections: 32 },
    names: 990,
    machine: {
      cpu: 'a CPU',
      cores: 2,
      memoryGiB: 4,
      system: 'a system',
      loadBefore: 0,
      versions: { node: '24', PostgreSQL: '18' },
    },
    results: resultsOf(all),
    bars: barsOf(all),
  };
  const [table, picture] = [report(made), chart(made)];
  for (const { title } of all) {
    expect(table).toContain(`| ${title} `);
    expect(picture).toContain(`&lt;${title.slice(1)}<`);
  }
  expect(picture).not.toMatch(/NaN|undefined|Infinity/);
});

describe('command-line options of the benchmark', () => {
  test('the benchmark accepts numbers within their limits and valid names as options', () => {
    expect(readOptions(['--rounds', '3', '--only', 'graphql,rest'])).toMatchObject({
      rounds: 3,
      seconds: 4,
      only: ['graphql', 'rest'],
      write: false,
    });
    expect(readOptions(['--secrets', '5000'], { secrets: 1_000_000, events: 10 })).toMatchObject({
      secrets: 5_000,
      events: 10,
    });
    expect(readOptions([])).toMatchObject({ rounds: 5, only: undefined, write: true });
  });

  test.each([
    ['--rounds', '0'],
    ['--rounds', '1e1'],
    ['--seconds', '61'],
    ['--what'],
    ['graphql'],
    ['--only', 'graphql,nothing'],
  ])('the benchmark rejects the option %s %s', (...args) => {
    expect(readOptions(args)).toBeUndefined();
  });
});
