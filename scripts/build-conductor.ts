// `npm run build:conductor`: builds conductor/target/secrets-gateway-conductor.jar with Maven. Exits with 0 if the jar was built, with 1
// if the build failed, and with 2 if Java or Maven is missing or a download failed.
import { join } from 'node:path';
import type { Screen } from '../src/commands/progress.ts';
import { downloadServer, extractServer, findJava, MissingTool, requireMaven, runMaven } from './conductor-server.ts';
import { waiting } from './waiting.ts';

const FAILED = 1;
const MISSING = 2;

if (import.meta.main) process.exitCode = await main();

async function main(): Promise<number> {
  try {
    await downloadServer(process.stderr);
    if (!(await buildModule())) return FAILED;
  } catch (error) {
    if (!(error instanceof MissingTool)) throw error;
    console.error(`The Conductor module was not built: ${error.message}`);
    return MISSING;
  }
  console.log('Built conductor/target/secrets-gateway-conductor.jar');
  return 0;
}

/** The programs and files on this machine that a Conductor server needs. */
export interface ServerTools {
  java: string;
  /** The class path of the server. */
  classPath: string;
}

/**
 * Downloads and extracts the Conductor server if necessary, and builds the module. Returns undefined if the build failed. @throws MissingTool if Java
 * or Maven is missing, or if a download failed
 */
export async function prepareServer(screen: Screen, signal?: AbortSignal): Promise<ServerTools | undefined> {
  const java = findJava();
  requireMaven();
  await downloadServer(screen, signal);
  const classPath = await extractServer(java, screen, signal);
  const build = buildModule(signal);
  return (await waiting(screen, 'Building the module for the Conductor server', build))
    ? { java, classPath }
    : undefined;
}

/** Builds the module from the server's jar. Returns false if the build failed. @throws MissingTool if Java, Maven or a downloaded file is missing */
async function buildModule(signal?: AbortSignal): Promise<boolean> {
  const module = join(import.meta.dirname, '../conductor');
  // The first build takes the engine's jars out of the server's jar. The second build compiles against the engine's jars.
  for (const pom of ['engine/pom.xml', 'pom.xml'])
    if ((await runMaven(['-q', '-f', join(module, pom), 'package'], signal)) !== 0) return false;
  return true;
}
