// Finds the programs that the tests of this directory need. A program can be outside of PATH: Debian installs the programs of each version of
// PostgreSQL in a directory of its own.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Tool = 'pgbouncer' | 'haproxy' | 'patroni' | 'etcd' | 'postgres' | 'mount';

interface Source {
  program: string;
  /** The Debian packages that contain the program. Undefined if the tests need something that no package contains. */
  packages?: string;
  /** The name of the tool in messages. */
  label: string;
}

const SOURCES: Record<Tool, Source> = {
  pgbouncer: { program: 'pgbouncer', packages: 'pgbouncer', label: 'PgBouncer' },
  haproxy: { program: 'haproxy', packages: 'haproxy', label: 'HAProxy' },
  patroni: { program: 'patroni', packages: 'patroni python3-etcd', label: 'Patroni' },
  etcd: { program: 'etcd', packages: 'etcd-server', label: 'etcd' },
  postgres: { program: 'postgres', packages: 'postgresql', label: 'the programs of a PostgreSQL server' },
  mount: { program: 'mount', label: 'the right to mount a file system' },
};

const DEBIAN_POSTGRES = '/usr/lib/postgresql';

/** Returns the path of a program. Undefined if no directory contains the program. */
export function findProgram(program: string): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  return directories.map((directory) => join(directory, program)).find(isExecutable);
}

/** @throws Error if the program is missing */
export function program(name: string): string {
  const path = findProgram(name);
  if (path === undefined)
    throw new Error(`${name} is missing. Run \`npm run test:operations\`, which names the missing programs.`);
  return path;
}

/** The programs of a PostgreSQL server that Patroni needs in one directory. */
const SERVER_PROGRAMS = ['postgres', 'pg_ctl', 'pg_controldata', 'pg_basebackup', 'pg_rewind'];

/** Returns the directory with the programs of a PostgreSQL server. Undefined if no directory contains all programs that Patroni needs. */
export function serverDirectory(): string | undefined {
  const directories = [...postgresDirectories(), ...(process.env.PATH ?? '').split(':')];
  return directories.find((directory) => SERVER_PROGRAMS.every((name) => isExecutable(join(directory, name))));
}

/** The directories of Debian's PostgreSQL servers, the newest version first. */
function postgresDirectories(): string[] {
  const versions = listed(DEBIAN_POSTGRES).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(DEBIAN_POSTGRES, version, 'bin'));
}

/** Returns the labels of the missing tools. */
export function missingTools(tools: readonly Tool[]): string[] {
  return tools.filter((tool) => !isThere(tool)).map((tool) => SOURCES[tool].label);
}

/** Returns the Debian packages that contain the tools with these labels. */
export function packagesOf(labels: readonly string[]): string[] {
  const packages = Object.values(SOURCES)
    .filter(({ label }) => labels.includes(label))
    .flatMap(({ packages = '' }) => packages.split(' '));
  return [...new Set(packages)].filter(Boolean);
}

function isThere(tool: Tool): boolean {
  if (tool === 'mount') return mayMount();
  if (tool === 'postgres') return serverDirectory() !== undefined;
  return findProgram(SOURCES[tool].program) !== undefined;
}

/** Returns whether this process may mount a file system in memory. Root of a container often may not. */
function mayMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'operations-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'operations-test', directory]).status === 0;
  if (mounted) spawnSync('umount', [directory]);
  rmdirSync(directory);
  return mounted;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function listed(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
