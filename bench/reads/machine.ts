import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Sql } from '../../src/database/client.ts';

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

const ROOT = join(import.meta.dirname, '../..');
const APART = join(import.meta.dirname, 'apart');

export async function machine(database: Sql): Promise<Machine> {
  const [row] = await database.query<{ server_version: string }>('SHOW server_version');
  const gateway = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    versions: {
      gateway: gateway.version,
      node: process.version.slice(1),
      PostgreSQL: row?.server_version ?? 'unknown',
      pg: samePg(),
      '@apollo/server': versionOf(ROOT, '@apollo/server'),
      graphql: versionOf(ROOT, 'graphql'),
      postgraphile: versionOf(APART, 'postgraphile'),
      autocannon: versionOf(APART, 'autocannon'),
    },
  };
}

/** @throws Error if the servers would use different versions of the database driver */
function samePg(): string {
  const [ours, theirs] = [versionOf(ROOT, 'pg'), versionOf(APART, 'pg')];
  if (ours !== theirs)
    throw new Error(
      `pg is ${ours} in the project and ${theirs} in bench/reads/apart. Install the same version in both.`,
    );
  return ours;
}

function versionOf(home: string, name: string): string {
  return JSON.parse(readFileSync(join(home, 'node_modules', name, 'package.json'), 'utf8')).version;
}
