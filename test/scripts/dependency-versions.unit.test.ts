import { describe, expect, test } from 'vitest';
import { compareVersions, dependenciesOf, lastChecked, recordChecked } from '../../scripts/dependency-versions.ts';

const using = (version: string) => ({ name: 'a', version, manifests: ['gateway'] });
const publishing = (...versions: string[]) => ({ versions });

describe('the list of dependencies in the manifests', () => {
  test('the check of dependencies lists all kinds of dependencies in order, and lists a version that two manifests share once', () => {
    expect(
      dependenciesOf({
        gateway: { dependencies: { b: '1.0.0', c: '1.0.0' }, optionalDependencies: { a: '1.0.0' } },
        bench: { devDependencies: { b: '1.0.0' }, dependencies: { c: '2.0.0' } },
      }),
    ).toEqual([
      { name: 'a', version: '1.0.0', manifests: ['gateway'] },
      { name: 'b', version: '1.0.0', manifests: ['gateway', 'bench'] },
      { name: 'c', version: '1.0.0', manifests: ['gateway'] },
      { name: 'c', version: '2.0.0', manifests: ['bench'] },
    ]);
  });

  test('the check of dependencies compares an aliased package by its real name', () => {
    expect(dependenciesOf({ gateway: { dependencies: { old: 'npm:@scope/a@3.1.0' } } })).toEqual([
      { name: '@scope/a', version: '3.1.0', manifests: ['gateway'] },
    ]);
  });
});

describe('the check of one dependency', () => {
  test.each<[string, string, string[], object]>([
    [
      'at the newest version passes the check',
      '1.2.3',
      ['1.2.2', '1.2.3'],
      { sameMajor: undefined, newest: undefined, fails: false },
    ],
    [
      'that lacks a patch of its major fails the check',
      '1.2.3',
      ['1.2.3', '1.2.4'],
      { sameMajor: '1.2.4', newest: '1.2.4', fails: true },
    ],
    [
      'that lacks a minor of its major fails the check',
      '1.9.0',
      ['1.10.0', '1.9.0'],
      { sameMajor: '1.10.0', fails: true },
    ],
    [
      'that lacks only a newer major passes the check',
      '1.2.3',
      ['1.2.3', '2.0.0'],
      { sameMajor: undefined, newest: '2.0.0', fails: false },
    ],
    [
      'is not compared with prereleases',
      '1.2.3',
      ['1.2.3', '1.2.4-rc.1', '2.0.0-rc.1'],
      { newest: undefined, fails: false },
    ],
    [
      'that is a prerelease is compared with prereleases',
      '1.2.0-b.1',
      ['1.2.0-b.1', '1.2.0-b.2'],
      { sameMajor: '1.2.0-b.2', fails: true },
    ],
  ])('the check of dependencies: a dependency %s', (_, version, versions, expected) => {
    expect(compareVersions(using(version), publishing(...versions))).toMatchObject(expected);
  });

  test('if a dependency is deprecated, the check fails with the message of the publisher', () => {
    expect(compareVersions(using('1.0.0'), { versions: ['1.0.0'], deprecated: 'Use b.' })).toMatchObject({
      notes: ['DEPRECATED: Use b.'],
      fails: true,
    });
  });

  test('if the registry does not contain a dependency, the check fails', () => {
    expect(compareVersions(using('1.0.0'), undefined)).toMatchObject({
      notes: ['missing in the registry'],
      fails: true,
    });
  });
});

describe('exceptions from the check of dependencies', () => {
  const skip = [{ versions: '1.0.1', reason: 'broken' }];

  test('an exception excuses the dependency version that it names, and the check prints its reason', () => {
    expect(compareVersions(using('1.0.0'), publishing('1.0.0', '1.0.1'), skip)).toMatchObject({
      sameMajor: '1.0.1',
      notes: ['broken'],
      fails: false,
    });
  });

  test('an exception does not excuse the next version of the dependency', () => {
    expect(compareVersions(using('1.0.0'), publishing('1.0.1', '1.0.2'), skip)).toMatchObject({
      notes: [],
      fails: true,
    });
  });

  test('the check prints an exception for a newer major version, and the exception does not excuse a patch of the current major version', () => {
    const stay = [{ versions: '>=2', reason: 'stays on 1' }];
    expect(compareVersions(using('1.0.0'), publishing('1.0.1', '2.0.0'), stay)).toMatchObject({
      notes: ['stays on 1'],
      fails: true,
    });
  });

  test('if a dependency version is deprecated, an exception excuses it only if the exception names exactly this version', () => {
    const published = { versions: ['1.0.0'], deprecated: 'Old.' };
    const fails = (versions: string) =>
      compareVersions(using('1.0.0'), published, [{ versions, reason: 'known' }]).fails;
    expect([fails('1.0.0'), fails('>=2')]).toEqual([false, true]);
  });
});

describe('the date of the last check of dependencies', () => {
  const document = '# Dependencies\n\nVersions last checked against the registry: 2026-01-31.\n\nMore.\n';

  test('the check reads the date of the last check from the document, and replaces the date in the document', () => {
    expect(lastChecked(document)).toBe('2026-01-31');
    expect(recordChecked(document, '2026-11-30')).toBe(document.replace('2026-01-31', '2026-11-30'));
  });

  test('if a document lacks the line for the date, the check cannot record its date in the document', () => {
    expect(lastChecked('# Dependencies\n')).toBe('never');
    expect(() => recordChecked('# Dependencies\n', '2026-11-30')).toThrow(/no line/);
  });
});
