// Chooses the Node program that runs the gateway. The file is plain JavaScript, because the Node program of the machine, which may be old, runs it.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import satisfies from 'semver/functions/satisfies.js';
import valid from 'semver/functions/valid.js';

/**
 * Returns the first usable Node program of these: the Node package if it is patched, the running Node if it is patched, or else the Node package.
 * @param {string} root the directory with the package.json that names the Node packages and the patched versions
 * @returns {{ chosen: string | undefined, patched: string }} the path of the program, and the patched versions
 */
export function chooseNode(root) {
  const { engines, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const machine = { path: process.execPath, version: process.version };
  const shipped = Object.keys(optionalDependencies)
    .map((name) => programOf(name, root))
    .filter((path) => path !== undefined && existsSync(path))
    .map((path) => ({ path, version: versionOf(path) }))
    // A Node package for this platform may not start, for example on Alpine, because the package was built for a different C library.
    .find(({ version }) => version !== undefined);
  // For macOS, npm contains no patched Node, so the function prefers a patched Node of the machine. If no patched Node exists, the gateway logs a
  // warning at each start.
  const chosen = [shipped, machine].find((node) => node && satisfies(node.version, engines.node)) ?? shipped;
  return { chosen: chosen?.path, patched: engines.node };
}

/** @param {string} root @returns {boolean} true if the running Node has the security fixes that package.json requires */
export function isPatched(root) {
  return satisfies(process.version, JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node);
}

/** @param {string | undefined} patched @returns {string} the error message for a machine without a usable Node */
export function noUsableNode(patched) {
  return `No usable Node was found. No npm package of Node starts on ${process.platform} ${process.arch}, and this machine's Node ${process.version} is not patched. Install Node ${patched}, then install this package again.`;
}

/** npm installs the Node package below the directory `root` or above it. */
function programOf(name, root) {
  try {
    return createRequire(join(root, 'package.json')).resolve(`${name}/bin/node`);
  } catch {
    return undefined;
  }
}

/** @param {string} path @returns {string | undefined} the version of the Node program, or undefined if the program does not start */
function versionOf(path) {
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status === 0 ? (valid(stdout.trim()) ?? undefined) : undefined;
}
