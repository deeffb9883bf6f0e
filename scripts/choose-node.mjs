// Runs after npm installed the packages. The script chooses the Node program for the npm scripts, and links `node_modules/.bin/node` to the chosen
// program. The script is plain JavaScript, because the Node program of the machine, which may be old, runs the script.
import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { chooseNode, noUsableNode } from '../bin/choose-node.mjs';

const bin = join(process.cwd(), 'node_modules/.bin/node');
const { chosen, patched } = chooseNode(process.cwd());
if (chosen === undefined) {
  // Without this line, npm scripts would use the Node program that a previous installation chose.
  rmSync(bin, { force: true, recursive: true });
  console.error(noUsableNode(patched));
  process.exitCode = 1;
} else if (!existsSync(bin) || realpathSync(bin) !== realpathSync(chosen)) {
  mkdirSync(join(bin, '..'), { recursive: true });
  rmSync(bin, { force: true, recursive: true });
  symlinkSync(chosen, bin);
}
