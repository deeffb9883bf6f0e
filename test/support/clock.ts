import type { Clock } from '../../src/primitives/clock.ts';

/** A clock whose time a test can set. After that, the clock advances with the system clock. */
export class TestClock implements Clock {
  #offset = 0;
  #stoppedAt: number | undefined;

  now(): Date {
    return new Date((this.#stoppedAt ?? Date.now()) + this.#offset);
  }

  /** Stops the clock until the returned object is disposed, so that results do not depend on the load of the machine. */
  stopped(): Disposable {
    this.#stoppedAt = Date.now();
    return {
      [Symbol.dispose]: () => {
        this.#stoppedAt = undefined;
      },
    };
  }

  /** Moves the clock forward. A negative duration moves the clock back. */
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

  /** Returns the time at this distance from now, in the format of the API. */
  in(by: { days?: number; hours?: number; minutes?: number; seconds?: number }): string {
    const { days = 0, hours = 0, minutes = 0, seconds = 0 } = by;
    return new Date(this.now().getTime() + (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000).toISOString();
  }
}
