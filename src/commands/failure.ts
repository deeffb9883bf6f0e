import { GatewayError } from '../errors.ts';
import { ConfigError } from '../settings/config-error.ts';
import { EXIT, type ExitCode, exitCodeOf } from './exit-code.ts';

/** An error that ends a command with a chosen exit code. The message never contains a secret value. */
export class CommandFailed extends Error {
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = EXIT.FAILED) {
    super(message);
    this.name = 'CommandFailed';
    this.exitCode = exitCode;
  }
}

/** Prints the reason why a command failed to standard error: as text, or as one line of JSON. @returns the exit code */
export function printFailure(error: unknown, json = false): ExitCode {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  const exitCode =
    error instanceof CommandFailed ? error.exitCode : error instanceof ConfigError ? EXIT.USAGE : exitCodeOf(code);
  if (json) {
    const problems = error instanceof ConfigError ? { problems: error.problems } : {};
    const message = error instanceof ConfigError ? 'Invalid settings.' : messageOf(error);
    console.error(JSON.stringify({ error: { message, ...(typeof code === 'string' && { code }), ...problems } }));
  } else if (error instanceof ConfigError) {
    console.error('Invalid settings:');
    for (const problem of error.problems) console.error(`  ${problem}`);
  } else console.error(messageOf(error));
  return exitCode;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return 'The command failed.';
  if (error instanceof GatewayError && error.cause instanceof Error)
    return `${error.message}\n  ${lastLine(error.cause)}`;
  return error.message || String((error as { code?: unknown }).code ?? error.name);
}

/** Returns the last line of an error message. In a message of Prisma, the last line describes the error. */
function lastLine(error: Error): string {
  return error.message.trim().split('\n').at(-1) ?? '';
}
