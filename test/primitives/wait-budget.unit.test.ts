import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Unavailable } from '../../src/errors.ts';
import { WaitBudget } from '../../src/primitives/wait-budget.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const never = () => new Promise<never>(() => {});
const after = (ms: number) => new Promise<string>((resolve) => setTimeout(() => resolve('done'), ms));
/** Runs the timers of `ms` milliseconds. A budget can end a little later than its time. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms + 150);
const stateOf = (promise: Promise<unknown>) =>
  Promise.race([
    promise.then(
      () => 'resolved',
      (error) => (error instanceof Unavailable ? 'unavailable' : 'failed'),
    ),
    Promise.resolve('waiting'),
  ]);

describe('the budget of a request', () => {
  test('a wait that takes longer than the budget fails with Unavailable', async () => {
    const waiting = new WaitBudget(1_000).within(never);
    const state = waiting.catch((error) => error);
    await vi.advanceTimersByTimeAsync(900);
    expect(await stateOf(waiting)).toBe('waiting');
    await pass(100);
    expect(await state).toBeInstanceOf(Unavailable);
  });

  test('waits one after the other share the budget', async () => {
    const budget = new WaitBudget(1_000);
    const first = budget.within(() => after(700));
    await pass(700);
    expect(await first).toBe('done');
    const second = budget.within(() => after(700)).catch((error) => error);
    await pass(300);
    expect(await second).toBeInstanceOf(Unavailable);
    expect(budget.isSpent).toBe(true);
  });

  test('a budget counts waits that overlap once, and does not count the time between waits', async () => {
    const budget = new WaitBudget(1_000);
    const both = Promise.all([budget.within(() => after(600)), budget.within(() => after(600))]);
    await pass(600);
    expect(await both).toEqual(['done', 'done']);
    await pass(60_000);
    const later = budget.within(() => after(100));
    await pass(100);
    expect(await later).toBe('done');
  });

  test('a spent budget begins no further work, and `renew` does not change this', async () => {
    const budget = new WaitBudget(1_000);
    const first = budget.within(never).catch((error) => error);
    await pass(1_000);
    await first;
    budget.renew();
    const work = vi.fn(never);
    await expect(budget.within(work)).rejects.toBeInstanceOf(Unavailable);
    expect(work).not.toHaveBeenCalled();
    expect(() => budget.requireLeft()).toThrow(Unavailable);
  });

  test('a result that comes after the budget was spent goes to the callback for late results', async () => {
    const budget = new WaitBudget(1_000);
    const late = vi.fn();
    const waiting = budget.within(() => after(5_000), late).catch((error) => error);
    await pass(1_000);
    expect(await waiting).toBeInstanceOf(Unavailable);
    expect(late).not.toHaveBeenCalled();
    await pass(4_000);
    expect(late).toHaveBeenCalledExactlyOnceWith('done');
  });

  test('after `renew`, a request has its full budget again', async () => {
    const budget = new WaitBudget(1_000);
    for (const _ of [1, 2, 3]) {
      const page = budget.within(() => after(700));
      await pass(700);
      expect(await page).toBe('done');
      budget.renew();
    }
  });

  test('the error of the work is thrown unchanged', async () => {
    const error = new Error('work');
    const budget = new WaitBudget(1_000);
    await expect(budget.within(() => Promise.reject(error))).rejects.toBe(error);
    await expect(
      budget.within(() => {
        throw error;
      }),
    ).rejects.toBe(error);
    expect(budget.isSpent).toBe(false);
  });
});
