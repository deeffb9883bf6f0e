// Collects the settings from their sources: flags, environment variables, a configuration file, and files that contain one secret value.
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigError } from './config-error.ts';
import { hasValueFile, SETTING_NAMES } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment variable that names the configuration file. */
export const CONFIG_VARIABLE = 'SECRETS_GATEWAY_CONFIG';

const FILE_NAMES = SETTING_NAMES.filter(hasValueFile).map((name) => `${name}_FILE`);

/**
 * Returns the environment variables together with all settings from the other sources. A flag takes precedence over an environment variable, and an
 * environment variable takes precedence over the configuration file. An empty text counts as not set.
 * @param flags settings from the command line, by the name of the setting. The member `SECRETS_GATEWAY_CONFIG` names the configuration file
 * @throws ConfigError
 */
export function collectSettings(flags: Environment, env: Environment): Environment {
  const problems: string[] = [];
  const file = given(flags[CONFIG_VARIABLE]) ?? given(env[CONFIG_VARIABLE]);
  const merged: Record<string, string | undefined> = file === undefined ? {} : readConfigFile(file, problems);
  for (const source of [env, flags])
    for (const [name, value] of Object.entries(source)) if (given(value) !== undefined) merged[name] = value;
  for (const name of SETTING_NAMES.filter(hasValueFile)) {
    const path = given(merged[`${name}_FILE`]);
    if (path === undefined) continue;
    if (given(merged[name]) !== undefined)
      problems.push(`${name} and ${name}_FILE exclude each other: set one of them`);
    else merged[name] = readFile(path, `${name}_FILE`, problems)?.replace(/\r?\n$/, '');
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return merged;
}

/** Reads a configuration file: lines `NAME=value`, as in a file for `docker --env-file` or dotenv. */
function readConfigFile(path: string, problems: string[]): Record<string, string | undefined> {
  const text = readFile(path, 'The configuration file', problems);
  const settings = text === undefined ? {} : parseEnv(text);
  for (const name of Object.keys(settings)) {
    if (!(SETTING_NAMES as string[]).includes(name) && !FILE_NAMES.includes(name))
      problems.push(`The configuration file ${path} contains a name that is no setting: ${shownName(name)}`);
  }
  return settings;
}

/** INVARIANT: the function returns only text that looks like the name of a setting, because a malformed line can contain a secret value. */
function shownName(name: string): string {
  return /^[A-Z][A-Z_]{0,39}$/.test(name) ? name : '(a malformed name)';
}

function readFile(path: string, what: string, problems: string[]): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    problems.push(`${what}: cannot read ${path} (${code === 'ENOENT' ? 'the file does not exist' : code})`);
    return undefined;
  }
}

function given(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value;
}
