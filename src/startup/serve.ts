import { pino } from 'pino';
import { createApp, type Shared } from '../app.ts';
import { auditStream } from '../audit/audit-stream.ts';
import { startSealing } from '../audit/sealing.ts';
import type { Config } from '../config.ts';
import { migrate } from '../database/migrate.ts';
import { openDatabase } from '../database/open.ts';
import { describe } from '../http/redacted-error.ts';
import { openKeyring } from '../keyring/source.ts';
import { systemClock } from '../primitives/clock.ts';
import { startHousekeeping } from '../secrets/housekeeping.ts';
import { Sensitive } from '../sensitive.ts';
import { prepare } from './bootstrap.ts';
import { cannotListen, requireFreePort, urlOf } from './listening.ts';
import { logDestination } from './log-destination.ts';

const GRACE_MS = 10_000;

export interface Running {
  /** `http://127.0.0.1:4000`. */
  url: string;
  /** The one in use. */
  port: number;
  /** In order: stops accepting, finishes what it began, ends its connections, stops the embedded database. */
  stop(): Promise<void>;
  /** Resolves if it cannot go on, such as when the embedded database is gone for good; says why. */
  failed: Promise<Error>;
}

/** What a worker needs to begin. */
export interface Task {
  /** Which of them it is, from 1. */
  worker: number;
  /** Holds a password. Undefined: what the settings say. */
  databaseUrl: string | undefined;
  port: number;
  /** Whether it makes what a first start needs, and tells what a person should read. */
  prepares: boolean;
  /** Whether it does what one of them is enough for. */
  keepsHouse: boolean;
}

/** One of several processes behind one port: what it is to do, and what all of them share. */
export interface Among {
  task: Task;
  shared: Shared;
}

/** Starts the gateway: database, tables, keyring, first administrator, HTTP. `say` is told what a person should read. */
export async function serve(settings: Config, say: (line: string) => void, among?: Among): Promise<Running> {
  const config = among ? asTold(settings, among.task) : settings;
  const { prepares, keepsHouse } = among?.task ?? { prepares: true, keepsHouse: true };
  const base = among ? { worker: among.task.worker } : null;
  const log = pino({ level: config.logLevel, base }, logDestination());
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    const failures: unknown[] = [];
    for (const step of undo.splice(0).reverse()) await step().catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  if (among === undefined) await requireFreePort(config);
  try {
    const source = await openDatabase(config, {
      say,
      onConnectionLost: (error) => log.warn({ error: describe(error, String) }, 'database connection lost'),
    });
    undo.push(source.close);
    if (prepares) await migrate(source.url.expose());
    const keyring = await openKeyring(config, source.database, {
      say: prepares ? say : () => {},
      onProblem: (error) => log.error({ reason: error.reason, problem: error.message }, 'keyring'),
    });
    const { database } = source;
    const { adminUsername, adminPassword } = config;
    const clock = systemClock;
    const stream = auditStream({ database, keyring, clock });
    if (prepares) {
      const { madePassword } = await prepare({ database, stream, keyring, clock, adminUsername, adminPassword });
      if (madePassword !== null) {
        say(
          `First start. Sign in as ${adminUsername} with the password ${madePassword.expose()} — it is shown only now.`,
        );
      }
    }
    const sealing = startSealing({ database, stream, clock, log });
    undo.push(sealing.stop);
    const app = await createApp({ ...config, database, stream, keyring, clock, log, shared: among?.shared });
    undo.push(() => app.close(GRACE_MS));
    if (keepsHouse) undo.push(startHousekeeping({ database, stream, clock, log }).stop);
    const port = await app.listen(config.host, config.port).catch((error) => {
      throw cannotListen(config, error);
    });
    return { url: urlOf({ ...config, port }), port, stop, failed: source.failed };
  } catch (error) {
    await stop().catch(() => {}); // what went wrong first is what matters
    throw error;
  }
}

function asTold(config: Config, { port, databaseUrl }: Task): Config {
  return { ...config, port, databaseUrl: databaseUrl === undefined ? config.databaseUrl : new Sensitive(databaseUrl) };
}
