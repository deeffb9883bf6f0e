// The settings of the worker. The worker checks all settings together at startup.
import type { Unregistered } from '../conductor/registered-definition.ts';
import { isHost, isHttpUrl, telemetryFrom, variables } from '../config.ts';
import { Sensitive } from '../sensitive.ts';
import { ConfigError } from '../settings/config-error.ts';
import type { Choice, SettingName } from '../settings/settings.ts';
import type { TelemetrySettings } from '../telemetry/settings.ts';

/** The address of a server, and the access key with which the worker signs in. */
export interface ServerCredentials {
  /** The address of the server, without a trailing slash. */
  url: string;
  keyId: string;
  keySecret: Sensitive;
}

export interface WorkerSettings {
  /** The Conductor server and the worker's access key. The access key is undefined if the Conductor server requires no access key. */
  conductor: { url: string; keyId?: string; keySecret?: Sensitive };
  gateway: ServerCredentials;
  /** Maximum number of tasks that run at the same time. */
  tasks: number;
  /** The time in milliseconds for which running tasks may continue after a signal stops the worker. */
  graceMs: number;
  /**
   * Decides whether the worker resolves references in an execution whose workflow definition is not registered under the name and version of the
   * definition.
   */
  unregistered: Unregistered;
  /** The address and the port of the health checks. The port is undefined if the worker answers no health checks. */
  health: { host: string; port: number | undefined };
  logLevel: Choice<'LOG_LEVEL'>;
  /** The export of traces. Undefined if the worker exports nothing. */
  telemetry: TelemetrySettings | undefined;
}

/**
 * Environment variables that Conductor's published client reads. An operator must not set these variables, because the client would use these
 * variables in place of the worker's settings.
 */
const CLIENT_VARIABLES = ['CONDUCTOR_SERVER_URL', 'CONDUCTOR_AUTH_KEY', 'CONDUCTOR_AUTH_SECRET'];

/**
 * Reads the worker's settings from environment variables. The function treats an empty variable as a missing variable. @throws ConfigError with all
 * problems
 */
export function readWorkerSettings(env: Readonly<Record<string, string | undefined>>): WorkerSettings {
  const problems: string[] = [];
  const trimmed = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value?.trim()]));
  const { text, integer, choice } = variables(trimmed, problems);
  const required = (name: SettingName) => {
    const value = text(name);
    if (value === undefined) problems.push(`${name} is required for the worker`);
    return value ?? '';
  };
  const url = (name: SettingName) => {
    const value = required(name);
    if (value !== '' && !isHttpUrl(value))
      problems.push(`${name} must have the form http://host:port, without user, query or fragment`);
    return value.replace(/\/+$/, '');
  };

  const keyId = text('CONDUCTOR_KEY_ID');
  const keySecret = text('CONDUCTOR_KEY_SECRET');
  if ((keyId === undefined) !== (keySecret === undefined))
    problems.push('CONDUCTOR_KEY_ID and CONDUCTOR_KEY_SECRET must be set together, or not at all');
  if (trimmed.CONDUCTOR_TOKEN)
    problems.push(
      'CONDUCTOR_TOKEN is a setting of the gateway only; for the worker, set CONDUCTOR_KEY_ID and CONDUCTOR_KEY_SECRET',
    );
  for (const name of CLIENT_VARIABLES)
    if (trimmed[name])
      problems.push(`${name} must not be set: set CONDUCTOR_URL, CONDUCTOR_KEY_ID and CONDUCTOR_KEY_SECRET instead`);
  const host = text('WORKER_HOST')!;
  if (!isHost(host)) problems.push('WORKER_HOST must be an address or a host name');
  const settings: WorkerSettings = {
    conductor: {
      url: url('CONDUCTOR_URL'),
      ...(keyId !== undefined && keySecret !== undefined && { keyId, keySecret: new Sensitive(keySecret) }),
    },
    gateway: {
      url: url('GATEWAY_URL').replace(/\/api$/, ''),
      keyId: required('GATEWAY_KEY_ID'),
      keySecret: new Sensitive(required('GATEWAY_KEY_SECRET')),
    },
    tasks: integer('WORKER_TASKS', 1, 100),
    graceMs: integer('WORKER_GRACE', 0, 3_600) * 1_000,
    unregistered: choice('WORKER_UNREGISTERED'),
    health: { host, port: integer('WORKER_PORT', 1, 65_535, 0) || undefined },
    logLevel: choice('LOG_LEVEL'),
    telemetry: telemetryFrom(trimmed, problems),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return settings;
}
