// Stores tokens in the key store of the system: the keychain of macOS, or the Secret Service of a Linux desktop.
import { spawn } from 'node:child_process';
import type { Environment } from '../../settings/sources.ts';

export interface SystemKeyStore {
  /** Returns the name of the key store. Returns undefined if the system has no key store that accepts the token. */
  store(account: string, token: string): Promise<string | undefined>;
  lookup(account: string): Promise<string | undefined>;
  clear(account: string): Promise<void>;
}

const SERVICE = 'secrets-gateway';
/** The maximum time of one call. A locked key store asks the user for a password. */
const TIMEOUT_MS = 60_000;

export function systemKeyStore(env: Environment, platform: NodeJS.Platform = process.platform): SystemKeyStore {
  if (platform === 'darwin') return keychain(env);
  return platform === 'linux' ? secretService(env) : NO_KEY_STORE;
}

const NO_KEY_STORE: SystemKeyStore = {
  store: async () => undefined,
  lookup: async () => undefined,
  clear: async () => {},
};

function secretService(env: Environment): SystemKeyStore {
  const attributes = (account: string) => ['service', SERVICE, 'account', account];
  // INVARIANT: the token is never an argument, because other users of the machine can read the arguments of a process.
  return {
    async store(account, token) {
      const args = ['store', '--label', `Secrets gateway (${account})`, ...attributes(account)];
      const stored = await output(env, 'secret-tool', args, token);
      return stored === undefined ? undefined : 'the Secret Service of this desktop';
    },
    lookup: async (account) => (await output(env, 'secret-tool', ['lookup', ...attributes(account)])) || undefined,
    async clear(account) {
      await output(env, 'secret-tool', ['clear', ...attributes(account)]);
    },
  };
}

function keychain(env: Environment): SystemKeyStore {
  const item = (account: string) => ['-s', SERVICE, '-a', account];
  return {
    async store(account, token) {
      // The program reads its command from standard input. The text must not need quotes.
      if (!/^[\w.-]+$/.test(token) || !/^[\w@:/.%[\]-]+$/.test(account)) return undefined;
      const command = `add-generic-password -U ${item(account).join(' ')} -w ${token}\n`;
      const stored = await output(env, 'security', ['-i'], command);
      // In this mode the exit code does not report a failure.
      const found = stored === undefined ? undefined : await this.lookup(account);
      return found === token ? 'the keychain of this Mac' : undefined;
    },
    async lookup(account) {
      const found = await output(env, 'security', ['find-generic-password', ...item(account), '-w']);
      return found?.replace(/\n$/, '') || undefined;
    },
    async clear(account) {
      await output(env, 'security', ['delete-generic-password', ...item(account)]);
    },
  };
}

/** Runs a program, and returns its standard output. Returns undefined if the program does not exist or fails. */
function output(env: Environment, program: string, args: readonly string[], input = ''): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: { ...env }, stdio: ['pipe', 'pipe', 'ignore'], timeout: TIMEOUT_MS });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code === 0 ? text : undefined));
    // The program may end before it reads its input.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
