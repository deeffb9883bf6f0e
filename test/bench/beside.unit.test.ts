// Evaluates example measurements with the functions of the benchmark. No test measures durations, because measurements take minutes.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chart } from '../../bench/beside/chart.ts';
import { readAndWritten } from '../../bench/beside/loads.ts';
import { readOptions } from '../../bench/beside/options.ts';
import { processCpu, processMemory, treeCpu, treeMemory } from '../../bench/beside/process-tree.ts';
import { type Report, report } from '../../bench/beside/report.ts';
import { barsOf, type Measured, memoryResult, resultOf, spread } from '../../bench/beside/results.ts';
import { GOALS, ROWS, type Row, rowsIn } from '../../bench/beside/rows.ts';
import type { ContestantName, Stint } from '../../bench/beside/stint.ts';

const stint = (requestsPerSecond: number, p99 = 10, cpu = 500): Stint => ({
  requestsPerSecond,
  p50: p99 / 2,
  p99,
  server: cpu,
  postgres: 300,
  statements: 1,
  generator: 0.1,
  memory: { server: 100, postgres: 50 },
});
const rowOf = (key: string) => ROWS.find((row) => row.key === key) as Row;
const measured = (key: string, stints: Partial<Record<ContestantName, Stint[]>>): Measured => ({
  row: rowOf(key),
  stints,
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
      const [openbao = [], floor = [], gateway = []] = [1_000, 3_000, 1_500].map((speed) =>
        slowness.map((slow) => stint(speed * slow)),
      );
      const { toOpenbao, toFloor } = resultOf(measured('read-32-rest', { gateway, openbao, floor }));
      for (const ratio of Object.values(toOpenbao!)) expect(ratio).toBeCloseTo(1.5);
      for (const ratio of Object.values(toFloor!)) expect(ratio).toBeCloseTo(0.5);
    }),
  );
});

describe('goals of the benchmark', () => {
  const memory = (server: number) => memoryResult({ server: 50, postgres: null }, [[{ server, postgres: null }]]);

  test('every goal belongs to a row that the benchmark measures by default', () => {
    const keys = rowsIn(undefined).map(({ key }) => key);
    expect(Object.keys(GOALS).filter((key) => !keys.includes(key))).toEqual([]);
  });

  test('a benchmark goal is met if the result equals the limit of the goal or is better than the limit', () => {
    const results = [
      resultOf(
        measured('read-32-rest', {
          gateway: [stint(4_000, 18)],
          openbao: [stint(1_000)],
          floor: [stint(8_000, 10)],
        }),
      ),
      resultOf(measured('write-8-put', { gateway: [stint(1_999, 10, 1_000)], openbao: [stint(1_000)] })),
    ];
    const bars = barsOf(results, { gateway: memory(131), openbao: memory(100) }, false);
    expect(bars.map(({ title, met }) => `${title}: ${met}`)).toEqual([
      'revealed read by REST, 32 connections: throughput, relative to OpenBao: true',
      'revealed read by REST, 32 connections: throughput, relative to the floor: false',
      'revealed read by REST, 32 connections: 99th percentile, relative to the floor: true',
      'new value by PUT, 8 connections: throughput, relative to OpenBao: false',
      'new value by PUT, 8 connections: CPU µs of Node and PostgreSQL: true',
      'memory of Node under load, relative to OpenBao: false',
    ]);
  });

  test('if OpenBao was not measured, the benchmark report omits the goals relative to OpenBao', () => {
    const results = [resultOf(measured('sign-in-8', { gateway: [stint(1)] }))];
    expect(barsOf(results, { gateway: memory(100) }, false)).toEqual([]);
  });

  test('a comparison of a small world with a big world limits the ratio of every row', () => {
    const results = ['list-8', 'masked-32'].map((key) =>
      resultOf(measured(key, { gateway: [stint(130)], other: [stint(100)] })),
    );
    expect(barsOf(results, {}, true).map(({ measured, met }) => [measured, met])).toEqual([
      [1.3, false],
      [1.3, false],
    ]);
  });
});

test('no secret is used by both the reads and the writes of the benchmark, and every secret is used', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { minLength: 2 }), (names) => {
      const { read, written } = readAndWritten(names);
      expect([...read, ...written].toSorted()).toEqual(names.toSorted());
      expect(Math.min(read.length, written.length)).toBeGreaterThan(0);
    }),
  );
});

test('the tables and the chart of a benchmark show every row, also without OpenBao', () => {
  for (const missing of [null, 'pip is missing']) {
    const openbao = missing === null ? { openbao: [stint(500)] } : {};
    const results = ROWS.map(({ key }) => resultOf(measured(key, { gateway: [stint(1_000)], ...openbao })));
    const memory = { gateway: memoryResult({ server: 100, postgres: 20 }, [[{ server: 150, postgres: 30 }]]) };
    const made: Report = {
      at: '2026-11-22T12:00:00.000Z',
      options: { rounds: 1, seconds: 1, secrets: 1_000, events: 0, worlds: false },
      machine: {
        cpu: 'a CPU',
        cores: 2,
        memoryGiB: 4,
        system: 'a system',
        loadBefore: 0,
        versions: { node: '24', PostgreSQL: '18', OpenBao: '2' },
      },
      missing,
      results,
      memory,
      bars: barsOf(results, memory, false),
    };
    const [text, picture] = [report(made), chart(made)];
    for (const { title, connections } of ROWS) {
      expect(text).toContain(`| ${title}, ${connections} `);
      expect(picture).toContain(`>${title}, ${connections}<`);
    }
    expect(text.includes('pip is missing')).toBe(missing !== null);
    expect(text).toMatch(/gateway, Node and PostgreSQL \| +120 \| +180 \|/);
    expect(`${text}${picture}`).not.toMatch(/NaN|undefined|Infinity/);
  }
});

test.runIf(process.platform === 'linux')(
  'the CPU time and the memory of a process tree include the process itself (Linux only)',
  () => {
    expect(processCpu(process.pid)).toBeGreaterThan(0);
    expect(treeCpu(process.pid)).toBeGreaterThanOrEqual(processCpu(process.pid)!);
    expect(processMemory(process.pid)).toBeGreaterThan(2 ** 20);
    expect(treeMemory(process.pid)).toBeGreaterThan(2 ** 20);
  },
);

describe('command-line options of the benchmark', () => {
  test('the benchmark accepts numbers within their limits, and rows by the start of their keys', () => {
    expect(readOptions(['--rounds', '3', '--only', 'read-1,sign-in'])).toMatchObject({
      rounds: 3,
      only: ['read-1', 'sign-in'],
      write: false,
    });
    expect(rowsIn(['read-1', 'sign-in']).map(({ key }) => key)).toEqual(['read-1-rest', 'read-1-graphql', 'sign-in-8']);
    expect(readOptions([])).toMatchObject({ rounds: 5, secrets: 10_000, events: 0, only: undefined, write: true });
    expect(readOptions(['--worlds', 'big'])).toMatchObject({ worlds: true, secrets: 1_000_000, events: 10_000_000 });
    expect(readOptions(['--gateway', '../main'])).toMatchObject({ gateway: '../main', write: false });
  });

  test.each([
    ['--rounds', '0'],
    ['--rounds', '1e1'],
    ['--seconds', '61'],
    ['--what'],
    ['read-32-rest'],
    ['--only', 'read,nothing'],
    ['--only', 'read-3'],
    ['--worlds', 'small'],
    ['--worlds', 'big', '--gateway', '.'],
  ])('the benchmark rejects the option %s %s', (...args) => {
    expect(readOptions(args)).toBeUndefined();
  });
});
