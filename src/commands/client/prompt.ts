// Asks the user at the terminal.
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';

/**
 * Asks for a text without showing the text. The question goes to standard error, so that standard output contains only results.
 * @param without what the user can do without a terminal, as a sentence
 * @throws CommandFailed
 */
export function askHidden(question: string, without?: string): Promise<string> {
  return ask(question, false, without);
}

/** Asks for a text. @param without what the user can do without a terminal, as a sentence @throws CommandFailed */
export function askShown(question: string, without?: string): Promise<string> {
  return ask(question, true, without);
}

/** Asks a question to which every answer except `y` and `yes` means no. @throws CommandFailed */
export async function askYes(question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await askShown(`${question} (yes/no) `));
}

function ask(question: string, shown: boolean, without?: string): Promise<string> {
  if (!process.stdin.isTTY) {
    const problem = 'Standard input is not a terminal, so that the command cannot ask for input.';
    throw new CommandFailed(without === undefined ? problem : `${problem} ${without}`, EXIT.USAGE);
  }
  // readline writes each typed character to its output.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: shown ? process.stderr : nowhere,
    terminal: true,
    historySize: 0,
  });
  if (!shown) process.stderr.write(question);
  return new Promise((resolve, reject) => {
    const end = (result: () => void) => {
      // The listener of `close` below then has no effect.
      result();
      lines.close();
      if (!shown) process.stderr.write('\n');
    };
    lines.once('SIGINT', () => end(() => reject(new CommandFailed('Interrupted.', EXIT.INTERRUPTED))));
    lines.once('close', () => reject(new CommandFailed('The input ended early.', EXIT.USAGE)));
    lines.question(shown ? question : '', (text) => end(() => resolve(text)));
  });
}
