// Searches the database and the log of the Conductor server for every secret value of the demo.
import { readFile } from 'node:fs/promises';
import { databaseOf, holds } from '../conductor-data.ts';
import { SECRETS } from './cast.ts';
import type { Scenery } from './scenery.ts';

/** @throws StepFailed if the database or the log contains a secret value */
export async function playSearch({ stage, cast, target, files, show }: Scenery): Promise<void> {
  stage.step("The search: every secret value, in the server's database and in its log");
  const written = new Map([...(await databaseOf(files)), ['the log', await readFile(files.logFile)] as const]);
  const searched: (readonly [name: string, value: string])[] = [
    ...SECRETS.map((name) => [name, cast.values[name]] as const),
    ...target.issued.map((value, i) => [`token ${i + 1} of the token service`, value] as const),
    ["the worker's access key", cast.worker.keySecret],
    ["the engine's access key", cast.engine.keySecret],
  ];
  const tables = [...written.keys()].filter((place) => place.startsWith('table ')).length;
  const bytes = [...written.values()].reduce((sum, content) => sum + content.length, 0);
  show('searched', `${written.size - tables} files and ${tables} tables, ${(bytes / 1_000_000).toFixed(1)} MB`);
  show('for', searched.map(([name]) => name).join('\n'));
  const found = searched.flatMap(([name, value]) =>
    [...written].filter(([, content]) => holds(content, value)).map(([place]) => `${name} in ${place}`),
  );
  for (const place of found) show('found', place);
  // The search also looks for the name of a secret, which must be in the database. A match proves that the search reads the stored data.
  const isReading = [...written.values()].some((content) => content.includes('workflow.secrets.sampletask-api-token'));
  stage.check(isReading, 'the database contains the references to the secrets');
  stage.check(
    found.length === 0,
    'neither the database nor the log contains a secret value, in plain text or in base64',
  );
}
