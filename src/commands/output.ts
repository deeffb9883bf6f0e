// Prints results: text for people, JSON for programs, and colours only on a terminal.
import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Prints a value to standard output as one JSON document. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, undefined, 2));
}

/** Colours a text for a stream. The text stays unchanged if the stream is no terminal, or if the environment variable NO_COLOR is set. */
export function coloured(format: Format, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(format, text, { stream });
}
