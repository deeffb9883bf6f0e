// Checks whether the running release of Node contains the security fixes that the gateway requires.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import satisfies from 'semver/functions/satisfies.js';
import { SETTINGS } from '../settings/settings.ts';

/** Logs one line if the running release of Node lacks the security fixes. The argument `logLevel` contains the value of the setting `LOG_LEVEL`. */
export async function warnOfUnpatchedNode(logLevel: string | undefined): Promise<void> {
  // INVARIANT: only `engines.node` in package.json names the oldest release of each Node major version that contains the security fixes.
  const { engines } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  const patched: string = engines.node;
  if (satisfies(process.version, patched)) return;
  const level = SETTINGS.LOG_LEVEL.choices.find((known) => known === logLevel) ?? 'info';
  const { pino } = await import('pino');
  pino({ level, base: null }, pino.destination({ dest: 2, sync: true })).warn(
    { node: process.version, patched },
    'This version of Node lacks security fixes. Start the gateway with npm, or install a version of Node that has the security fixes.',
  );
}
