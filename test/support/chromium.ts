// Unpacks a real Chromium from an npm package, once before all console tests. Builds the console from its current
// sources.
import { spawnSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { chromiumPath } from '../../scripts/chromium.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The path of the Chromium program. */
    chromium: string;
  }
}

export default async function setup(project: TestProject): Promise<void> {
  const sources = globSync('console/{src/**,*}').map(changedAt);
  if (changedAt('console/dist/index.html') < Math.max(...sources)) {
    const { status, stderr } = spawnSync(process.execPath, ['node_modules/vite/bin/vite.js', 'build', 'console'], {
      // Builds the console for production.
      env: { ...process.env, NODE_ENV: 'production' },
    });
    if (status !== 0) throw new Error(`The console could not be built: ${stderr}`);
  }
  project.provide('chromium', await chromiumPath());
}

/** The modification time of a file, in milliseconds. Zero for a missing file and for a folder. */
function changedAt(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? found.mtimeMs : 0;
}
