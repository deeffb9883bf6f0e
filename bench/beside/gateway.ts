import { mkdtempSync, readFileSync } from 'node:fs';
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
  /** The directory of the gateway's source code. The default is the source code that contains this benchmark. */
  checkout?: string;
}

export const HERE = join(import.meta.dirname, '../..');

/**
 * Starts a gateway in the same way as `npm start`. With `url`, the gateway uses the database of a running world. With `dataDir`, the gateway starts
 * the embedded PostgreSQL of a closed world.
 */
export function startGateway(
  database: Pick<World, 'url'> | Pick<World, 'dataDir'>,
  { undo, settings, checkout = HERE }: GatewayOptions,
): Promise<ServerProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'gateway-bench-data-'));
  undo(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const where: Record<string, string> =
    'url' in database ? { DATABASE_URL: database.url, DATA_DIR: dir } : { DATA_DIR: database.dataDir };
  const start = startScript(checkout);
  return startServer({
    name: 'gateway',
    args: ['--import', join(import.meta.dirname, 'gateway-preload.ts'), ...start.args],
    env: { ...start.env, PORT: '0', KEYRING, ...where, ...settings },
    dir,
    undo,
  });
}

/**
 * Returns Node's arguments and the compile cache in the `start` script of package.json. The arguments limit V8's heap. Because of the compile cache,
 * Node does not load its TypeScript parser.
 */
function startScript(checkout: string): { args: string[]; env: Record<string, string> } {
  const { scripts } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  const [, cache, words] = /^(?:NODE_COMPILE_CACHE=(\S+) )?exec node (.*)$/.exec(scripts.start) ?? [];
  if (words === undefined) throw new Error('The script "start" of package.json does not start with "exec node"');
  return {
    args: words.split(' ').map((word) => (word === 'src/main.ts' ? join(checkout, word) : word)),
    env: cache === undefined ? {} : { NODE_COMPILE_CACHE: join(checkout, cache) },
  };
}
