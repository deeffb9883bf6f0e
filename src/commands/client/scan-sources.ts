// The texts that a scan searches: files, the staged files of a git repository, and the objects of a git history.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';

/** A text to search. `place` is the path of the file, for people. */
export interface ScanText {
  readonly place: string;
  readonly text: string;
  /** The id of the git object. Undefined for a file. */
  readonly object?: string;
}

export interface ScanSource {
  texts(): AsyncGenerator<ScanText>;
  /** The number of texts, as far as it is known before the scan. */
  readonly count: number;
  /** The files that the scan leaves out because of their size. */
  readonly skipped: string[];
}

const MOST_BYTES = 64 * 1024 * 1024;
const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['.git', 'node_modules']);

/** Finds files below the paths. Folders `.git` and `node_modules` below a path are left out. Symbolic links are not followed. @throws CommandFailed */
export async function fileSource(paths: readonly string[]): Promise<ScanSource> {
  const files: string[] = [];
  const skipped: string[] = [];
  const add = async (path: string): Promise<void> => {
    const { size } = await stat(path);
    if (size > MOST_BYTES) skipped.push(path);
    else files.push(path);
  };
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !SKIPPED_FOLDERS.has(entry.name)) await walk(path);
      else if (entry.isFile()) await add(path);
    }
  };
  for (const path of paths) {
    try {
      await ((await stat(path)).isDirectory() ? walk(path) : add(path));
    } catch (error) {
      throw new CommandFailed(
        `Cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}.`,
        EXIT.USAGE,
      );
    }
  }
  return {
    count: files.length,
    skipped,
    async *texts() {
      for (const path of files) yield { place: path, text: textOf(await readFile(path)) };
    },
  };
}

/** Decodes a file for a search: UTF-16 with a byte order mark, otherwise UTF-8. Invalid bytes become replacement characters. */
function textOf(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe') return bytes.toString('utf16le');
  if (mark === 'feff')
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString('utf16le');
  return bytes.toString('utf8');
}

const run = promisify(execFile);

/** Runs git and returns its output. @throws CommandFailed if git fails */
async function git(args: readonly string[]): Promise<string> {
  try {
    return (await run('git', args, { maxBuffer: 2 ** 30 })).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new CommandFailed('The scan of a git repository needs the program git.', EXIT.USAGE);
    throw new CommandFailed(
      'git failed. The folder must be in a git repository, and the range must name commits of the repository.',
      EXIT.USAGE,
    );
  }
}

/** Returns the staged files of the repository in the working directory, as git would commit them. @throws CommandFailed */
export async function stagedSource(): Promise<ScanSource> {
  const raw = await git(['diff', '--cached', '--raw', '-z', '--no-abbrev', '--no-renames', '--diff-filter=ACMT']);
  const fields = raw.split('\0');
  const objects: GitObject[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const object = fields[i]?.split(' ')[3];
    // Submodules have the mode 160000 and no object in this repository.
    if (object !== undefined && !fields[i]?.includes(' 160000 '))
      objects.push({ object, place: fields[i + 1] as string });
  }
  return objectSource(objects);
}

/** Returns every version of every file and every commit message in a range of commits, or in all commits. @throws CommandFailed */
export async function historySource(range: string | undefined): Promise<ScanSource> {
  const revisions = range === undefined ? ['--all'] : ['--end-of-options', ...range.split(/\s+/)];
  const listed = await git(['rev-list', '--objects', ...revisions]);
  const objects = listed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const space = line.indexOf(' ');
      return space < 0
        ? { object: line, place: '(commit message)' }
        : { object: line.slice(0, space), place: line.slice(space + 1) };
    });
  return objectSource(objects);
}

/** Returns the short id of the oldest commit in which a git object occurs. */
export async function commitOf(object: string): Promise<string> {
  const commits = await git(['log', '--all', '--reverse', '--format=%h', `--find-object=${object}`]);
  return commits.split('\n')[0] || object.slice(0, 10);
}

interface GitObject {
  readonly object: string;
  readonly place: string;
}

function objectSource(objects: readonly GitObject[]): ScanSource {
  const skipped: string[] = [];
  return {
    count: objects.length,
    skipped,
    async *texts() {
      const batch = spawn('git', ['cat-file', '--batch'], { stdio: ['pipe', 'pipe', 'ignore'] });
      const read = reader(batch);
      try {
        for (const { object, place } of objects) {
          batch.stdin.write(`${object}\n`);
          const [, type, size] = (await read.line()).split(' ');
          if (type === undefined || type === 'missing' || size === undefined) continue;
          const bytes = Number(size);
          const isText = type === 'blob' || type === 'commit';
          const content = await read.bytes(bytes + 1, isText && bytes <= MOST_BYTES);
          if (!isText) continue;
          if (content === undefined) skipped.push(place);
          else yield { place, object, text: textOf(content.subarray(0, bytes)) };
        }
      } finally {
        batch.stdin.end();
      }
    },
  };
}

/** Reads lines and numbers of bytes from the output of a process. */
function reader(child: ChildProcess & { stdout: Readable }) {
  const chunks = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Buffer = Buffer.alloc(0);
  const more = async (): Promise<Buffer> => {
    const { value, done } = await chunks.next();
    if (done === true) throw new Error('git ended before the scan.');
    return value;
  };
  return {
    async line(): Promise<string> {
      while (!rest.includes(10)) rest = Buffer.concat([rest, await more()]);
      const end = rest.indexOf(10);
      const line = rest.subarray(0, end).toString();
      rest = rest.subarray(end + 1);
      return line;
    },
    /** Reads this number of bytes. Returns undefined if the bytes are not kept. */
    async bytes(count: number, isKept: boolean): Promise<Buffer | undefined> {
      const parts: Buffer[] = [];
      let left = count;
      for (;;) {
        const part = rest.subarray(0, left);
        if (isKept) parts.push(part);
        rest = rest.subarray(part.length);
        left -= part.length;
        if (left === 0) return isKept ? Buffer.concat(parts) : undefined;
        rest = await more();
      }
    },
  };
}
