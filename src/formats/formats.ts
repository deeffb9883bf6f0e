// The formats of files with secrets, by name.
import { docker } from './docker.ts';
import { doppler } from './doppler.ts';
import { dotenv } from './dotenv.ts';
import type { Format } from './format.ts';
import { infisical } from './infisical.ts';
import { json } from './json.ts';
import { kubernetes } from './kubernetes.ts';
import { shell } from './shell.ts';
import { yaml } from './yaml.ts';

export const FORMATS = { dotenv, docker, shell, json, yaml, kubernetes, doppler, infisical } satisfies Record<
  string,
  Format
>;

export type FormatName = keyof typeof FORMATS;

export const isFormatName = (name: string): name is FormatName => Object.hasOwn(FORMATS, name);

/** Guesses the format of a file by the end of its name and by its text. Returns undefined if the name is not known. */
export function guessedFormat(fileName: string, text: string): FormatName | undefined {
  const name = fileName.toLowerCase();
  if (name.endsWith('.json')) return /^\s*\[/.test(text) ? 'infisical' : isManifest(text) ? 'kubernetes' : 'json';
  if (/\.ya?ml$/.test(name)) return isManifest(text) ? 'kubernetes' : 'yaml';
  if (name.endsWith('.csv')) return 'infisical';
  if (name.endsWith('.sh')) return 'shell';
  return /(^|[./\\])env(\.[\w-]+)*$/.test(name) ? 'dotenv' : undefined;
}

/** Returns whether a text in YAML or JSON names the kind of a Kubernetes manifest. */
const isManifest = (text: string) => /(^|[{,\s])"?kind"?\s*:/.test(text) && /(^|[{,\s])"?apiVersion"?\s*:/.test(text);
