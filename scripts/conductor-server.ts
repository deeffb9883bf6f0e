// Prepares this machine for a Conductor server: finds Java and Maven, downloads the server's jar, and extracts the jar.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { type Progress, progressOn, type Screen } from '../src/commands/progress.ts';

export const CONDUCTOR_VERSION = '3.32.3';
const LEAST_JAVA = 21;
const ARTIFACT = `org.conductoross:conductor-server:${CONDUCTOR_VERSION}:jar:boot`;
/** The size of the server's jar in megabytes, for the progress bar. */
const SERVER_MB = 458;
const DOWNLOAD_MS = 900_000;
const PROGRESS_MS = 500;

const SERVER_JAR = join(
  homedir(),
  `.m2/repository/org/conductoross/conductor-server/${CONDUCTOR_VERSION}/conductor-server-${CONDUCTOR_VERSION}-boot.jar`,
);
/** The jar of the module that connects a Conductor server to the gateway. `npm run build:conductor` builds this jar. */
export const MODULE_JAR = join(import.meta.dirname, '../conductor/target/secrets-gateway-conductor.jar');

/** An error: a required program is missing on this machine, or a download failed. The message names the program or the download. */
export class MissingTool extends Error {}

/** The first Java on this machine that is recent enough for the Conductor server. @throws MissingTool */
export function findJava(): string {
  const { JAVA_HOME: home } = process.env;
  const installed = ['/usr/lib/jvm/*/bin/java', '/Library/Java/JavaVirtualMachines/*/Contents/Home/bin/java'];
  const all = [...(home === undefined ? [] : [join(home, 'bin/java')]), 'java', ...globSync(installed)];
  const java = all.find((one) => javaVersion(one) >= LEAST_JAVA);
  if (java === undefined)
    throw new MissingTool(`Java ${LEAST_JAVA} or newer is missing. Install Java, or set JAVA_HOME.`);
  return java;
}

/** @throws MissingTool if the machine has no Maven */
export function requireMaven(message = 'Maven is missing. Install Maven 3.8 or newer.'): void {
  if (spawnSync('mvn', ['--version']).status !== 0) throw new MissingTool(message);
}

/**
 * Downloads the server's jar from Maven Central unless Maven's local repository has the jar. Shows the progress on `screen`. @throws MissingTool if
 * the download failed
 */
export async function downloadServer(screen: Screen, signal?: AbortSignal): Promise<void> {
  if (existsSync(SERVER_JAR)) return;
  requireMaven(
    `Maven and the file ${SERVER_JAR} are missing. Install Maven, so that the script can download the file.`,
  );
  screen.write(`Downloading the Conductor server ${CONDUCTOR_VERSION} (${SERVER_MB} MB) from Maven Central.\n`);
  let progress: Progress | undefined;
  const timer = setInterval(() => {
    // Maven downloads its own plugins before the jar. The download rate excludes the time for the plugins.
    if (downloaded() === 0) return;
    progress ??= progressOn(screen);
    progress.update(Math.min(downloaded(), SERVER_MB), SERVER_MB, '(in MB)');
  }, PROGRESS_MS);
  const get = ['-B', '-ntp', 'dependency:get', `-Dartifact=${ARTIFACT}`, '-Dtransitive=false'];
  const until = [AbortSignal.timeout(DOWNLOAD_MS), ...(signal === undefined ? [] : [signal])];
  try {
    const { status, printed } = await run('mvn', get, { signal: AbortSignal.any(until) });
    if (status !== 0) throw new MissingTool(`The download of ${ARTIFACT} failed:\n${printed.slice(-2_000)}`);
  } finally {
    clearInterval(timer);
    progress?.end();
  }
  if (!existsSync(SERVER_JAR)) throw new MissingTool(`Maven did not store the server at ${SERVER_JAR}.`);
}

/** Returns the number of downloaded megabytes. Maven downloads into a temporary file in the directory of the final file. */
function downloaded(): number {
  const dir = dirname(SERVER_JAR);
  const sizes = existsSync(dir)
    ? readdirSync(dir).map((name) => statSync(join(dir, name), { throwIfNoEntry: false }))
    : [];
  return Math.floor(Math.max(0, ...sizes.map((file) => file?.size ?? 0)) / 1_000_000);
}

/**
 * Extracts the server's jar into a cache directory, because an extracted server starts faster. Later runs use the same cache directory.
 * @returns the class path of the server
 */
export async function extractServer(java: string, screen: Screen, signal?: AbortSignal): Promise<string> {
  const { XDG_CACHE_HOME: cacheHome = join(homedir(), '.cache') } = process.env;
  const cache = join(cacheHome, 'secrets-gateway');
  const dir = join(cache, `conductor-server-${CONDUCTOR_VERSION}`);
  if (!existsSync(dir)) {
    mkdirSync(cache, { recursive: true });
    screen.write(`Extracting the Conductor server ${CONDUCTOR_VERSION} into ${dir}.\n`);
    // The function renames the directory to its final name only after the extraction, so that later runs never use an incomplete extraction.
    const unfinished = mkdtempSync(join(cache, 'extracting-'));
    try {
      const extract = ['-Djarmode=tools', '-jar', SERVER_JAR, 'extract', '--force', '--destination', unfinished];
      const { status, printed } = await run(java, extract, { signal });
      if (status !== 0) throw new Error(`The Conductor server could not be extracted from ${SERVER_JAR}:\n${printed}`);
      renameSync(unfinished, dir);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return [join(dir, basename(SERVER_JAR)), join(dir, 'lib/*')].join(delimiter);
}

/**
 * Runs Maven with a Java that is recent enough. Prints the output of Maven if Maven fails. Returns the exit status of Maven. @throws MissingTool if
 * Maven could not download a plugin or a library
 */
export async function runMaven(args: string[], signal?: AbortSignal): Promise<number> {
  requireMaven();
  const env = { ...process.env, JAVA_HOME: javaHome(findJava()) };
  const { status, printed } = await run('mvn', ['-B', '-ntp', ...args], { env, signal });
  if (status === 0 || signal?.aborted) return status;
  console.error(printed);
  const failed = /Could not (?:transfer|find) artifact (\S+)/.exec(printed)?.[1];
  if (failed !== undefined) throw new MissingTool(`The download of ${failed} failed.`);
  return status;
}

interface RunOptions {
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
}

/** Runs a program. Returns the exit status and everything that the program printed. If `signal` is aborted, the function ends the program. */
async function run(
  program: string,
  args: readonly string[],
  { env = process.env, signal }: RunOptions,
): Promise<{ status: number; printed: string }> {
  const child = spawn(program, args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal !== undefined && { signal }),
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      printed += chunk;
    });
  const failed = once(child, 'error').then(([error]: Error[]) => {
    if (error?.name !== 'AbortError') throw error;
  });
  await Promise.race([once(child, 'close'), failed]);
  return { status: child.exitCode ?? 1, printed };
}

function javaVersion(java: string): number {
  const { stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  return Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0);
}

/** `java` on the PATH can be a link or a wrapper script. The function therefore runs Java to find the installation directory. */
function javaHome(java: string): string {
  const { stderr } = spawnSync(java, ['-XshowSettings:properties', '-version'], { encoding: 'utf8' });
  return /java\.home = (.+)/.exec(stderr ?? '')?.[1]?.trim() ?? dirname(dirname(java));
}
