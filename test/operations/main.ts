// `npm run test:operations`: runs the tests of this directory with real operations tools: PgBouncer, HAProxy, Patroni and etcd. The command leaves out
// each test file whose tools are missing, and names these tools. Exit code 1: a test failed. Exit code 2: no test failed, and a test file was left out.
//
// npm run test:operations [-- pgbouncer haproxy …]
// node test/operations/main.ts --packages    prints the Debian packages of the missing tools
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outcomeTable, type Row } from './outcome.ts';
import { missingTools, packagesOf, type Tool } from './tools.ts';

const LEFT_OUT = 2;

/** The tools that the test files need. A test file that is not listed needs no tool besides the packages of npm. */
const NEEDS: Record<string, readonly Tool[]> = {
  pgbouncer: ['pgbouncer'],
  haproxy: ['haproxy'],
  patroni: ['patroni', 'etcd', 'haproxy', 'postgres'],
  'full-disk': ['mount'],
  'silent-database': [],
  backup: [],
  killed: [],
};

process.exitCode = main(process.argv.slice(2));

function main(names: string[]): number {
  if (names[0] === '--packages') {
    console.log(packagesOf(missingTools(Object.values(NEEDS).flat())).join(' '));
    return 0;
  }
  const unknown = names.filter((name) => !(name in NEEDS));
  if (unknown.length > 0) {
    console.error(`Unknown test files: ${unknown.join(', ')}. Known are ${Object.keys(NEEDS).join(', ')}.`);
    return 1;
  }
  const chosen = names.length > 0 ? names : Object.keys(NEEDS);
  const missing = new Map(chosen.map((name) => [name, missingTools(NEEDS[name] ?? [])]));
  const leftOut = chosen.filter((name) => missing.get(name)!.length > 0);
  const complete = chosen.filter((name) => !leftOut.includes(name));
  const passed = complete.length === 0 || run(complete);
  for (const name of leftOut)
    console.log(`Left out: ${name}, because these are missing: ${missing.get(name)!.join(', ')}.`);
  const packages = packagesOf(leftOut.flatMap((name) => missing.get(name)!));
  if (packages.length > 0) {
    console.log(
      `On Debian, install the missing programs: apt-get install --no-install-recommends ${packages.join(' ')}`,
    );
  }
  if (!passed) return 1;
  return leftOut.length > 0 ? LEFT_OUT : 0;
}

/** Runs the test files, and prints the figures that they recorded. @returns whether all tests passed */
function run(names: string[]): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'operations-'));
  const outcome = join(folder, 'outcome.jsonl');
  writeFileSync(outcome, '');
  const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
  const config = join(import.meta.dirname, 'vitest.config.ts');
  const files = names.map((name) => `test/operations/${name}.test.ts`);
  try {
    const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', config, ...files], {
      stdio: 'inherit',
      env: { ...process.env, OPERATIONS_OUTCOME: outcome },
    });
    const rows = readFileSync(outcome, 'utf8').split('\n').filter(Boolean);
    console.log(outcomeTable(rows.map((row) => JSON.parse(row) as Row)));
    return status === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
