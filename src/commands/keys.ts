import { randomBytes } from 'node:crypto';
import { type Config, readConfig } from '../config.ts';
import { isKeyId } from '../crypto/keyring.ts';
import { describeKeys, type KeyDescription } from '../crypto/keyring-file.ts';
import type { Stuck } from '../keyring/rewrap.ts';
import {
  addToKeyring,
  assertFree,
  counted,
  plural,
  type RotationDeps,
  removeFromKeyring,
  rewrapAll,
} from '../keyring/rotation.ts';
import { dataKeys, type KeyUsage, keyUsage, UNUSED } from '../keyring/usage.ts';
import { help, misused, readArguments } from './arguments.ts';
import { besideGateway } from './beside.ts';
import { progressOn } from './progress.ts';
import { table } from './table.ts';

const USAGE = `The keys that everything is sealed under. All of it can be done while the gateway serves.

  npm run keys -- list        what hangs on each key; exit code 1 if a key is missing
  npm run keys -- rotate      puts a new key in front and wraps every data key anew under it
  npm run keys -- rewrap      goes on with a rotation that was cut short
  npm run keys -- remove ID   takes a key on which nothing hangs out of the keyring file

The settings are the gateway's: DATA_DIR or DATABASE_URL, KEYRING or KEYRING_FILE. Keys in KEYRING are changed where it is set;
rotate and remove then tell how. More in docs/crypto-format.md.`;

export async function run(args: string[]): Promise<number> {
  const asked = readArguments(args);
  if (asked?.help) return help(USAGE);
  const [verb, ...words] = asked?.words ?? [];
  if (verb === 'list' && words.length === 0) return list(readConfig(process.env));
  if (verb === 'rotate' && words.length === 0) return rotate(readConfig(process.env));
  if (verb === 'rewrap' && words.length === 0) return besideGateway(readConfig(process.env), finish);
  if (verb === 'remove' && words.length === 1 && words[0]) return remove(readConfig(process.env), words[0]);
  return misused(USAGE);
}

function list(config: Config): Promise<number> {
  return besideGateway(config, async ({ database, keyring }) => {
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
      `\nThe keyring lacks ${missing.map(shown).join(', ')}: what hangs on that does not open. Bring back the keyring that has it.`,
    );
    return 1;
  });
}

async function rotate(config: Config): Promise<number> {
  if (config.keyring !== undefined) return tellHowToRotate();
  return besideGateway(config, async (at) => {
    const added = await addToKeyring(at, config.keyringFile);
    console.log(
      `Added ${added} to ${config.keyringFile}: it wraps from now on. Keep a copy of the file apart from the database.`,
    );
    return finish(at);
  });
}

/** Wraps anew and tells how it went. */
async function finish(needs: RotationDeps): Promise<number> {
  const progress = progressOn(process.stderr);
  const result = await rewrapAll(needs, progress.update)
    .catch((error: unknown) => {
      console.error('\nCut short. What is done is done; `npm run keys -- rewrap` goes on.');
      throw error;
    })
    .finally(progress.end);
  const current = needs.keyring.current();
  console.log(`Wrapped anew under ${current}: ${counted(result)}.`);
  const usage = await keyUsage(needs.database);
  for (const id of needs.keyring.ids().filter((id) => id !== current)) {
    const hangs = usage.get(id) ?? UNUSED;
    const { accessKeys } = hangs;
    const hanging = [dataKeys(hangs) > 0 ? counted(hangs) : '', accessKeys > 0 ? plural(accessKeys, 'access key') : ''];
    const what = hanging.filter((part) => part !== '').join(' and ');
    const moving = accessKeys > 0 ? ' Access keys move at their next sign-in.' : '';
    console.log(
      what === ''
        ? `Nothing hangs on ${id} any more: npm run keys -- remove ${id}`
        : `On ${id} still: ${what}.${moving}`,
    );
  }
  if (result.left > 0) {
    console.error(
      `${plural(result.left, 'data key')} came after under an older key: a gateway on this database does not have ${current} yet.`,
    );
  }
  if (result.stuck > 0) tellStuck(result.stuck, result.told);
  return result.left + result.stuck === 0 ? 0 : 1;
}

function tellStuck(count: number, told: readonly Stuck[]): void {
  console.error(`${plural(count, 'data key')} did not open, and stay as they are:`);
  for (const { kind, name, version, reason, keyId } of told) {
    const what = `${kind} ${JSON.stringify(name)}${kind === 'secret' ? `, version ${version}` : ''}`;
    console.error(
      `  ${what}: ${reason === 'MISSING_KEY' ? 'the keyring lacks' : 'not what was sealed there under'} ${shown(keyId)}`,
    );
  }
  if (count > told.length) console.error(`  and ${(count - told.length).toLocaleString('en-US')} more`);
}

/** The new key alone goes to standard output. */
function tellHowToRotate(): number {
  console.error(`The keys come from KEYRING, which only you can change. Here is a new key; it is shown only now and stands nowhere else.

  1. Put it at the END of KEYRING on every node (keys are separated by commas) and restart each: all can open what it wraps.
  2. Put it in FRONT on every node and restart each: it wraps from then on. One node alone can skip step 1.
  3. With that KEYRING: npm run keys -- rewrap
`);
  console.log(randomBytes(32).toString('base64'));
  return 0;
}

function remove(config: Config, id: string): Promise<number> {
  return besideGateway(config, async (at) => {
    if (!at.keyring.ids().includes(id)) {
      console.error(`${at.keyring.source} has no such key. It has: ${at.keyring.ids().join(', ')}.`);
      return 1;
    }
    if (config.keyring !== undefined) {
      await assertFree(at, id);
      console.log(`Nothing hangs on ${id}. Take it out of KEYRING on every node; nothing was changed here.`);
      return 0;
    }
    await removeFromKeyring(at, config.keyringFile, id, (ms) => {
      console.error(
        `The current key is new: waiting ${Math.ceil(ms / 1_000)} s, in case a write begun under ${id} is still under way.`,
      );
    });
    console.log(
      `Removed ${id} from ${config.keyringFile}. Backups of the database from before still need it: keep the copy that goes with them.`,
    );
    return 0;
  });
}

/** `2026-01-31 09:30`; nothing for what is no time. */
function minute(time: string): string {
  return Number.isNaN(Date.parse(time)) ? '' : new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}

/** Ids come from rows that anyone who can write to the database may have written: told only if they look like ids. */
function shown(keyId: string): string {
  return isKeyId(keyId) ? keyId : '(a malformed key id)';
}
