// The database servers in `DATABASE_URL`. The URL can name several servers, in the notation of PostgreSQL's own clients. The driver `pg` knows only one
// server, so this module chooses the server for each new connection.
import pg from 'pg';
import { NoConnection } from './faults.ts';

/** `postgresql://`, user and password, the list of servers, and the rest: the database and the parameters. */
const URL_PARTS = /^(postgres(?:ql)?:\/\/)([^/?#]*@)?([^/?#@]*)(\/[^?#]*)?(?:\?([^#]*))?$/;

/** The values of `target_session_attrs` that make sense for a gateway, and whether the gateway checks that the server accepts writes. */
const SESSION_ATTRS = new Map([
  ['read-write', true],
  ['primary', true],
  ['any', false],
]);

/** The form of a database URL, for error messages. */
const FORM = 'postgresql://user:password@host:port/database';

interface ParsedUrl {
  /** One URL for each server. */
  urls: string[];
  /** Whether a connection counts only if its server accepts writes. */
  mustWrite: boolean;
}

/** Returns the problem of a database URL. Returns undefined if the URL is valid. The problem contains no part of the URL. */
export function databaseUrlProblem(url: string): string | undefined {
  const parsed = parse(url);
  return typeof parsed === 'string' ? parsed : undefined;
}

/** Splits a database URL into one URL for each server. Returns the problem if the URL is invalid. */
function parse(url: string): ParsedUrl | string {
  const [, scheme, login = '', authority = '', path = '', query = ''] = URL_PARTS.exec(url.trim()) ?? [];
  if (scheme === undefined || path.length < 2) return `must have the form ${FORM}`;
  const params = new URLSearchParams(query);
  const hosts = (params.get('host') ?? authority).split(',');
  const attrs = params.get('target_session_attrs');
  if (attrs !== null && !SESSION_ATTRS.has(attrs))
    return `must not have other values of target_session_attrs than ${[...SESSION_ATTRS.keys()].join(', ')}`;
  params.delete('target_session_attrs');

  const inParams = params.has('host');
  const ports = params.get('port')?.split(',') ?? [];
  if (ports.length > 1 && ports.length !== hosts.length)
    return 'must have one port for all hosts, or one for each host';
  const urls = hosts.map((host, i) => {
    const own = new URLSearchParams(params);
    if (inParams) own.set('host', host);
    const port = ports[i] ?? ports[0];
    if (port !== undefined) own.set('port', port);
    const text = own.toString();
    return `${scheme}${login}${inParams ? authority : host}${path}${text === '' ? '' : `?${text}`}`;
  });
  if (hosts.length > 1 && hosts.includes('')) return 'must not have an empty host in its list of hosts';
  if (!urls.every(isUsable)) return `must have the form ${FORM}`;
  const standard = hosts.length > 1;
  return { urls, mustWrite: attrs === null ? standard : SESSION_ATTRS.get(attrs) === true };
}

/** Returns whether `pg` can parse the URL of one server. `pg` also accepts an empty host, which means a host in the parameters. */
function isUsable(url: string): boolean {
  const text = url.replace('@/', '@host/');
  return URL.canParse(text) && !/:\/\/[^/?]*%(?![0-9a-f]{2})/i.test(text);
}

/** The servers of one database URL, and the server that new connections use. */
export class DatabaseServers {
  readonly urls: readonly string[];
  readonly mustWrite: boolean;
  #index = 0;

  /** @throws Error if the URL is invalid */
  constructor(url: string) {
    const parsed = parse(url);
    if (typeof parsed === 'string') throw new Error(`The URL of the database ${parsed}`);
    this.urls = parsed.urls;
    this.mustWrite = parsed.mustWrite;
  }

  /** The URL of the server for new connections. */
  get current(): string {
    return this.urls[this.#index]!;
  }

  /** Makes new connections use the server after `url`, unless they already use another server. */
  failed(url: string): void {
    if (url === this.current) this.#index = (this.#index + 1) % this.urls.length;
  }
}

/** An error: the server is a standby, or the server is read-only. */
class ReadOnlyServer extends Error {
  constructor() {
    super('the database server accepts no writes');
    this.name = 'ReadOnlyServer';
  }
}

export interface ServerConfig extends pg.ClientConfig {
  servers: DatabaseServers;
}

/** A connection to the current server of `servers`. If the connection fails, new connections use the next server. */
export class ServerClient extends pg.Client {
  readonly serverUrl: string;
  readonly #servers: DatabaseServers;
  readonly #parameters = new Map<string, string>();

  constructor({ servers, ...config }: ServerConfig) {
    const url = servers.current;
    super({ ...config, connectionString: url });
    this.serverUrl = url;
    this.#servers = servers;
    const { connection } = this as unknown as { connection: NodeJS.EventEmitter };
    connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
      this.#parameters.set(parameterName, parameterValue);
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: the overloads of pg cannot be restated
  override connect(callback?: (...args: any[]) => void): any {
    const connected = super
      .connect()
      .then(() => this.#requireWrites())
      .catch((error: unknown) => {
        this.#servers.failed(this.serverUrl);
        throw error;
      });
    if (callback === undefined) return connected.then(() => this);
    connected.then(
      () => callback(null, this),
      (error: unknown) => callback(error),
    );
  }

  /**
   * Since PostgreSQL 14, the server reports both settings when the connection begins, so the check costs no statement. @throws ReadOnlyServer
   */
  async #requireWrites(): Promise<void> {
    if (!this.#servers.mustWrite) return;
    const reported = ['in_hot_standby', 'default_transaction_read_only'].map((name) => this.#parameters.get(name));
    const isReadOnly = reported.includes(undefined)
      ? (await this.query(READ_ONLY)).rows[0].isReadOnly
      : reported.includes('on');
    if (!isReadOnly) return;
    await this.end();
    throw new ReadOnlyServer();
  }
}

const READ_ONLY = `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS "isReadOnly"`;

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Opens one connection to the first server of the URL that accepts the connection, and that accepts writes if the URL requires writes. @throws
 * NoConnection with the reason of the last server
 */
export async function openConnection(url: string): Promise<ServerClient> {
  const servers = new DatabaseServers(url);
  let last: unknown;
  for (const _ of servers.urls) {
    const client = new ServerClient({ servers, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    client.on('error', () => {}); // a lost connection makes the waiting statement fail, and the statement reports the error
    try {
      return await client.connect();
    } catch (error) {
      last = error;
    }
  }
  throw new NoConnection(last);
}
