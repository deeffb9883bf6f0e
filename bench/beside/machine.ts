import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { HERE } from './gateway.ts';

/** The data about the machine of the measurement, and the versions of the measured programs. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  system: string;
  /** The load average of the minute before the measurement. The load average shows the work of unrelated programs. */
  loadBefore: number;
  versions: Readonly<Record<string, string>>;
}

/** The field `versions` contains the versions in the argument `servers` and the versions of Node and of the gateway's packages. */
export function machine(servers: Readonly<Record<string, string>>): Machine {
  const versionIn = (path: string): string =>
    JSON.parse(readFileSync(join(HERE, path, 'package.json'), 'utf8')).version;
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    versions: {
      gateway: versionIn('.'),
      node: process.version.slice(1),
      ...servers,
      pg: versionIn('node_modules/pg'),
      '@apollo/server': versionIn('node_modules/@apollo/server'),
      graphql: versionIn('node_modules/graphql'),
    },
  };
}
