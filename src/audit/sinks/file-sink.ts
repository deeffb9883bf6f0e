// Appends audit events to a file, one line of JSON for each event.
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { lineOf } from '../audit-file.ts';
import { type Sink, SinkFault } from './sink.ts';

const NEWLINE = 0x0a;
/** The permissions of the group and of others to read or to write a file. */
const SHARED = 0o066;

/**
 * Opens the file anew for each batch, so that a program can rename the file at any time. A batch is on disk when `send` resolves. Only the owner of a
 * new file can read the file. The path can be a symbolic link, for example to a volume of a container.
 */
export function fileSink(path: string, log: Logger): Sink {
  let isWriting = false;
  /** The device and inode of the last file. Undefined until the folder entry of the file is on disk. */
  let known: string | undefined;

  const append = async (lines: string) => {
    // Opening a named pipe without a reader would block.
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) known = undefined;
    else if (!found.isFile()) throw new SinkFault('AUDIT_SINK_FILE is not a regular file');
    const file = await open(path, 'a+', 0o600);
    try {
      const { dev, ino, mode, size } = await file.stat();
      if (known !== `${dev} ${ino}`) {
        // Without the folder entry on disk, a power failure could remove a new file.
        await syncFolder(dirname(await realpath(path)));
        if ((mode & SHARED) !== 0)
          log.warn(
            { sink: 'file', mode: (mode & 0o7777).toString(8) },
            'other users can read or change the file of the audit sink; set the mode of the file to 600',
          );
        known = `${dev} ${ino}`;
      }
      await file.appendFile((await endsWithin(file, size)) ? `\n${lines}` : lines);
      await file.datasync();
    } finally {
      await file.close();
    }
  };

  return {
    name: 'file',
    async send(events) {
      // A disk that does not answer blocks one thread of Node's thread pool. A second attempt would block one more thread.
      if (isWriting) throw new SinkFault('the previous write has not ended');
      isWriting = true;
      try {
        await append(events.map((event) => lineOf({ event })).join(''));
      } finally {
        isWriting = false;
      }
    },
  };
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Some network file systems cannot sync a folder.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EINVAL' && code !== 'ENOTSUP') throw error;
  } finally {
    await folder.close();
  }
}

/** Returns whether the file ends within a line, because an earlier write was interrupted. The interrupted event is sent again. */
async function endsWithin(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== NEWLINE;
}
