// Writes test/formats/vectors.jsonl: what the npm packages dotenv and @dotenvx/dotenvx, Docker, sh and bash read from files with secrets. Run the script
// after a change of a printer: `node scripts/format-vectors.ts`. The script needs npm, Docker's command line, sh and bash.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORMATS, type FormatName } from '../src/formats/formats.ts';
import { FILES } from '../test/formats/files.ts';
import { FORMAT_VALUES } from '../test/formats/odd-values.ts';
import { dotenvPackages, type Read, readByDocker, readByShell } from '../test/formats/real-tools.ts';

const PACKAGES = ['dotenv@18.0.10', '@dotenvx/dotenvx@2.38.2'];
const folder = mkdtempSync(join(tmpdir(), 'dotenv-'));
writeFileSync(join(folder, 'package.json'), '{}');
execFileSync('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', ...PACKAGES], { stdio: 'ignore' });
const packages = dotenvPackages(folder);

/** Returns the first line that a program prints about its version. */
const versionOf = (program: string, ...args: string[]) => execFileSync(program, args).toString().split('\n')[0];

const TOOLS: {
  tool: string;
  version: string | undefined;
  format: FormatName;
  read(text: string): Promise<Read | null>;
}[] = [
  { tool: 'dotenv', version: PACKAGES[0], format: 'dotenv', read: async (text) => packages.dotenv(text) },
  { tool: 'dotenvx', version: PACKAGES[1], format: 'dotenv', read: async (text) => packages.dotenvx(text) },
  { tool: 'docker', version: versionOf('docker', '--version'), format: 'docker', read: readByDocker },
  {
    tool: 'sh',
    version: versionOf('readlink', '-f', '/bin/sh'),
    format: 'shell',
    read: (text) => readByShell('sh', text, ['A']),
  },
  {
    tool: 'bash',
    version: versionOf('bash', '--version'),
    format: 'shell',
    read: (text) => readByShell('bash', text, ['A']),
  },
];

/** The shells are compared by a test in each run. Therefore the vectors of the shells contain only files that people write. */
const isRecorded = (tool: string, value: string) => !['sh', 'bash'].includes(tool) && value.length < 200;

const lines: string[] = [];
for (const { tool, version, format, read } of TOOLS) {
  const values = FORMAT_VALUES.filter((value) => isRecorded(tool, value));
  const printed = values
    .map((value) => FORMATS[format].print([{ name: 'A', value }]).text)
    .filter((text) => text !== '');
  for (const text of [...printed, ...(FILES[format] ?? []).filter((text) => text.length < 200)]) {
    const found = await read(text).catch(() => null);
    lines.push(JSON.stringify({ tool, version, format, text, read: found?.A ?? null }));
  }
}
rmSync(folder, { recursive: true });
writeFileSync('test/formats/vectors.jsonl', `${lines.join('\n')}\n`);
