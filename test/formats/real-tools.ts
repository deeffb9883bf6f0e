// Reads files with secrets by the programs for which the formats are made, to compare these programs with the parsers and printers of the gateway.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type Read = Record<string, string>;

/** Whether a program is in the search path. */
export const hasProgram = (name: string): boolean =>
  spawnSync(name, ['--help'], { stdio: 'ignore' }).error === undefined;

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'formats-'));
  return use(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
}

const run = promisify(execFile);

/** Sources a file in a shell, and returns the exported variables that a child process of the shell receives. */
export function readByShell(shell: 'sh' | 'bash', text: string, names: readonly string[]): Promise<Read> {
  return inFolder(async (folder) => {
    writeFileSync(join(folder, 'names.json'), JSON.stringify(names));
    writeFileSync(join(folder, 'secrets.sh'), text);
    // A child process receives at most 128 KiB in one variable. Therefore `printf`, which the shell runs itself, writes each value to a file.
    const writes = names.map((name) => `printf %s "$${name}" > '${folder}/${name}'`).join('\n');
    writeFileSync(join(folder, 'main.sh'), `set -a\n. '${folder}/secrets.sh'\n${writes}\n`);
    await run(shell, [join(folder, 'main.sh')], { env: { PATH: process.env.PATH } });
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  });
}

/** Returns the variables that `docker create --env-file` sends to Docker's server. Null if Docker rejects the file. */
export function readByDocker(text: string): Promise<Read | null> {
  return inFolder(async (folder) => {
    writeFileSync(join(folder, 'secrets.env'), text);
    let sent: string[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const isCreate = request.url?.includes('/containers/create') === true;
        if (isCreate) sent = JSON.parse(Buffer.concat(chunks).toString()).Env ?? [];
        response.writeHead(isCreate ? 201 : 200, { 'content-type': 'application/json', 'api-version': '1.44' });
        response.end(isCreate ? '{"Id":"0","Warnings":[]}' : '{}');
      });
    });
    await new Promise<void>((done) => server.listen(join(folder, 'docker.sock'), done));
    const args = ['-H', `unix://${folder}/docker.sock`, 'create', '--env-file', join(folder, 'secrets.env'), 'image'];
    try {
      await run('docker', args, { env: { PATH: process.env.PATH, HOME: folder } });
    } catch {
      return null;
    } finally {
      server.close();
    }
    return Object.fromEntries(
      sent.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  });
}

/** Returns the values of a Secret manifest that `kubectl` reads. */
export function readByKubectl(text: string): Promise<Read> {
  return inFolder(async (folder) => {
    writeFileSync(join(folder, 'secret.yaml'), text);
    const args = ['annotate', '--local', '-f', join(folder, 'secret.yaml'), 'a=b', '-o', 'json'];
    const { stdout } = await run('kubectl', args, {
      env: { PATH: process.env.PATH, HOME: folder },
      maxBuffer: 16_777_216,
    });
    const { data = {} } = JSON.parse(stdout) as { data?: Read };
    return Object.fromEntries(
      Object.entries(data).map(([name, value]) => [name, Buffer.from(value, 'base64').toString('utf8')]),
    );
  });
}

/** Returns the environment variables that a program receives from `dotenvx run`. */
export function readByDotenvx(text: string, names: readonly string[]): Promise<Read> {
  return inFolder(async (folder) => {
    writeFileSync(join(folder, 'secrets.env'), text);
    writeFileSync(join(folder, 'names.json'), JSON.stringify(names));
    const program = `const names = JSON.parse(fs.readFileSync('names.json'));
      fs.writeFileSync('read.json', JSON.stringify(Object.fromEntries(names.map((name) => [name, process.env[name]]))))`;
    const args = ['run', '--strict', '-f', 'secrets.env', '--', process.execPath, '-e', program];
    await run('dotenvx', args, { cwd: folder, env: { PATH: process.env.PATH, HOME: folder } });
    return JSON.parse(readFileSync(join(folder, 'read.json'), 'utf8')) as Read;
  });
}

/** Returns what Python's yaml reads. */
export function readByPython(text: string): Read {
  const program = 'import json,sys,yaml; json.dump(yaml.safe_load(sys.stdin.buffer.read()), sys.stdout)';
  const { stdout } = spawnSync('python3', ['-c', program], { input: text, maxBuffer: 16_777_216 });
  return JSON.parse(stdout.toString()) as Read;
}

/** Returns the parsers of the npm packages `dotenv` and `@dotenvx/dotenvx` from a folder in which both are installed. */
export function dotenvPackages(folder: string): Record<'dotenv' | 'dotenvx', (text: string) => Read> {
  const require = createRequire(join(folder, 'package.json'));
  const dotenvx = require('@dotenvx/dotenvx') as { parse(text: string, options: { processEnv: Read }): Read };
  return {
    dotenv: (require('dotenv') as { parse(text: string): Read }).parse,
    dotenvx: (text) => dotenvx.parse(text, { processEnv: {} }),
  };
}
