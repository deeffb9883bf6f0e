// Prints results: text for people, JSON for programs, and colours only on a terminal.
import { styleText } from 'node:util';
import { EXIT } from './exit-code.ts';

type Format = Parameters<typeof styleText>[0];

/** Prints a value to standard output as one JSON document. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, undefined, 2));
}

/** Prints a text without a line break at the end. A reader such as `head` can close the output early; the exit code is then 1. */
export function printText(text: string): void {
  process.stdout.off('error', failOnClosedOutput).on('error', failOnClosedOutput);
  process.stdout.write(text);
}

function failOnClosedOutput(): void {
  process.exitCode = EXIT.FAILED;
}

/** Colours a text for a stream. The text stays unchanged if the stream is no terminal, or if the environment variable NO_COLOR is set. */
export function coloured(format: Format, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(format, text, { stream });
}

/** Formats a time for a table: `2026-01-31 09:30`, in UTC. An invalid time becomes an empty text. */
export function minuteOf(time: Date): string {
  return Number.isNaN(time.getTime()) ? '' : time.toISOString().slice(0, 16).replace('T', ' ');
}
