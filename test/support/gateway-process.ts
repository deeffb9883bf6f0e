// Starts the gateway as in production: as a separate process with a separate data directory and separate settings.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../src/database/data-dir.ts';
import { type Answer, answerOf } from './app.ts';
import { overhear, remember } from './sentinel.ts';

export interface GatewayProcess {
  child: ChildProcess;
  /** Returns the standard output and the standard error that the process has written. */
  said(): string;
  printed(): string;
  /**
   * Waits for the message that the gateway is ready, and resolves with the URL in this message. @throws Error with
   * all output if the process ends before the message
   */
  ready(): Promise<string>;
  /**
   * Resolves with the exit code, or with the signal that ended the process. If the caller passes `signal`, the
   * function first sends this signal.
   */
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

export interface Settings {
  [name: string]: string | undefined;
}

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const started: ChildProcess[] = [];
const homes: string[] = [];

/** Creates a directory. The function `cleanUp` removes the directory. */
export async function temporaryDir(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'gateway-process-'));
  homes.push(home);
  return home;
}

/** Starts a gateway with only these settings and PORT=0. With `shell`, npm starts the gateway through the script. */
export function startGateway(settings: Settings, { shell = false, args = ['serve'] } = {}): GatewayProcess {
  const command = shell ? ['sh', '-c', `exec ${process.execPath} ${MAIN} serve`] : [process.execPath, MAIN, ...args];
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
      // The output of the first start is the only place that may contain the password.
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

/** The password of the first administrator, which the test reads from the output. */
export function passwordIn(printed: string): string | undefined {
  return /with the password (\S+)/.exec(printed)?.[1];
}

/** Stops all processes that a test did not stop. */
export async function endAll(): Promise<void> {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await new Promise((ended) => child.once('exit', ended));
  }
}

/** Stops all processes that a test did not stop, and removes the directories. */
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

/** Returns the process id of the PostgreSQL server that uses the data directory. */
export async function serverOf(dataDir: string): Promise<number | undefined> {
  const file = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(file.split('\n')[0]);
  return pid > 0 && isAlive(pid) ? pid : undefined;
}

/** Waits until the condition is true. The timeout is long because the machine may be busy. */
export async function until(condition: () => boolean | Promise<boolean>, ms = 25_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('The condition did not become true in time.');
    await new Promise((wake) => setTimeout(wake, 25));
  }
}

export interface Caller {
  ask(query: string, variables?: Record<string, unknown>): Promise<Answer>;
  // biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
  get(query: string, variables?: Record<string, unknown>): Promise<any>;
}

/** Returns a GraphQL client for the gateway at `url`. */
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

/** Returns a client that is signed in as the administrator of the gateway. */
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
