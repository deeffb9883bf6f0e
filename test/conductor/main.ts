// `npm run test:conductor`: runs the tests of this directory against real Conductor servers that the tests start. Exits with 0 if the
// tests passed, with 1 if a test failed, and with 2 if Java or Maven is missing or a download failed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepareServer } from '../../scripts/build-conductor.ts';
import { MissingTool, MODULE_JAR } from '../../scripts/conductor-server.ts';

const LEFT_OUT = 2;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  try {
    const tools = await prepareServer(process.stderr);
    if (tools === undefined) return 1;
    return run(args, {
      CONDUCTOR_TEST_JAVA: tools.java,
      CONDUCTOR_TEST_CLASSES: tools.classPath,
      CONDUCTOR_TEST_MODULE: MODULE_JAR,
    });
  } catch (error) {
    if (!(error instanceof MissingTool)) throw error;
    console.log(`Tests at a real Conductor server were left out: ${error.message}`);
    return LEFT_OUT;
  }
}

function run(args: string[], env: Record<string, string>): number {
  const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
  const config = join(import.meta.dirname, 'vitest.config.ts');
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', config, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return status === 0 ? 0 : 1;
}
