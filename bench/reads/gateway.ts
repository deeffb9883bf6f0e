import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Undo } from '../cleanup.ts';
import { KEYRING, type World } from '../world.ts';
import { type ServerProcess, startServer } from './server-process.ts';

export interface GatewayOptions {
  undo: Undo;
  /** The settings of the gateway that differ from the defaults. */
  settings?: Readonly<Record<string, string>>;
}

/**
 * The options of the `start` script in package.json. The options limit V8's heap. Without these options, the size of the heap depends on the memory
 * of the machine.
 */
const HEAP = ['--max-semi-space-size=8', '--heap-growing-percent=50'];

/** Starts a gateway on the generated database, in the same way as `npm start`. */
export function startGateway({ url }: Pick<World, 'url'>, { undo, settings }: GatewayOptions): Promise<ServerProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'gateway-bench-data-'));
  undo(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const here = (file: string) => join(import.meta.dirname, file);
  return startServer({
    name: 'gateway',
    args: [...HEAP, '--import', here('gateway-preload.ts'), here('../../src/main.ts'), 'serve'],
    env: { DATABASE_URL: url, PORT: '0', DATA_DIR: dir, KEYRING, ...settings },
    dir,
    undo,
  });
}
