import { operatorAudit } from '../audit/operator.ts';
import type { Config } from '../config.ts';
import { operationFiles } from '../operations/operation-files.ts';
import { list, register, remove } from '../operations/operation-registry.ts';
import { CACHED_MS } from '../operations/registered-texts.ts';
import { CliCommand } from './cli-command.ts';
import { EXIT } from './exit-code.ts';
import { withDatabase, withGatewayResources } from './gateway-resources.ts';
import { minuteOf, printJson } from './output.ts';
import { requireFile } from './readable-file.ts';
import { storeCommand } from './setting-options.ts';
import { table } from './table.ts';

export function operationsCommand(): CliCommand {
  const operations = new CliCommand('operations')
    .description(
      'Registers GraphQL operations. Clients can then send the hash of an operation in place of its text. These commands also work while the gateway is running.',
    )
    .withNotes(
      'With OPERATIONS=registered, the gateway executes only registered operations. For more, see docs/registered-operations.md.',
    );
  operations.addCommand(
    storeCommand(
      'register <FILE...>',
      'registers the operations of all files or none; a file is a GraphQL document or a manifest of persisted queries (.json)',
      registerFiles,
    ).withJson(),
  );
  operations.addCommand(storeCommand('list', 'lists the registered operations', listAll).withJson());
  operations.addCommand(storeCommand('remove <HASH>', 'removes the operation with this hash', removeOne));
  return operations;
}

async function registerFiles(config: Config, paths: readonly string[], { json }: { json?: true }): Promise<number> {
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
    if (json) {
      printJson(files.map(({ file, operation: { hash, names } }) => ({ hash, names, file, added: added.has(hash) })));
      return EXIT.OK;
    }
    const lines = files.map(({ file, operation: { hash, names } }) => [
      ...[hash, names.join(', '), file],
      added.has(hash) ? '' : 'already registered',
    ]);
    console.log(table(['hash', 'operations', 'file', ''], lines));
    return 0;
  });
}

function listAll(config: Config, { json }: { json?: true }): Promise<number> {
  return withDatabase(config, async (database) => {
    const operations = await list(database);
    if (json) {
      printJson(operations.map(({ hash, names, registeredAt }) => ({ hash, names, registeredAt })));
      return EXIT.OK;
    }
    const lines = operations.map(({ hash, names, registeredAt }) => [hash, names.join(', '), minuteOf(registeredAt)]);
    console.log(table(['hash', 'operations', 'registered'], lines));
    return 0;
  });
}

function removeOne(config: Config, hash: string): Promise<number> {
  return withGatewayResources(config, async ({ stream, clock }) => {
    if (!(await remove(operatorAudit({ stream, clock }), hash))) {
      console.error('No registered operation has the requested hash.');
      return EXIT.NOT_FOUND;
    }
    console.log(
      `The operation is no longer registered. A running gateway may still execute the operation for ${CACHED_MS / 1_000} s.`,
    );
    return 0;
  });
}
