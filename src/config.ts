// Reads all settings from the environment and checks them at startup. Only this file and the commands read process.env.
import { BlockList, isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { SinkSettings } from './audit/sinks/create-sinks.ts';
import { parseSyslogAddress } from './audit/sinks/syslog-sink.ts';
import { KeyringError, keyringFromEnvironment } from './crypto/keyring.ts';
import { databaseUrlProblem } from './database/servers.ts';
import { BadInput } from './errors.ts';
import type { UpstreamCredentials } from './http/upstream-token.ts';
import { MAX_TOKEN_TTL_SECONDS } from './identity/jwt.ts';
import { checkNewPassword } from './identity/passwords.ts';
import { newUsername } from './primitives/new-name.ts';
import { Sensitive } from './sensitive.ts';
import { ConfigError } from './settings/config-error.ts';
import { type Choice, type ChoiceName, SETTINGS, type SettingName, settingOf } from './settings/settings.ts';
import { parsePairs, type TelemetrySettings } from './telemetry/settings.ts';

export interface Config {
  host: string;
  /** The port to listen on. 0 means any free port. */
  port: number;
  /** The URL of the PostgreSQL server. If undefined, the gateway starts an embedded PostgreSQL in `dataDir`. */
  databaseUrl: Sensitive | undefined;
  /** Maximum number of database connections of each process. */
  databaseConnections: number;
  /** Whether the gateway requires a database server that commits to a synchronous standby. */
  requireSynchronous: boolean;
  /** The time in seconds that a request waits, in all, for the database and for turns. */
  requestTimeout: number;
  /** The time for which the gateway still serves requests after a stop signal, in seconds. */
  drainSeconds: number;
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
  logLevel: Choice<'LOG_LEVEL'>;
  introspection: boolean;
  /** Which GraphQL operations the gateway executes: any operation, or only registered operations. */
  operations: Choice<'OPERATIONS'>;
  /**
   * Whether the gateway serves the web console: with the explorer of the GraphQL API (`explorer`), without the explorer (`on`), or not at all (`off`).
   */
  console: Choice<'CONSOLE'>;
  /** Addresses and networks (CIDR) of proxies. The gateway uses `X-Forwarded-For` only from these addresses. */
  trustedProxies: string[];
  /**
   * The Conductor server to which the gateway forwards requests below `/api` that it does not answer itself. If undefined, such requests get the
   * status 404.
   */
  conductor: Conductor | undefined;
  /** The places outside of the database that receive audit events. */
  auditSinks: SinkSettings;
  /** The export of traces and metrics. Undefined if the gateway exports nothing. */
  telemetry: TelemetrySettings | undefined;
}

export interface Conductor {
  /** The URL of the Conductor server, with or without `/api` at the end. */
  url: URL;
  timeoutMs: number;
  /** The gateway's own credentials for the Conductor server. Undefined if the Conductor server needs no credentials. */
  credentials: UpstreamCredentials | undefined;
  /**
   * What the gateway does with a definition whose references to secrets have problems: it forwards the definition and returns warnings, refuses the
   * definition, or does not check definitions. Undefined means `refuse`.
   */
  check?: Choice<'CONDUCTOR_CHECK'> | undefined;
  /**
   * Which program runs HTTP tasks with secrets: the Conductor server (`engine`), or the worker as HTTP_WITH_SECRETS tasks (`worker`). Undefined means
   * `engine`.
   */
  httpTasks?: Choice<'CONDUCTOR_HTTP_TASKS'> | undefined;
  /** The port for the Conductor server's web interface. Undefined if the gateway does not serve this web interface. */
  uiPort?: number | undefined;
}

/**
 * Returns functions that read and check settings. An empty setting is treated as not set, and then has its declared default. The functions add each
 * problem to `problems`.
 */
export function variables(env: Readonly<Record<string, string | undefined>>, problems: string[]) {
  const text = (name: SettingName) => {
    const value = env[name];
    return value === undefined || value.trim() === '' ? settingOf(name).default : value;
  };
  const integer = (name: SettingName, min: number, max: number, fallback = Number(settingOf(name).default)) => {
    const value = text(name);
    if (value === undefined) return fallback;
    if (/^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max) return Number(value);
    problems.push(`${name} must be a whole number from ${min} to ${max}`);
    return fallback;
  };
  /** Returns the value of a setting with a fixed list of possible values. */
  const choice = <Name extends ChoiceName>(name: Name): Choice<Name> => {
    const choices: readonly Choice<Name>[] = SETTINGS[name].choices;
    const value = choices.find((choice) => choice === text(name));
    if (value === undefined) problems.push(`${name} must be one of ${choices.join(', ')}`);
    return value ?? choices[0]!;
  };
  return { text, integer, choice };
}

/** Reads all settings of the gateway. An empty variable is treated as not set. @throws ConfigError with all problems together */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const { text, integer, choice } = variables(env, problems);
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

  const dataDir = resolve(text('DATA_DIR')!);
  const databaseUrl = text('DATABASE_URL');
  const urlProblem = databaseUrl && databaseUrlProblem(databaseUrl);
  if (urlProblem) problems.push(`DATABASE_URL ${urlProblem}`);
  const keyring = text('KEYRING');
  if (keyring !== undefined) {
    attempt(() => void keyringFromEnvironment(keyring), undefined);
    if (text('KEYRING_FILE') !== undefined)
      problems.push('KEYRING and KEYRING_FILE exclude each other: set one of them');
  }
  const adminUsername = attempt(() => newUsername(text('ADMIN_USERNAME')!, 'ADMIN_USERNAME'), 'admin');
  const adminPassword = text('ADMIN_PASSWORD') === undefined ? undefined : new Sensitive(env.ADMIN_PASSWORD ?? '');
  if (adminPassword !== undefined) attempt(() => checkNewPassword(adminPassword, 'ADMIN_PASSWORD'), undefined);
  const trustedProxies = (text('TRUSTED_PROXIES') ?? '').split(',').flatMap((entry) => entry.trim() || []);
  for (const [i, entry] of trustedProxies.entries()) {
    if (!isNetwork(entry))
      problems.push(
        `TRUSTED_PROXIES must be addresses or networks (10.0.0.0/8), separated by commas; entry ${i + 1} is neither`,
      );
  }
  const host = text('HOST')!;
  if (!isHost(host)) problems.push('HOST must be an address or a host name');

  const workers =
    text('WORKERS') === 'auto' ? Math.min(MAX_WORKERS, availableParallelism()) : parseWorkers(text('WORKERS')!);
  if (workers === undefined) problems.push(`WORKERS must be a whole number from 1 to ${MAX_WORKERS}, or auto`);

  const config: Config = {
    host,
    port: integer('PORT', 0, 65_535),
    databaseUrl: databaseUrl === undefined ? undefined : new Sensitive(databaseUrl),
    databaseConnections: integer('DATABASE_CONNECTIONS', 2, 200, defaultConnections(workers ?? 1)),
    requireSynchronous: choice('REQUIRE_SYNCHRONOUS') === 'on',
    requestTimeout: integer('REQUEST_TIMEOUT', 1, 60),
    drainSeconds: integer('DRAIN_SECONDS', 0, 3_600),
    workers: workers ?? 1,
    dataDir,
    keyring: keyring === undefined ? undefined : new Sensitive(keyring),
    keyringFile: resolve(text('KEYRING_FILE') ?? join(dataDir, 'keyring.json')),
    adminUsername,
    adminPassword,
    tokenTtl: integer('TOKEN_TTL', 1, MAX_TOKEN_TTL_SECONDS),
    logLevel: choice('LOG_LEVEL'),
    introspection: choice('INTROSPECTION') === 'true',
    operations: choice('OPERATIONS'),
    console: choice('CONSOLE'),
    trustedProxies,
    conductor: conductorFrom(
      text,
      {
        timeoutSeconds: integer('CONDUCTOR_TIMEOUT', 1, 3_600),
        uiPort: integer('CONDUCTOR_UI_PORT', 1, 65_535, 0),
        check: choice('CONDUCTOR_CHECK'),
        httpTasks: choice('CONDUCTOR_HTTP_TASKS'),
      },
      problems,
    ),
    auditSinks: auditSinksFrom(text, problems),
    telemetry: telemetryFrom(env, problems),
  };
  if (config.conductor?.uiPort === config.port) problems.push('CONDUCTOR_UI_PORT must differ from PORT');
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

const MAX_WORKERS = 64;

function parseWorkers(text: string): number | undefined {
  return /^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_WORKERS ? Number(text) : undefined;
}

/**
 * Returns the default number of connections per process, which is ten. With more than six worker processes, the default is lower, so that 24 worker
 * processes together stay below 97 connections: PostgreSQL allows 100 connections by default, and reserves 3 of them.
 */
function defaultConnections(workers: number): number {
  return Math.max(4, Math.min(10, Math.floor(60 / workers)));
}

/** Reads the `AUDIT_SINK_…` settings. Adds each problem to `problems`. */
function auditSinksFrom(text: (name: SettingName) => string | undefined, problems: string[]): SinkSettings {
  const file = text('AUDIT_SINK_FILE');
  const syslogUrl = text('AUDIT_SINK_SYSLOG');
  const syslog = syslogUrl === undefined ? undefined : parseSyslogAddress(syslogUrl);
  if (syslogUrl !== undefined && syslog === undefined)
    problems.push('AUDIT_SINK_SYSLOG must have the form tcp+tls://host:port, tcp://host:port or udp://host:port');
  const url = text('AUDIT_SINK_HTTP');
  const token = text('AUDIT_SINK_HTTP_TOKEN');
  if (url !== undefined && !isHttpUrl(url))
    problems.push('AUDIT_SINK_HTTP must have the form https://host:port/path, without user, query or fragment');
  if (url === undefined && token !== undefined)
    problems.push('AUDIT_SINK_HTTP_TOKEN is set, so AUDIT_SINK_HTTP is required too');
  if (token !== undefined && !isHeaderText(token))
    problems.push('AUDIT_SINK_HTTP_TOKEN must have only ASCII characters, without spaces or line breaks');
  return {
    file: file === undefined ? undefined : resolve(file),
    syslog,
    http:
      url === undefined || !isHttpUrl(url)
        ? undefined
        : { url: new URL(url), token: token === undefined ? undefined : new Sensitive(token) },
  };
}

/** Reads the `OTEL_…` settings of the gateway or the worker. Adds each problem to `problems`. Undefined if telemetry is off. */
export function telemetryFrom(
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): TelemetrySettings | undefined {
  // Other programs share the variables of OpenTelemetry, so a wrong variable is a problem only if telemetry is on.
  const found: string[] = [];
  const { text, integer, choice } = variables(env, found);
  const url = text('OTEL_EXPORTER_OTLP_ENDPOINT');
  const isDisabled = text('OTEL_SDK_DISABLED')!.toLowerCase() === 'true';
  const pairs = (name: 'OTEL_RESOURCE_ATTRIBUTES' | 'OTEL_EXPORTER_OTLP_HEADERS') => {
    const parsed = parsePairs(text(name) ?? '');
    if (parsed === undefined) found.push(`${name} must have the form name=value,name=value`);
    return parsed ?? {};
  };
  const ratio = Number(text('OTEL_TRACES_SAMPLER_ARG'));
  if (!(ratio >= 0 && ratio <= 1)) found.push('OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1');
  const settings = {
    headers: new Map(
      Object.entries(pairs('OTEL_EXPORTER_OTLP_HEADERS')).map(([name, value]) => [name, new Sensitive(value)]),
    ),
    resourceAttributes: pairs('OTEL_RESOURCE_ATTRIBUTES'),
    serviceName: text('OTEL_SERVICE_NAME')!,
    sampler: { name: choice('OTEL_TRACES_SAMPLER'), ratio },
    metricsIntervalMs: integer('OTEL_METRIC_EXPORT_INTERVAL', 100, 3_600_000),
    secretNames: choice('OTEL_SECRET_NAMES') === 'on',
  };
  if (url === undefined || isDisabled) return undefined;
  if (!isHttpUrl(url))
    found.push('OTEL_EXPORTER_OTLP_ENDPOINT must have the form http://host:port, without user, query or fragment');
  problems.push(...found);
  return isHttpUrl(url) ? { ...settings, endpoint: new URL(url) } : undefined;
}

/** Returns whether a text can be the address or the name of a host. */
export function isHost(text: string): boolean {
  return !/[\s/]/.test(text);
}

/** Returns whether a text can be a part of the value of an HTTP header. */
function isHeaderText(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** Reads the `CONDUCTOR_…` settings. Adds each problem to `problems`. */
function conductorFrom(
  text: (name: SettingName) => string | undefined,
  {
    timeoutSeconds,
    uiPort,
    check,
    httpTasks,
  }: { timeoutSeconds: number; uiPort: number } & Pick<Conductor, 'check' | 'httpTasks'>,
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
    problems.push('CONDUCTOR_URL must have the form http://host:port, without user, query or fragment');
  }
  if ((keyId === undefined) !== (keySecret === undefined))
    problems.push('CONDUCTOR_KEY_ID and CONDUCTOR_KEY_SECRET belong together: set both or none');
  if (token !== undefined && (keyId !== undefined || keySecret !== undefined))
    problems.push('CONDUCTOR_TOKEN and CONDUCTOR_KEY_ID exclude each other: set one of them');
  if (token !== undefined && !isHeaderText(token))
    problems.push('CONDUCTOR_TOKEN must have only ASCII characters, without spaces or line breaks');
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
    problems.push('GATEWAY_URL must have the form http://host:port, without user, query or fragment');
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
