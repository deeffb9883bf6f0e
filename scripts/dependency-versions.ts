// Compares the exact versions in our manifests with the versions in a registry. This file sends no requests, because check-versions.ts queries the registry.
import { compare, gt, major, prerelease, rcompare, satisfies } from 'semver';

/** A package at an exact version, and the manifests that require it. */
export interface Dependency {
  name: string;
  version: string;
  manifests: string[];
}

/** The registry's data about a package. */
export interface Published {
  versions: readonly string[];
  /** The publisher's message, if the version in use is deprecated. */
  deprecated?: string | undefined;
}

/** Versions that we do not use, with the reason. The versions are a range, so that the check reports a release outside of the range. */
export interface Exception {
  versions: string;
  reason: string;
}

export interface Comparison extends Dependency {
  /** The newest version with the major number of the version in use. Undefined if the newest version is in use. */
  sameMajor: string | undefined;
  /** The newest version of the package. Undefined if the newest version is in use. */
  newest: string | undefined;
  notes: string[];
  /** Whether the check fails: the version is deprecated or not the newest of its major, and no reason is given. */
  fails: boolean;
}

type Manifest = Partial<Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Record<string, string>>>;

/** The dependencies of the manifests, each package and version once. `npm:other@1.2.3` counts as `other`. */
export function dependenciesOf(manifests: Readonly<Record<string, Manifest>>): Dependency[] {
  const found = new Map<string, Dependency>();
  for (const [manifest, { dependencies, devDependencies, optionalDependencies }] of Object.entries(manifests)) {
    for (const [key, asked] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
      const [, name = key, version = asked] = /^npm:(.+)@([^@]+)$/.exec(asked) ?? [];
      const id = `${name}@${version}`;
      const known = found.get(id);
      if (known === undefined) found.set(id, { name, version, manifests: [manifest] });
      else known.manifests.push(manifest);
    }
  }
  return [...found.values()].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : compare(a.version, b.version),
  );
}

/** @param published undefined: the registry does not have the package at this version */
export function compareVersions(
  dependency: Dependency,
  published: Published | undefined,
  exceptions: readonly Exception[] = [],
): Comparison {
  if (published === undefined)
    return { ...dependency, sameMajor: undefined, newest: undefined, notes: ['not in the registry'], fails: true };
  const { version } = dependency;
  // A package that has only prereleases is compared with the newest prerelease.
  const candidates = published.versions.filter((each) => prerelease(each) === null || prerelease(version) !== null);
  const newer = candidates.filter((each) => gt(each, version)).sort(rcompare);
  const sameMajor = newer.find((each) => major(each) === major(version));
  const newest = newer[0];

  const covers = (each: string | undefined) =>
    exceptions.filter(({ versions }) => each !== undefined && satisfies(each, versions, { includePrerelease: true }));
  const { deprecated } = published;
  const inQuestion = [sameMajor, newest, deprecated === undefined ? undefined : version];
  const reasons = new Set(inQuestion.flatMap(covers).map(({ reason }) => reason));
  return {
    ...dependency,
    sameMajor,
    newest,
    notes: [...(deprecated === undefined ? [] : [`DEPRECATED: ${deprecated}`]), ...reasons],
    fails: [sameMajor, deprecated === undefined ? undefined : version].some(
      (each) => each !== undefined && covers(each).length === 0,
    ),
  };
}

const CHECKED = /(?<=^Versions last checked against the registry: )\d{4}-\d\d-\d\d(?=\.$)/m;

/** The day that `document` says the versions were last checked. */
export function lastChecked(document: string): string {
  return CHECKED.exec(document)?.[0] ?? 'never';
}

/** Sets this day in `document`. @throws Error if the document has no line for it */
export function recordChecked(document: string, day: string): string {
  if (!CHECKED.test(document))
    throw new Error('The document has no line "Versions last checked against the registry: …".');
  return document.replace(CHECKED, day);
}
