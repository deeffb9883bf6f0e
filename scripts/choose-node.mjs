// Runs after npm installed the packages. The script chooses the Node program for the npm scripts, and links `node_modules/.bin/node` to the chosen
// program. The script is plain JavaScript, because the Node program of the machine, which may be old, runs the script.
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
  // A Node package for this platform may not start, for example on Alpine, because the package was built for a different C library.
  .find(({ version }) => version !== undefined);

// For macOS, npm contains no patched Node, so the script prefers a patched Node of the machine. If no patched Node exists, the gateway logs a warning
// at each start.
const chosen = [shipped, machine].find((node) => node && satisfies(node.version, engines.node)) ?? shipped;
if (chosen === undefined) {
  // Without this line, npm scripts would use the Node program that a previous installation chose.
  rmSync(bin, { force: true, recursive: true });
  console.error(
    `No usable Node was found. No npm package of Node starts on ${process.platform} ${process.arch}, and this machine's Node ${machine.version} is not patched. Install Node ${engines.node}, then run npm ci again.`,
  );
  process.exitCode = 1;
} else if (!existsSync(bin) || realpathSync(bin) !== realpathSync(chosen.path)) {
  mkdirSync(join(bin, '..'), { recursive: true });
  rmSync(bin, { force: true, recursive: true });
  symlinkSync(chosen.path, bin);
}

/** @param {string} path @returns {string | undefined} the version of the Node program, or undefined if the program does not start */
function versionOf(path) {
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status === 0 ? (valid(stdout.trim()) ?? undefined) : undefined;
}
