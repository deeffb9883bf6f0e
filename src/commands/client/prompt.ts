// Asks the user at the terminal.
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';

/** Asks for a text without showing the text. The question goes to standard error, so that standard output contains only results. @throws CommandFailed */
export function askHidden(question: string): Promise<string> {
  return ask(question, false);
}

/** Asks for a text. @throws CommandFailed */
export function askShown(question: string): Promise<string> {
  return ask(question, true);
}

/** Asks a question to which every answer except `y` and `yes` means no. @throws CommandFailed */
export async function askYes(question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await askShown(`${question} (yes/no) `));
}

function ask(question: string, shown: boolean): Promise<string> {
  if (!process.stdin.isTTY)
    throw new CommandFailed('Standard input is not a terminal, so that the command cannot ask for input.', EXIT.USAGE);
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
