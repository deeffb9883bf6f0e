import { execFile, type SpawnOptions } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The account that PostgreSQL runs under, and how to start a program under it. */
export type PostgresAccount = {
  /** Undefined: the account of the gateway. */
  ids: { uid: number; gid: number } | undefined;
  /** Returns the program and arguments to spawn instead of `[program, ...args]`. */
  command(program: string, args: string[]): { program: string; args: string[]; options: SpawnOptions };
};

const ownAccount: PostgresAccount = {
  ids: undefined,
  command: (program, args) => ({ program, args, options: {} }),
};

/**
 * Chooses the account for PostgreSQL, which refuses to run as root. For a gateway that runs as root, it is the owner of the cluster, else `postgres`
 * (created if possible), else `nobody`.
 * @param cluster the directory of the cluster, which need not exist
 */
export async function postgresIds(cluster: string): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(cluster).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };

  const existing = await idsOf('postgres');
  if (existing) return existing;
  try {
    await run('groupadd', ['--system', 'postgres']).catch(() => {}); // the group may already exist
    await run('useradd', ['--system', '--gid', 'postgres', '--no-create-home', '--shell', '/bin/false', 'postgres']);
  } catch {
    // The system has no useradd, or /etc is read-only.
  }
  const other = (await idsOf('postgres')) ?? (await idsOf('nobody'));
  if (!other) throw new Error('PostgreSQL does not run as root, and no other account is available. Set DATABASE_URL.');
  return other;
}

/**
 * Returns how to run programs under `ids` so that they can access `paths`. The account often has no access: the checkout may be in /root, or the data
 * directory in a directory of mode 0700. The function changes no directory of other users. Instead, the process keeps one capability of root, which
 * lets it pass the directories of others (and read them, and write to them if the narrower capability is missing).
 * @throws Error that names the directory and says what to do, if no such capability is available
 */
export async function accountWithAccess(
  ids: { uid: number; gid: number } | undefined,
  paths: { directories: string[]; programs: string[] },
): Promise<PostgresAccount> {
  if (!ids) return ownAccount;

  const closedToPrograms = (await Promise.all(paths.programs.map((path) => closedAncestor(ids, path)))).find(
    (path) => path,
  );
  const closedPath =
    closedToPrograms ??
    (await Promise.all(paths.directories.map((path) => closedAncestor(ids, path)))).find((path) => path);
  if (closedPath === undefined) return { ids, command: (program, args) => ({ program, args, options: ids }) };

  // `dac_read_search` is enough for directories. Executing a program without execute permission needs the wider `dac_override`. Docker leaves root
  // only the wider one.
  const closedProgram = (await Promise.all(paths.programs.map((path) => isClosed(ids, path)))).includes(true);
  const capabilities = await ownCapabilities();
  const capability =
    !closedProgram && capabilities.has(2) ? 'dac_read_search' : capabilities.has(1) ? 'dac_override' : undefined;
  const prefix = [
    `--reuid=${ids.uid}`,
    `--regid=${ids.gid}`,
    '--clear-groups',
    `--inh-caps=-all,+${capability}`,
    `--ambient-caps=-all,+${capability}`,
    // PostgreSQL finds its own programs with access(2), which respects the capabilities of other accounts only with this flag.
    ...(closedToPrograms ? ['--securebits=+no_setuid_fixup'] : []),
    '--no-new-privs',
  ];
  try {
    if (capability === undefined) throw new Error('no such capability');
    await run('setpriv', [...prefix, '/bin/sh', '-c', ':']);
  } catch {
    throw new Error(
      `The embedded PostgreSQL does not run as root, and its account (uid ${ids.uid}) has no access to ` +
        `${closedPath}. Do one of these: start the gateway under an ordinary account; put DATA_DIR and the checkout where every account ` +
        'has access; install setpriv (util-linux); set DATABASE_URL.',
    );
  }
  return {
    ids,
    command: (program, args) => ({ program: 'setpriv', args: [...prefix, program, ...args], options: {} }),
  };
}

/** Returns the topmost directory of `path`, or `path` itself, that `ids` may not enter or execute. */
async function closedAncestor(ids: { uid: number; gid: number }, path: string): Promise<string | undefined> {
  const above = dirname(path) === path ? undefined : await closedAncestor(ids, dirname(path));
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

/** Returns the numbers of this process' capabilities (capabilities(7)). The result is empty on systems without capabilities. */
async function ownCapabilities(): Promise<Set<number>> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const bits = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  return new Set([1, 2].filter((bit) => bits & (1n << BigInt(bit))));
}
