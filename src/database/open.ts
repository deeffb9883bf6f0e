import { Sensitive } from '../sensitive.ts';
import { connect, type Database } from './client.ts';
import { goneForGood, hasCluster, runningEmbedded, startEmbedded } from './embedded.ts';

export interface DatabaseSource {
  database: Database;
  /** Holds a password. */
  url: Sensitive;
  /** Ends the connections, and the embedded server if it was started here. */
  close: () => Promise<void>;
  /** Resolves if the embedded server is gone for good, with an error that says so. */
  failed: Promise<Error>;
}

export interface DatabaseSettings {
  databaseUrl: Sensitive | undefined;
  databaseConnections: number;
  dataDir: string;
}

interface Reporting {
  say: (line: string) => void;
  onConnectionLost?: (error: Error) => void;
}

/** The server of `DATABASE_URL`, else the embedded one under `DATA_DIR`, started here. @throws DataDirInUse */
export async function openDatabase(
  settings: DatabaseSettings,
  { say, onConnectionLost }: Reporting,
): Promise<DatabaseSource> {
  const { databaseUrl, databaseConnections: connections, dataDir } = settings;
  const open = (url: Sensitive) =>
    connect({ url: url.expose(), connections, ...(onConnectionLost === undefined ? {} : { onConnectionLost }) });
  if (databaseUrl !== undefined) {
    const database = open(databaseUrl);
    return { database, url: databaseUrl, close: () => database.close(), failed: new Promise(() => {}) };
  }
  const embedded = await startEmbedded({ dataDir, log: say, connections });
  const url = new Sensitive(embedded.url);
  const database = open(url);
  return {
    database,
    url,
    async close() {
      await database.close().finally(embedded.stop);
    },
    failed: embedded.exited.then(goneForGood),
  };
}

/**
 * The same for a command that may run beside a gateway: then the embedded server that the gateway runs.
 * @throws Error if no gateway was ever started there: a command makes no database
 */
export async function joinDatabase(settings: DatabaseSettings, reporting: Reporting): Promise<DatabaseSource> {
  const { databaseUrl, dataDir } = settings;
  if (databaseUrl === undefined && !hasCluster(dataDir)) {
    throw new Error(`There is no database in ${dataDir}. Start the gateway first, or set DATA_DIR or DATABASE_URL.`);
  }
  const beside = databaseUrl === undefined ? runningEmbedded(dataDir) : undefined;
  return openDatabase(beside === undefined ? settings : { ...settings, databaseUrl: new Sensitive(beside) }, reporting);
}
