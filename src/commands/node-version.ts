// Checks whether this process runs on a Node release with the security fixes that the gateway requires.
import { pino } from 'pino';
import satisfies from 'semver/functions/satisfies.js';
import manifest from '../../package.json' with { type: 'json' };
import { LOG_LEVELS } from '../config.ts';

/** INVARIANT: `engines.node` of package.json is the one place that names the oldest patched release of each line of Node. */
const PATCHED = manifest.engines.node;

/** Logs one line if this Node is older than the oldest patched release of its line. `logLevel` is the text of `LOG_LEVEL`. */
export function warnOfUnpatchedNode(logLevel: string | undefined): void {
  if (satisfies(process.version, PATCHED)) return;
  const level = LOG_LEVELS.find((known) => known === logLevel) ?? 'info';
  pino({ level, base: null }, pino.destination({ dest: 2, sync: true })).warn(
    { node: process.version, patched: PATCHED },
    'This version of Node lacks security fixes. Start the gateway with npm, or install a patched Node.',
  );
}
