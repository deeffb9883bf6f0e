// Writes and reads backup files: lines of JSON, compressed with gzip. The last line contains a checksum of all other lines.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { link, open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import {
  type BackupHeader,
  type BackupPart,
  FORMAT,
  FORMAT_VERSION,
  type RowCounts,
  totalOf,
} from './backup-content.ts';
import { BackupError } from './backup-error.ts';

/** The properties of a complete backup file. */
export interface BackupSummary {
  header: BackupHeader;
  rows: RowCounts;
  totalRows: number;
  /** The SHA-256 of all lines except the last line, in hex. */
  sha256: string;
  /** The size of the file in bytes. */
  bytes: number;
}

interface LastLine {
  end: { rows: RowCounts; sha256: string };
}

/**
 * Writes a new backup file with mode 0600. The file appears under its name only when the file is complete and on disk.
 * @throws Error with the system code EEXIST if the file already exists; AbortError if `signal` stopped the work
 */
export async function writeBackup(
  path: string,
  header: BackupHeader,
  parts: AsyncIterable<BackupPart>,
  { onRows = () => {}, signal }: { onRows?: (done: number) => void; signal?: AbortSignal } = {},
): Promise<BackupSummary> {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.partial`);
  const hash = createHash('sha256');
  const rows: RowCounts = {};
  let sha256 = '';
  const lines = async function* () {
    const counted = (value: BackupHeader | BackupPart) => {
      const line = `${JSON.stringify(value)}\n`;
      hash.update(line);
      return line;
    };
    let done = 0;
    yield counted(header);
    for await (const part of parts) {
      rows[part.table] = (rows[part.table] ?? 0) + part.rows.length;
      yield counted(part);
      done += part.rows.length;
      onRows(done);
    }
    sha256 = hash.digest('hex');
    yield `${JSON.stringify({ end: { rows, sha256 } } satisfies LastLine)}\n`;
  };
  try {
    await pipeline(
      Readable.from(lines()),
      createGzip(),
      createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true }),
      { signal },
    );
    // Creating a hard link fails if the name exists. Therefore the function never replaces an older backup.
    await link(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  const folder = await open(dirname(path));
  await folder.sync().finally(() => folder.close());
  return { header, rows, totalRows: totalOf(rows), sha256, bytes: (await stat(path)).size };
}

/** Reads a complete backup file, and checks its checksum and its numbers of rows. @throws BackupError `DAMAGED`, `OTHER_VERSION` */
export async function checkBackup(path: string): Promise<BackupSummary> {
  const file = backupLines(path);
  const header = await headerOf(file);
  for await (const _ of file.parts());
  const { rows, sha256 } = file.end();
  return { header, rows, totalRows: totalOf(rows), sha256, bytes: (await stat(path)).size };
}

/** Reads the rows of a backup file. @throws BackupError `DAMAGED` after the last row if the checksum is wrong */
export async function* readParts(path: string): AsyncGenerator<BackupPart> {
  const file = backupLines(path);
  await headerOf(file);
  yield* file.parts();
}

async function headerOf(file: ReturnType<typeof backupLines>): Promise<BackupHeader> {
  const header = (await file.first()) as Partial<BackupHeader> | null;
  if (header?.format !== FORMAT) throw new BackupError('DAMAGED', 'The file is not a backup of a gateway.');
  if (header.version !== FORMAT_VERSION) {
    throw new BackupError(
      'OTHER_VERSION',
      `This version of the gateway reads backups of format version ${FORMAT_VERSION}. The backup has another format version.`,
    );
  }
  return header as BackupHeader;
}

/** Reads the lines of a backup file one after another: the first line, the parts, and the last line. */
function backupLines(path: string) {
  const hash = createHash('sha256');
  const rows: RowCounts = {};
  const lines = linesOf(path);
  let end: LastLine['end'] | undefined;
  const next = async (): Promise<{ value: unknown; line: Buffer } | undefined> => {
    const { value: line, done } = await lines.next();
    if (done) return undefined;
    try {
      return { value: JSON.parse(line.toString()), line };
    } catch {
      throw damaged();
    }
  };
  return {
    async first() {
      const read = await next();
      if (read !== undefined) hash.update(read.line);
      return read?.value;
    },
    async *parts(): AsyncGenerator<BackupPart> {
      for (let read = await next(); read !== undefined; read = await next()) {
        if (end !== undefined) throw damaged();
        const value = read.value as BackupPart | LastLine;
        if ('end' in value) {
          end = value.end;
          continue;
        }
        hash.update(read.line);
        rows[value.table] = (rows[value.table] ?? 0) + value.rows.length;
        yield value;
      }
      if (end?.sha256 !== hash.digest('hex') || JSON.stringify(end.rows) !== JSON.stringify(rows)) throw damaged();
    },
    end: () => end!,
  };
}

/** Reads the lines of a file. Each line includes its line break. @throws BackupError `DAMAGED` if the file cannot be decompressed */
async function* linesOf(path: string): AsyncGenerator<Buffer, undefined> {
  const stream = createGunzip();
  createReadStream(path)
    .on('error', (error) => stream.destroy(error))
    .pipe(stream);
  let rest: Buffer[] = [];
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let from = 0;
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
        yield Buffer.concat([...rest, chunk.subarray(from, at + 1)]);
        rest = [];
        from = at + 1;
      }
      rest.push(chunk.subarray(from));
    }
  } catch (error) {
    if (String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw damaged(error);
    throw error;
  }
  if (rest.some((chunk) => chunk.length > 0)) throw damaged();
  return undefined;
}

function damaged(cause?: unknown): BackupError {
  return new BackupError('DAMAGED', 'The backup is damaged or incomplete: its checksum does not match.', cause);
}
