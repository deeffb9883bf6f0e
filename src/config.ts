// Reads all settings from the environment and checks them at startup. Only this file and the commands read process.env.
import { BlockList, isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { KeyringError, keyringFromEnvironment } from './crypto/keyring.ts';
import { BadInput } from './errors.ts';
import type { UpstreamCredentials } from './http/upstream-token.ts';
import { MAX_TOKEN_TTL_SECONDS } from './identity/jwt.ts';
import { checkNewPassword } from './identity/passwords.ts';
import { newUsername } from './primitives/new-name.ts';
import { Sensitive } from './sensitive.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
/** Which GraphQL operations the gateway executes: any operation, or only registered operations. */
export const OPERATIONS = ['any', 'registered'] as const;
/**
 * Whether the gateway serves the web console: with the explorer of the GraphQL API (`explorer`), without the explorer (`on`), or not at all (`off`).
 */
export const CONSOLES = ['on', 'explorer', 'off'] as const;

/**
 * What the gateway does with a definition for the Conductor server whose references to secrets have problems: it forwards the definition and returns
 * warnings, refuses the definition, or does not check definitions.
 */
export const CONDUCTOR_CHECKS = ['warn', 'refuse', 'off'] as const;

/** Which program runs HTTP tasks with secrets: the Conductor server (`engine`), or the worker as HTTP_WITH_SECRETS tasks (`worker`). */
export const CONDUCTOR_HTTP_TASKS = ['engine', 'worker'] as const;

export interface Config {
  host: string;
  /** The port to listen on. 0 means any free port. */
  port: number;
  /** The URL of the PostgreSQL server. If undefined, the gateway starts an embedded PostgreSQL in `dataDir`. */
  databaseUrl: Sensitive | undefined;
  /** Maximum number of database connections of each process. */
  databaseConnections: number;
  /** Number of worker processes. If the number is 1, the gateway has only one process, which serves the requests. */
  workers: number;
  dataDir: string;
  /** The variable `KEYRING`. If undefined, the keyring is in the file `keyringFile`. */
  keyring: Sensitive | undefined;
  keyringFile: string;
  adminUsername: string;
  /** The password of the first administrator. If undefined, the first start generates a password and prints the password once. */
  adminPassword: Sensitive | undefined;
  /** Seconds. */
  tokenTtl: number;
  logLevel: (typeof LOG_LEVELS)[number];
  introspection: boolean;
  operations: (typeof OPERATIONS)[number];
  console: (typeof CONSOLES)[number];
  /** Addresses and networks (CIDR) of proxies. The gateway uses `X-Forwarded-For` only from these addresses. */
  trustedProxies: string[];
  /**
   * The Conductor server to which the gateway forwards requests below `/api` that it does not answer itself. If undefined, such requests get the
   * status 404.
   */
  conductor: Conductor | undefined;
}

export interface Conductor {
  /** The URL of the Conductor server, with or without `/api` at the end. */
  url: URL;
  timeoutMs: number;
  /** The gateway's own credentials for the Conductor server. Undefined if the Conductor server needs no credentials. */
  credentials: UpstreamCredentials | undefined;
  /** What happens to definitions whose references to secrets have problems. Undefined means `refuse`. */
  check?: (typeof CONDUCTOR_CHECKS)[number] | undefined;
  /** Which program runs HTTP tasks with secrets. Undefined means `engine`. */
  httpTasks?: (typeof CONDUCTOR_HTTP_TASKS)[number] | undefined;
  /** The port for the Conductor server's web interface. Undefined if the gateway does not serve this web interface. */
  uiPort?: number | undefined;
}

/** Lists all invalid settings, one problem per line. No message contains the value of a secret setting. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Returns functions that read and check environment variables. An empty variable is treated as not set. The functions add each problem to `problems`.
 */
export function variables(env: Readonly<Record<string, string | undefined>>, problems: string[]) {
  const text = (name: string) => {
    const value = env[name];
    return value === undefined || value.trim() === '' ? undefined : value;
  };
  const integer = (name: string, defaultValue: number, min: number, max: number) => {
    const value = text(name);
    if (value === undefined) return defaultValue;
    if (/^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max) return Number(value);
    problems.push(`${name} must be a whole number from ${min} to ${max}`);
    return defaultValue;
  };
  return { text, integer };
}

/** Reads all settings of the gateway. An empty variable is treated as not set. @throws ConfigError with all problems together */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const { text, integer } = variables(env, problems);
  /** Runs a check of a variable. If the variable is invalid, adds the message of the error to `problems`. The message names the variable. */
  const attempt = <T>(check: () => T, fallback: T): T => {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof BadInput || error instanceof KeyringError)) throw error;
      problems.push(error.message);
      return fallback;
    }
  };

  const dataDir = resolve(text('DATA_DIR') ?? '.data');
  const databaseUrl = text('DATABASE_URL');
  if (databaseUrl !== undefined && !isPostgresUrl(databaseUrl)) {
    problems.push('DATABASE_URL must have the form postgresql://user:password@host:port/database');
  }
  const keyring = text('KEYRING');
  if (keyring !== undefined) {
    attempt(() => void keyringFromEnvironment(keyring), undefined);
    if (text('KEYRING_FILE') !== undefined)
      problems.push('KEYRING and KEYRING_FILE exclude each other: set one of them');
  }
  const adminUsername = attempt(() => newUsername(text('ADMIN_USERNAME') ?? 'admin', 'ADMIN_USERNAME'), 'admin');
  const adminPassword = text('ADMIN_PASSWORD') === undefined ? undefined : new Sensitive(env.ADMIN_PASSWORD ?? '');
  if (adminPassword !== undefined) attempt(() => checkNewPassword(adminPassword, 'ADMIN_PASSWORD'), undefined);
  const logLevel = LOG_LEVELS.find((level) => level === (text('LOG_LEVEL') ?? 'info'));
  if (logLevel === undefined) problems.push(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}`);
  const introspection = { true: true, false: false }[text('INTROSPECTION') ?? 'true'];
  if (introspection === undefined) problems.push('INTROSPECTION must be true or false');
  const operations = OPERATIONS.find((value) => value === (text('OPERATIONS') ?? 'any'));
  if (operations === undefined) problems.push(`OPERATIONS must be one of ${OPERATIONS.join(', ')}`);
  const shownConsole = CONSOLES.find((value) => value === (text('CONSOLE') ?? 'on'));
  if (shownConsole === undefined) problems.push(`CONSOLE must be one of ${CONSOLES.join(', ')}`);
  const trustedProxies = (text('TRUSTED_PROXIES') ?? '').split(',').flatMap((entry) => entry.trim() || []);
  for (const [i, entry] of trustedProxies.entries()) {
    if (!isNetwork(entry))
      problems.push(
        `TRUSTED_PROXIES must be addresses or networks (10.0.0.0/8), separated by commas; entry ${i + 1} is neither`,
      );
  }
  const host = text('HOST') ?? '127.0.0.1';
  if (/[\s/]/.test(host)) problems.push('HOST must be an address or a host name');

  const workers =
    text('WORKERS') === 'auto' ? Math.min(MAX_WORKERS, availableParallelism()) : parseWorkers(text('WORKERS'));
  if (workers === undefined) problems.push(`WORKERS must be a whole number from 1 to ${MAX_WORKERS}, or auto`);

  const config: Config = {
    host,
    port: integer('PORT', 4000, 0, 65_535),
    databaseUrl: databaseUrl === undefined ? undefined : new Sensitive(databaseUrl),
    databaseConnections: integer('DATABASE_CONNECTIONS', defaultConnections(workers ?? 1), 2, 200),
    workers: workers ?? 1,
    dataDir,
    keyring: keyring === undefined ? undefined : new Sensitive(keyring),
    keyringFile: resolve(text('KEYRING_FILE') ?? join(dataDir, 'keyring.json')),
    adminUsername,
    adminPassword,
    tokenTtl: integer('TOKEN_TTL', 3_600, 1, MAX_TOKEN_TTL_SECONDS),
    logLevel: logLevel ?? 'info',
    introspection: introspection ?? true,
    operations: operations ?? 'any',
    console: shownConsole ?? 'on',
    trustedProxies,
    conductor: conductorFrom(
      text,
      {
        timeoutSeconds: integer('CONDUCTOR_TIMEOUT', 120, 1, 3_600),
        uiPort: integer('CONDUCTOR_UI_PORT', 0, 1, 65_535),
      },
      problems,
    ),
  };
  if (config.conductor?.uiPort === config.port) problems.push('CONDUCTOR_UI_PORT must differ from PORT');
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

const MAX_WORKERS = 64;

function parseWorkers(text = '1'): number | undefined {
  return /^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_WORKERS ? Number(text) : undefined;
}

/**
 * Returns the default number of connections per process, which is ten. With more than six worker processes, the default is lower, so that 32 worker
 * processes together stay below PostgreSQL's default maximum of 100 connections.
 */
function defaultConnections(workers: number): number {
  return Math.max(3, Math.min(10, Math.floor(60 / workers)));
}

/** Reads the `CONDUCTOR_…` settings. Adds each problem to `problems`. */
function conductorFrom(
  text: (name: string) => string | undefined,
  { timeoutSeconds, uiPort }: { timeoutSeconds: number; uiPort: number },
  problems: string[],
): Conductor | undefined {
  const url = text('CONDUCTOR_URL');
  const token = text('CONDUCTOR_TOKEN');
  const keyId = text('CONDUCTOR_KEY_ID');
  const keySecret = text('CONDUCTOR_KEY_SECRET');
  const isUrl = url !== undefined && isHttpUrl(url);
  if (url === undefined) {
    const others = { TOKEN: token, KEY_ID: keyId, KEY_SECRET: keySecret, UI_PORT: uiPort || undefined };
    for (const [name, value] of Object.entries(others))
      if (value !== undefined) problems.push(`CONDUCTOR_${name} is set, so CONDUCTOR_URL is required too`);
  } else if (!isUrl) {
    problems.push('CONDUCTOR_URL must have the form http://host:port, without user, query and fragment');
  }
  if ((keyId === undefined) !== (keySecret === undefined))
    problems.push('CONDUCTOR_KEY_ID and CONDUCTOR_KEY_SECRET belong together: set both or none');
  if (token !== undefined && (keyId !== undefined || keySecret !== undefined))
    problems.push('CONDUCTOR_TOKEN and CONDUCTOR_KEY_ID exclude each other: set one of them');
  // The token becomes the value of an HTTP header.
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    problems.push('CONDUCTOR_TOKEN must have only ASCII characters, without spaces and line breaks');
  const check = CONDUCTOR_CHECKS.find((value) => value === (text('CONDUCTOR_CHECK') ?? 'refuse'));
  if (check === undefined) problems.push(`CONDUCTOR_CHECK must be one of ${CONDUCTOR_CHECKS.join(', ')}`);
  const httpTasks = CONDUCTOR_HTTP_TASKS.find((value) => value === (text('CONDUCTOR_HTTP_TASKS') ?? 'engine'));
  if (httpTasks === undefined) problems.push(`CONDUCTOR_HTTP_TASKS must be one of ${CONDUCTOR_HTTP_TASKS.join(', ')}`);
  if (!isUrl) return undefined;

  const key =
    keyId === undefined || keySecret === undefined ? undefined : { keyId, keySecret: new Sensitive(keySecret) };
  const credentials = token === undefined ? key : { token: new Sensitive(token) };
  return {
    url: new URL(url),
    timeoutMs: timeoutSeconds * 1_000,
    credentials,
    check,
    httpTasks,
    uiPort: uiPort || undefined,
  };
}

/** A running gateway, and the credentials with which a command signs in to this gateway. */
export interface Remote {
  /** The URL of the gateway, without a trailing slash. */
  url: string;
  username: string;
  password: Sensitive;
}

/** Reads `GATEWAY_URL` and its credentials, for commands that call a running gateway. Returns undefined if `GATEWAY_URL` is not set. @throws ConfigError with all problems together */
export function readRemote(env: Readonly<Record<string, string | undefined>>): Remote | undefined {
  const { GATEWAY_URL: url, ADMIN_USERNAME: username, ADMIN_PASSWORD: password } = env;
  if (url === undefined || url.trim() === '') return undefined;
  const problems: string[] = [];
  if (!isHttpUrl(url))
    problems.push('GATEWAY_URL must have the form http://host:port, without user, query and fragment');
  if (!password) problems.push('ADMIN_PASSWORD is required with GATEWAY_URL');
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    url: url.trim().replace(/\/+$/, ''),
    username: username?.trim() || 'admin',
    password: new Sensitive(password ?? ''),
  };
}

export function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && `${username}${password}${search}${hash}` === '';
}

function isPostgresUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname } = new URL(text);
  return (protocol === 'postgresql:' || protocol === 'postgres:') && pathname.length > 1;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  const size = family === 6 ? 128 : 32;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > size) return false;
  new BlockList().addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  return true;
}
