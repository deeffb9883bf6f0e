// Every value that a test uses is remembered, and so is everything that was logged or answered where no value belongs.
// test/leaks/sentinel.test.ts, which runs last, looks for the one in the other.
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

/** A value that nothing else contains: to be used wherever a test needs a value, a password or a text to be kept secret. */
export function sentinel(label = 'value'): string {
  const text = `snt-${label}-${randomBytes(9).toString('hex')}`;
  remember(text);
  return text;
}

/** Has the leak test look for `text`, which must be long and random enough to stand nowhere by chance. */
export function remember(text: string): void {
  appendFileSync(join(inject('runDir'), 'values.txt'), `${JSON.stringify(text)}\n`);
}

/** Has the leak test search `text`. */
export function overhear(text: string): void {
  appendFileSync(join(inject('runDir'), 'overheard.txt'), `${text}\n`);
}
