// Finds what a Conductor server needs on this machine: Java, Maven, and the server's jar in Maven's local repository.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';

export const CONDUCTOR_VERSION = '3.32.3';
const LEAST_JAVA = 21;
const ARTIFACT = `org.conductoross:conductor-server:${CONDUCTOR_VERSION}:jar:boot`;
const DOWNLOAD_MS = 900_000;

export const SERVER_JAR = join(
  homedir(),
  `.m2/repository/org/conductoross/conductor-server/${CONDUCTOR_VERSION}/conductor-server-${CONDUCTOR_VERSION}-boot.jar`,
);

/** Something that this machine does not have. The message says what to install. */
export class MissingTool extends Error {}

/** Returns the first Java installation on this machine that is recent enough for the Conductor server. @throws MissingTool */
export function findJava(): string {
  const { JAVA_HOME: home } = process.env;
  const installed = ['/usr/lib/jvm/*/bin/java', '/Library/Java/JavaVirtualMachines/*/Contents/Home/bin/java'];
  const all = [...(home === undefined ? [] : [join(home, 'bin/java')]), 'java', ...globSync(installed)];
  const java = all.find((one) => javaVersion(one) >= LEAST_JAVA);
  if (java === undefined)
    throw new MissingTool(`Java ${LEAST_JAVA} or newer is missing. Install it, or set JAVA_HOME.`);
  return java;
}

/** Downloads the server's jar from Maven Central unless Maven's local repository has the jar. */
export function downloadServer(): void {
  if (existsSync(SERVER_JAR)) return;
  requireMaven(`Maven is missing, and ${SERVER_JAR} as well. Install Maven, which downloads the server.`);
  console.log(`Downloading the Conductor server ${CONDUCTOR_VERSION} (458 MB) from Maven Central.`);
  const get = ['-B', '-ntp', 'dependency:get', `-Dartifact=${ARTIFACT}`, '-Dtransitive=false'];
  const { status } = spawnSync('mvn', get, { stdio: 'inherit', timeout: DOWNLOAD_MS });
  if (status !== 0) throw new MissingTool(`The download of ${ARTIFACT} failed.`);
  if (!existsSync(SERVER_JAR)) throw new MissingTool(`Maven has put the server elsewhere than to ${SERVER_JAR}.`);
}

/** The jar of the module that connects a Conductor server to the gateway. `npm run build:conductor` builds this jar. */
export const MODULE_JAR = join(import.meta.dirname, '../conductor/target/secrets-gateway-conductor.jar');

/**
 * Extracts the server's jar into a cache directory that later runs use again, because an extracted server starts faster.
 * @returns the class path of the server
 */
export function extractServer(java: string): string {
  const { XDG_CACHE_HOME: cacheHome = join(homedir(), '.cache') } = process.env;
  const cache = join(cacheHome, 'secrets-gateway');
  const dir = join(cache, `conductor-server-${CONDUCTOR_VERSION}`);
  if (!existsSync(dir)) {
    mkdirSync(cache, { recursive: true });
    console.log(`Extracting the Conductor server ${CONDUCTOR_VERSION} into ${dir}.`);
    // The directory gets its final name after the extraction. Therefore an interrupted extraction is never used.
    const unfinished = mkdtempSync(join(cache, 'extracting-'));
    const extract = ['-Djarmode=tools', '-jar', SERVER_JAR, 'extract', '--force', '--destination', unfinished];
    const { status, stderr } = spawnSync(java, extract, { encoding: 'utf8' });
    if (status !== 0) {
      rmSync(unfinished, { recursive: true });
      throw new Error(`The Conductor server could not be extracted from ${SERVER_JAR}:\n${stderr}`);
    }
    renameSync(unfinished, dir);
  }
  return [join(dir, basename(SERVER_JAR)), join(dir, 'lib/*')].join(delimiter);
}

/**
 * Runs Maven with a Java that is recent enough. Returns the exit status of Maven. @throws MissingTool if Maven could not download a plugin or a
 * library
 */
export function runMaven(args: string[]): number {
  requireMaven('Maven is missing. Install Maven 3.8 or newer.');
  const env = { ...process.env, JAVA_HOME: javaHome(findJava()) };
  const { status, stdout, stderr } = spawnSync('mvn', ['-B', '-ntp', ...args], { encoding: 'utf8', env });
  if (status === 0) return 0;
  const printed = `${stdout}${stderr}`;
  console.error(printed);
  const failed = /Could not (?:transfer|find) artifact (\S+)/.exec(printed)?.[1];
  if (failed !== undefined) throw new MissingTool(`The download of ${failed} failed.`);
  return status ?? 1;
}

function requireMaven(message: string): void {
  if (spawnSync('mvn', ['--version']).status !== 0) throw new MissingTool(message);
}

function javaVersion(java: string): number {
  const { stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  return Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0);
}

/** `java` on the PATH can be a link or a wrapper. Therefore Java itself names its directory. */
function javaHome(java: string): string {
  const { stderr } = spawnSync(java, ['-XshowSettings:properties', '-version'], { encoding: 'utf8' });
  return /java\.home = (.+)/.exec(stderr ?? '')?.[1]?.trim() ?? dirname(dirname(java));
}
