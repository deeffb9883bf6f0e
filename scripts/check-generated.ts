// Checks that the generated code is current: the TypeScript types for schema.graphql, and the Prisma client for schema.prisma.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const CLIENT = 'src/database/generated';

run('scripts/generate-graphql-types.ts', '--check');

// The output path is relative to the schema. Prisma therefore writes the client for a copy of the schema into the directory of the copy.
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

/** Runs a script with the current Node program. If the script fails, the function prints the output of the script. */
function run(script: string, ...args: string[]): boolean {
  // Prisma does not use the native engine for generating code. Prisma only checks that this file exists.
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
