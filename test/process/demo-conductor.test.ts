// The exit codes of `npm run demo:conductor` without Maven, and with wrong arguments. The demo itself needs Java, Maven and a server of 458 MB.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';

// These tests start real processes, and the processes need more time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const DEMO = join(import.meta.dirname, '../../scripts/demo-conductor.ts');

/** Runs the demo in an environment without programs on the PATH. */
function demo(...args: string[]): { status: number | null; said: string } {
  const empty = mkdtempSync(join(tmpdir(), 'no-programs-'));
  try {
    const { status, stdout, stderr } = spawnSync(process.execPath, [DEMO, ...args], {
      encoding: 'utf8',
      env: { PATH: empty, TMPDIR: empty },
    });
    return { status, said: `${stdout}${stderr}` };
  } finally {
    rmSync(empty, { recursive: true });
  }
}

test('on a machine without Maven, demo:conductor names the missing program and exits with 2', () => {
  const { status, said } = demo();
  expect(status, said).toBe(2);
  expect(said).toMatch(/(Maven|Java 21 or newer) is missing/);
});

test('demo:conductor exits with 0 after --help, and with 2 after an unknown argument', () => {
  expect(demo('--help')).toMatchObject({ status: 0, said: expect.stringContaining('npm run demo:conductor') });
  expect(demo('--unknown').status).toBe(2);
});
