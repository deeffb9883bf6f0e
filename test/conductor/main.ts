// `npm run test:conductor`: runs the tests of this directory against a real Conductor server that the tests start. Exits with 0 if the
// tests passed, with 1 if a test failed, and with 2 if Java or the server is missing or could not be downloaded.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const VERSION = '3.32.3';
const LEAST_JAVA = 21;
const ARTIFACT = `org.conductoross:conductor-server:${VERSION}:jar:boot`;
const JAR = join(
  homedir(),
  `.m2/repository/org/conductoross/conductor-server/${VERSION}/conductor-server-${VERSION}-boot.jar`,
);
const DOWNLOAD_MS = 900_000;
const LEFT_OUT = 2;

process.exitCode = main(process.argv.slice(2));

function main(args: string[]): number {
  if (process.env.CONDUCTOR_TEST_URL !== undefined) return run(args, {});
  const java = findJava();
  if (java === undefined) return leftOut(`Java ${LEAST_JAVA} or newer is missing. Install it, or set JAVA_HOME.`);
  if (!existsSync(JAR)) {
    if (spawnSync('mvn', ['--version']).status !== 0)
      return leftOut(`Maven is missing, and ${JAR} as well. Install Maven, which downloads the server.`);
    console.log(`Downloading the Conductor server ${VERSION} (458 MB) from Maven Central.`);
    const get = ['-B', '-ntp', 'dependency:get', `-Dartifact=${ARTIFACT}`, '-Dtransitive=false'];
    const { status } = spawnSync('mvn', get, { stdio: 'inherit', timeout: DOWNLOAD_MS });
    if (status !== 0) return leftOut(`The download of ${ARTIFACT} failed.`);
    if (!existsSync(JAR)) return leftOut(`Maven has put the server elsewhere than to ${JAR}.`);
  }
  return run(args, { CONDUCTOR_TEST_JAVA: java, CONDUCTOR_TEST_JAR: JAR });
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

function leftOut(reason: string): number {
  console.log(`Tests at a real Conductor server were left out: ${reason}`);
  return LEFT_OUT;
}

/** Returns the first Java installation on this machine that is recent enough for the Conductor server. */
function findJava(): string | undefined {
  const { JAVA_HOME: home } = process.env;
  const installed = ['/usr/lib/jvm/*/bin/java', '/Library/Java/JavaVirtualMachines/*/Contents/Home/bin/java'];
  const all = [...(home === undefined ? [] : [join(home, 'bin/java')]), 'java', ...globSync(installed)];
  return all.find((java) => {
    const { stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
    return Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0) >= LEAST_JAVA;
  });
}
