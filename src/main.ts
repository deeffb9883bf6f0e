// The entry point of the program. The program runs the command that the command line names. The folder src/commands contains the commands.
import cluster from 'node:cluster';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Node caches compiled code on disk, so that the next start of the program is faster. The program loads the commands after this line, so that the
// cache also contains the code of the commands.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compile'));

// Without NODE_ENV=production, graphql-js runs additional checks, which take a tenth of the time of each request. The program sets the variable
// before the program loads graphql-js, because graphql-js reads the variable only once.
process.env.NODE_ENV ??= 'production';

const COMMANDS: Record<string, () => Promise<{ run(args: string[]): Promise<number> }>> = {
  serve: () => import('./commands/serve.ts'),
  demo: () => import('./commands/demo.ts'),
  'demo:rotation': () => import('./commands/demo-rotation.ts'),
  worker: () => import('./commands/worker.ts'),
  keys: () => import('./commands/keys.ts'),
  'signing-keys': () => import('./commands/signing-keys.ts'),
  operations: () => import('./commands/operations.ts'),
  audit: () => import('./commands/audit.ts'),
  'reset-password': () => import('./commands/reset-password.ts'),
};

const [name = 'serve', ...args] = process.argv.slice(2);
const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (load === undefined) {
  const commands = `Commands: ${Object.keys(COMMANDS).join(', ')}. Each command explains its options with --help.`;
  if (name === '--help' || name === 'help') console.log(commands);
  else {
    console.error(`Unknown command. ${commands}`);
    process.exitCode = 2;
  }
} else {
  const { warnOfUnpatchedNode } = await import('./commands/node-version.ts');
  // Worker processes do not print the warning, so that the gateway prints the warning only once.
  if (cluster.isPrimary) warnOfUnpatchedNode(process.env.LOG_LEVEL);
  const { run } = await load();
  const { printFailure: sayFailure } = await import('./commands/failure.ts');
  process.exitCode = await run(args).catch(sayFailure);
}
