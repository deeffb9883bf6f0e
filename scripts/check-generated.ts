// Checks that the generated code is current: the types of schema.graphql, and Prisma's client of schema.prisma.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const CLIENT = 'src/database/generated';

run('scripts/generate-graphql-types.ts', '--check');

// The output path is relative to the schema, so a copy of the schema generates into its own directory.
const beside = mkdtempSync(join(tmpdir(), 'generated-'));
try {
  const schema = join(beside, 'prisma/schema.prisma');
  cpSync(join(root, 'prisma/schema.prisma'), schema);
  if (run('node_modules/prisma/build/index.js', 'generate', '--schema', schema)) {
    const [made, kept] = [filesBelow(join(beside, CLIENT)), filesBelow(join(root, CLIENT))];
    for (const path of new Set([...made.keys(), ...kept.keys()])) {
      if (made.get(path) !== kept.get(path)) complain(`${CLIENT}/${path} is not current. Run \`npm run generate\`.`);
    }
  }
} finally {
  rmSync(beside, { recursive: true, force: true });
}

/** Runs a script with this Node, and prints its output if it fails. */
function run(script: string, ...args: string[]): boolean {
  // Generating does not need the native engine; Prisma only checks that this file exists.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: join(root, 'package.json'), CHECKPOINT_DISABLE: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { cwd: root, env });
  if (status !== 0) complain(`${stdout}${stderr}`.trim());
  return status === 0;
}

function complain(line: string): void {
  console.error(line);
  process.exitCode = 1;
}

function filesBelow(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}
