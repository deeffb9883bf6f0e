// Starts the real application on a separate database, and creates clients that send GraphQL requests to the
// application over HTTP.

import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { inject } from 'vitest';
import { createApp } from '../../src/app.ts';
import { type AuditStream, auditStream } from '../../src/audit/audit-stream.ts';
import type { Config } from '../../src/config.ts';
import { type Keyring, keyringFromEnvironment } from '../../src/crypto/keyring.ts';
import { connect, type Database } from '../../src/database/client.ts';
import { Sensitive } from '../../src/sensitive.ts';
import { prepare } from '../../src/startup/bootstrap.ts';
import { TestClock } from './clock.ts';
import { freshDatabase } from './database.ts';
import { overhear, sentinel } from './sentinel.ts';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
  data: any;
  errors: {
    message: string;
    path?: (string | number)[];
    extensions: { code: string; field?: string; [more: string]: unknown };
  }[];
  /** The code of the only error, or undefined if no error occurred. Throws if several errors occurred. */
  code: string | undefined;
}

/** A GraphQL client of the gateway. */
export interface Client {
  token: string | undefined;
  /**
   * Sends an operation. The leak test searches the complete answer. If the answer may contain a secret value, the
   * leak test searches only the errors.
   */
  ask(query: string, variables?: Record<string, unknown>, headers?: Record<string, string>): Promise<Answer>;
  /** Sends an operation whose answer may contain a secret value, so that the leak test searches only the errors. */
  askRevealing(query: string, variables?: Record<string, unknown>): Promise<Answer>;
  /** Sends an operation and returns its data. @throws on any error */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  get(query: string, variables?: Record<string, unknown>): Promise<any>;
}

export interface TestApp {
  url: string;
  /** The URL of the Conductor server's web interface. Undefined if the options have no `conductor.uiPort`. */
  uiUrl: string | undefined;
  database: Database;
  databaseUrl: string;
  /** The audit log of the gateway. */
  stream: AuditStream;
  clock: TestClock;
  keyring: Keyring;
  adminPassword: string;
  /** A client that is signed in as the first administrator. */
  admin: Client;
  anonymous: Client;
  as(token: string | undefined): Client;
  /** Returns a client for `username` after it signs in with `password`. */
  signIn(username: string, password: string): Promise<Client>;
  /** Returns all log lines that the gateway has written. */
  logged(): string;
  close(): Promise<void>;
}

export interface TestAppOptions {
  introspection?: boolean;
  operations?: Config['operations'];
  tokenTtl?: number;
  keyring?: Keyring;
  /** The URL of the database. A second gateway can use this URL. */
  databaseUrl?: string;
  adminPassword?: string;
  clock?: TestClock;
  connections?: number;
  /** The maximum time in seconds that a request waits for the database. The default is long, because the machine may be busy. */
  requestTimeout?: number;
  console?: Config['console'];
  /** The Conductor server to which the gateway forwards requests for paths that the gateway does not serve. */
  conductor?: Config['conductor'];
  trustedProxies?: string[];
}

export function testKeyring(): Keyring {
  return keyringFromEnvironment(randomBytes(32).toString('base64'));
}

/** Starts a gateway. The test must close the gateway in `afterAll`. */
export async function testApp(options: TestAppOptions = {}): Promise<TestApp> {
  const fresh = options.databaseUrl === undefined ? await freshDatabase(inject('databaseUrl')) : undefined;
  const databaseUrl = options.databaseUrl ?? fresh?.url ?? '';
  const clock = options.clock ?? new TestClock();
  const keyring = options.keyring ?? testKeyring();
  const database = connect({ url: databaseUrl, connections: options.connections ?? 8 });
  const adminPassword = options.adminPassword ?? sentinel('admin-password');
  const stream = auditStream({ database, keyring, clock });
  const firstPassword = new Sensitive(adminPassword);
  await prepare({ database, stream, keyring, clock, adminUsername: 'admin', adminPassword: firstPassword });

  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const app = await createApp({
    database,
    stream,
    keyring,
    clock,
    log: pino({ level: 'trace', base: null }, sink),
    tokenTtl: options.tokenTtl ?? 3_600,
    introspection: options.introspection ?? true,
    operations: options.operations ?? 'any',
    trustedProxies: options.trustedProxies ?? [],
    console: options.console ?? 'off',
    conductor: options.conductor,
    requestTimeout: options.requestTimeout ?? 60,
  });
  const url = `http://127.0.0.1:${await app.listen('127.0.0.1', 0)}`;

  const { uiPort } = options.conductor ?? {};
  const uiUrl = uiPort === undefined ? undefined : `http://127.0.0.1:${await app.listenForUi('127.0.0.1', uiPort)}`;

  const as = (token: string | undefined): Client => {
    const send = async (
      query: string,
      variables: Record<string, unknown> | undefined,
      headers: Record<string, string>,
      revealing: boolean,
    ) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...headers,
        },
        body: JSON.stringify({ query, variables }),
      });
      const answer = await answerOf(response);
      overhear(
        revealing
          ? JSON.stringify([answer.errors, [...answer.headers]])
          : `${answer.text} ${JSON.stringify([...answer.headers])}`,
      );
      return answer;
    };
    const client: Client = {
      token,
      ask: (query, variables, headers = {}) => send(query, variables, headers, false),
      askRevealing: (query, variables) => send(query, variables, {}, true),
      async get(query, variables) {
        const { data, errors } = await send(query, variables, {}, true);
        if (errors.length > 0) throw new Error(`Refused: ${JSON.stringify(errors)}`);
        return data;
      },
    };
    return client;
  };

  const anonymous = as(undefined);
  const signIn = async (username: string, password: string) => {
    const data = await anonymous.get(
      'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token } }',
      {
        u: username,
        p: password,
      },
    );
    return as(data.signIn.token);
  };
  return {
    url,
    uiUrl,
    database,
    databaseUrl,
    stream,
    clock,
    keyring,
    adminPassword,
    admin: await signIn('admin', adminPassword),
    anonymous,
    as,
    signIn,
    logged: () => lines.join(''),
    async close() {
      await app.close(1_000);
      await database.close();
      await fresh?.drop();
      overhear(lines.join(''));
    },
  };
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const json = JSON.parse(text);
  const errors = json.errors ?? [];
  return {
    status: response.status,
    headers: response.headers,
    text,
    data: json.data,
    errors,
    get code() {
      if (errors.length > 1) throw new Error(`Several errors: ${JSON.stringify(errors)}`);
      return errors[0]?.extensions?.code;
    },
  };
}
