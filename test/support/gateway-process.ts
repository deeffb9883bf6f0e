// The gateway as in production: a separate process with its own data directory and settings.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../src/database/data-dir.ts';
import { type Answer, answerOf } from './app.ts';
import { overhear, remember } from './sentinel.ts';

export interface GatewayProcess {
  child: ChildProcess;
  /** All output so far: standard output and standard error. */
  said(): string;
  printed(): string;
  /** The URL in its ready message. @throws Error with all output if the process ends without it */
  ready(): Promise<string>;
  /** The exit code, or the signal that ended it. Sends `signal` first, if given. */
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

export interface Settings {
  [name: string]: string | undefined;
}

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const started: ChildProcess[] = [];
const homes: string[] = [];

/** A directory that `cleanUp` removes. */
export async function temporaryDir(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'gateway-process-'));
  homes.push(home);
  return home;
}

/** Starts a gateway with these settings, PORT=0 and nothing else. With `shell`, npm starts it with the script. */
export function startGateway(settings: Settings, { shell = false, args = [] as string[] } = {}): GatewayProcess {
  const command = shell ? ['sh', '-c', `exec ${process.execPath} ${MAIN}`] : [process.execPath, MAIN, ...args];
  const [program = '', ...rest] = command;
  const child = spawn(program, rest, {
    env: { PATH: process.env.PATH, PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: tmpdir(),
  });
  started.push(child);
  let printed = '';
  let said = '';
  const listeners = new Set<() => void>();
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<number | string>((tell) => {
    child.once('close', (code, signal) => {
      tell(signal ?? code ?? 'unknown');
      for (const listener of listeners) listener();
      // The only place where a value may be.
      const password = passwordIn(printed);
      if (password !== undefined) remember(password);
      overhear(password === undefined ? said : said.replace(password, ''));
    });
  });
  return {
    child,
    said: () => said,
    printed: () => printed,
    ready: () =>
      new Promise((tell, fail) => {
        const look = () => {
          const url = /^ready (\S+)\n/m.exec(printed)?.[1];
          if (url !== undefined) tell(url);
          else if (child.exitCode !== null || child.signalCode !== null) fail(new Error(`It ended: ${said}`));
          else return;
          listeners.delete(look);
        };
        listeners.add(look);
        look();
      }),
    end(signal) {
      if (signal !== undefined) child.kill(signal);
      return ended;
    },
  };
}

/** The password of the first administrator, from the output. */
export function passwordIn(printed: string): string | undefined {
  return /with the password (\S+)/.exec(printed)?.[1];
}

/** Stops processes that a test left running. */
export async function endAll(): Promise<void> {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await new Promise((ended) => child.once('exit', ended));
  }
}

/** The same, and removes the directories. */
export async function cleanUp(): Promise<void> {
  await endAll();
  for (const home of homes.splice(0)) {
    for (const dir of [home, ...(await readdir(home)).map((name) => join(home, name))]) {
      const server = await serverOf(dir);
      if (server !== undefined) await until(() => !isAlive(server));
    }
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** The process id of the running PostgreSQL on a data directory. */
export async function serverOf(dataDir: string): Promise<number | undefined> {
  const file = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(file.split('\n')[0]);
  return pid > 0 && isAlive(pid) ? pid : undefined;
}

/** Waits until the condition is true, with patience for busy machines. */
export async function until(condition: () => boolean | Promise<boolean>, ms = 25_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('It did not come to pass in time.');
    await new Promise((wake) => setTimeout(wake, 25));
  }
}

export interface Caller {
  ask(query: string, variables?: Record<string, unknown>): Promise<Answer>;
  // biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
  get(query: string, variables?: Record<string, unknown>): Promise<any>;
}

/** A GraphQL client of the gateway at `url`. */
export function caller(url: string, token?: string): Caller {
  const ask = async (query: string, variables?: Record<string, unknown>) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({ query, variables }),
    });
    const answer = await answerOf(response);
    overhear(JSON.stringify(answer.errors));
    return answer;
  };
  return {
    ask,
    async get(query, variables) {
      const { data, errors } = await ask(query, variables);
      if (errors.length > 0) throw new Error(`Refused: ${JSON.stringify(errors)}`);
      return data;
    },
  };
}

/** The administrator's client. */
export async function signedIn(url: string, password: string, username = 'admin'): Promise<Caller> {
  const { signIn } = await caller(url).get(
    'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token } }',
    { u: username, p: password },
  );
  return caller(url, signIn.token);
}

export async function createSecret(who: Caller, name: string, value: string): Promise<void> {
  const mutation = 'mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { name } } }';
  await who.get(mutation, { i: { name, value } });
}

export const ROTATE = 'mutation ($i: RotateSecretInput!) { rotateSecret(input: $i) { secret { version } } }';
export const REVEAL = 'query ($n: String!, $v: Int) { secret(name: $n) { version value(reveal: true, version: $v) } }';

export async function reveal(who: Caller, name: string, version?: number): Promise<string> {
  return (await who.get(REVEAL, { n: name, v: version })).secret.value;
}
