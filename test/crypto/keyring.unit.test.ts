import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EnvelopeError } from '../../src/crypto/envelope.ts';
import { type Keyring, KeyringError, keyringFromEnvironment } from '../../src/crypto/keyring.ts';
import {
  addKey,
  createKeyringFile,
  describeKeys,
  isExposed,
  openKeyringFile,
  removeKey,
} from '../../src/crypto/keyring-file.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const someKeys = fc.uniqueArray(key, {
  minLength: 1,
  maxLength: 5,
  selector: (key) => Buffer.from(key).toString('hex'),
});
const K1 = '11'.repeat(32);
const K2 = '22'.repeat(32);
const DATA_KEY = Buffer.alloc(32, 9);

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyring-'));
  path = join(folder, 'keyring.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('encryption with a keyring', () => {
  test('a keyring wraps data keys under its current encryption key, and unwraps data keys under any of its encryption keys', () => {
    fc.assert(
      fc.property(someKeys, fc.nat(), fc.string(), (keys, pick, context) => {
        const hex = keys.map((key) => Buffer.from(key).toString('hex'));
        const all = keyringFromEnvironment(hex.join());
        const one = keyringFromEnvironment(hex[pick % hex.length]!);
        const { keyId, wrappedKey } = one.wrap(DATA_KEY, context);
        expect(all.unwrap(keyId, wrappedKey, context)).toEqual(DATA_KEY);
        expect(all.wrap(DATA_KEY, context).keyId).toBe(all.ids()[0]);
        expect(all.current()).toBe(all.ids()[0]);
      }),
    );
  });

  test('a keyring rejects a wrapped data key with a different context', () => {
    const keyring = keyringFromEnvironment(K1);
    const { keyId, wrappedKey } = keyring.wrap(DATA_KEY, 'here');
    expect(() => keyring.unwrap(keyId, wrappedKey, 'there')).toThrow(EnvelopeError);
  });

  test('if a keyring lacks an encryption key, the error contains the id of the encryption key', () => {
    const keyring = keyringFromEnvironment(K1);
    const { keyId, wrappedKey } = keyringFromEnvironment(K2).wrap(DATA_KEY, 'here');
    expect(keyring.has(keyId)).toBe(false);
    expect(reasonOf(() => keyring.unwrap(keyId, wrappedKey, 'here'))).toBe('UNKNOWN_KEY');
    expect(reasonOf(() => keyring.derive(keyId, 'access-key'))).toBe('UNKNOWN_KEY');
  });

  test('a keyring derives 32 bytes that differ for each encryption key and for each purpose', () => {
    const keyring = keyringFromEnvironment(`${K1},${K2}`);
    const [one, other] = keyring.ids() as [string, string];
    const derived = [
      keyring.derive(one, 'a'),
      keyring.derive(one, 'b'),
      keyring.derive(other, 'a'),
      keyring.derive(one, ''),
    ];
    expect(derived.map((key) => key.length)).toEqual([32, 32, 32, 32]);
    expect(new Set([...derived.map((key) => key.toString('hex')), K1, K2]).size).toBe(6);
    expect(keyring.derive(one, 'a')).toEqual(derived[0]);
  });

  test('printing a keyring from any source reveals no encryption key', () => {
    fc.assert(
      fc.property(someKeys, (keys) => {
        writeKeys(path, keys);
        const environment = keyringFromEnvironment(keys.map((key) => Buffer.from(key).toString('base64')).join());
        for (const keyring of [environment, openKeyringFile(path)]) {
          const printed = everyPrintOf(keyring);
          for (const key of keys) for (const text of spellings(key)) expect(printed).not.toContain(text);
          expect(printed).toContain(keyring.current());
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('the setting KEYRING', () => {
  test('KEYRING accepts encryption keys in base64, base64url or hex with optional blanks, and its first encryption key is the current one', () => {
    fc.assert(
      fc.property(someKeys, fc.array(fc.constantFrom('hex', 'base64', 'base64url'), { minLength: 5 }), (keys, how) => {
        const written = keys.map((key, i) => Buffer.from(key).toString(how[i] as BufferEncoding));
        const hex = keys.map((key) => Buffer.from(key).toString('hex'));
        const ids = hex.map((key) => keyringFromEnvironment(key).current());
        expect(keyringFromEnvironment(written.join()).ids()).toEqual(ids);
        expect(keyringFromEnvironment(`\n ${written.join(' ,\n\t')}\r\n`).ids()).toEqual(ids);
        expect(keyringFromEnvironment(hex.join().toUpperCase()).ids()).toEqual(ids);
      }),
    );
    expect(keyringFromEnvironment(K1).source).toBe('KEYRING');
  });

  test.each([
    ['nothing', '', 'NO_KEY', 'KEYRING has no encryption key'],
    ['blanks', ' \n', 'NO_KEY', 'KEYRING has no encryption key'],
    [
      '31 bytes',
      `${K1},${K2.slice(2)}`,
      'BAD_KEY',
      'KEYRING: every encryption key must have 32 bytes; encryption key 2 has 31',
    ],
    [
      'a digit too many',
      `${K1}1`,
      'BAD_KEY',
      'KEYRING: every encryption key must have 32 bytes; encryption key 1 has 32.5',
    ],
    [
      '33 bytes',
      Buffer.alloc(33).toString('base64'),
      'BAD_KEY',
      'KEYRING: every encryption key must have 32 bytes; encryption key 1 has 33',
    ],
    [
      'a comma too many',
      `${K1},`,
      'BAD_KEY',
      'KEYRING: every encryption key must have 32 bytes; encryption key 2 has 0',
    ],
    [
      'a comma too few',
      `${K1} ${K2}`,
      'BAD_KEY',
      'KEYRING: every encryption key must have 32 bytes; encryption key 1 has 64',
    ],
    [
      'something else',
      `${K1},pass phrase!`,
      'BAD_KEY',
      'KEYRING: every encryption key must be base64 or hex; encryption key 2 is neither',
    ],
  ])(
    'the gateway rejects KEYRING with %s, and the error names the faulty encryption key and its fault',
    (_, text, reason, message) => {
      const error = refusalOf(() => keyringFromEnvironment(text));
      expect([error.reason, error.message]).toEqual([reason, message]);
    },
  );

  test('the gateway rejects KEYRING if it contains one encryption key twice, in any encoding', () => {
    const text = `${K1},${K2},${Buffer.from(K1, 'hex').toString('base64')}`;
    expect(reasonOf(() => keyringFromEnvironment(text))).toBe('DUPLICATE_KEY');
  });

  test('errors never contain the content of KEYRING', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 60 }), fc.boolean(), (bytes, phrase) => {
        fc.pre(bytes.length !== 32);
        const text = Buffer.from(bytes).toString('base64') + (phrase ? '!' : '');
        const printed = inspect(refusalOf(() => keyringFromEnvironment(text)));
        expect(printed).not.toContain(text.slice(0, 12));
      }),
    );
  });
});

describe('operations on a keyring file', () => {
  test('creating a keyring file creates exactly one file, which contains one encryption key and is readable only by its owner', () => {
    const id = createKeyringFile(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['keyring.json']);
    const keyring = openKeyringFile(path);
    expect([keyring.source, keyring.ids()]).toEqual([path, [id]]);
  });

  test('creating a keyring file does not overwrite an existing keyring file', () => {
    createKeyringFile(path);
    const before = readFileSync(path, 'utf8');
    expect(reasonOf(() => createKeyringFile(path))).toBe('EXISTS');
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(folder)).toEqual(['keyring.json']);
  });

  test('a keyring file has the format that the documentation describes', () => {
    const older = createKeyringFile(path);
    const newer = addKey(path);
    const file = JSON.parse(readFileSync(path, 'utf8'));
    expect(Object.keys(file)).toEqual(['format', 'keys']);
    expect(file.format).toBe(1);
    expect(file.keys.map((key: object) => Object.keys(key))).toEqual(Array(2).fill(['id', 'createdAt', 'key']));
    expect(file.keys.map(({ id }: { id: string }) => id)).toEqual([newer, older]);
    for (const { key, createdAt } of file.keys) {
      expect(Buffer.from(key, 'base64')).toHaveLength(32);
      expect(new Date(createdAt).toISOString()).toBe(createdAt);
    }
  });

  test('the list of a keyring file shows only the ids and dates of its encryption keys', () => {
    createKeyringFile(path);
    addKey(path);
    const described = describeKeys(path);
    expect(described.map(({ id }) => id)).toEqual(openKeyringFile(path).ids());
    expect(described.map((key) => Object.keys(key))).toEqual(Array(2).fill(['id', 'createdAt']));
  });

  test('a keyring that is read from a file contains the encryption keys that were written to the file', () => {
    fc.assert(
      fc.property(someKeys, fc.string(), (keys, context) => {
        writeKeys(path, keys);
        const wrapped = openKeyringFile(path).wrap(DATA_KEY, context);
        const id = addKey(path);
        const again = openKeyringFile(path);
        expect(again.unwrap(wrapped.keyId, wrapped.wrappedKey, context)).toEqual(DATA_KEY);
        expect(again.ids()).toEqual([id, ...idsOf(keys)]);
      }),
      { numRuns: 25 },
    );
  });

  test('adding an encryption key to a keyring file preserves the mode of the file, and a symbolic link that points to the file', () => {
    const link = join(folder, 'link.json');
    createKeyringFile(path);
    symlinkSync(path, link);
    const id = addKey(link);
    expect(openKeyringFile(path).current()).toBe(id);
    expect(openKeyringFile(link).current()).toBe(id);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['keyring.json', 'link.json']);
  });

  test('any encryption key except the current encryption key can be removed from a keyring file', () => {
    const older = createKeyringFile(path);
    expect(reasonOf(() => removeKey(path, older))).toBe('CURRENT_KEY');
    const newer = addKey(path);
    expect(reasonOf(() => removeKey(path, newer))).toBe('CURRENT_KEY');
    expect(reasonOf(() => removeKey(path, 'k_0000000000000000'))).toBe('UNKNOWN_KEY');
    expect(openKeyringFile(path).ids()).toEqual([newer, older]);
    removeKey(path, older);
    expect(openKeyringFile(path).ids()).toEqual([newer]);
    expect(readdirSync(folder)).toEqual(['keyring.json']);
  });

  test.each(['640', '604', '620', '602', '610', '777'])(
    'the gateway rejects a keyring file with mode %s, and the error explains how to repair the mode',
    (mode) => {
      createKeyringFile(path);
      chmodSync(path, mode);
      const error = refusalOf(() => openKeyringFile(path));
      expect(error.reason).toBe('EXPOSED');
      expect(error.message).toContain(`chmod 600 ${path}`);
      expect(reasonOf(() => addKey(path))).toBe('EXPOSED');
      expect(reasonOf(() => describeKeys(path))).toBe('EXPOSED');
      expect(readdirSync(folder)).toEqual(['keyring.json']);
    },
  );

  test('a keyring file with mode 440 counts as exposed, unless root owns the file and another user reads it', () => {
    const file = (mode: bigint, uid: bigint) => ({ mode: 0o100000n | mode, uid });
    expect(isExposed(file(0o440n, 0n), 65532)).toBe(false);
    expect(isExposed(file(0o440n, 0n), 0)).toBe(true);
    expect(isExposed(file(0o440n, 65532n), 65532)).toBe(true);
    for (const mode of [0o640n, 0o444n, 0o460n, 0o450n]) expect(isExposed(file(mode, 0n), 65532)).toBe(true);
    for (const mode of [0o400n, 0o600n]) expect(isExposed(file(mode, 65532n), 65532)).toBe(false);
  });

  test.each([
    ['no JSON', 'SECRETKEYMATERIAL', 'MALFORMED'],
    ['no content', '', 'MALFORMED'],
    ['half of its content', '{"format":1,"keys":[{"id":"k_', 'MALFORMED'],
    ['null', 'null', 'MALFORMED'],
    ['a list', '[]', 'MALFORMED'],
    ['another format', '{"format":2,"keys":[]}', 'MALFORMED'],
    ['no keys', '{"format":1}', 'NO_KEY'],
    ['an empty list of keys', '{"format":1,"keys":[]}', 'NO_KEY'],
    ['null for a key', '{"format":1,"keys":[null]}', 'MALFORMED'],
    ['a key without its date', fileOf([{ id: idsOf([Buffer.from(K1, 'hex')])[0], key: K1 }]), 'MALFORMED'],
    ['a number for a key', fileOf([{ id: 'k_0000000000000000', createdAt: '', key: 1 }]), 'MALFORMED'],
    ['a short key', fileOf([{ id: 'k_0000000000000000', createdAt: '2026-01-01', key: 'AAAA' }]), 'BAD_KEY'],
    ["another key's id", fileOf([{ id: 'k_0000000000000000', createdAt: '2026-01-01', key: K1 }]), 'MISMATCHED_ID'],
    ['a key twice', fileOf(Array(2).fill(stored(Buffer.from(K1, 'hex')))), 'DUPLICATE_KEY'],
  ])('the gateway rejects a keyring file with %s, and the error never quotes the file', (_, text, reason) => {
    writeFileSync(path, text, { mode: 0o600 });
    const error = refusalOf(() => openKeyringFile(path));
    expect(error.reason).toBe(reason);
    const printed = inspect(error, { depth: null, showHidden: true });
    for (const hidden of ['SECRETKEY', ...spellings(Buffer.from(K1, 'hex'))]) expect(printed).not.toContain(hidden);
    expect(reasonOf(() => addKey(path))).toBe(reason);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('a process waits while another process changes the keyring file, and reports the lock file if the change was interrupted', () => {
    const id = createKeyringFile(path);
    writeFileSync(`${path}.new`, '');
    const error = refusalOf(() => addKey(path));
    expect(error.reason).toBe('BUSY');
    expect(error.message).toContain(`${path}.new`);
    expect(openKeyringFile(path).ids()).toEqual([id]);
  });

  test('the gateway rejects the path of a missing keyring file', () => {
    expect(reasonOf(() => openKeyringFile(path))).toBe('INACCESSIBLE');
    expect(reasonOf(() => addKey(path))).toBe('INACCESSIBLE');
    expect(reasonOf(() => createKeyringFile(join(folder, 'none', 'keyring.json')))).toBe('INACCESSIBLE');
    expect(reasonOf(() => openKeyringFile(folder))).toMatch(/INACCESSIBLE|EXPOSED/);
  });
});

describe('a keyring whose file changes while a process uses it', () => {
  test('after a second process adds an encryption key to the keyring file, the first process wraps the next data key under this encryption key', () => {
    const older = createKeyringFile(path);
    const keyring = openKeyringFile(path);
    const before = keyring.wrap(DATA_KEY, 'here');
    const newer = addKey(path);
    const after = keyring.wrap(DATA_KEY, 'here');
    expect([before.keyId, after.keyId, keyring.current()]).toEqual([older, newer, newer]);
    expect(keyring.unwrap(older, before.wrappedKey, 'here')).toEqual(DATA_KEY);
  });

  test('after a second process adds an encryption key to the keyring file, the first process can unwrap data keys with this encryption key', () => {
    createKeyringFile(path);
    const open: Record<string, Keyring> = {};
    for (const name of ['unwrap', 'derive', 'has']) open[name] = openKeyringFile(path);
    const id = addKey(path);
    const elsewhere = openKeyringFile(path);
    const { wrappedKey } = elsewhere.wrap(DATA_KEY, 'here');
    expect(open.unwrap!.unwrap(id, wrappedKey, 'here')).toEqual(DATA_KEY);
    expect(open.derive!.derive(id, 'access-key')).toEqual(elsewhere.derive(id, 'access-key'));
    expect(open.has!.has(id)).toBe(true);
  });

  test('after a second process removes an encryption key from the keyring file, the first process no longer uses this encryption key', () => {
    const older = createKeyringFile(path);
    addKey(path);
    const keyring = openKeyringFile(path);
    removeKey(path, older);
    keyring.current();
    expect(keyring.has(older)).toBe(false);
  });

  test.each([
    ['is malformed', 'MALFORMED', () => writeFileSync(path, '{')],
    ['is missing', 'INACCESSIBLE', () => rmSync(path)],
    ['is readable by others', 'EXPOSED', () => chmodSync(path, 0o644)],
  ])(
    'if the keyring file of a running process %s, the process still uses its encryption keys, reports the fault once, and reads the file again after a repair',
    (_, reason, spoil) => {
      const id = createKeyringFile(path);
      const copy = readFileSync(path);
      const problems: string[] = [];
      const keyring = openKeyringFile(path, (error) => problems.push(error.reason));
      const { wrappedKey } = keyring.wrap(DATA_KEY, 'here');

      spoil();
      for (let i = 0; i < 3; i++) {
        expect(keyring.current()).toBe(id);
        expect(keyring.has('k_0000000000000000')).toBe(false);
      }
      expect(keyring.unwrap(id, wrappedKey, 'here')).toEqual(DATA_KEY);
      expect(problems).toEqual([reason]);

      writeFileSync(join(folder, 'mended'), copy, { mode: 0o600 });
      renameSync(join(folder, 'mended'), path);
      const newer = addKey(path);
      expect(keyring.current()).toBe(newer);
      expect(problems).toEqual([reason]);

      spoil();
      keyring.current();
      expect(problems).toEqual([reason, reason]);
    },
  );

  test('if the keyring file of a running process is damaged, the process still uses its encryption keys, even without a reporter for faults', () => {
    const id = createKeyringFile(path);
    const keyring = openKeyringFile(path);
    rmSync(path);
    expect(keyring.current()).toBe(id);
  });
});

function everyPrintOf(keyring: Keyring): string {
  return [
    inspect(keyring, { depth: null, showHidden: true, getters: true }),
    inspect(keyring, { depth: null, showHidden: true, customInspect: false }),
    inspect({ nested: { keyring } }, { depth: null }),
    format('%s %o %O %j', keyring, keyring, keyring, keyring),
    JSON.stringify(keyring),
    JSON.stringify({ nested: keyring }),
    JSON.stringify(structuredClone({ ...keyring })),
    String(keyring),
  ]
    .join('\n')
    .replace(/\s+/g, ' '); // Node prints the bytes of a buffer in columns.
}

function spellings(key: Uint8Array): string[] {
  const buffer = Buffer.from(key);
  const start = [...key.slice(0, 8)];
  return [
    buffer.toString('hex').slice(0, 24),
    buffer.toString('base64').slice(0, 24),
    buffer.toString('base64url').slice(0, 24),
    start.join(', '),
    start.join(),
    start.map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
  ];
}

function idsOf(keys: Uint8Array[]): string[] {
  return keyringFromEnvironment(keys.map((key) => Buffer.from(key).toString('hex')).join()).ids();
}

function stored(key: Uint8Array) {
  return { id: idsOf([key])[0], createdAt: '2026-01-01T00:00:00.000Z', key: Buffer.from(key).toString('base64') };
}

function fileOf(keys: unknown[]): string {
  return JSON.stringify({ format: 1, keys });
}

function writeKeys(path: string, keys: Uint8Array[]): void {
  writeFileSync(path, fileOf(keys.map(stored)), { mode: 0o600 });
}

function refusalOf(attempt: () => unknown): KeyringError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof KeyringError) return error;
    throw error;
  }
  throw new Error('It was expected to be refused');
}

function reasonOf(attempt: () => unknown): string {
  return refusalOf(attempt).reason;
}
