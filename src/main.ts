// The command line. This file only chooses the command; the commands are in src/commands.
import cluster from 'node:cluster';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Keeps compiled code between starts. The commands are loaded after this line, so that their code is cached too.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compile'));

// Without NODE_ENV=production, graphql-js runs additional checks that take a tenth of each request. graphql-js reads the variable when it is loaded.
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
  // Only the primary process prints the warning, so that a gateway prints it once.
  if (cluster.isPrimary) warnOfUnpatchedNode(process.env.LOG_LEVEL);
  const { run } = await load();
  const { printFailure: sayFailure } = await import('./commands/failure.ts');
  process.exitCode = await run(args).catch(sayFailure);
}
