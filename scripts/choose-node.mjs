// Runs after npm has installed the packages. Chooses the Node that the npm scripts run on, and links `node_modules/.bin/node` to it.
// Plain JavaScript: the machine's own Node, which may be an old one, runs this file.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import satisfies from 'semver/functions/satisfies.js';
import valid from 'semver/functions/valid.js';

const { engines, optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const bin = join(process.cwd(), 'node_modules/.bin/node');

const machine = { path: process.execPath, version: process.version };
const shipped = Object.keys(optionalDependencies)
  .map((name) => join(process.cwd(), 'node_modules', name, 'bin/node'))
  .filter(existsSync)
  .map((path) => ({ path, version: versionOf(path) }))
  // A package for this platform that does not start: built for another C library, as on Alpine.
  .find(({ version }) => version !== undefined);

// For macOS npm has no patched Node, so a patched Node of the machine goes first. If neither is patched, the gateway warns at each start.
const chosen = [shipped, machine].find((node) => node && satisfies(node.version, engines.node)) ?? shipped;
if (chosen === undefined) {
  // Otherwise npm scripts would go on with the choice of an earlier install.
  rmSync(bin, { force: true, recursive: true });
  console.error(
    `There is no Node to run on. No npm package of Node starts on ${process.platform} ${process.arch}, and this machine's Node ${machine.version} is not patched. Install Node ${engines.node}, then run npm ci again.`,
  );
  process.exitCode = 1;
} else if (!existsSync(bin) || realpathSync(bin) !== realpathSync(chosen.path)) {
  mkdirSync(join(bin, '..'), { recursive: true });
  rmSync(bin, { force: true, recursive: true });
  symlinkSync(chosen.path, bin);
}

/** @param {string} path @returns {string | undefined} undefined if it does not start */
function versionOf(path) {
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status === 0 ? (valid(stdout.trim()) ?? undefined) : undefined;
}
