// Remembers every value that a test uses, and every log line and answer that must not contain one.
// test/leaks/sentinel.test.ts, which runs last, searches these for the values.
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

/** A unique value: for tests that need a value, a password or another secret text. */
export function sentinel(label = 'value'): string {
  const text = `snt-${label}-${randomBytes(9).toString('hex')}`;
  remember(text);
  return text;
}

/** Makes the leak test search for `text`, which must be long and random enough to appear nowhere by chance. */
export function remember(text: string): void {
  appendFileSync(join(inject('runDir'), 'values.txt'), `${JSON.stringify(text)}\n`);
}

/** Makes the leak test search `text`. */
export function overhear(text: string): void {
  appendFileSync(join(inject('runDir'), 'overheard.txt'), `${text}\n`);
}
