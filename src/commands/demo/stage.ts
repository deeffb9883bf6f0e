import { styleText } from 'node:util';
import type { Sensitive } from '../../sensitive.ts';
import type { Answer, Ask } from './client.ts';
import { compact, dedent, type Json, masked } from './pretty.ts';

/** The name of the principal that sends the request. */
export interface Actor {
  name: string;
  token: Sensitive | undefined;
}

export interface Scene {
  by: Actor;
  query: string;
  variables?: Record<string, Json>;
  /** True if the step reveals a secret value and must show the secret value. */
  reveals?: boolean;
  /**
   * A readable description of the expected result. The function `holds` checks whether the answer is the expected result. Without `holds`, the answer
   * must contain no errors.
   */
  expected?: string;
  holds?: (answer: Answer) => boolean;
}

/** Shows the steps of a demo story. */
export interface Stage {
  /** Shows the title of the next step. */
  step(title: string): void;
  /** Sends the request, and shows the request, the answer and the result. @throws StepFailed if the result differs from the expected result */
  play(scene: Scene): Promise<Answer>;
  /** Sends a request without showing the request. */
  ask: Ask;
  /** Shows one line. */
  say(text: string): void;
  /** Shows a value with a label. The function masks passwords, tokens and secret values in JSON. */
  show(label: string, what: Json): void;
  /** Shows whether a condition is true. @throws StepFailed if the condition is false */
  check(ok: boolean, expected: string): void;
}

/** An error: a step of the demo did not have the expected result. The message contains the expected result. */
export class StepFailed extends Error {}

const WIDTH = 100;
const INDENT = '   ';

/** Shows the story on `stream`. The function uses colours if the terminal supports colours and NO_COLOR is not set. */
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
        ok
          ? `${INDENT}${style('green', '✓')} ${expected}\n`
          : `${INDENT}${style('red', '✗')} not the expected result\n`,
      );
      if (!ok) throw new StepFailed(`Expected: ${expected}.`);
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
        throw new StepFailed(`Expected an answer${expected === undefined ? '' : `: ${expected}`}.`);
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
      print(
        ok ? `${INDENT}${style('green', '✓')} ${what}\n` : `${INDENT}${style('red', '✗')} not the expected result\n`,
      );
      if (!ok) throw new StepFailed(`Expected: ${expected ?? 'an answer without errors'}.`);
      return answer;
    },
  };
}

/** Runs a check and returns the result. If the check throws an error because the answer lacks a value, the function returns false. */
function checked(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}
