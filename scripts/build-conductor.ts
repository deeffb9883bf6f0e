// `npm run build:conductor`: builds conductor/target/secrets-gateway-conductor.jar with Maven. Exits with 0 if the jar was built, with 1
// if the build failed, and with 2 if Java or Maven is missing or the Conductor server could not be downloaded.
import { join } from 'node:path';
import { downloadServer, MissingTool, runMaven } from './conductor-server.ts';

const FAILED = 1;
const MISSING = 2;

process.exitCode = main();

function main(): number {
  const module = join(import.meta.dirname, '../conductor');
  try {
    downloadServer();
    // The first build takes the engine's jars out of the server's jar. The second build compiles against the engine's jars.
    for (const pom of ['engine/pom.xml', 'pom.xml']) {
      if (runMaven(['-q', '-f', join(module, pom), 'package']) !== 0) return FAILED;
    }
  } catch (error) {
    if (!(error instanceof MissingTool)) throw error;
    console.error(`The Conductor module was not built: ${error.message}`);
    return MISSING;
  }
  console.log('Built conductor/target/secrets-gateway-conductor.jar');
  return 0;
}
