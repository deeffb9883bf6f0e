// The command run: runs a program with secret values in its environment or in files.
import { type SecretsClient, SecretsGatewayError } from '../../client/secrets-client.ts';
import type { Environment } from '../../settings/sources.ts';
import type { CliCommand } from '../cli-command.ts';
import { EXIT } from '../exit-code.ts';
import { CommandFailed } from '../failure.ts';
import {
  exitCodeOfSignal,
  forwardSignals,
  type RunningProgram,
  startProgram,
  withoutCoreDumps,
} from './child-process.ts';
import { storedSecrets } from './chosen-secrets.ts';
import { type Connected, clientCommand, explained } from './client-command.ts';
import { collect, positiveInteger } from './option-values.ts';
import { type SecretFiles, secretFiles } from './secret-files.ts';
import { type Selection, type SelectionOptions, selectionOf } from './selection.ts';

interface RunOptions extends SelectionOptions {
  files?: string;
  pipes?: true;
  mask?: boolean;
  watch?: true;
  interval?: number;
  grace?: number;
  keepCredentials?: true;
}

const INTERVAL_S = 10;
const GRACE_S = 10;

export function runCommand(): CliCommand {
  return clientCommand('run <COMMAND...>', 'runs a program with secret values in its environment or in files', run)
    .option('--tag <KEY:VALUE>', 'secrets with the tag; several tags must all match', collect)
    .option('--secret <NAME>', 'a secret, or VARIABLE=NAME; can be repeated', collect)
    .option('--map <FILE>', 'file with lines NAME or VARIABLE=NAME')
    .option('--files <FOLDER>', 'writes the values to files in memory; VARIABLE_FILE contains the path of each file')
    .option('--pipes', 'with --files: makes named pipes in place of files')
    .option('--mask', 'masks the values in the output; the default if the output is not a terminal')
    .option('--no-mask', 'does not mask the output')
    .option('--watch', 'restarts the program after a value changed')
    .option('--interval <SECONDS>', `with --watch: time between two checks (default: ${INTERVAL_S})`, positiveInteger)
    .option('--grace <SECONDS>', `with --watch: time to end after SIGTERM (default: ${GRACE_S})`, positiveInteger)
    .option('--keep-credentials', 'passes GATEWAY_KEY_SECRET on to the program')
    .passThroughOptions()
    .withNotes(`The secret db-password becomes the variable DB_PASSWORD. The exit code is the exit code of the program, or 128 plus the number of the signal that ended the program.

Examples:
  secrets-gateway run --tag env:prod -- node server.js
  secrets-gateway run --secret DATABASE_PASSWORD=db-password -- psql
  secrets-gateway run --map secrets.map --files /dev/shm/app -- ./app`);
}

async function run(connected: Connected, [command = '', ...args]: string[], options: RunOptions): Promise<number> {
  if (options.pipes && options.files === undefined) throw new CommandFailed('--pipes requires --files.', EXIT.USAGE);
  const { client } = connected;
  await withoutCoreDumps(process.env);
  let chosen = await chosenValues(client, options);
  if (options.files === undefined) requireNoNul(chosen.values);
  let program: RunningProgram | undefined;
  let stopSignal: NodeJS.Signals | undefined;
  // INVARIANT: the command handles signals before it writes files, so that a signal leaves no files behind.
  const signals = forwardSignals((signal) => {
    stopSignal = signal;
    program?.kill(signal);
  });
  let files: SecretFiles | undefined;
  const start = (): RunningProgram => {
    const masked = { out: options.mask ?? !process.stdout.isTTY, err: options.mask ?? !process.stderr.isTTY };
    const env = childEnvironment(chosen.values, files, options.keepCredentials === true, process.env);
    return startProgram({ command, args, env, values: [...chosen.values.values()], masked });
  };
  try {
    if (options.files !== undefined) files = await secretFiles(options.files, chosen.values, options.pipes === true);
    if (stopSignal !== undefined) return exitCodeOfSignal(stopSignal);
    program = start();
    if (!options.watch) return await program.ended;
    const interval = (options.interval ?? INTERVAL_S) * 1_000;
    const report = reporter(connected);
    for (;;) {
      const change = await changeOrEnd(program, interval, () => changed(client, options, chosen, report));
      if (typeof change === 'number') return change;
      if (stopSignal !== undefined) return await program.ended;
      process.stderr.write('A secret changed. Restarting the program.\n');
      await stopped(program, (options.grace ?? GRACE_S) * 1_000);
      if (stopSignal !== undefined) return await program.ended;
      chosen = change;
      await files?.update(chosen.values);
      program = start();
    }
  } finally {
    signals.stop();
    await files?.remove();
  }
}

interface Chosen {
  selection: Selection;
  /** The values by the name of the variable. */
  values: ReadonlyMap<string, string>;
  /** The versions by the name of the secret, from before the values were read. */
  versions: ReadonlyMap<string, string>;
}

/** Reveals the values of the chosen secrets. @throws CommandFailed that names each secret without a value */
async function chosenValues(client: SecretsClient, options: RunOptions): Promise<Chosen> {
  const selection = await selectionOf(client, options);
  const names = [...new Set(selection.values())];
  const versions = options.watch ? await versionsOf(client, names) : new Map<string, string>();
  const results = await Promise.allSettled(names.map((name) => client.get(name)));
  const values = new Map<string, string>();
  const errors: SecretsGatewayError[] = [];
  results.forEach((result, i) => {
    if (result.status === 'fulfilled') values.set(names[i] as string, result.value);
    else if (result.reason instanceof SecretsGatewayError) errors.push(result.reason);
    else throw result.reason;
  });
  const [first] = errors;
  if (first !== undefined && (errors.length === 1 || first.isTemporary || first.code === 'UNAUTHENTICATED'))
    throw first;
  if (first !== undefined)
    throw new SecretsGatewayError(first.code, errors.map(({ secret, message }) => `${secret}: ${message}`).join('\n'));
  const byVariable = [...selection].map(([variable, name]) => [variable, values.get(name) as string] as const);
  return { selection, values: new Map(byVariable), versions };
}

/** An operating system ends a variable at the character NUL. @throws CommandFailed */
function requireNoNul(values: ReadonlyMap<string, string>): void {
  for (const [variable, value] of values)
    if (value.includes('\0'))
      throw new CommandFailed(
        `${variable}: the value contains the character NUL, which an environment variable cannot contain. Add --files DIR.`,
        EXIT.USAGE,
      );
}

/** The credentials of this command are not needed by the program. */
const CREDENTIALS = ['GATEWAY_KEY_SECRET', 'GATEWAY_KEY_SECRET_FILE'];

function childEnvironment(
  values: ReadonlyMap<string, string>,
  files: SecretFiles | undefined,
  keepCredentials: boolean,
  own: Environment,
): Environment {
  const env: Record<string, string | undefined> = { ...own };
  if (!keepCredentials) for (const name of CREDENTIALS) delete env[name];
  for (const [variable, value] of values) {
    if (files === undefined) env[variable] = value;
    else env[`${variable}_FILE`] = files.pathOf(variable);
  }
  return env;
}

async function versionsOf(client: SecretsClient, names: readonly string[]): Promise<Map<string, string>> {
  const stored = await storedSecrets(client, names);
  return new Map(
    names.map((name) => {
      const secret = stored.get(name);
      return [name, secret === undefined ? '' : `${secret.id} ${secret.version}`];
    }),
  );
}

/** Returns the new values if a secret changed. Returns undefined if no secret changed, or if the gateway does not show a secret. */
async function changed(
  client: SecretsClient,
  options: RunOptions,
  before: Chosen,
  report: (error: unknown) => void,
): Promise<Chosen | undefined> {
  try {
    const selection = await selectionOf(client, options);
    const isSame =
      selection.size === before.selection.size &&
      [...selection].every(([variable, name]) => before.selection.get(variable) === name);
    const versions = isSame ? await versionsOf(client, [...before.versions.keys()]) : undefined;
    if (versions !== undefined && [...versions].every(([name, version]) => before.versions.get(name) === version)) {
      report(undefined);
      return undefined;
    }
    const next = await chosenValues(client, options);
    if (options.files === undefined) requireNoNul(next.values);
    report(undefined);
    return next;
  } catch (error) {
    report(error);
    return undefined;
  }
}

/** Returns a function that prints each new problem once. The program keeps running with the values that it has. */
function reporter(connected: Connected): (error: unknown) => void {
  let last = '';
  return (error) => {
    const cause = explained(error, connected);
    const message = cause instanceof Error ? cause.message : '';
    if (message !== '' && message !== last)
      process.stderr.write(`Cannot check for changed secrets: ${message} The program keeps running.\n`);
    last = message;
  };
}

/** Checks for changes until there is a change, or until the program ends. */
async function changeOrEnd(
  program: RunningProgram,
  interval: number,
  check: () => Promise<Chosen | undefined>,
): Promise<Chosen | number> {
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const tick = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, interval, undefined);
    });
    const code = await Promise.race([program.ended, tick]).finally(() => clearTimeout(timer));
    if (code !== undefined) return code;
    const found = await Promise.race([program.ended, check()]);
    if (found !== undefined) return found;
  }
}

/** Ends a program: with SIGTERM, and after the grace period with SIGKILL. */
async function stopped(program: RunningProgram, grace: number): Promise<void> {
  program.kill('SIGTERM');
  const timer = setTimeout(() => program.kill('SIGKILL'), grace);
  await program.ended.finally(() => clearTimeout(timer));
}
