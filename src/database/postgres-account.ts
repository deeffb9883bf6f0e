import { execFile, type SpawnOptions } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Under which account PostgreSQL runs, and how a program is started under it. */
export type PostgresAccount = {
  /** undefined: the gateway's own account. */
  ids: { uid: number; gid: number } | undefined;
  /** What to spawn in place of `[program, ...args]`. */
  command(program: string, args: string[]): { program: string; args: string[]; options: SpawnOptions };
};

const ownAccount: PostgresAccount = {
  ids: undefined,
  command: (program, args) => ({ program, args, options: {} }),
};

/**
 * PostgreSQL refuses to run as root. A gateway that runs as root gives it the account that owns its cluster, else
 * `postgres` (made if it can be), else `nobody`.
 * @param cluster the cluster's directory; need not exist
 */
export async function postgresIds(cluster: string): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(cluster).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };

  const existing = await idsOf('postgres');
  if (existing) return existing;
  try {
    await run('groupadd', ['--system', 'postgres']).catch(() => {}); // there may be such a group already
    await run('useradd', ['--system', '--gid', 'postgres', '--no-create-home', '--shell', '/bin/false', 'postgres']);
  } catch {
    // Not on this system, or /etc is read-only.
  }
  const other = (await idsOf('postgres')) ?? (await idsOf('nobody'));
  if (!other)
    throw new Error('PostgreSQL does not run as root, and there is no account to run it under. Set DATABASE_URL.');
  return other;
}

/**
 * How to run programs under `ids` so that they reach `paths`. Often they could not: a checkout below /root, or a data
 * directory below one of mode 0700. Nobody's directory is changed for that. Instead the process keeps, of root's
 * capabilities, the single one that lets it pass directories (and read, if it has to be, write) beyond its own.
 * @throws Error naming the directory and what to do, where that cannot be
 */
export async function accountReaching(
  ids: { uid: number; gid: number } | undefined,
  paths: { directories: string[]; programs: string[] },
): Promise<PostgresAccount> {
  if (!ids) return ownAccount;

  const toPrograms = (await Promise.all(paths.programs.map((path) => obstacle(ids, path)))).find((path) => path);
  const closed =
    toPrograms ?? (await Promise.all(paths.directories.map((path) => obstacle(ids, path)))).find((path) => path);
  if (closed === undefined) return { ids, command: (program, args) => ({ program, args, options: ids }) };

  // Reading and searching are enough for directories; to execute a closed file takes the wider one. Docker leaves root
  // only the wider one.
  const closedProgram = (await Promise.all(paths.programs.map((path) => isClosed(ids, path)))).includes(true);
  const mine = await ownCapabilities();
  const capability = !closedProgram && mine.has(2) ? 'dac_read_search' : mine.has(1) ? 'dac_override' : undefined;
  const prefix = [
    `--reuid=${ids.uid}`,
    `--regid=${ids.gid}`,
    '--clear-groups',
    `--inh-caps=-all,+${capability}`,
    `--ambient-caps=-all,+${capability}`,
    // access(2), by which PostgreSQL looks for its own programs, heeds capabilities of other accounts only with this.
    ...(toPrograms ? ['--securebits=+no_setuid_fixup'] : []),
    '--no-new-privs',
  ];
  try {
    if (capability === undefined) throw new Error('no such capability');
    await run('setpriv', [...prefix, '/bin/sh', '-c', ':']);
  } catch {
    throw new Error(
      `The embedded PostgreSQL does not run as root, and the account it would run under (uid ${ids.uid}) has no access to ` +
        `${closed}. Start the gateway under an ordinary account, set DATA_DIR and keep the checkout where every account ` +
        'can enter, install setpriv (util-linux), or set DATABASE_URL.',
    );
  }
  return {
    ids,
    command: (program, args) => ({ program: 'setpriv', args: [...prefix, program, ...args], options: {} }),
  };
}

/** The topmost of `path` and the directories above it that `ids` may not enter, or execute. */
async function obstacle(ids: { uid: number; gid: number }, path: string): Promise<string | undefined> {
  const above = dirname(path) === path ? undefined : await obstacle(ids, dirname(path));
  if (above !== undefined) return above;
  return (await isClosed(ids, path)) ? path : undefined;
}

async function isClosed(ids: { uid: number; gid: number }, path: string): Promise<boolean> {
  const { mode, uid, gid } = await stat(path);
  const execute = uid === ids.uid ? 0o100 : gid === ids.gid ? 0o010 : 0o001;
  return (mode & execute) === 0;
}

async function idsOf(account: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', account]), run('id', ['-g', account])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/** Numbers of the capabilities this process has (capabilities(7)); none where the system has no such thing. */
async function ownCapabilities(): Promise<Set<number>> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const bits = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  return new Set([1, 2].filter((bit) => bits & (1n << BigInt(bit))));
}
