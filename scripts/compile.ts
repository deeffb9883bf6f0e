// Compiles `src/` to `dist/` for the npm package: Node runs TypeScript files only outside `node_modules`.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

// Files of an earlier build would otherwise stay in the package.
rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' });
process.exitCode = status ?? 1;
