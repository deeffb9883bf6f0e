import { Sensitive } from '../sensitive.ts';
import { connect, type Database } from './client.ts';
import { hasCluster, permanentFailure, runningEmbedded, startEmbedded } from './embedded.ts';

export interface DatabaseSource {
  database: Database;
  /** The URL of the database. The URL contains a password. */
  url: Sensitive;
  /** Closes the connections. If this process started the embedded server, the function also stops the embedded server. */
  close: () => Promise<void>;
  /** A promise that resolves with an error if the embedded server ended and cannot be restarted. */
  failed: Promise<Error>;
}

export interface DatabaseSettings {
  databaseUrl: Sensitive | undefined;
  databaseConnections: number;
  dataDir: string;
}

interface Reporting {
  print: (line: string) => void;
  onConnectionLost?: (error: Error) => void;
}

/** Connects to the server of `DATABASE_URL`, or starts the embedded server in `DATA_DIR`. @throws DataDirInUse */
export async function openDatabase(
  settings: DatabaseSettings,
  { print: say, onConnectionLost }: Reporting,
): Promise<DatabaseSource> {
  const { databaseUrl, databaseConnections: connections, dataDir } = settings;
  const open = (url: Sensitive) =>
    connect({ url: url.expose(), connections, ...(onConnectionLost === undefined ? {} : { onConnectionLost }) });
  if (databaseUrl !== undefined) {
    const database = open(databaseUrl);
    return { database, url: databaseUrl, close: () => database.close(), failed: new Promise(() => {}) };
  }
  const embedded = await startEmbedded({ dataDir, print: say, connections });
  const url = new Sensitive(embedded.url);
  const database = open(new Sensitive(embedded.localUrl));
  return {
    database,
    url,
    async close() {
      await database.close().finally(embedded.stop);
    },
    failed: embedded.exited.then(permanentFailure),
  };
}

/**
 * Opens the database for a command. If a gateway with an embedded server is running, the command uses the embedded server of this gateway.
 * @throws Error if no gateway was ever started with this data directory, because commands do not create a database
 */
export async function joinDatabase(settings: DatabaseSettings, reporting: Reporting): Promise<DatabaseSource> {
  const { databaseUrl, dataDir } = settings;
  if (databaseUrl === undefined && !hasCluster(dataDir)) {
    throw new Error(
      `The directory ${dataDir} contains no database. Start the gateway first, or set DATA_DIR or DATABASE_URL.`,
    );
  }
  const runningUrl = databaseUrl === undefined ? runningEmbedded(dataDir) : undefined;
  return openDatabase(
    runningUrl === undefined ? settings : { ...settings, databaseUrl: new Sensitive(runningUrl) },
    reporting,
  );
}
