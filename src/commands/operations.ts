import { operatorAudit } from '../audit/operator.ts';
import { readConfig } from '../config.ts';
import { operationFiles } from '../operations/operation-files.ts';
import { list, register, remove } from '../operations/operation-registry.ts';
import { CACHED_MS } from '../operations/registered-texts.ts';
import { help, readArguments, wrongUsage } from './arguments.ts';
import { withDatabase, withGatewayResources } from './gateway-resources.ts';
import { table } from './table.ts';

const USAGE = `Registers GraphQL operations that clients then send by their hash. The gateway may run at the same time.

  npm run operations -- register FILE...   each file is a GraphQL document or a manifest of persisted queries (.json); registers all files or none
  npm run operations -- list
  npm run operations -- remove HASH

Uses the settings of the gateway: DATA_DIR or DATABASE_URL, KEYRING or KEYRING_FILE. With OPERATIONS=registered, the gateway executes only
registered operations. More in docs/operations.md.`;

export async function run(args: string[]): Promise<number> {
  const parsed = readArguments(args);
  if (parsed?.help) return help(USAGE);
  const [verb, ...words] = parsed?.words ?? [];
  if (verb === 'register' && words.length > 0) return registerFiles(words);
  if (verb === 'list' && words.length === 0) return listAll();
  if (verb === 'remove' && words.length === 1 && words[0]) return removeOne(words[0]);
  return wrongUsage(USAGE);
}

async function registerFiles(paths: readonly string[]): Promise<number> {
  const config = readConfig(process.env);
  const files = await operationFiles(paths);
  const problems = files.flatMap((file) => file.problems);
  if (problems.length > 0) {
    for (const problem of problems) console.error(problem);
    console.error('Nothing was registered.');
    return 1;
  }
  return withGatewayResources(config, async ({ stream, clock }) => {
    const all = files.map(({ operation }) => operation);
    const added = new Set(await register(operatorAudit({ stream, clock }), clock, all));
    const lines = files.map(({ file, operation: { hash, names } }) => [
      ...[hash, names.join(', '), file],
      added.has(hash) ? '' : 'already registered',
    ]);
    console.log(table(['hash', 'operations', 'file', ''], lines));
    return 0;
  });
}

function listAll(): Promise<number> {
  return withDatabase(readConfig(process.env), async (database) => {
    const lines = (await list(database)).map(({ hash, names, registeredAt }) => [
      hash,
      names.join(', '),
      registeredAt.toISOString().slice(0, 16).replace('T', ' '),
    ]);
    console.log(table(['hash', 'operations', 'registered'], lines));
    return 0;
  });
}

function removeOne(hash: string): Promise<number> {
  return withGatewayResources(readConfig(process.env), async ({ stream, clock }) => {
    if (!(await remove(operatorAudit({ stream, clock }), hash))) {
      console.error('No operation has this hash.');
      return 1;
    }
    console.log(`Removed. A running gateway may answer the operation for ${CACHED_MS / 1_000} s more.`);
    return 0;
  });
}
