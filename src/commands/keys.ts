import { randomBytes } from 'node:crypto';
import { type Config, readConfig } from '../config.ts';
import { isKeyId } from '../crypto/keyring.ts';
import { describeKeys, type KeyDescription } from '../crypto/keyring-file.ts';
import type { UnopenableKey } from '../keyring/rewrap.ts';
import {
  addToKeyring,
  counted,
  plural,
  type RotationDeps,
  removeFromKeyring,
  requireUnused,
  rewrapAll,
} from '../keyring/rotation.ts';
import { countDataKeys, type KeyUsage, keyUsage, UNUSED } from '../keyring/usage.ts';
import { help, readArguments, wrongUsage } from './arguments.ts';
import { withGatewayResources } from './gateway-resources.ts';
import { progressOn } from './progress.ts';
import { table } from './table.ts';

const USAGE = `Manages the keyring: the encryption keys of all stored values. The gateway may run at the same time.

  npm run keys -- list        lists the encryption keys and their use; exit code 1 if a key is missing
  npm run keys -- rotate      adds a new encryption key and wraps every data key under it
  npm run keys -- rewrap      continues an interrupted rotation
  npm run keys -- remove ID   removes an unused encryption key from the keyring file

Uses the settings of the gateway: DATA_DIR or DATABASE_URL, KEYRING or KEYRING_FILE. If the keys are in KEYRING, rotate and remove explain how
to change it. More in docs/crypto-format.md.`;

export async function run(args: string[]): Promise<number> {
  const parsed = readArguments(args);
  if (parsed?.help) return help(USAGE);
  const [verb, ...words] = parsed?.words ?? [];
  if (verb === 'list' && words.length === 0) return list(readConfig(process.env));
  if (verb === 'rotate' && words.length === 0) return rotate(readConfig(process.env));
  if (verb === 'rewrap' && words.length === 0) return withGatewayResources(readConfig(process.env), finish);
  if (verb === 'remove' && words.length === 1 && words[0]) return remove(readConfig(process.env), words[0]);
  return wrongUsage(USAGE);
}

function list(config: Config): Promise<number> {
  return withGatewayResources(config, async ({ database, keyring }) => {
    const usage = await keyUsage(database);
    const keys: (Pick<KeyDescription, 'id'> & Partial<KeyDescription>)[] =
      config.keyring === undefined ? describeKeys(config.keyringFile) : keyring.ids().map((id) => ({ id }));
    const missing = [...usage.keys()].filter((id) => !keys.some((key) => key.id === id));
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
            row(id, minute(createdAt), usage.get(id) ?? UNUSED, i === 0 ? 'current' : ''),
          ),
          ...missing.map((id) => row(id, '', usage.get(id) ?? UNUSED, 'MISSING')),
        ],
        [2, 3, 4, 5],
      ),
    );
    if (missing.length === 0) return 0;
    console.error(
      `\nThe keyring does not have ${missing.map(shown).join(', ')}. Values sealed under these keys cannot be opened. Restore the keyring that has them.`,
    );
    return 1;
  });
}

async function rotate(config: Config): Promise<number> {
  if (config.keyring !== undefined) return explainRotation();
  return withGatewayResources(config, async (at) => {
    const added = await addToKeyring(at, config.keyringFile);
    console.log(
      `Added ${added} to ${config.keyringFile}. The new key is the current encryption key. Keep a copy of the file apart from the database.`,
    );
    return finish(at);
  });
}

/** Rewraps all data keys and prints the result. */
async function finish(needs: RotationDeps): Promise<number> {
  const progress = progressOn(process.stderr);
  const result = await rewrapAll(needs, progress.update)
    .catch((error: unknown) => {
      console.error('\nInterrupted. Finished data keys stay rewrapped. Run `npm run keys -- rewrap` to continue.');
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
    const moving = accessKeys > 0 ? ' Access keys move at their next sign-in.' : '';
    console.log(
      used === ''
        ? `${id} is no longer used. To remove it: npm run keys -- remove ${id}`
        : `${id} is still used by ${used}.${moving}`,
    );
  }
  if (result.remaining > 0) {
    console.error(
      `${plural(result.remaining, 'data key')} were wrapped under an older encryption key in the meantime: a gateway on this database does not have ${current} yet.`,
    );
  }
  if (result.unopenable > 0) printUnopenable(result.unopenable, result.listed);
  return result.remaining + result.unopenable === 0 ? 0 : 1;
}

function printUnopenable(count: number, listed: readonly UnopenableKey[]): void {
  console.error(`${plural(count, 'data key')} could not be opened and stay unchanged:`);
  for (const { kind, name, version, reason, keyId } of listed) {
    const what = `${kind} ${JSON.stringify(name)}${kind === 'secret' ? `, version ${version}` : ''}`;
    console.error(
      `  ${what}: ${reason === 'MISSING_KEY' ? 'the keyring does not have' : 'altered, or not sealed here under'} ${shown(keyId)}`,
    );
  }
  if (count > listed.length) console.error(`  and ${(count - listed.length).toLocaleString('en-US')} more`);
}

/** Prints only the new key on standard output. The explanation goes to standard error. */
function explainRotation(): number {
  console.error(`The encryption keys come from KEYRING, which this command cannot change. Here is a new encryption key. The new key is shown only once and stored nowhere.

  1. Add it to the END of KEYRING on every node (keys are separated by commas), and restart every node. All nodes can then open what it wraps.
  2. Move it to the START of KEYRING on every node, and restart every node. The new key is then the current encryption key. A single node can skip step 1.
  3. With this KEYRING, run: npm run keys -- rewrap
`);
  console.log(randomBytes(32).toString('base64'));
  return 0;
}

function remove(config: Config, id: string): Promise<number> {
  return withGatewayResources(config, async (at) => {
    if (!at.keyring.ids().includes(id)) {
      console.error(
        `${at.keyring.source} has no encryption key with this id. The ids are: ${at.keyring.ids().join(', ')}.`,
      );
      return 1;
    }
    if (config.keyring !== undefined) {
      await requireUnused(at, id);
      console.log(`${id} is not used. Remove it from KEYRING on every node. This command changed nothing.`);
      return 0;
    }
    await removeFromKeyring(at, config.keyringFile, id, (ms) => {
      console.error(
        `The current encryption key is new. Waiting ${Math.ceil(ms / 1_000)} s, because a write under ${id} may not have finished.`,
      );
    });
    console.log(
      `Removed ${id} from ${config.keyringFile}. Earlier backups of the database still need it: keep the keyring copies that belong to them.`,
    );
    return 0;
  });
}

/** Formats a time as `2026-01-31 09:30`. The result is empty if `time` is not a time. */
function minute(time: string): string {
  return Number.isNaN(Date.parse(time)) ? '' : new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}

/** Returns the key id if it is well-formed: a manipulated row must not put text into the output. */
function shown(keyId: string): string {
  return isKeyId(keyId) ? keyId : '(a malformed key id)';
}
