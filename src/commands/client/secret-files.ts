// Gives secret values to a program as files in memory, or as named pipes.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, rmdir, statfs, unlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';

export interface SecretFiles {
  /** Returns the path of the file with the value of a variable. */
  pathOf(variable: string): string;
  /** Replaces the values. */
  update(values: ReadonlyMap<string, string>): Promise<void>;
  /** Removes the files. */
  remove(): Promise<void>;
}

/** The types of file systems in memory on Linux: tmpfs and ramfs. */
const IN_MEMORY = [0x01021994, 0x858458f6];
const POLL_MS = 10;
/** The socket on which the command listens as long as the command needs the folder. */
const OWNER = '.run';
/** A longer path of a socket is an error on some systems. */
const LONGEST_SOCKET_PATH = 100;

/**
 * Writes one file for each value to a folder in memory. Only the user can read the files.
 * @param pipes makes a named pipe in place of each file. A pipe passes the value to each reader, one reader after the other
 * @throws CommandFailed
 */
export async function secretFiles(
  folder: string,
  values: ReadonlyMap<string, string>,
  pipes: boolean,
): Promise<SecretFiles> {
  const path = resolve(folder);
  const isNew = await makeFolder(path);
  const owner = await listenIn(path).catch(async (error: unknown) => {
    if (isNew) await rmdir(path).catch(() => {});
    throw error;
  });
  const stop = new AbortController();
  /** For each variable, the writer of its pipe. For files, the writer has already ended. */
  const writers = new Map<string, Promise<void>>();
  let current = values;
  const pathOf = (variable: string) => join(path, variable);

  const remove = async () => {
    stop.abort();
    await Promise.all(writers.values());
    await Promise.all([...writers.keys()].map((variable) => rm(pathOf(variable), { force: true })));
    // INVARIANT: the socket exists longer than every value, so that the next command can remove the values after SIGKILL.
    await new Promise((done) => (owner === undefined ? done(undefined) : owner.close(done)));
    if (isNew) await rmdir(path).catch(() => {});
  };
  const writeAll = async () => {
    for (const [variable, value] of current) {
      if (!pipes) {
        writers.set(variable, Promise.resolve());
        const draft = join(path, `.${randomBytes(6).toString('hex')}`);
        await writeFile(draft, value, { flag: 'wx', mode: 0o400 });
        await rename(draft, pathOf(variable));
      } else if (!writers.has(variable)) {
        await makePipe(pathOf(variable));
        writers.set(
          variable,
          servePipe(pathOf(variable), () => current.get(variable) ?? '', stop.signal),
        );
      }
    }
  };
  try {
    if (!pipes) {
      if (process.platform !== 'linux')
        throw new CommandFailed('--files: this system has no file system in memory. Add --pipes.', EXIT.USAGE);
      if (!IN_MEMORY.includes((await statfs(path)).type))
        throw new CommandFailed(
          '--files: the folder is not in memory. Choose a folder on a tmpfs, for example below /dev/shm or /run, or add --pipes.',
          EXIT.USAGE,
        );
    }
    await writeAll();
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    pathOf,
    async update(next) {
      current = next;
      await writeAll();
      if (pipes) return;
      for (const variable of writers.keys()) if (!next.has(variable)) await rm(pathOf(variable), { force: true });
    },
    remove,
  };
}

/** Makes the folder. Returns false if an empty folder of the user exists. Empties the folder of a command that SIGKILL ended. @throws CommandFailed */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw new CommandFailed(`--files: cannot make the folder (${code}).`, EXIT.USAGE);
  }
  const found = await lstat(path);
  const isOwn = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  if (isOwn && (await isAbandoned(path))) {
    for (const name of await readdir(path)) await rm(join(path, name), { force: true });
    process.stderr.write('Removed the files that an earlier run left in the folder of --files.\n');
  }
  if (!isOwn || (await readdir(path)).length > 0)
    throw new CommandFailed('--files: expected a new folder, or an empty folder that only you can read', EXIT.USAGE);
  return false;
}

/** Listens on a socket in the folder. The socket shows another command that this process uses the folder. */
async function listenIn(folder: string): Promise<Server | undefined> {
  const path = join(folder, OWNER);
  if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH) return undefined;
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((done, failed) => server.on('error', failed).listen(path, done)).catch(
    ({ code }: NodeJS.ErrnoException) => {
      throw new CommandFailed(`--files: cannot write to the folder (${code}).`, EXIT.USAGE);
    },
  );
  return server.unref();
}

/** Returns whether a command listened on a socket in the folder, and no command listens now. */
async function isAbandoned(folder: string): Promise<boolean> {
  const path = join(folder, OWNER);
  if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH) return false;
  return new Promise((done) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      done(false);
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => done(code === 'ECONNREFUSED'));
  });
}

async function makePipe(path: string): Promise<void> {
  const child = spawn('mkfifo', ['-m', '600', path], { stdio: 'ignore' });
  const code = await new Promise((done) => child.on('error', done).on('close', done));
  if (code !== 0) throw new CommandFailed('--pipes: the program mkfifo failed. --pipes works on Linux and macOS.');
}

/** Writes the value to each reader of a pipe. */
async function servePipe(path: string, currentValue: () => string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Opening without O_NONBLOCK would block a thread of Node until a reader arrives.
    const pipe = await open(path, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined);
    if (pipe === undefined) {
      await sleep(POLL_MS, undefined, { signal }).catch(() => {});
      continue;
    }
    try {
      // INVARIANT: the next reader opens a new pipe. Otherwise a slow reader would receive the value twice.
      const next = `${path}.next`;
      await makePipe(next);
      await rename(next, path).catch(() => unlink(next));
      const bytes = Buffer.from(currentValue());
      for (let at = 0; at < bytes.length && !signal.aborted; ) {
        const written = await pipe.write(bytes, at).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'EAGAIN') return undefined;
          throw error;
        });
        if (written === undefined) await sleep(POLL_MS, undefined, { signal }).catch(() => {});
        else at += written.bytesWritten;
      }
    } catch {
      // The reader closed the pipe early.
    } finally {
      await pipe.close();
    }
  }
}
