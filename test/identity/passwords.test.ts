import * as crypto from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { BadInput, Unavailable } from '../../src/errors.ts';
import { checkNewPassword, hashPassword, needsRehash, verifyPassword } from '../../src/identity/passwords.ts';
import { Sensitive } from '../../src/sensitive.ts';

// The real argon2, watched: equal time is asserted as equal work, since a stopwatch would make a test that fails by chance.
vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>();
  return { ...real, argon2: vi.fn(real.argon2) };
});
const argon2 = vi.mocked(crypto.argon2);
beforeEach(() => {
  argon2.mockClear();
});

const sensitive = (text: string) => new Sensitive(text);
const phc = (cost: string, salt = 'A'.repeat(22), hash = 'B'.repeat(43)) => `$argon2id$v=19$${cost}$${salt}$${hash}`;

/** What was asked of argon2, without the password and the salt themselves. */
function work() {
  return argon2.mock.calls.map(([algorithm, { memory, passes, parallelism, tagLength, nonce, message }]) => {
    const bytes = (part: unknown) => Buffer.from(part as string).length;
    return { algorithm, memory, passes, parallelism, tagLength, salt: bytes(nonce), message: bytes(message) };
  });
}

test('a password is stored as a PHC string of argon2id with the settings OWASP recommends', async () => {
  const stored = await hashPassword(sensitive('correct horse'));
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=47104,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(needsRehash(stored)).toBe(false);
});

test('the password signs in, another one does not', async () => {
  const stored = await hashPassword(sensitive('correct horse'));
  expect(await verifyPassword(sensitive('correct horse'), stored)).toBe(true);
  for (const wrong of ['correct hors', 'Correct horse', 'correct horse ', '']) {
    expect(await verifyPassword(sensitive(wrong), stored)).toBe(false);
  }
});

test('the same password stored twice cannot be told to be the same', async () => {
  const [one, other] = await Promise.all([hashPassword(sensitive('the same')), hashPassword(sensitive('the same'))]);
  expect(one).not.toBe(other);
});

test('a string made by the reference implementation verifies', async () => {
  // `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1`, as in the reference implementation's test.c.
  const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  expect(await verifyPassword(sensitive('password'), reference)).toBe(true);
  expect(await verifyPassword(sensitive('differentpassword'), reference)).toBe(false);
  expect(needsRehash(reference)).toBe(true);
});

test('an é is an é, composed or not; a ﬁ is not an fi', async () => {
  const stored = await hashPassword(sensitive('caf\u00e9 ﬁne'));
  expect(await verifyPassword(sensitive('cafe\u0301 ﬁne'), stored)).toBe(true);
  expect(await verifyPassword(sensitive('caf\u00e9 fine'), stored)).toBe(false);
});

describe('an unknown name takes the work of a wrong password', () => {
  test('no account, or one without a password', async () => {
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
  ])('a stored string that is not ours: %s', async (_, stored) => {
    expect(await verifyPassword(sensitive('some guess'), stored)).toBe(false);
    expect(needsRehash(stored)).toBe(true);
    expect(work()).toEqual([
      { algorithm: 'argon2id', memory: 47104, passes: 1, parallelism: 1, tagLength: 32, salt: 16, message: 10 },
    ]);
  });
});

describe('a new password', () => {
  const refusal = (text: string) => {
    try {
      checkNewPassword(sensitive(text), 'input.password');
      return null;
    } catch (error) {
      expect(error).toBeInstanceOf(BadInput);
      const { code, field, message } = error as BadInput;
      // One or two characters stand in any message by chance.
      if (text.length > 3) expect(message).not.toContain(text);
      return { code, field };
    }
  };
  const bad = { code: 'BAD_USER_INPUT', field: 'input.password' };

  test.each(['12345678', 'ssssssss', '        ', 'x'.repeat(1024), '\u{1F511}'.repeat(8), '\u{1F511}'.repeat(1024)])(
    'of 8 to 1024 characters is taken, whatever they are',
    (text) => expect(refusal(text)).toBeNull(),
  );

  test.each(['', '1234567', '\u{1F511}'.repeat(7), 'e\u0301'.repeat(7), 'x'.repeat(1025)])(
    'of fewer or more is not: characters count, not bytes',
    (text) => expect(refusal(text)).toEqual(bad),
  );

  test('that is no well-formed Unicode is not, since all such would be one password', () => {
    expect(refusal('12345678\uD800')).toEqual(bad);
  });

  test('is taken exactly when it has 8 to 1024 code points', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 1100, size: 'max' }), (text) => {
        const { length } = [...text.normalize('NFC')];
        expect(refusal(text)).toEqual(length < 8 || length > 1024 ? bad : null);
      }),
      { numRuns: 50 },
    );
  });
});

describe('many at a time', () => {
  /** Holds argon2 until released, one by one. */
  function held() {
    const calls: (() => void)[] = [];
    argon2.mockImplementation((_, { tagLength }, done) => {
      calls.push(() => done(null, Buffer.alloc(tagLength) as never));
    });
    return calls;
  }

  test('two are hashed at once, 200 wait in order, more are told to try again', async () => {
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

  test('one that fails gives its place to the next', async () => {
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

test('what is too long to be a password is not put in order first, which would hold up everybody', async () => {
  const normalize = vi.spyOn(String.prototype, 'normalize');
  const marks = sensitive(`a${'\u0301'.repeat(32_767)}${'\u0316'.repeat(32_767)}`);
  expect(await verifyPassword(marks, null)).toBe(false);
  expect(await verifyPassword(marks, await hashPassword(sensitive('correct horse')))).toBe(false);
  expect(() => checkNewPassword(marks, 'input.password')).toThrow(BadInput);
  expect(normalize.mock.contexts.every((text) => String(text).length <= 4_096)).toBe(true);
  normalize.mockRestore();
});
