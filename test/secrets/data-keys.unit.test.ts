// Tests that the data key of a sealed value is unwrapped once, and is used only for the place of the sealed value and while the keyring has its
// encryption key.
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Keyring, Keys, keyIdOf } from '../../src/crypto/keyring.ts';
import { Unopenable } from '../../src/errors.ts';
import { newId } from '../../src/primitives/ids.ts';
import { secretValues } from '../../src/secrets/secret-values.ts';
import { Sensitive } from '../../src/sensitive.ts';

const key = randomBytes(32);
const keys = new Map([[keyIdOf(key), key]]);
const inner = new Keys('test', keys);
let unwraps = 0;
const keyring: Keyring = {
  source: 'test',
  current: () => inner.current(),
  ids: () => inner.ids(),
  has: (keyId) => inner.has(keyId),
  wrap: (...args) => inner.wrap(...args),
  derive: (...args) => inner.derive(...args),
  unwrap(...args) {
    unwraps += 1;
    return inner.unwrap(...args);
  },
};
const secret = { id: newId(), name: 'db' };

test('the data key of a sealed value is unwrapped once', () => {
  const values = secretValues(keyring);
  const sealed = values.seal(secret, 1, new Sensitive('hunter2'));
  unwraps = 0;
  for (let i = 0; i < 3; i += 1) expect(values.open(secret, 1, sealed).expose()).toBe('hunter2');
  expect(unwraps).toBe(1);
  expect(values.open(secret, 1, { ...sealed }).expose()).toBe('hunter2');
  expect(unwraps).toBe(2);
});

test('an open data key does not decrypt the sealed value for another secret, another name or another version', () => {
  const values = secretValues(keyring);
  const sealed = values.seal(secret, 1, new Sensitive('hunter2'));
  for (let i = 0; i < 2; i += 1) {
    expect(values.open(secret, 1, sealed).expose()).toBe('hunter2');
    expect(() => values.open(secret, 2, sealed)).toThrow(Unopenable);
    expect(() => values.open({ ...secret, name: 'other' }, 1, sealed)).toThrow(Unopenable);
    expect(() => values.open({ ...secret, id: newId() }, 1, sealed)).toThrow(Unopenable);
  }
});

test('an open data key is not used after the keyring has lost the encryption key that wrapped it', () => {
  const values = secretValues(keyring);
  const sealed = values.seal(secret, 1, new Sensitive('hunter2'));
  expect(values.open(secret, 1, sealed).expose()).toBe('hunter2');
  keys.clear();
  expect(() => values.open(secret, 1, sealed)).toThrow(Unopenable);
  keys.set(keyIdOf(key), key);
  expect(values.open(secret, 1, sealed).expose()).toBe('hunter2');
});
