import type { Clock } from '../../src/clock.ts';

/** A clock that tests set: it goes on with the system's, from wherever it was put. */
export class TestClock implements Clock {
  #offset = 0;
  #stoppedAt: number | undefined;

  now(): Date {
    return new Date((this.#stoppedAt ?? Date.now()) + this.#offset);
  }

  /** Shows the same time until the returned object is disposed: what depends on time then does not depend on the machine's load. */
  stopped(): Disposable {
    this.#stoppedAt = Date.now();
    return {
      [Symbol.dispose]: () => {
        this.#stoppedAt = undefined;
      },
    };
  }

  /** Goes forward, or back if negative. */
  advance({
    days = 0,
    hours = 0,
    minutes = 0,
    seconds = 0,
  }: {
    days?: number;
    hours?: number;
    minutes?: number;
    seconds?: number;
  }): void {
    this.#offset += (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000;
  }

  /** That far from now, as the API takes it. */
  in(by: { days?: number; hours?: number; minutes?: number; seconds?: number }): string {
    const { days = 0, hours = 0, minutes = 0, seconds = 0 } = by;
    return new Date(this.now().getTime() + (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000).toISOString();
  }
}
