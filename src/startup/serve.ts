import { pino } from 'pino';
import { createApp, type SharedState } from '../app.ts';
import { auditStream } from '../audit/audit-stream.ts';
import { startSealing } from '../audit/sealing.ts';
import { createSinks } from '../audit/sinks/create-sinks.ts';
import { startForwarding } from '../audit/sinks/forwarding.ts';
import { deleteOldValues } from '../conductor/delete-old-values.ts';
import type { Config } from '../config.ts';
import { migrate } from '../database/migrate.ts';
import { openDatabase } from '../database/open.ts';
import { tracedDatabase } from '../database/traced-database.ts';
import { requireSynchronousCommit } from '../http/health.ts';
import { describeError } from '../http/redacted-error.ts';
import { openKeyring } from '../keyring/source.ts';
import { systemClock } from '../primitives/clock.ts';
import { startHousekeeping } from '../secrets/housekeeping.ts';
import { Sensitive } from '../sensitive.ts';
import { startTelemetry } from '../telemetry/start.ts';
import { tracer } from '../telemetry/tracer.ts';
import { prepare } from './bootstrap.ts';
import { startClockCheck } from './clock-check.ts';
import { startDescriptorCheck } from './descriptor-check.ts';
import { cannotListen, requireFreePorts, uiAddressOf, urlOf } from './listening.ts';
import { logDestination } from './log-destination.ts';

const GRACE_MS = 10_000;

export interface Running {
  /** The URL of the gateway, such as `http://127.0.0.1:4000`. */
  url: string;
  /** The port on which the gateway listens. */
  port: number;
  /**
   * Stops the gateway in six steps. The gateway drains its connections for `DRAIN_SECONDS`, stops accepting connections and waits for running
   * requests, stops the background tasks, closes the database connections, stops the embedded database, and exports the last traces and metrics.
   */
  stop(): Promise<void>;
  /**
   * A promise that resolves with the reason if the gateway cannot continue, for example because the embedded database ended and cannot be started
   * again.
   */
  failed: Promise<Error>;
}

/** The task of one worker process. */
export interface WorkerTask {
  /** The number of the worker process. The first worker process has the number 1. */
  worker: number;
  /** The URL of the database, which contains a password. If the field is undefined, the worker process uses the setting `DATABASE_URL`. */
  databaseUrl: string | undefined;
  port: number;
  /**
   * True if the worker process creates and migrates the tables, and creates the objects of the first start. The field is true for only one worker
   * process.
   */
  initializes: boolean;
  /** True if the worker process deletes expired data. The field is true for only one worker process. */
  runsHousekeeping: boolean;
}

/** The task of a worker process, and its access to the state that all worker processes share. */
export interface WorkerContext {
  task: WorkerTask;
  shared: SharedState;
}

/** Starts the gateway: database, tables, keyring, first administrator and HTTP server. The function `print` shows a line to the operator. */
export async function serve(
  settings: Config,
  print: (line: string) => void,
  context?: WorkerContext,
): Promise<Running> {
  const config = context ? withTask(settings, context.task) : settings;
  const { initializes, runsHousekeeping } = context?.task ?? { initializes: true, runsHousekeeping: true };
  const base = context ? { worker: context.task.worker } : null;
  const log = pino({ level: config.logLevel, base }, logDestination());
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    const failures: unknown[] = [];
    for (const step of undo.splice(0).reverse()) await step().catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  if (context === undefined) await requireFreePorts(config);
  try {
    const telemetry = await startTelemetry(config.telemetry, log);
    // The gateway stops telemetry last, so that telemetry exports the spans of the last requests.
    if (telemetry !== undefined) undo.push(telemetry.stop);
    const source = await openDatabase(config, {
      print: print,
      onConnectionLost: (error) => log.warn({ error: describeError(error, String) }, 'database connection lost'),
    });
    undo.push(source.close);
    if (config.requireSynchronous) await requireSynchronousCommit(source.database);
    if (initializes) await migrate(source.url.expose(), print);
    const keyring = await openKeyring(config, source.database, {
      print: initializes ? print : () => {},
      onProblem: (error) => log.error({ reason: error.reason, problem: error.message }, 'keyring'),
    });
    const database = tracer === undefined ? source.database : tracedDatabase(source.database, tracer);
    const { adminUsername, adminPassword } = config;
    const clock = systemClock;
    const stream = auditStream({
      ...{ database, keyring, clock },
      onSetBack: (found) =>
        log.error(
          found,
          'the database does not contain the newest audit events of this gateway; after a failover or a restored dump, see section Acknowledged gaps of docs/audit-format.md',
        ),
    });
    if (initializes) {
      const { generatedPassword } = await prepare({ database, stream, keyring, clock, adminUsername, adminPassword });
      if (generatedPassword !== null) {
        print(
          `First start. Sign in as ${adminUsername} with the password ${generatedPassword.expose()} — this password is shown only once.`,
        );
      }
    }
    const sinks = runsHousekeeping ? createSinks(config.auditSinks, log) : [];
    const forwarding = sinks.length === 0 ? undefined : startForwarding({ database, sinks, log });
    // The gateway stops the forwarding after the parts that record audit events.
    if (forwarding !== undefined) undo.push(forwarding.stop);
    const sealing = startSealing({ database, stream, clock, log });
    undo.push(sealing.stop);
    const clocks = startClockCheck({ database, clock, log });
    undo.push(clocks.stop);
    const descriptors = startDescriptorCheck(log);
    undo.push(descriptors.stop);
    const checks = { descriptorShortages: descriptors.shortages, clockDifference: clocks.difference };
    const app = await createApp({
      ...{ ...config, database, stream, keyring, clock, log, checks },
      ...{ forwarding, telemetry, shared: context?.shared },
    });
    undo.push(() => app.close(GRACE_MS));
    if (runsHousekeeping)
      undo.push(
        startHousekeeping({ database, stream, clock, log, alsoClean: (now) => deleteOldValues(database, now) }).stop,
      );
    const port = await app.listen(config.host, config.port).catch((error) => {
      throw cannotListen(config, error);
    });
    const uiAddress = uiAddressOf(config);
    if (uiAddress !== undefined) {
      await app.listenForUi(uiAddress.host, uiAddress.port).catch((error) => {
        throw cannotListen(uiAddress, error);
      });
      if (initializes) print(`Conductor’s web interface: ${urlOf(uiAddress)}`);
    }
    undo.push(() => app.drain(config.drainSeconds * 1_000));
    return { url: urlOf({ ...config, port }), port, stop, failed: source.failed };
  } catch (error) {
    await stop().catch(() => {}); // the caller reports only the first error
    throw error;
  }
}

function withTask(config: Config, { port, databaseUrl }: WorkerTask): Config {
  return { ...config, port, databaseUrl: databaseUrl === undefined ? config.databaseUrl : new Sensitive(databaseUrl) };
}
