// The command line: the list of all commands. The program loads the code of a command only when the command runs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { CliCommand } from './cli-command.ts';
import { EXIT } from './exit-code.ts';
import { printFailure } from './failure.ts';

interface Entry {
  name: string;
  summary: string;
  load(): Promise<CliCommand>;
}

const HELP_HEADING = 'Help:';

/** The commands by the headings of the help text. */
const COMMANDS: Readonly<Record<string, readonly Entry[]>> = {
  'Run:': [
    { name: 'serve', summary: 'runs the gateway', load: async () => (await import('./serve.ts')).serveCommand() },
    {
      name: 'worker',
      summary: 'runs tasks of a Conductor server with the secrets of a gateway',
      load: async () => (await import('./worker.ts')).workerCommand(),
    },
    {
      name: 'database',
      summary: 'runs the embedded PostgreSQL without a gateway',
      load: async () => (await import('./database.ts')).databaseCommand(),
    },
    {
      name: 'demo',
      summary: 'shows who can do what with a secret',
      load: async () => (await import('./demo.ts')).demoCommand(),
    },
    {
      name: 'demo:rotation',
      summary: 'shows a workflow that rotates a token',
      load: async () => (await import('./demo-rotation.ts')).demoRotationCommand(),
    },
  ],
  'Secrets:': [
    {
      name: 'login',
      summary: 'signs in to a gateway',
      load: async () => (await import('./client/session-commands.ts')).loginCommand(),
    },
    {
      name: 'logout',
      summary: 'deletes the token of a sign-in from this machine',
      load: async () => (await import('./client/session-commands.ts')).logoutCommand(),
    },
    {
      name: 'whoami',
      summary: 'shows the signed-in user or application',
      load: async () => (await import('./client/session-commands.ts')).whoamiCommand(),
    },
    {
      name: 'list',
      summary: 'lists secrets',
      load: async () => (await import('./client/read-commands.ts')).listCommand(),
    },
    {
      name: 'get',
      summary: 'prints a value',
      load: async () => (await import('./client/read-commands.ts')).getCommand(),
    },
    {
      name: 'set',
      summary: 'creates a secret, or stores a new value',
      load: async () => (await import('./client/change-commands.ts')).setCommand(),
    },
    {
      name: 'generate',
      summary: 'stores a random value',
      load: async () => (await import('./client/change-commands.ts')).generateCommand(),
    },
    {
      name: 'rotate',
      summary: 'stores a new value of an existing secret',
      load: async () => (await import('./client/change-commands.ts')).rotateCommand(),
    },
    {
      name: 'delete',
      summary: 'deletes a secret',
      load: async () => (await import('./client/change-commands.ts')).deleteCommand(),
    },
    {
      name: 'restore',
      summary: 'restores a deleted secret',
      load: async () => (await import('./client/change-commands.ts')).restoreCommand(),
    },
    {
      name: 'tag',
      summary: 'adds or removes tags',
      load: async () => (await import('./client/change-commands.ts')).tagCommand(),
    },
    {
      name: 'versions',
      summary: 'lists the versions of a secret',
      load: async () => (await import('./client/read-commands.ts')).versionsCommand(),
    },
    {
      name: 'rollback',
      summary: 'makes an earlier value current again',
      load: async () => (await import('./client/change-commands.ts')).rollbackCommand(),
    },
    {
      name: 'history',
      summary: 'lists the audit events of a secret',
      load: async () => (await import('./client/read-commands.ts')).historyCommand(),
    },
    {
      name: 'who-can',
      summary: 'lists who has access to a secret, and why',
      load: async () => (await import('./client/access-commands.ts')).whoCanCommand(),
    },
    {
      name: 'why',
      summary: 'explains why you have or do not have an access',
      load: async () => (await import('./client/access-commands.ts')).whyCommand(),
    },
    {
      name: 'run',
      summary: 'runs a program with secret values in its environment or in files',
      load: async () => (await import('./client/run.ts')).runCommand(),
    },
    {
      name: 'render',
      summary: 'replaces references to secrets in a template',
      load: async () => (await import('./client/render.ts')).renderCommand(),
    },
    {
      name: 'import',
      summary: 'stores the secrets of a file',
      load: async () => (await import('./client/import-command.ts')).importCommand(),
    },
    {
      name: 'export',
      summary: 'reveals secrets and prints their values as a file',
      load: async () => (await import('./client/export-command.ts')).exportCommand(),
    },
    {
      name: 'diff',
      summary: 'compares two tags, or a file and the gateway, without values',
      load: async () => (await import('./client/diff-command.ts')).diffCommand(),
    },
    {
      name: 'scan',
      summary: 'finds the values of secrets in files or in a git history',
      load: async () => (await import('./client/scan-command.ts')).scanCommand(),
    },
  ],
  'Operate, beside a running gateway:': [
    {
      name: 'keys',
      summary: 'lists, rotates and removes encryption keys',
      load: async () => (await import('./keys.ts')).keysCommand(),
    },
    {
      name: 'signing-keys',
      summary: 'lists and rotates the keys that sign tokens',
      load: async () => (await import('./signing-keys.ts')).signingKeysCommand(),
    },
    {
      name: 'operations',
      summary: 'registers GraphQL operations',
      load: async () => (await import('./operations.ts')).operationsCommand(),
    },
    {
      name: 'audit',
      summary: 'verifies, exports and retires the audit log',
      load: async () => (await import('./audit.ts')).auditCommand(),
    },
    {
      name: 'backup',
      summary: 'backs up, verifies, restores and moves the database',
      load: async () => (await import('./backup.ts')).backupCommand(),
    },
    {
      name: 'reset-password',
      summary: 'gives a user a new password',
      load: async () => (await import('./reset-password.ts')).resetPasswordCommand(),
    },
  ],
  [HELP_HEADING]: [
    {
      name: 'completion',
      summary: 'prints a script that completes commands in a shell',
      load: async () => (await import('./completion.ts')).completionCommand(() => program(() => true)),
    },
  ],
};

/** Runs the program with the arguments of the command line. @returns the exit code */
export async function runProgram(args: readonly string[]): Promise<number> {
  const name = args[0] === 'help' ? args[1] : args[0];
  return runCommand(await program((entry) => entry.name === name), args);
}

/** Runs a command with arguments, and prints the reason if the command fails. @returns the exit code */
export async function runCommand(command: CliCommand, args: readonly string[]): Promise<number> {
  try {
    await command.parseAsync(args, { from: 'user' });
    return command.exitCode;
  } catch (error) {
    // Commander has already printed the message of its error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
    return printFailure(error, command.isJson);
  }
}

/** Builds the program. Only the chosen commands have their code; all other commands have only their names and summaries. */
export async function program(isLoaded: (entry: Entry) => boolean): Promise<CliCommand> {
  const top = new CliCommand('secrets-gateway')
    .description(
      'Keeps secrets encrypted, reveals a value only with a permission, and records every reveal before it happens.',
    )
    .version(version(), '-V, --version', 'prints the version')
    .enablePositionalOptions()
    .commandsGroup(HELP_HEADING)
    .helpCommand('help [command]', 'shows the help of a command');
  for (const [heading, entries] of Object.entries(COMMANDS)) {
    for (const entry of entries) {
      const command = isLoaded(entry) ? await entry.load() : new CliCommand(entry.name);
      top.addCommand(command.summary(entry.summary).helpGroup(heading));
    }
  }
  return top as CliCommand;
}

function version(): string {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')).version;
}
