/** The source of the current time. A test can pass a clock whose time the test controls. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
