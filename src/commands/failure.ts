import { ConfigError } from '../config.ts';
import { GatewayError } from '../errors.ts';

/** Prints the reason why a command failed. @returns the exit code: 2 for invalid settings, and 1 for all other failures */
export function printFailure(error: unknown): number {
  if (error instanceof ConfigError) {
    console.error('Invalid settings:');
    for (const problem of error.problems) console.error(`  ${problem}`);
    return 2;
  }
  console.error(error instanceof Error ? messageOf(error) : 'The command failed.');
  return 1;
}

function messageOf(error: Error): string {
  if (error instanceof GatewayError && error.cause instanceof Error)
    return `${error.message}\n  ${lastLine(error.cause)}`;
  return error.message || String((error as { code?: unknown }).code ?? error.name);
}

/** Returns the last line of an error message. In a message of Prisma, the last line describes the error. */
function lastLine(error: Error): string {
  return error.message.trim().split('\n').at(-1) ?? '';
}
