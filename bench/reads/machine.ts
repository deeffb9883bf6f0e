import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Sql } from '../../src/database/client.ts';

/** What it was measured on, and what was measured. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  system: string;
  /** Of the machine over the minute before: what else there was to do. */
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

/** @throws Error if one contestant would have another driver than the others */
function samePg(): string {
  const [ours, theirs] = [versionOf(ROOT, 'pg'), versionOf(APART, 'pg')];
  if (ours !== theirs) throw new Error(`pg is ${ours} here and ${theirs} in bench/reads/apart: make them the same`);
  return ours;
}

function versionOf(home: string, name: string): string {
  return JSON.parse(readFileSync(join(home, 'node_modules', name, 'package.json'), 'utf8')).version;
}
