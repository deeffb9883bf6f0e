import { once } from 'node:events';
import { createServer } from 'node:net';
import { pino } from 'pino';
import { createApp } from './app.ts';
import { auditStream } from './audit/audit-stream.ts';
import { startSealing } from './audit/sealing.ts';
import { prepare } from './bootstrap.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { migrate } from './database/migrate.ts';
import { openDatabase } from './database/open.ts';
import { describe } from './http/unforeseen.ts';
import { openKeyring } from './keyring/source.ts';
import { startHousekeeping } from './secrets/housekeeping.ts';

const GRACE_MS = 10_000;

export interface Running {
  /** `http://127.0.0.1:4000`. */
  url: string;
  /** In order: stops accepting, finishes what it began, ends its connections, stops the embedded database. */
  stop(): Promise<void>;
  /** Resolves if the embedded database is gone for good. */
  failed: Promise<Error>;
}

/** Starts the gateway: database, tables, keyring, first administrator, HTTP. `say` is told what a person should read. */
export async function serve(config: Config, say: (line: string) => void): Promise<Running> {
  const log = pino({ level: config.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    const failures: unknown[] = [];
    for (const step of undo.splice(0).reverse()) await step().catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  await requireFreePort(config);
  try {
    const source = await openDatabase(config, {
      say,
      onConnectionLost: (error) => log.warn({ error: describe(error, String) }, 'database connection lost'),
    });
    undo.push(source.close);
    await migrate(source.url.expose());
    const keyring = await openKeyring(config, source.database, {
      say,
      onProblem: (error) => log.error({ reason: error.reason, problem: error.message }, 'keyring'),
    });
    const { database } = source;
    const { adminUsername, adminPassword } = config;
    const clock = systemClock;
    const stream = auditStream({ database, keyring, clock });
    const { madePassword } = await prepare({ database, stream, keyring, clock, adminUsername, adminPassword });
    if (madePassword !== null) {
      say(
        `First start. Sign in as ${adminUsername} with the password ${madePassword.expose()} — it is shown only now.`,
      );
    }
    const sealing = startSealing({ database, stream, clock, log });
    undo.push(sealing.stop);
    const app = await createApp({ ...config, database, stream, keyring, clock, log });
    undo.push(() => app.close(GRACE_MS));
    const housekeeping = startHousekeeping({ database, stream, clock, log });
    undo.push(housekeeping.stop);
    const port = await app.listen(config.host, config.port).catch((error) => {
      throw cannotListen(config, error);
    });
    return { url: `http://${hostIn(config)}:${port}`, stop, failed: source.failed };
  } catch (error) {
    await stop().catch(() => {}); // what went wrong first is what matters
    throw error;
  }
}

/** A port in use is told before anything is made or started. */
async function requireFreePort(config: Config): Promise<void> {
  if (config.port === 0) return;
  const probe = createServer();
  probe.listen(config.port, config.host);
  await once(probe, 'listening').catch((error) => {
    throw cannotListen(config, error);
  });
  probe.close();
  await once(probe, 'close');
}

function cannotListen(config: Config, cause: NodeJS.ErrnoException): Error {
  const what = `Cannot listen on ${hostIn(config)}:${config.port}`;
  if (cause.code === 'EADDRINUSE') {
    return new Error(`${what}: another program does. Stop it, or set PORT (0: any free one).`, { cause });
  }
  return new Error(`${what} (${cause.message}). Set HOST and PORT to what this machine has and allows.`, { cause });
}

function hostIn({ host }: Config): string {
  return host.includes(':') ? `[${host}]` : host;
}
