import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { BadInput, Unavailable } from '../../src/errors.ts';
import { checkNewPassword, hashPassword, needsRehash, verifyPassword } from '../../src/identity/passwords.ts';
import { Sensitive } from '../../src/sensitive.ts';

// Observes calls of the real argon2. The tests count these calls, because their duration varies.
const argon2 = vi.spyOn(crypto, 'argon2');
syncBuiltinESMExports();
afterAll(() => {
  argon2.mockRestore();
  syncBuiltinESMExports();
});
beforeEach(() => {
  argon2.mockClear();
});

const sensitive = (text: string) => new Sensitive(text);
const phc = (cost: string, salt = 'A'.repeat(22), hash = 'B'.repeat(43)) => `$argon2id$v=19$${cost}$${salt}$${hash}`;

/** The arguments of each argon2 call, without the password and the salt. */
function work() {
  return argon2.mock.calls.map(([algorithm, { memory, passes, parallelism, tagLength, nonce, message }]) => {
    const bytes = (part: unknown) => Buffer.from(part as string).length;
    return { algorithm, memory, passes, parallelism, tagLength, salt: bytes(nonce), message: bytes(message) };
  });
}

test('the gateway stores a password as a PHC string of argon2id with the settings that OWASP recommends', async () => {
  const stored = await hashPassword(sensitive('correct horse'));
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=47104,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(needsRehash(stored)).toBe(false);
});

test('the correct password passes verification, and a different password fails', async () => {
  const stored = await hashPassword(sensitive('correct horse'));
  expect(await verifyPassword(sensitive('correct horse'), stored)).toBe(true);
  for (const wrong of ['correct hors', 'Correct horse', 'correct horse ', '']) {
    expect(await verifyPassword(sensitive(wrong), stored)).toBe(false);
  }
});

test('hashing one password twice produces two different stored strings', async () => {
  const [one, other] = await Promise.all([hashPassword(sensitive('the same')), hashPassword(sensitive('the same'))]);
  expect(one).not.toBe(other);
});

test('a password matches a stored string from the reference implementation of argon2', async () => {
  // The output of `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1`, from test.c of the reference
  // implementation.
  const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  expect(await verifyPassword(sensitive('password'), reference)).toBe(true);
  expect(await verifyPassword(sensitive('differentpassword'), reference)).toBe(false);
  expect(needsRehash(reference)).toBe(true);
});

test('a password matches in composed and decomposed Unicode form, and the ligature ﬁ differs from the letters fi', async () => {
  const stored = await hashPassword(sensitive('caf\u00e9 ﬁne'));
  expect(await verifyPassword(sensitive('cafe\u0301 ﬁne'), stored)).toBe(true);
  expect(await verifyPassword(sensitive('caf\u00e9 fine'), stored)).toBe(false);
});

describe('equal hashing work for unknown accounts and wrong passwords', () => {
  test('a sign-in to a missing account or to an account without a password performs as much hashing as a sign-in with a wrong password', async () => {
    await verifyPassword(sensitive('some guess'), await hashPassword(sensitive('the password')));
    expect(await verifyPassword(sensitive('some guess'), null)).toBe(false);
    const [, wrong, unknown] = work();
    expect(unknown).toEqual(wrong);
  });

  test.each([
    ['empty', ''],
    ['no PHC string', 'hunter2'],
    ['another algorithm', phc('m=47104,t=1,p=1').replace('argon2id', 'argon2i')],
    ['another version', phc('m=47104,t=1,p=1').replace('v=19', 'v=16')],
    ['100 GB of memory', phc('m=104857600,t=1,p=1')],
    ['more memory than is given', phc('m=131073,t=1,p=1')],
    ['too many passes', phc('m=47104,t=5,p=1')],
    ['too many lanes', phc('m=47104,t=1,p=5')],
    ['less memory than its lanes need', phc('m=8,t=1,p=2')],
    ['no passes', phc('m=47104,t=0,p=1')],
    ['a short salt', phc('m=47104,t=1,p=1', 'AAAA')],
    ['a short hash', phc('m=47104,t=1,p=1', undefined, 'BBBB')],
    ['a long hash', phc('m=47104,t=1,p=1', undefined, 'B'.repeat(4000))],
    ['something after it', `${phc('m=47104,t=1,p=1')}\n`],
  ])(
    'if the stored string is invalid, a sign-in performs as much hashing as a sign-in with a wrong password: %s',
    async (_, stored) => {
      expect(await verifyPassword(sensitive('some guess'), stored)).toBe(false);
      expect(needsRehash(stored)).toBe(true);
      expect(work()).toEqual([
        { algorithm: 'argon2id', memory: 47104, passes: 1, parallelism: 1, tagLength: 32, salt: 16, message: 10 },
      ]);
    },
  );
});

describe('rules for a new password', () => {
  const refusal = (text: string) => {
    try {
      checkNewPassword(sensitive(text), 'input.password');
      return null;
    } catch (error) {
      expect(error).toBeInstanceOf(BadInput);
      const { code, field, message } = error as BadInput;
      // An error message may contain one or two characters of a password by chance.
      if (text.length > 3) expect(message).not.toContain(text);
      return { code, field };
    }
  };
  const bad = { code: 'BAD_USER_INPUT', field: 'input.password' };

  test.each(['12345678', 'ssssssss', '        ', 'x'.repeat(1024), '\u{1F511}'.repeat(8), '\u{1F511}'.repeat(1024)])(
    'the gateway accepts a new password of 8 to 1024 characters of any kind',
    (text) => expect(refusal(text)).toBeNull(),
  );

  test.each(['', '1234567', '\u{1F511}'.repeat(7), 'e\u0301'.repeat(7), 'x'.repeat(1025)])(
    'the gateway rejects a new password with fewer than 8 or more than 1024 code points',
    (text) => expect(refusal(text)).toEqual(bad),
  );

  test('the gateway rejects a new password with malformed Unicode, because all malformed passwords would have the same UTF-8 bytes', () => {
    expect(refusal('12345678\uD800')).toEqual(bad);
  });

  test('the gateway accepts a random new password exactly if it has 8 to 1024 code points', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 1100, size: 'max' }), (text) => {
        const { length } = [...text.normalize('NFC')];
        expect(refusal(text)).toEqual(length < 8 || length > 1024 ? bad : null);
      }),
      { numRuns: 50 },
    );
  });
});

describe('concurrent password hashing', () => {
  /** Blocks all calls of argon2. The test releases the calls one at a time. */
  function held() {
    const calls: (() => void)[] = [];
    argon2.mockImplementation((_, { tagLength }, done) => {
      calls.push(() => done(null, Buffer.alloc(tagLength) as never));
    });
    return calls;
  }

  test('the gateway hashes two passwords at once, queues 200 more in order, and refuses further passwords with a time to retry', async () => {
    const real = argon2.getMockImplementation()!;
    const calls = held();
    const order: number[] = [];
    const all = Array.from({ length: 202 }, (_, i) => verifyPassword(sensitive('x'), null).then(() => order.push(i)));
    await expect(verifyPassword(sensitive('x'), null)).rejects.toBeInstanceOf(Unavailable);
    await expect(hashPassword(sensitive('x'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });

    for (let done = 0; done < 202; done++) {
      await vi.waitFor(() => expect(calls.length).toBeGreaterThan(done), { interval: 1 });
      expect(calls.length).toBeLessThanOrEqual(done + 2);
      calls[done]!();
    }
    await Promise.all(all);
    expect(order).toEqual(Array.from({ length: 202 }, (_, i) => i));
    argon2.mockImplementation(real);
    expect(await verifyPassword(sensitive('x'), null)).toBe(false);
  });

  test('after hashing a password fails, the gateway hashes the next waiting password', async () => {
    const real = argon2.getMockImplementation()!;
    argon2.mockImplementation((_, __, done) =>
      setImmediate(done as (error: Error) => void, new Error('out of memory')),
    );
    const failed = await Promise.allSettled(Array.from({ length: 5 }, () => hashPassword(sensitive('x'))));
    expect(failed.map((one) => one.status)).toEqual(Array(5).fill('rejected'));
    argon2.mockImplementation(real);
    expect(await verifyPassword(sensitive('x'), null)).toBe(false);
  });
});

test('the gateway rejects a password above the maximum length before normalizing it, because normalizing would block all other requests', async () => {
  const normalize = vi.spyOn(String.prototype, 'normalize');
  const marks = sensitive(`a${'\u0301'.repeat(32_767)}${'\u0316'.repeat(32_767)}`);
  expect(await verifyPassword(marks, null)).toBe(false);
  expect(await verifyPassword(marks, await hashPassword(sensitive('correct horse')))).toBe(false);
  expect(() => checkNewPassword(marks, 'input.password')).toThrow(BadInput);
  expect(normalize.mock.contexts.every((text) => String(text).length <= 4_096)).toBe(true);
  normalize.mockRestore();
});
