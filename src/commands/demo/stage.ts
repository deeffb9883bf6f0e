import { styleText } from 'node:util';
import type { Sensitive } from '../../sensitive.ts';
import type { Answer, Ask } from './client.ts';
import { compact, dedent, type Json, masked } from './pretty.ts';

/** Whoever asks. */
export interface Actor {
  name: string;
  token: Sensitive | undefined;
}

export interface Scene {
  by: Actor;
  query: string;
  variables?: Record<string, Json>;
  /** Its answer holds a value that is to be seen. */
  reveals?: boolean;
  /** What should come, for people; `holds` checks it. Without these: an answer without errors. */
  expected?: string;
  holds?: (answer: Answer) => boolean;
}

/** Where the story is told. */
export interface Stage {
  /** A title; scenes follow. */
  step(title: string): void;
  /** Asks, shows request and answer, and whether it is what should come. @throws Broken if it is not */
  play(scene: Scene): Promise<Answer>;
  /** Asks and shows nothing. */
  ask: Ask;
  /** A line between. */
  say(text: string): void;
  /** Something under a label: JSON is masked by its names, as in requests. */
  show(label: string, what: Json): void;
  /** Says that something is as it should be. @throws Broken if it is not */
  check(ok: boolean, expected: string): void;
}

/** A step did not do what it should. The message says what was expected. */
export class Broken extends Error {}

const WIDTH = 100;
const INDENT = '   ';

/** Tells it on `stream`, in colours if that is a terminal that shows them and NO_COLOR is not set. */
export function stageOn(stream: NodeJS.WriteStream, ask: Ask): Stage {
  const style = (format: Parameters<typeof styleText>[0], text: string) => styleText(format, text, { stream });
  const print = (text: string) => stream.write(`${text}\n`);
  const block = (label: string, text: string) => {
    const [first = '', ...rest] = text.split('\n');
    print(`${INDENT}${style('dim', label.padEnd(10))}${first}`);
    for (const line of rest) print(`${INDENT}${' '.repeat(10)}${line}`);
  };
  let steps = 0;
  return {
    ask,
    say: print,
    show(label, what) {
      block(label, typeof what === 'string' ? what : style('green', compact(masked(what), WIDTH)));
    },
    check(ok, expected) {
      print(
        ok ? `${INDENT}${style('green', '✓')} ${expected}\n` : `${INDENT}${style('red', '✗')} not as it should be\n`,
      );
      if (!ok) throw new Broken(`Expected: ${expected}.`);
    },
    step(title) {
      steps += 1;
      print(`${style(['bold', 'cyan'], `${String(steps).padStart(2)}  ${title}`)}\n`);
    },
    async play({ by, query, variables = {}, reveals = false, expected, holds }) {
      block(by.name, style('blue', dedent(query)));
      if (Object.keys(variables).length > 0) block('with', compact(masked(variables), WIDTH));
      let answer: Answer;
      try {
        answer = await ask(dedent(query), variables, by.token);
      } catch (error) {
        print(`${INDENT}${style('red', '✗')} ${error instanceof Error ? error.message : 'no answer'}\n`);
        throw new Broken(`Expected an answer${expected === undefined ? '' : `: ${expected}`}.`);
      }
      if (answer.data !== null) block('answer', style('green', compact(masked(answer.data, reveals), WIDTH)));
      for (const { code, message, path } of answer.errors) {
        block(
          'refused',
          style(
            'yellow',
            `${code}${Array.isArray(path) ? ` at ${path.join('.')}` : ''}: ${message}`.replace(/\p{Cc}/gu, ' '),
          ),
        );
      }
      const ok = checked(() => (holds === undefined ? answer.errors.length === 0 : holds(answer)));
      const what = expected ?? 'done';
      print(ok ? `${INDENT}${style('green', '✓')} ${what}\n` : `${INDENT}${style('red', '✗')} not as it should be\n`);
      if (!ok) throw new Broken(`Expected: ${expected ?? 'an answer without errors'}.`);
      return answer;
    },
  };
}

/** An answer that lacks what is looked for is a wrong one. */
function checked(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}
