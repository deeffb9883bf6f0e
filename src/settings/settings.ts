// Declares every setting: its name, its default, and its meaning. The flags of the commands, the configuration file and docs/settings.md follow this
// list.

/** The programs that read a setting. `client` are the commands that call a running gateway. */
export type Program = 'gateway' | 'worker' | 'client';

export interface Setting {
  readonly of: readonly Program[];
  /** The placeholder for the value in help texts, such as `NUMBER`. Undefined if the setting has `choices`. */
  readonly value?: string;
  /** All possible values, if the setting has a fixed list of values. */
  readonly choices?: readonly string[];
  /** The default value as text. Undefined if the setting has no default, or if the default depends on other settings. */
  readonly default?: string;
  readonly meaning: string;
  /**
   * True if the value must stay secret. A secret setting has no flag, because other users of the machine can read the arguments of a process. Instead,
   * the setting `NAME_FILE` names a file with the value.
   */
  readonly secret?: true;
}

export const SETTINGS = {
  HOST: { of: ['gateway'], value: 'ADDRESS', default: '127.0.0.1', meaning: 'address on which the gateway listens' },
  PORT: {
    of: ['gateway'],
    value: 'NUMBER',
    default: '4000',
    meaning: 'port on which the gateway listens; 0 means any free port',
  },
  TRUSTED_PROXIES: {
    of: ['gateway'],
    value: 'LIST',
    meaning: 'addresses and networks of proxies in front of the gateway, separated by commas',
  },
  DATABASE_URL: {
    of: ['gateway'],
    value: 'URL',
    secret: true,
    meaning: 'URL of the PostgreSQL server; without this setting the gateway runs an embedded PostgreSQL',
  },
  DATABASE_CONNECTIONS: {
    of: ['gateway'],
    value: 'NUMBER',
    meaning: 'maximum number of database connections of each process; the default is 10 with up to 6 workers',
  },
  REQUIRE_SYNCHRONOUS: {
    of: ['gateway'],
    choices: ['on', 'off'],
    default: 'off',
    meaning: 'whether the gateway requires a database server that commits to a synchronous standby',
  },
  REQUEST_TIMEOUT: {
    of: ['gateway'],
    value: 'SECONDS',
    default: '5',
    meaning: 'seconds that a request waits, in all, for the database and for turns',
  },
  DRAIN_SECONDS: {
    of: ['gateway'],
    value: 'SECONDS',
    default: '0',
    meaning: 'seconds for which the gateway still serves requests after a stop signal, while /readyz answers 503',
  },
  WORKERS: {
    of: ['gateway'],
    value: 'NUMBER',
    default: '1',
    meaning: 'number of processes that serve requests, or auto',
  },
  DATA_DIR: {
    of: ['gateway'],
    value: 'FOLDER',
    default: '.data',
    meaning: 'directory of the embedded database and the keyring file',
  },
  KEYRING: {
    of: ['gateway'],
    value: 'LIST',
    secret: true,
    meaning: 'encryption keys in base64 or hex, separated by commas',
  },
  KEYRING_FILE: { of: ['gateway'], value: 'FILE', meaning: 'keyring file; the default is keyring.json in DATA_DIR' },
  ADMIN_USERNAME: { of: ['gateway'], value: 'NAME', default: 'admin', meaning: 'username of the first administrator' },
  ADMIN_PASSWORD: { of: ['gateway'], value: 'PASSWORD', secret: true, meaning: 'password of the first administrator' },
  TOKEN_TTL: { of: ['gateway'], value: 'SECONDS', default: '3600', meaning: 'seconds until a new token expires' },
  LOG_LEVEL: {
    of: ['gateway', 'worker'],
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    meaning: 'the least important log lines that are written',
  },
  INTROSPECTION: {
    of: ['gateway'],
    choices: ['true', 'false'],
    default: 'true',
    meaning: 'whether the gateway answers introspection of the GraphQL schema',
  },
  OPERATIONS: {
    of: ['gateway'],
    choices: ['any', 'registered'],
    default: 'any',
    meaning: 'which GraphQL operations the gateway executes',
  },
  CONSOLE: {
    of: ['gateway'],
    choices: ['on', 'explorer', 'off'],
    default: 'on',
    meaning: 'whether the gateway serves the web console',
  },
  CONDUCTOR_URL: { of: ['gateway', 'worker'], value: 'URL', meaning: 'address of a Conductor server' },
  CONDUCTOR_TIMEOUT: {
    of: ['gateway'],
    value: 'SECONDS',
    default: '120',
    meaning: 'seconds that the gateway waits for the Conductor server',
  },
  CONDUCTOR_TOKEN: { of: ['gateway'], value: 'TOKEN', secret: true, meaning: 'token for the Conductor server' },
  CONDUCTOR_KEY_ID: { of: ['gateway', 'worker'], value: 'ID', meaning: 'id of an access key at the Conductor server' },
  CONDUCTOR_KEY_SECRET: {
    of: ['gateway', 'worker'],
    value: 'SECRET',
    secret: true,
    meaning: 'secret of the access key at the Conductor server',
  },
  CONDUCTOR_CHECK: {
    of: ['gateway'],
    choices: ['refuse', 'warn', 'off'],
    default: 'refuse',
    meaning: 'what the gateway does with definitions whose references to secrets have problems',
  },
  CONDUCTOR_HTTP_TASKS: {
    of: ['gateway'],
    choices: ['engine', 'worker'],
    default: 'engine',
    meaning: 'which program runs HTTP tasks with secrets',
  },
  CONDUCTOR_UI_PORT: {
    of: ['gateway'],
    value: 'NUMBER',
    meaning: "second port, for the Conductor server's web interface",
  },
  AUDIT_SINK_FILE: {
    of: ['gateway'],
    value: 'FILE',
    meaning: 'file to which the gateway also writes the audit events, as lines of JSON',
  },
  AUDIT_SINK_SYSLOG: {
    of: ['gateway'],
    value: 'URL',
    meaning: 'syslog server to which the gateway also sends the audit events: tcp+tls://, tcp:// or udp://',
  },
  AUDIT_SINK_HTTP: {
    of: ['gateway'],
    value: 'URL',
    meaning: 'HTTP server to which the gateway also sends the audit events, as lines of JSON',
  },
  AUDIT_SINK_HTTP_TOKEN: {
    of: ['gateway'],
    value: 'TOKEN',
    secret: true,
    meaning: 'bearer token for AUDIT_SINK_HTTP',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    of: ['gateway', 'worker'],
    value: 'URL',
    meaning: 'OpenTelemetry collector that receives traces and metrics by OTLP over HTTP',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    of: ['gateway', 'worker'],
    value: 'LIST',
    secret: true,
    meaning: 'headers of the requests to the collector: name=value, separated by commas',
  },
  OTEL_SERVICE_NAME: {
    of: ['gateway', 'worker'],
    value: 'NAME',
    default: 'secrets-gateway',
    meaning: 'name of the service in traces and metrics',
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    of: ['gateway', 'worker'],
    value: 'LIST',
    meaning: 'attributes of the service in traces and metrics: name=value, separated by commas',
  },
  OTEL_TRACES_SAMPLER: {
    of: ['gateway', 'worker'],
    choices: [
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
      'always_on',
      'always_off',
      'traceidratio',
    ],
    default: 'parentbased_always_on',
    meaning: 'which requests the gateway traces',
  },
  OTEL_TRACES_SAMPLER_ARG: {
    of: ['gateway', 'worker'],
    value: 'NUMBER',
    default: '1',
    meaning: 'part of the traces that the sampler traceidratio records, from 0 to 1',
  },
  OTEL_METRIC_EXPORT_INTERVAL: {
    of: ['gateway'],
    value: 'MILLISECONDS',
    default: '60000',
    meaning: 'time between two exports of metrics',
  },
  OTEL_SDK_DISABLED: {
    of: ['gateway', 'worker'],
    value: 'true|false',
    default: 'false',
    meaning: 'whether traces and metrics are off',
  },
  OTEL_SECRET_NAMES: {
    of: ['gateway'],
    choices: ['on', 'off'],
    default: 'off',
    meaning: 'whether traces contain the names of secrets',
  },
  GATEWAY_URL: { of: ['worker', 'client'], value: 'URL', meaning: 'address of the gateway' },
  GATEWAY_KEY_ID: { of: ['worker', 'client'], value: 'ID', meaning: 'id of an access key at the gateway' },
  GATEWAY_KEY_SECRET: {
    of: ['worker', 'client'],
    value: 'SECRET',
    secret: true,
    meaning: 'secret of the access key at the gateway',
  },
  WORKER_TASKS: {
    of: ['worker'],
    value: 'NUMBER',
    default: '10',
    meaning: 'maximum number of tasks that run at the same time',
  },
  WORKER_GRACE: {
    of: ['worker'],
    value: 'SECONDS',
    default: '20',
    meaning: 'seconds that the worker has after SIGTERM to finish its tasks',
  },
  WORKER_UNREGISTERED: {
    of: ['worker'],
    choices: ['refuse', 'allow'],
    default: 'refuse',
    meaning: 'whether workflows without a registered workflow definition can use secrets',
  },
  WORKER_HOST: {
    of: ['worker'],
    value: 'ADDRESS',
    default: '127.0.0.1',
    meaning: 'address on which the worker answers health checks',
  },
  WORKER_PORT: { of: ['worker'], value: 'NUMBER', meaning: 'port for the health checks /healthz and /readyz' },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** The names of the settings that have a fixed list of values. */
export type ChoiceName = {
  [Name in SettingName]: (typeof SETTINGS)[Name] extends { choices: readonly string[] } ? Name : never;
}[SettingName];

/** The possible values of a setting that has a fixed list of values. */
export type Choice<Name extends ChoiceName> = (typeof SETTINGS)[Name]['choices'][number];

/** Returns the placeholder for the value of a setting in help texts, such as `NUMBER` or `on|off`. */
export function placeholderOf(name: SettingName): string {
  const { value, choices } = settingOf(name);
  return value ?? choices?.join('|') ?? 'VALUE';
}

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** Returns the declaration of a setting with all optional members. */
export function settingOf(name: SettingName): Setting {
  return SETTINGS[name];
}

/** Returns the names of all settings of a program. */
export function settingsOf(program: Program): SettingName[] {
  return SETTING_NAMES.filter((name) => settingOf(name).of.includes(program));
}

/** Returns true if the setting `NAME_FILE` can name a file that contains the value of `name`. The file of the setting `KEYRING` has its own format. */
export function hasValueFile(name: SettingName): boolean {
  return settingOf(name).secret === true && name !== 'KEYRING';
}
