// Appends audit events to a file, one line of JSON for each event.
import { type FileHandle, open, stat } from 'node:fs/promises';
import { lineOf } from '../audit-file.ts';
import { type Sink, SinkFault } from './sink.ts';

const NEWLINE = 0x0a;

/**
 * Opens the file anew for each batch, so that a program can rename the file at any time. A batch is on disk when `send` resolves. Only the owner of a
 * new file can read the file.
 */
export function fileSink(path: string): Sink {
  let isWriting = false;
  return {
    name: 'file',
    async send(events) {
      // A disk that does not answer blocks one thread of Node's thread pool. A second attempt would block one more thread.
      if (isWriting) throw new SinkFault('the previous write has not ended');
      isWriting = true;
      try {
        await append(path, events.map((event) => lineOf({ event })).join(''));
      } finally {
        isWriting = false;
      }
    },
  };
}

async function append(path: string, lines: string): Promise<void> {
  // Opening a named pipe without a reader would block.
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && !found.isFile()) throw new SinkFault('AUDIT_SINK_FILE is not a regular file');
  const file = await open(path, 'a+', 0o600);
  try {
    await file.appendFile((await endsWithin(file)) ? `\n${lines}` : lines);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Returns whether the file ends within a line, because an earlier write was interrupted. The interrupted event is sent again. */
async function endsWithin(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== NEWLINE;
}
