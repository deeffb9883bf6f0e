import { randomBytes } from 'node:crypto';
import type { Config } from '../config.ts';
import { isKeyId } from '../crypto/keyring.ts';
import { describeKeys, type KeyDescription } from '../crypto/keyring-file.ts';
import type { UnopenableKey } from '../keyring/rewrap.ts';
import {
  addToKeyring,
  counted,
  type RotationDeps,
  removeFromKeyring,
  requireUnused,
  rewrapAll,
} from '../keyring/rotation.ts';
import { countDataKeys, type KeyUsage, keyUsage, UNUSED } from '../keyring/usage.ts';
import { plural } from '../primitives/plural.ts';
import { CliCommand } from './cli-command.ts';
import { EXIT } from './exit-code.ts';
import { withGatewayResources } from './gateway-resources.ts';
import { minuteOf, printJson } from './output.ts';
import { progressOn } from './progress.ts';
import { sealProblem } from './seal-problem.ts';
import { storeCommand } from './setting-options.ts';
import { table } from './table.ts';

export function keysCommand(): CliCommand {
  const keys = new CliCommand('keys')
    .description(
      'Manages the keyring, which has the encryption keys of all stored values. These commands also work while the gateway is running.',
    )
    .withNotes(
      'If the encryption keys are in KEYRING, rotate and remove print the steps to change KEYRING. For more, see docs/crypto-format.md.',
    );
  keys.addCommand(
    storeCommand(
      'list',
      'lists the encryption keys and their uses; exit code 1 if an encryption key is missing',
      list,
    ).withJson(),
  );
  keys.addCommand(
    storeCommand('rotate', 'adds a new encryption key and rewraps every data key under the new encryption key', rotate),
  );
  keys.addCommand(
    storeCommand('rewrap', 'continues an interrupted rotation', (config) => withGatewayResources(config, finish)),
  );
  keys.addCommand(storeCommand('remove <ID>', 'removes an unused encryption key from the keyring file', remove));
  return keys;
}

function list(config: Config, { json }: { json?: true }): Promise<number> {
  return withGatewayResources(config, async ({ database, keyring }) => {
    const usage = await keyUsage(database);
    const keys: (Pick<KeyDescription, 'id'> & Partial<KeyDescription>)[] =
      config.keyring === undefined ? describeKeys(config.keyringFile) : keyring.ids().map((id) => ({ id }));
    const missing = [...usage.keys()].filter((id) => !keys.some((key) => key.id === id));
    if (json) {
      const described = (id: string, state: string, createdAt?: string) => {
        return { id: shown(id), state, createdAt: createdAt ?? null, uses: usage.get(id) ?? UNUSED };
      };
      printJson([
        ...keys.map(({ id, createdAt }, i) => described(id, i === 0 ? 'CURRENT' : 'OLD', createdAt)),
        ...missing.map((id) => described(id, 'MISSING')),
      ]);
      return missing.length === 0 ? EXIT.OK : EXIT.FAILED;
    }
    const row = (id: string, created: string, usage: KeyUsage, note: string) => [
      shown(id),
      created,
      ...[usage.versions, usage.signingKeys, usage.auditKeys, usage.accessKeys].map((count) =>
        count.toLocaleString('en-US'),
      ),
      note,
    ];
    console.log(`Keyring: ${keyring.source}\n`);
    console.log(
      table(
        ['key', 'created', 'versions', 'signing keys', 'audit keys', 'access keys', ''],
        [
          ...keys.map(({ id, createdAt = '' }, i) =>
            row(id, minuteOf(new Date(createdAt)), usage.get(id) ?? UNUSED, i === 0 ? 'current' : ''),
          ),
          ...missing.map((id) => row(id, '', usage.get(id) ?? UNUSED, 'MISSING')),
        ],
        [2, 3, 4, 5],
      ),
    );
    if (missing.length === 0) return 0;
    console.error(
      `\nThe keyring does not contain ${missing.map(shown).join(', ')}. Values that are sealed under these encryption keys cannot be decrypted. Restore a copy of the keyring that contains these encryption keys.`,
    );
    return 1;
  });
}

async function rotate(config: Config): Promise<number> {
  if (config.keyring !== undefined) return explainRotation();
  return withGatewayResources(config, async (at) => {
    const added = await addToKeyring(at, config.keyringFile);
    console.log(
      `Added ${added} to ${config.keyringFile}. The new encryption key is now the current encryption key. Store a copy of the keyring file separately from the database.`,
    );
    return finish(at);
  });
}

/** Rewraps all data keys under the current encryption key, and prints the result. */
async function finish(needs: RotationDeps): Promise<number> {
  const progress = progressOn(process.stderr);
  const result = await rewrapAll(needs, progress.update)
    .catch((error: unknown) => {
      console.error(
        '\nThe rewrap was interrupted. The command rewrapped only a part of the data keys. To continue, run `secrets-gateway keys rewrap`.',
      );
      throw error;
    })
    .finally(progress.end);
  const current = needs.keyring.current();
  console.log(`Rewrapped under ${current}: ${counted(result)}.`);
  const usage = await keyUsage(needs.database);
  for (const id of needs.keyring.ids().filter((id) => id !== current)) {
    const idUsage = usage.get(id) ?? UNUSED;
    const { accessKeys } = idUsage;
    const parts = [
      countDataKeys(idUsage) > 0 ? counted(idUsage) : '',
      accessKeys > 0 ? plural(accessKeys, 'access key') : '',
    ];
    const used = parts.filter((part) => part !== '').join(' and ');
    const moving =
      accessKeys > 0
        ? ' The secret of each access key is hashed under the current encryption key at its next sign-in.'
        : '';
    console.log(
      used === ''
        ? `The encryption key ${id} is no longer used. To remove this encryption key, run: secrets-gateway keys remove ${id}`
        : `The encryption key ${id} is still used by ${used}.${moving}`,
    );
  }
  if (result.remaining > 0) {
    console.error(
      `${plural(result.remaining, 'data key')} were wrapped under an older encryption key during this run, because another gateway with this database does not have the encryption key ${current} yet.`,
    );
  }
  if (result.unopenable > 0) printUnopenable(result.unopenable, result.listed);
  return result.remaining + result.unopenable === 0 ? 0 : 1;
}

function printUnopenable(count: number, listed: readonly UnopenableKey[]): void {
  console.error(`${plural(count, 'data key')} could not be decrypted and stay unchanged:`);
  for (const { kind, name, version, reason, keyId } of listed) {
    const what = `${kind} ${JSON.stringify(name)}${kind === 'secret' ? `, version ${version}` : ''}`;
    console.error(`  ${what}: ${sealProblem(reason, shown(keyId))}`);
  }
  if (count > listed.length) console.error(`  and ${(count - listed.length).toLocaleString('en-US')} more`);
}

/** Prints a new encryption key on standard output. The function prints the steps of the rotation on standard error. */
function explainRotation(): number {
  console.error(`The encryption keys come from KEYRING, which this command cannot change. Below is a new encryption key. This encryption key is shown only once and is not stored.

  1. Add the new encryption key to the END of KEYRING on every node, after a comma, and restart every node. All nodes can then decrypt values that are sealed under the new encryption key.
  2. Move the new encryption key to the START of KEYRING on every node, and restart every node. The new encryption key is then the current encryption key. If you have only one node, you can skip step 1.
  3. With the KEYRING of step 2, run: secrets-gateway keys rewrap
`);
  console.log(randomBytes(32).toString('base64'));
  return 0;
}

function remove(config: Config, id: string): Promise<number> {
  return withGatewayResources(config, async (at) => {
    if (!at.keyring.ids().includes(id)) {
      console.error(
        `${at.keyring.source} contains no encryption key with the requested id. The existing ids are: ${at.keyring.ids().join(', ')}.`,
      );
      return EXIT.NOT_FOUND;
    }
    if (config.keyring !== undefined) {
      await requireUnused(at, id);
      console.log(
        `No stored value uses the encryption key ${id}. Remove this encryption key from KEYRING on every node. The command changed nothing.`,
      );
      return 0;
    }
    await removeFromKeyring(at, config.keyringFile, id, (ms) => {
      console.error(
        `The current encryption key is new. Waiting ${Math.ceil(ms / 1_000)} s, because a running gateway may still store a value under ${id}.`,
      );
    });
    console.log(
      `Removed ${id} from ${config.keyringFile}. Older backups of the database still need this encryption key. Keep the copies of the keyring that belong to these backups.`,
    );
    return 0;
  });
}

/**
 * Returns the id of an encryption key if the id is well-formed. Otherwise, the function returns a constant text, so that the command does not print
 * text from a manipulated database row.
 */
function shown(keyId: string): string {
  return isKeyId(keyId) ? keyId : '(a malformed key id)';
}
