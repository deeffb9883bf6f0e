// Starts one embedded PostgreSQL for the complete test run, and migrates a template database once. Every test file
// uses a separate copy of the template database.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../src/database/embedded.ts';
import { migrate } from '../../src/database/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the database server. The URL names the template database. */
    databaseUrl: string;
    /** The directory for the log, the answers and the secret values of the test run. */
    runDir: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const runDir = mkdtempSync(join(tmpdir(), 'gateway-tests-'));
  // PostgreSQL does not have to flush data to the disk, because no test needs the data after the run.
  const flags = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'].flatMap((flag) => ['-c', flag]);
  const embedded = await startEmbedded({
    dataDir: join(runDir, 'data'),
    flags: [...flags, '-c', 'max_connections=200'],
  });
  await migrate(embedded.url);
  project.provide('databaseUrl', embedded.url);
  project.provide('runDir', runDir);
  return async () => {
    await embedded.stop();
    rmSync(runDir, { recursive: true, force: true });
  };
}

/** Creates an empty, migrated database for one test file. */
export async function freshDatabase(
  serverUrl: string,
  { migrated = true } = {},
): Promise<{ url: string; drop: () => Promise<void> }> {
  const template = new URL(serverUrl).pathname.slice(1);
  const name = `test_${randomBytes(8).toString('hex')}`;
  const admin = async (text: string) => {
    const client = new pg.Client({ connectionString: withDatabase(serverUrl, 'postgres') });
    await client.connect();
    try {
      // PostgreSQL cannot create two copies of the template at the same time.
      await client.query('SELECT pg_advisory_lock(4711)');
      await client.query(text);
    } finally {
      await client.end();
    }
  };
  await admin(`CREATE DATABASE ${name}${migrated ? ` TEMPLATE ${template}` : ''}`);
  return { url: withDatabase(serverUrl, name), drop: () => admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
