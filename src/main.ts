// The command line. A few lines each: what a command does stands elsewhere.
import cluster from 'node:cluster';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Compiled code is kept between starts; loaded after this line, so that it counts.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compile'));

// graphql-js looks more closely at everything it meets unless it is told so before it is loaded; it takes a tenth of each request.
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
  const commands = `Commands: ${Object.keys(COMMANDS).join(', ')}. Each tells more with --help.`;
  if (name === '--help' || name === 'help') console.log(commands);
  else {
    console.error(`There is no such command. ${commands}`);
    process.exitCode = 2;
  }
} else {
  const { warnOfUnpatchedNode } = await import('./commands/node-version.ts');
  // Only the primary process warns, so that a gateway logs one warning.
  if (cluster.isPrimary) warnOfUnpatchedNode(process.env.LOG_LEVEL);
  const { run } = await load();
  const { sayFailure } = await import('./commands/failure.ts');
  process.exitCode = await run(args).catch(sayFailure);
}
