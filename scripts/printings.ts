// Writes test/payloads/printings.yaml: ten made-up secret values, printed by many tools. The file contains test vectors: run this script only to add
// printings, and read the difference. The script needs bash, dash, coreutils, python3 with PyYAML, perl, java, go, jq, git, openssl, xxd, hexdump,
// sqlite3, tclsh, kubectl, msgcat, make and systemd-escape.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { PRINTED_VALUES } from '../test/payloads/printed-values.ts';
import { NODE_PRINTINGS, PARTS, RULE_PRINTINGS, YAML_PRINTINGS } from '../test/payloads/printers.ts';
import { SHELL_PRINTINGS } from './printings/shell.ts';

const beside = join(import.meta.dirname, 'printings');
const file = join(import.meta.dirname, '../test/payloads/printings.yaml');
const values = PRINTED_VALUES.map(({ text }) => text);
const asJson = values.map((value) => value.toWellFormed());

/** A longer printing is cut, as a log cuts it: the vector has the first characters and the last characters. */
const [LONGEST, FIRST, LAST] = [900, 500, 250];
const cut = (text: string) => (text.length <= LONGEST ? text : `${text.slice(0, FIRST)}\n…\n${text.slice(-LAST)}`);

interface Printing {
  tool: string;
  name: string;
  texts: Record<string, string>;
}

/** Texts that the file already contains. Many tools print a value unchanged. */
const known = new Set<string>();
const isNew = (text: string) => !known.has(text) && known.add(text);

const printings: Printing[] = [];
const add = (tool: string, name: string, texts: readonly string[]) => {
  const all = PRINTED_VALUES.map((value, i) => [value.name, cut(texts[i] as string)] as const);
  printings.push({ tool, name, texts: Object.fromEntries(all.filter(([, text]) => isNew(text.trim()))) });
};

/** The working directory of each command. The name is fixed, because some commands print their working directory. */
const DIRECTORY = '/tmp/printings';
const DATE = '2026-01-01T00:00:00Z';
/** The environment of each program. The environment of this process would make the vectors depend on the machine. */
const ENVIRONMENT = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  GIT_AUTHOR_DATE: DATE,
  GIT_COMMITTER_DATE: DATE,
  GOCACHE: `${DIRECTORY}-go`,
};

/** Removes the files of this run, and the files of an earlier run that was killed. */
const removeFiles = () => {
  for (const directory of [DIRECTORY, ENVIRONMENT.GOCACHE]) rmSync(directory, { recursive: true, force: true });
};
removeFiles();
process.on('exit', removeFiles);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

/** Runs a program and returns its output. @throws Error if the program fails */
async function output(command: string, args: readonly string[], input: string): Promise<string> {
  // A signal that stops this script takes effect between two programs.
  await setImmediate();
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, maxBuffer: 1e9, env: ENVIRONMENT });
  if (status !== 0 || error !== undefined) throw new Error(`${command} ${args.join(' ')} failed: ${stderr} ${error}`);
  return stdout.toString();
}

function addAll(tool: string, lists: Record<string, string[]>): void {
  for (const [name, texts] of Object.entries(lists).sort(([a], [b]) => (a < b ? -1 : 1))) add(tool, name, texts);
}

for (const { tool, name, command } of SHELL_PRINTINGS) {
  await setImmediate();
  const texts = values.map((value) => {
    mkdirSync(DIRECTORY);
    const valueFile = join(DIRECTORY, 'value');
    writeFileSync(valueFile, value.endsWith('\n') ? value : `${value}\n`);
    // The standard input is a file, because bash reads the start-up files of the machine if its standard input is a socket.
    const input = openSync(valueFile, 'r');
    const { stdout, stderr } = spawnSync('bash', ['-c', command], {
      stdio: [input, 'pipe', 'pipe'],
      maxBuffer: 1e9,
      cwd: DIRECTORY,
      env: { ...ENVIRONMENT, V: value },
    });
    closeSync(input);
    rmSync(DIRECTORY, { recursive: true });
    if (stdout.length === 0) console.error(`${tool} ${name} printed nothing for ${value.slice(0, 20)}: ${stderr}`);
    return stdout.toString();
  });
  add(tool, name, texts);
}
addAll('python3', JSON.parse(await output('python3', [join(beside, 'printings.py')], JSON.stringify(asJson))));
addAll('perl', JSON.parse(await output('perl', [join(beside, 'printings.pl')], JSON.stringify(asJson))));
addAll('go', JSON.parse(await output('go', ['run', join(beside, 'printings.go')], JSON.stringify(asJson))));
const lines = asJson.map((value) => Buffer.from(value).toString('base64')).join('\n');
const java: Record<string, string[]> = {};
for (const line of (await output('java', [join(beside, 'Printings.java')], lines)).trimEnd().split('\n')) {
  const [name = '', text = ''] = line.split('\t');
  java[name] = [...(java[name] ?? []), Buffer.from(text, 'base64').toString()];
}
addAll('java', java);
for (const [tool, list] of [
  ['node', NODE_PRINTINGS],
  ['npm yaml', YAML_PRINTINGS],
  ['by rule', RULE_PRINTINGS],
] as const) {
  for (const [name, printed] of Object.entries(list)) add(tool, name, values.map(printed));
}
for (const { name, of, printed } of PARTS) {
  const value = PRINTED_VALUES.find((one) => one.name === of);
  if (value === undefined) throw new Error(`No value is named ${of}`);
  printings.push({ tool: 'by rule', name, texts: { [of]: cut(printed(value.text)) } });
}

const head = `# Secret values as tools print them. scripts/printings.ts wrote this file with the real tools; "by rule" marks printings of tools that were
# missing. The values are in printed-values.ts. A text of more than ${LONGEST} characters is cut: its first ${FIRST} and its last ${LAST} characters are here.
# A text that equals a text above is omitted. Two lists are kept by hand. "not hidden" has printings that masking does not find, with the words of
# SECURITY.md. "known parts shown" lists encoded values. Masking leaves some parts of these values visible, but these parts are not secret.
# An example is the line "END PRIVATE KEY" of a PEM.
`;
const byHand = existsSync(file) ? parse(readFileSync(file, 'utf8')) : {};
writeFileSync(file, head + stringify({ ...byHand, printings }, { lineWidth: 0, blockQuote: false }));
console.log(`${printings.length} printings`);
