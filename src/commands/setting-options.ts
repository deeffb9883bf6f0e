// The flags of the settings: `--port` for PORT, and `--config` for the configuration file. A secret setting has only the flag `--…-file`.
import { Option } from 'commander';
import { type Config, readConfig } from '../config.ts';
import { hasValueFile, placeholderOf, type SettingName, settingOf } from '../settings/settings.ts';
import { CONFIG_VARIABLE, collectSettings, type Environment } from '../settings/sources.ts';
import { type CliCommand, declaredCommand, SETTINGS_HEADING } from './cli-command.ts';

/** The settings of commands that open the gateway's database and keyring directly. */
const STORE_SETTINGS = [
  'DATA_DIR',
  'DATABASE_URL',
  'KEYRING',
  'KEYRING_FILE',
] as const satisfies readonly SettingName[];

/** Adds a flag for each of the settings, and `--config`. */
export function addSettingOptions(command: CliCommand, names: readonly SettingName[]): CliCommand {
  const option = (flags: string, variable: string, help: string) => {
    const added = new Option(flags, help).helpGroup(SETTINGS_HEADING).argParser((text: string) => text);
    added.attributeName = () => variable;
    command.addOption(added);
  };
  for (const name of names) {
    const { meaning, secret, default: standard } = settingOf(name);
    const flag = `--${name.toLowerCase().replaceAll('_', '-')}`;
    if (secret === undefined)
      option(`${flag} <${placeholderOf(name)}>`, name, `${meaning}${standard ? ` (default: ${standard})` : ''}`);
    else if (hasValueFile(name)) option(`${flag}-file <FILE>`, `${name}_FILE`, `file with the ${meaning}`);
  }
  option('--config <FILE>', CONFIG_VARIABLE, `file with settings, one NAME=value a line (or ${CONFIG_VARIABLE})`);
  return command;
}

/**
 * Builds a command that opens the gateway's database and keyring directly. `run` receives the settings of the gateway, then the arguments, then the
 * options.
 * @param settings further settings that the command has as flags
 */
export function storeCommand<A extends unknown[]>(
  nameAndArguments: string,
  summary: string,
  run: (config: Config, ...args: A) => Promise<number>,
  settings: readonly SettingName[] = [],
): CliCommand {
  const command = declaredCommand(nameAndArguments, summary);
  return addSettingOptions(command, [...STORE_SETTINGS, ...settings]).runs((...args: A) =>
    run(readConfig(settingsOf(command)), ...args),
  );
}

/** Returns the settings of a command, from its flags, the environment and the configuration file. @throws ConfigError */
export function settingsOf(command: CliCommand): Environment {
  const flags = Object.entries(command.opts()).filter(([name]) => /^[A-Z_]+$/.test(name));
  return collectSettings(Object.fromEntries(flags) as Environment, process.env);
}
