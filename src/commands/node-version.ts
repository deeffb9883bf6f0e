// Checks whether the running release of Node contains the security fixes that the gateway requires.
import { pino } from 'pino';
import satisfies from 'semver/functions/satisfies.js';
import manifest from '../../package.json' with { type: 'json' };
import { LOG_LEVELS } from '../config.ts';

/** INVARIANT: only `engines.node` in package.json names the oldest release of each Node major version that contains the security fixes. */
const PATCHED = manifest.engines.node;

/** Logs one line if the running release of Node lacks the security fixes. The argument `logLevel` contains the value of the setting `LOG_LEVEL`. */
export function warnOfUnpatchedNode(logLevel: string | undefined): void {
  if (satisfies(process.version, PATCHED)) return;
  const level = LOG_LEVELS.find((known) => known === logLevel) ?? 'info';
  pino({ level, base: null }, pino.destination({ dest: 2, sync: true })).warn(
    { node: process.version, patched: PATCHED },
    'This version of Node lacks security fixes. Start the gateway with npm, or install a version of Node that has the security fixes.',
  );
}
