import { execFile, type SpawnOptions } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The account under which PostgreSQL runs, and a function for starting programs under this account. */
export type PostgresAccount = {
  /** The ids of the account. The field is undefined if PostgreSQL runs under the account of the gateway. */
  ids: { uid: number; gid: number } | undefined;
  /** Returns the program and arguments that the gateway must spawn in place of `[program, ...args]`. */
  command(program: string, args: string[]): { program: string; args: string[]; options: SpawnOptions };
};

const ownAccount: PostgresAccount = {
  ids: undefined,
  command: (program, args) => ({ program, args, options: {} }),
};

/**
 * Chooses the account for PostgreSQL, which refuses to run as root. If the gateway runs as root, the account is the owner of the cluster. If root
 * owns the cluster or the cluster does not exist, the account is `postgres`. The function creates the account `postgres` if possible. If `postgres`
 * is not available, the account is `nobody`.
 * @param cluster the directory of the cluster; the directory need not exist
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
    // Creating the account failed: the system has no useradd, or /etc is read-only.
  }
  const other = (await idsOf('postgres')) ?? (await idsOf('nobody'));
  if (!other) throw new Error('PostgreSQL does not run as root, and no other account is available. Set DATABASE_URL.');
  return other;
}

/**
 * Returns the account `ids` and a function. The function starts programs that can access `paths`. The account often has no access, because the
 * checkout may be in /root, or the data directory in a directory of mode 0700. The function does not change the mode of directories that belong to
 * other users. Instead, a started program keeps one capability of root. With this capability, the program can enter and read directories of other
 * users. If only the wider capability is available, the program can also write to these directories.
 * @throws Error if no such capability is available. The message contains the directory and describes what to do
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

  // `dac_read_search` is enough for directories. The account needs the wider capability `dac_override` to run a program without execute permission
  // for the account. In Docker, root has only `dac_override`.
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
    // PostgreSQL searches for its own programs with access(2). Only with this flag does access(2) respect the capabilities of an account other than
    // root.
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

/** Returns the numbers of this process' capabilities (capabilities(7)). Returns an empty set on systems without capabilities. */
async function ownCapabilities(): Promise<Set<number>> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const bits = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  return new Set([1, 2].filter((bit) => bits & (1n << BigInt(bit))));
}
