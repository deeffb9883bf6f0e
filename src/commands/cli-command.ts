// The command class of the program: commander's command, with handlers that return exit codes, and with messages that never repeat a secret value.
import { Command, type ErrorOptions, Help, type HelpContext, type Option } from 'commander';
import { EXIT } from './exit-code.ts';

/** The heading of the flags for settings in help texts. */
export const SETTINGS_HEADING = 'Settings:';

export class CliCommand extends Command {
  /** The exit code of the command that ran. The program reads the exit code from the top command. */
  exitCode: number = EXIT.OK;
  /** Whether the command that ran has the option `--json`. The program reads this member from the top command. */
  isJson = false;

  constructor(name?: string) {
    super(name);
    this.exitOverride();
    this.helpOption('-h, --help', 'shows this help');
    this.configureHelp({ groupItems: withSettingsLast });
  }

  override createCommand(name?: string): CliCommand {
    return new CliCommand(name);
  }

  /**
   * Sets the code that runs the command. The handler receives the arguments, then the options, then the command. The program ends with the exit code
   * that the handler returns.
   */
  runs<A extends unknown[]>(handler: (...args: A) => Promise<number>): this {
    return this.action(async (...args) => {
      const top = this.top();
      top.isJson = this.opts<{ json?: true }>().json === true;
      top.exitCode = await handler(...(args as A));
    });
  }

  /** Adds the option `--json`. The handler then finds `json: true` in its options, and prints one JSON document to standard output. */
  withJson(): this {
    return this.option('--json', 'prints the result as JSON');
  }

  /** Adds examples or further explanation below the help text. */
  withNotes(text: string): this {
    return this.addHelpText('after', `\n${text}`);
  }

  /** Returns the words with which a user calls the command, such as `secrets-gateway keys rotate`. */
  path(): string {
    const words: string[] = [];
    for (let at: Command | null = this; at !== null; at = at.parent) words.unshift(at.name());
    return words.join(' ');
  }

  override help(context?: HelpContext | ((text: string) => string)): never {
    if (typeof context === 'object' && context.error && this.parent !== null && this.args.length === 0) {
      const names = this.commands.map((command) => command.name());
      this.error(`A command is missing. Expected one of: ${names.join(', ')}.`, { code: 'commander.help' });
    }
    return super.help(context as HelpContext);
  }

  override error(message: string, options?: ErrorOptions): never {
    const usage = `Usage: ${this.path()} ${this.usage()}\nRun '${this.path()} --help' to see the options.`;
    return super.error(`${sentence(withoutInput(message, options?.code))}\n\n${usage}`, {
      ...options,
      exitCode: EXIT.USAGE,
    });
  }

  private top(): CliCommand {
    let at: Command = this;
    while (at.parent !== null) at = at.parent;
    return at as CliCommand;
  }
}

/**
 * Declares a command.
 * @param nameAndArguments such as `remove <ID>`
 * @param summary what the command does, such as `removes an encryption key`. The description is the summary as a sentence
 */
export function declaredCommand(nameAndArguments: string, summary: string): CliCommand {
  const [name = '', ...args] = nameAndArguments.split(' ');
  const command = new CliCommand(name).summary(summary).description(`${capitalized(summary)}.`);
  for (const argument of args) command.argument(argument);
  return command;
}

/** Groups the options of a help text. The many flags for settings are below the options of the command. */
function withSettingsLast<T extends Command | Option>(
  this: Help,
  all: T[],
  visible: T[],
  headingOf: (item: T) => string,
): Map<string, T[]> {
  const groups = Help.prototype.groupItems.call(this, all, visible, headingOf as never) as Map<string, T[]>;
  const settings = groups.get(SETTINGS_HEADING);
  if (settings !== undefined) {
    groups.delete(SETTINGS_HEADING);
    groups.set(SETTINGS_HEADING, settings);
  }
  return groups;
}

/**
 * Removes the user's input from a message of commander.
 * INVARIANT: the message repeats an argument only if the argument looks like a command or an option, because the argument may be a secret value.
 */
function withoutInput(message: string, code: string | undefined): string {
  switch (code) {
    case 'commander.unknownCommand':
    case 'commander.unknownOption':
      return message
        .replace(/'([\s\S]*)'/, (_, text: string) => quoted(text.split('=', 1)[0]!))
        .replace(/ +(?=\n|$)/, '');
    case 'commander.excessArguments':
      return message.replace(/ but got (\d+): [\s\S]*$/, ' but got $1.');
    case 'commander.invalidArgument':
      return message
        .replace(
          /^error: option ('.*?') argument '[\s\S]*' is invalid\./,
          'error: the value of the option $1 is invalid.',
        )
        .replace(
          /^error: command-argument value '[\s\S]*' is invalid for argument ('.*?')\./,
          'error: the argument $1 is invalid.',
        );
    default:
      return message;
  }
}

function quoted(text: string): string {
  return /^(--?)?[a-z][a-z:-]{0,29}$/.test(text) ? `\`${text}\`` : '';
}

/** Formats a message of commander as a sentence. */
function sentence(message: string): string {
  const whole = capitalized(message.replace(/^error: /, ''));
  return /[.)?]$/.test(whole) ? whole : `${whole}.`;
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
