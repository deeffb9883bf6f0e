import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RateLimited } from '../../src/errors.ts';
import { createThrottle, LIMITS, type Limits, network, type Throttle, Throttled } from '../../src/identity/throttle.ts';

/** A clock that advances only when the test sets it. */
function handClock(start = 1_700_000_000_000) {
  let now = start;
  return {
    now: () => new Date(now),
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

function setting(limits: Partial<Limits> = {}) {
  const clock = handClock();
  return { clock, throttle: createThrottle({ clock, limits: { ...LIMITS, ...limits } }) };
}

/** Attempts a sign-in that fails. Returns null if the throttle admitted the attempt, otherwise returns the error. */
function fail(throttle: Throttle, account: string, address = '192.0.2.1') {
  try {
    throttle.attempt(account, address);
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(RateLimited);
    const { code, outcome, details, first } = error as Throttled;
    expect({ code, outcome }).toEqual({ code: 'RATE_LIMITED', outcome: 'REFUSED' });
    expect(details.retryAfter).toBeGreaterThanOrEqual(1);
    return { retryAfter: details.retryAfter as number, first };
  }
}

/** Returns how many of `tries` failed attempts the throttle admitted. */
function admitted(tries: number, attempt: (i: number) => unknown): number {
  return Array.from({ length: tries }, (_, i) => attempt(i)).filter((refused) => refused === null).length;
}

describe('throttling of sign-ins to one account', () => {
  test('the throttle refuses sign-ins to an account after ten failures, and then admits one attempt every half minute', () => {
    const { clock, throttle } = setting();
    expect(admitted(50, () => fail(throttle, 'ann'))).toBe(10);
    expect(fail(throttle, 'ann')).toMatchObject({ retryAfter: 30 });
    clock.pass(29_999);
    expect(fail(throttle, 'ann')).toMatchObject({ retryAfter: 1 });
    clock.pass(1);
    expect(admitted(50, () => fail(throttle, 'ann'))).toBe(1);
    clock.pass(300_000);
    expect(admitted(50, () => fail(throttle, 'ann'))).toBe(10);
  });

  test('if an account has too many failures, the throttle refuses sign-ins to this account from every address, and admits sign-ins to all other accounts', () => {
    const { throttle } = setting();
    expect(admitted(50, (i) => fail(throttle, 'ann', `192.0.2.${i}`))).toBe(10);
    expect(fail(throttle, 'bob')).toBeNull();
  });

  test('the throttle admits a sign-in to a throttled account again exactly after the reported number of seconds', () => {
    const { clock, throttle } = setting();
    admitted(10, () => fail(throttle, 'ann'));
    clock.pass(12_345);
    const { retryAfter } = fail(throttle, 'ann')!;
    clock.pass(retryAfter * 1000);
    expect(fail(throttle, 'ann')).toBeNull();
  });

  test('the throttle admits any number of successful sign-ins to an account', () => {
    const { throttle } = setting();
    admitted(9, () => fail(throttle, 'ann'));
    for (let i = 0; i < 1000; i++) throttle.attempt('ann', '192.0.2.1').succeeded();
    expect(admitted(5, () => fail(throttle, 'ann'))).toBe(1);
  });

  test('the throttle counts concurrent attempts before the result of any attempt is known', () => {
    const { throttle } = setting();
    const attempts = Array.from({ length: 10 }, () => throttle.attempt('ann', '192.0.2.1'));
    expect(fail(throttle, 'ann')).not.toBeNull();
    attempts[0]!.succeeded();
    expect(admitted(5, () => fail(throttle, 'ann'))).toBe(1);
  });

  test('the throttle does not count an attempt that ended without a result', () => {
    const { throttle } = setting();
    for (let i = 0; i < 50; i++) throttle.attempt('ann', '192.0.2.1').abandoned();
    expect(admitted(50, () => fail(throttle, 'ann'))).toBe(10);
  });

  test('the throttle subtracts an attempt from the count of an account only once, even if the result of the attempt is reported several times', () => {
    const { throttle } = setting();
    const attempt = throttle.attempt('ann', '192.0.2.1');
    admitted(9, () => fail(throttle, 'ann'));
    for (let i = 0; i < 5; i++) attempt.succeeded();
    attempt.abandoned();
    expect(admitted(5, () => fail(throttle, 'ann'))).toBe(1);
  });

  test('the throttle handles an account name of a million characters like any other account name', () => {
    const { throttle } = setting();
    const long = 'x'.repeat(1_000_000);
    expect(admitted(15, () => fail(throttle, long))).toBe(10);
    expect(fail(throttle, `${long}y`)).toBeNull();
  });
});

describe('throttling of sign-ins from one address', () => {
  test('the throttle refuses sign-ins from an address after a hundred failures on any accounts, and then admits one attempt every three seconds', () => {
    const { clock, throttle } = setting();
    expect(admitted(300, (i) => fail(throttle, `user${i}`))).toBe(100);
    expect(fail(throttle, 'ann')).toMatchObject({ retryAfter: 3 });
    expect(fail(throttle, 'ann', '192.0.2.2')).toBeNull();
    clock.pass(3_000);
    expect(admitted(10, (i) => fail(throttle, `other${i}`))).toBe(1);
  });

  test('if the throttle refuses attempts because of their address, these attempts do not count for the account', () => {
    const { throttle } = setting();
    admitted(100, (i) => fail(throttle, `user${i}`));
    admitted(100, () => fail(throttle, 'ann'));
    expect(admitted(50, () => fail(throttle, 'ann', '192.0.2.2'))).toBe(10);
  });

  test('the throttle admits all successful sign-ins of many users from one address, regardless of the duration of each sign-in', () => {
    const { clock, throttle } = setting();
    const underWay: (() => void)[] = [];
    for (let i = 0; i < 5_000; i++) {
      const attempt = throttle.attempt(`user${i}`, '192.0.2.1');
      underWay.push(attempt.succeeded);
      clock.pass(100);
      if (underWay.length > 80) underWay.shift()!();
    }
  });

  test('a successful sign-in does not reset the number of failures from an address', () => {
    const { clock, throttle } = setting();
    let failures = 0;
    for (let second = 0; second < 600; second++) {
      const own = throttle.attempt('mallory', '192.0.2.1');
      clock.pass(900);
      if (fail(throttle, `user${second}`) === null) failures += 1;
      clock.pass(100);
      own.succeeded();
    }
    expect(failures).toBeLessThanOrEqual(100 + 600 / 3);
  });

  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', 'unknown'],
    ['192.0.2.256', 'unknown'],
    ['/run/gateway.sock', 'unknown'],
  ])('the throttle counts the address %s as %s', (address, counted) => {
    expect(network(address)).toBe(counted);
  });

  test('the throttle counts all IPv6 addresses in one /64 network as a single address', () => {
    const { throttle } = setting();
    expect(admitted(300, (i) => fail(throttle, `user${i}`, `2001:db8:1:2::${i.toString(16)}`))).toBe(100);
    expect(fail(throttle, 'ann', '2001:db8:1:3::1')).toBeNull();
  });
});

describe('audit events of throttled sign-ins', () => {
  test('for a throttled account, the audit log contains one audit event until the bucket of the account is empty again', () => {
    const { clock, throttle } = setting();
    admitted(10, () => fail(throttle, 'ann'));
    expect(fail(throttle, 'ann')?.first).toBe(true);
    for (let i = 0; i < 100; i++) {
      expect(fail(throttle, 'ann')?.first).toBe(false);
      clock.pass(30_000);
      expect(fail(throttle, 'ann')).toBeNull();
    }
    clock.pass(300_000);
    expect(admitted(10, () => fail(throttle, 'ann'))).toBe(10);
    expect(fail(throttle, 'ann')?.first).toBe(true);
  });

  test('for a throttled address, the audit log contains one audit event, regardless of the number of attempted usernames', () => {
    const { throttle } = setting();
    admitted(100, (i) => fail(throttle, `user${i}`));
    const refusals = Array.from({ length: 50 }, (_, i) => fail(throttle, `other${i}`)!.first);
    expect(refusals.filter(Boolean)).toHaveLength(1);
  });

  test('for each throttled account, the audit log contains a separate audit event', () => {
    const { throttle } = setting();
    for (const account of ['ann', 'bob']) {
      admitted(10, () => fail(throttle, account));
      expect(fail(throttle, account)?.first).toBe(true);
      expect(fail(throttle, account)?.first).toBe(false);
    }
  });
});

describe('throttling after the clock is set back', () => {
  test.each([1, 1_000, 3_600_000, 10 ** 12])(
    'if the clock is set back by %d ms, no throttled caller has to wait longer',
    (jump) => {
      const { clock, throttle } = setting();
      expect(admitted(20, () => fail(throttle, 'ann'))).toBe(10);
      fail(throttle, 'bob');
      clock.pass(-jump);
      expect(fail(throttle, 'ann')).toMatchObject({ retryAfter: 30 });
      expect(fail(throttle, 'bob')).toBeNull();
      clock.pass(30_000);
      expect(fail(throttle, 'ann')).toBeNull();
      expect(admitted(20, () => fail(throttle, 'bob'))).toBe(9);
    },
  );

  test('even if the clock is set back during a successful sign-in, the throttle does not count the sign-in', () => {
    const { clock, throttle } = setting();
    const attempt = throttle.attempt('ann', '192.0.2.1');
    clock.pass(-3_600_000);
    attempt.succeeded();
    expect(admitted(20, () => fail(throttle, 'ann'))).toBe(10);
  });

  test('the throttle still counts a failed sign-in that happens during two concurrent successful sign-ins', () => {
    const { clock, throttle } = setting();
    const good = [throttle.attempt('ann', '192.0.2.1'), throttle.attempt('ann', '192.0.2.1')];
    clock.pass(29_000);
    fail(throttle, 'ann');
    for (const attempt of good) attempt.succeeded();
    expect(admitted(20, () => fail(throttle, 'ann'))).toBe(9);
  });
});

describe('bounded memory of the throttle', () => {
  const small: Partial<Limits> = { account: { failures: 10, leak: 30_000, entries: 100 } };
  const from = (i: number) => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;

  test('sign-ins with very many unknown names do not reset the throttle of a throttled account', () => {
    const { throttle } = setting(small);
    admitted(10, () => fail(throttle, 'ann'));
    for (let i = 0; i < 5_000; i++) fail(throttle, `flood${i}`, from(i));
    expect(fail(throttle, 'ann', '192.0.2.9')).not.toBeNull();
  });

  test('sign-ins with very many unknown names do not remove an account with many failures from memory while an account with fewer failures is in memory', () => {
    const { throttle } = setting(small);
    admitted(9, () => fail(throttle, 'ann'));
    for (let i = 0; i < 5_000; i++) fail(throttle, `flood${i}`, from(i));
    expect(admitted(20, () => fail(throttle, 'ann', '192.0.2.9'))).toBe(1);
  });

  test('if all accounts in memory are throttled, sign-ins with additional names have to wait, and the throttle removes no throttled account', () => {
    const { clock, throttle } = setting(small);
    for (let i = 0; i < 100; i++) admitted(10, (n) => fail(throttle, `full${i}`, from(i * 10 + n)));
    expect(fail(throttle, 'ann', '192.0.2.9')).toEqual({ retryAfter: 30, first: true });
    expect(fail(throttle, 'bob', '192.0.2.9')).toEqual({ retryAfter: 30, first: false });
    for (let i = 0; i < 100; i++) expect(fail(throttle, `full${i}`, '192.0.2.9')).not.toBeNull();
    clock.pass(30_000);
    expect(fail(throttle, 'ann', '192.0.2.9')).toBeNull();
  });

  test('after a successful sign-in, the throttle stores no data about the account', () => {
    const { throttle } = setting(small);
    for (let i = 0; i < 10_000; i++) throttle.attempt(`user${i}`, from(i)).succeeded();
    expect(fail(throttle, 'ann')).toBeNull();
  });
});

describe('throttling during random sequences of events', () => {
  const limits: Limits = {
    account: { failures: 3, leak: 1_000, entries: 50 },
    address: { failures: 5, leak: 400, entries: 50 },
  };
  const event = fc.oneof(
    fc.record({ kind: fc.constant('attempt' as const), account: fc.nat(2), address: fc.nat(2) }),
    fc.record({ kind: fc.constant('settle' as const), which: fc.nat(20) }),
    fc.record({ kind: fc.constant('pass' as const), milliseconds: fc.integer({ min: 0, max: 1_500 }) }),
  );

  test('the number of failures that the throttle admits in a period is at most the limit plus the failures that drained from the bucket in this period', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200, size: 'max' }), (events) => {
        const clock = handClock(0);
        const throttle = createThrottle({ clock, limits });
        const made: { account: number; address: number; at: number; good: boolean; succeeded: () => void }[] = [];
        for (const happening of events) {
          if (happening.kind === 'pass') clock.pass(happening.milliseconds);
          else if (happening.kind === 'settle') {
            const attempt = made[made.length - 1 - happening.which];
            if (!attempt) continue;
            attempt.good = true;
            attempt.succeeded();
          } else {
            const { account, address } = happening;
            try {
              const { succeeded } = throttle.attempt(`account${account}`, from(address));
              made.push({ account, address, at: clock.now().getTime(), good: false, succeeded });
            } catch (error) {
              expect(error).toBeInstanceOf(Throttled);
            }
          }
        }

        const failures = made.filter(({ good }) => !good);
        for (const by of ['account', 'address'] as const) {
          for (const { [by]: key, at: start } of failures) {
            const since = failures.filter((other) => other[by] === key && other.at >= start);
            since.forEach(({ at }, i) => {
              expect(i + 1).toBeLessThanOrEqual(limits[by].failures + (at - start) / limits[by].leak);
            });
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('the bucket of an account drains while no sign-in fails, and the throttle then admits the full number of failures', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 100 }), (events) => {
        const clock = handClock(0);
        const throttle = createThrottle({ clock, limits });
        for (const happening of events) {
          if (happening.kind === 'pass') clock.pass(happening.milliseconds);
          if (happening.kind === 'attempt') fail(throttle, `account${happening.account}`, from(happening.address));
        }
        clock.pass(3_000);
        expect(admitted(10, () => fail(throttle, 'account0', from(0)))).toBe(3);
      }),
      { numRuns: 200 },
    );
  });

  function from(address: number): string {
    return `192.0.2.${address}`;
  }
});
