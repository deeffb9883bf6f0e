import { ConfigError } from '../config.ts';
import { GatewayError } from '../errors.ts';

/** Tells why a command failed, in as much as a person can act on it. @returns the exit code: 2 for wrong settings, else 1 */
export function sayFailure(error: unknown): number {
  if (error instanceof ConfigError) {
    console.error('These settings cannot be used:');
    for (const problem of error.problems) console.error(`  ${problem}`);
    return 2;
  }
  console.error(error instanceof Error ? tell(error) : 'Failed.');
  return 1;
}

function tell(error: Error): string {
  if (error instanceof GatewayError && error.cause instanceof Error)
    return `${error.message}\n  ${lastLine(error.cause)}`;
  return error.message || String((error as { code?: unknown }).code ?? error.name);
}

/** Where the messages of Prisma say what happened. */
function lastLine(error: Error): string {
  return error.message.trim().split('\n').at(-1) ?? '';
}
