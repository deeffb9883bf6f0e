import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const APART = join(import.meta.dirname, 'apart');

/**
 * Installs packages that only this benchmark needs. If the versions in the lock file are already installed, the function does nothing. @throws Error
 * if npm fails
 */
export async function installApart(): Promise<void> {
  if (isInstalled()) return;
  console.error('Installing the load generator and PostGraphile into bench/reads/apart (first run only)');
  const npm = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: APART,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise((resolve) => npm.once('error', resolve).once('close', resolve));
  if (code !== 0)
    throw new Error(
      'npm could not install the packages of bench/reads/apart. Check the connection to the package registry.',
    );
}

function isInstalled(): boolean {
  const installed = join(APART, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const [wanted, found] = [join(APART, 'package-lock.json'), installed].map(
    (file) => JSON.parse(readFileSync(file, 'utf8')).packages as Record<string, { version: string }>,
  );
  const { dependencies } = JSON.parse(readFileSync(join(APART, 'package.json'), 'utf8'));
  return Object.keys(dependencies).every((name) => {
    const path = `node_modules/${name}`;
    return found?.[path] !== undefined && found[path].version === wanted?.[path]?.version;
  });
}
