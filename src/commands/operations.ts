import { operatorAudit } from '../audit/operator.ts';
import { readConfig } from '../config.ts';
import { operationFiles } from '../operations/operation-files.ts';
import { list, register, remove } from '../operations/operation-registry.ts';
import { CACHED_MS } from '../operations/registered-texts.ts';
import { help, readArguments, wordsProblem, wrongUsage } from './arguments.ts';
import { withDatabase, withGatewayResources } from './gateway-resources.ts';
import { requireFile } from './readable-file.ts';
import { table } from './table.ts';

const USAGE = `Registers GraphQL operations. Clients can then send the hash of an operation in place of its text.
These commands also work while the gateway is running.

  npm run operations -- register FILE...   registers the operations of all files or none; a file is a GraphQL document or a manifest of persisted queries (.json)
  npm run operations -- list
  npm run operations -- remove HASH

Uses the settings of the gateway: DATA_DIR or DATABASE_URL, KEYRING or KEYRING_FILE. With OPERATIONS=registered, the gateway executes only
registered operations. For more, see docs/operations.md.`;

const RULES = {
  register: 'requires at least one FILE',
  list: 'takes no arguments',
  remove: 'requires exactly one HASH',
};

export async function run(args: string[]): Promise<number> {
  const parsed = readArguments(args);
  if (parsed.help) return help(USAGE);
  const [verb, ...words] = parsed.words;
  if (verb === 'register' && words.length > 0) return registerFiles(words);
  if (verb === 'list' && words.length === 0) return listAll();
  if (verb === 'remove' && words.length === 1 && words[0]) return removeOne(words[0]);
  return wrongUsage(USAGE, parsed.problem ?? wordsProblem(verb, RULES));
}

async function registerFiles(paths: readonly string[]): Promise<number> {
  const config = readConfig(process.env);
  for (const path of paths) await requireFile(path);
  const files = await operationFiles(paths);
  const problems = files.flatMap((file) => file.problems);
  if (problems.length > 0) {
    for (const problem of problems) console.error(problem);
    console.error('No GraphQL operation was registered.');
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
      console.error('No registered operation has the requested hash.');
      return 1;
    }
    console.log(
      `The operation is no longer registered. A running gateway may still execute the operation for ${CACHED_MS / 1_000} s.`,
    );
    return 0;
  });
}
