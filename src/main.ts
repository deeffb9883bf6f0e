// The entry point of the program. The program runs the command that the command line names. The folder src/commands contains the commands.
import cluster from 'node:cluster';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Node caches compiled code on disk, so that the next start of the program is faster. The program loads the commands after this line, so that the
// cache also contains the code of the commands. The script `start` sets the same cache before Node loads this file: if the cache contains all code,
// Node does not load its TypeScript parser, which takes 20 MiB of memory.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compile'));

// Without NODE_ENV=production, graphql-js runs additional checks, which take a tenth of the time of each request. The program sets the variable
// before the program loads graphql-js, because graphql-js reads the variable only once.
process.env.NODE_ENV ??= 'production';

// The program that reads the standard output may end early, as in `secrets-gateway keys list | head -1`. The command then continues without output.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const { warnOfUnpatchedNode } = await import('./commands/node-version.ts');
// Worker processes do not print the warning, so that the gateway prints the warning only once.
if (cluster.isPrimary) await warnOfUnpatchedNode(process.env.LOG_LEVEL);
const { runProgram } = await import('./commands/program.ts');
process.exitCode = await runProgram(process.argv.slice(2));
