#!/usr/bin/env node
// The executable `secrets-gateway`: runs the program on a Node with the security fixes. The file is plain JavaScript, because the Node program of
// the machine, which may be old, runs it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chooseNode, isPatched, noUsableNode } from './choose-node.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(ROOT, 'src/main.ts');
// A clone has the sources, and runs them. The npm package has only the compiled program.
const main = existsSync(sources) ? sources : join(ROOT, 'dist/main.js');
const args = process.argv.slice(2);
/** The options of V8 for a gateway. The script `start` in package.json has the same options. */
const heap = args[0] === 'serve' ? ['--max-semi-space-size=8', '--heap-growing-percent=50'] : [];

const isRunningPatched = isPatched(ROOT);

if (isRunningPatched && heap.length === 0) {
  process.argv[1] = main;
  await import(pathToFileURL(main).href);
} else {
  const { chosen: node, patched } = isRunningPatched ? { chosen: process.execPath } : chooseNode(ROOT);
  if (node === undefined) {
    console.error(noUsableNode(patched));
    process.exit(1);
  }
  // The script `start` in package.json sets the same cache of compiled code.
  process.env.NODE_COMPILE_CACHE ??= join(ROOT, 'node_modules/.cache/compile');
  run(node, [...heap, main, ...args]);
}

/** Replaces this process with the program. An old Node cannot replace its process, and runs the program as a child process. */
function run(node, nodeArgs) {
  if (typeof process.execve === 'function') {
    // Node prints a warning, because this function is experimental.
    process.removeAllListeners('warning');
    process.execve(node, [node, ...nodeArgs], process.env);
  }
  const child = spawn(node, nodeArgs, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'])
    process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`Cannot run ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
