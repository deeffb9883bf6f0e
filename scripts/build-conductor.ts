// `npm run build:conductor`: builds conductor/target/secrets-gateway-conductor.jar with Maven. Exits with 0 if the jar was built, with 1
// if the build failed, and with 2 if Java or Maven is missing or a download failed.
import { join } from 'node:path';
import type { Screen } from '../src/commands/progress.ts';
import { downloadServer, MissingTool, runMaven } from './conductor-server.ts';

const FAILED = 1;
const MISSING = 2;

if (import.meta.main) process.exitCode = await main();

async function main(): Promise<number> {
  try {
    if (!(await buildModule(process.stderr))) return FAILED;
  } catch (error) {
    if (!(error instanceof MissingTool)) throw error;
    console.error(`The Conductor module was not built: ${error.message}`);
    return MISSING;
  }
  console.log('Built conductor/target/secrets-gateway-conductor.jar');
  return 0;
}

/** Builds the module. Returns false if the build failed. @throws MissingTool if Java or Maven is missing, or if a download failed */
export async function buildModule(screen: Screen, signal?: AbortSignal): Promise<boolean> {
  const module = join(import.meta.dirname, '../conductor');
  await downloadServer(screen, signal);
  // The first build takes the engine's jars out of the server's jar. The second build compiles against the engine's jars.
  for (const pom of ['engine/pom.xml', 'pom.xml'])
    if ((await runMaven(['-q', '-f', join(module, pom), 'package'], signal)) !== 0) return false;
  return true;
}
