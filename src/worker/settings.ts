// The worker's part of the environment, checked whole at start.
import { ConfigError, isHttpUrl, LOG_LEVELS, variables } from '../config.ts';
import { Sensitive } from '../sensitive.ts';

/** Where to sign in, and as whom. */
export interface KeyAt {
  /** Without a slash at the end. */
  url: string;
  keyId: string;
  keySecret: Sensitive;
}

export interface WorkerSettings {
  /** Without a key where the server asks for none. */
  conductor: { url: string; keyId?: string; keySecret?: Sensitive };
  gateway: KeyAt;
  /** Tasks at one moment. */
  tasks: number;
  /** For what was begun when it is told to stop. */
  graceMs: number;
  /** Whether references count in the definition of an execution if no definition is registered under its name and version. */
  unregistered: (typeof UNREGISTERED)[number];
  logLevel: (typeof LOG_LEVELS)[number];
}

const UNREGISTERED = ['refuse', 'allow'] as const;

/** What the published client reads from the environment itself, and prefers to what it is given. */
const CLIENTS_OWN = ['CONDUCTOR_SERVER_URL', 'CONDUCTOR_AUTH_KEY', 'CONDUCTOR_AUTH_SECRET'];

/** An empty variable counts as not set. @throws ConfigError with every problem at once */
export function readWorkerSettings(env: Readonly<Record<string, string | undefined>>): WorkerSettings {
  const problems: string[] = [];
  const trimmed = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value?.trim()]));
  const { text, integer } = variables(trimmed, problems);
  const needed = (name: string) => {
    const value = text(name);
    if (value === undefined) problems.push(`${name} needs to be set for the worker`);
    return value ?? '';
  };
  const url = (name: string) => {
    const value = needed(name);
    if (value !== '' && !isHttpUrl(value))
      problems.push(`${name} needs the form http://host:port, without user, query and fragment`);
    return value.replace(/\/+$/, '');
  };

  const keyId = text('CONDUCTOR_KEY_ID');
  const keySecret = text('CONDUCTOR_KEY_SECRET');
  if ((keyId === undefined) !== (keySecret === undefined))
    problems.push('CONDUCTOR_KEY_ID and CONDUCTOR_KEY_SECRET belong together: set both or none');
  if (text('CONDUCTOR_TOKEN') !== undefined)
    problems.push('CONDUCTOR_TOKEN is for the gateway only: give the worker CONDUCTOR_KEY_ID and CONDUCTOR_KEY_SECRET');
  for (const name of CLIENTS_OWN)
    if (text(name) !== undefined) problems.push(`${name} needs to be unset: the worker has CONDUCTOR_URL and its key`);
  const logLevel = LOG_LEVELS.find((level) => level === (text('LOG_LEVEL') ?? 'info'));
  if (logLevel === undefined) problems.push(`LOG_LEVEL needs one of ${LOG_LEVELS.join(', ')}`);

  const unregistered = UNREGISTERED.find((choice) => choice === (text('WORKER_UNREGISTERED') ?? 'refuse'));
  if (unregistered === undefined) problems.push(`WORKER_UNREGISTERED needs one of ${UNREGISTERED.join(', ')}`);

  const settings: WorkerSettings = {
    conductor: {
      url: url('CONDUCTOR_URL'),
      ...(keyId !== undefined && keySecret !== undefined && { keyId, keySecret: new Sensitive(keySecret) }),
    },
    gateway: {
      url: url('GATEWAY_URL').replace(/\/api$/, ''),
      keyId: needed('GATEWAY_KEY_ID'),
      keySecret: new Sensitive(needed('GATEWAY_KEY_SECRET')),
    },
    tasks: integer('WORKER_TASKS', 10, 1, 100),
    graceMs: integer('WORKER_GRACE', 20, 0, 3_600) * 1_000,
    unregistered: unregistered ?? 'refuse',
    logLevel: logLevel ?? 'info',
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return settings;
}
