import { ConfigError } from '../config.ts';
import { KeyringError } from '../crypto/keyring.ts';
import { DataDirInUse } from '../database/data-dir.ts';
import { GatewayError } from '../errors.ts';

/** Tells why a command failed, in as much as a person can act on it. @returns the exit code: 2 for wrong settings, else 1 */
export function sayFailure(error: unknown): number {
  if (error instanceof ConfigError) {
    console.error('These settings cannot be used:');
    for (const problem of error.problems) console.error(`  ${problem}`);
    return 2;
  }
  const cause = error instanceof GatewayError && error.cause instanceof Error ? `\n  ${firstLine(error.cause)}` : '';
  const known = error instanceof DataDirInUse || error instanceof KeyringError || error instanceof GatewayError;
  if (error instanceof Error && (known || !error.stack)) console.error(`${error.message}${cause}`);
  else if (error instanceof Error) console.error(process.env.NODE_ENV === 'development' ? error.stack : error.message);
  else console.error('Failed.');
  return 1;
}

function firstLine(error: Error): string {
  return error.message.trim().split('\n').at(-1) ?? '';
}
