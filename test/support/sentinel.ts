// Collects every secret value that a test uses, and every log line and answer that must not contain a secret value.
// The test in test/leaks/sentinel.test.ts runs last, and searches the log lines and answers for the secret values.
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

/** Returns a unique string for tests that need a secret value, a password or a different confidential string. */
export function sentinel(label = 'value'): string {
  const text = `snt-${label}-${randomBytes(9).toString('hex')}`;
  remember(text);
  return text;
}

/**
 * Makes the leak test search for `text`. The string must be so long and random that no log line or answer contains it
 * by chance.
 */
export function remember(text: string): void {
  appendFileSync(join(inject('runDir'), 'values.txt'), `${JSON.stringify(text)}\n`);
}

/** Makes the leak test search in the string `text`. */
export function overhear(text: string): void {
  appendFileSync(join(inject('runDir'), 'overheard.txt'), `${text}\n`);
}
