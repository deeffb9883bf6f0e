// Compares the exact versions in our manifests with the versions in a registry. The functions send no requests. The script check-versions.ts sends
// the requests to the registry.
import { compare, gt, major, prerelease, rcompare, satisfies } from 'semver';

/** An exact version of a package, and the manifests that require this version. */
export interface Dependency {
  name: string;
  version: string;
  manifests: string[];
}

/** The data of the registry about a package. */
export interface Published {
  versions: readonly string[];
  /** The deprecation message of the publisher, if the version in use is deprecated. */
  deprecated?: string | undefined;
}

/** Versions that the project does not use, and the reason. The versions are a range, so that the check reports a new release outside of the range. */
export interface Exception {
  versions: string;
  reason: string;
}

export interface Comparison extends Dependency {
  /** The newest version with the same major number as the version in use. The field is undefined if this newest version is in use. */
  sameMajor: string | undefined;
  /** The newest version of the package. The field is undefined if the newest version is in use. */
  newest: string | undefined;
  notes: string[];
  /**
   * True if the check fails. The check fails if no reason is listed and the version is deprecated, or if no reason is listed and a newer version of
   * the same major exists.
   */
  fails: boolean;
}

type Manifest = Partial<Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Record<string, string>>>;

/** Returns the dependencies of the manifests, without duplicates. The alias `npm:other@1.2.3` counts as the package `other`. */
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

/** @param published the data of the registry, or undefined if the registry does not contain this version of the package */
export function compareVersions(
  dependency: Dependency,
  published: Published | undefined,
  exceptions: readonly Exception[] = [],
): Comparison {
  if (published === undefined)
    return { ...dependency, sameMajor: undefined, newest: undefined, notes: ['missing in the registry'], fails: true };
  const { version } = dependency;
  // If a package has only prereleases, the check compares the version in use with the newest prerelease.
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

/** Returns the day of the last check, according to `document`. */
export function lastChecked(document: string): string {
  return CHECKED.exec(document)?.[0] ?? 'never';
}

/** Replaces the day of the last check in `document`. @throws Error if the document contains no line with the day */
export function recordChecked(document: string, day: string): string {
  if (!CHECKED.test(document))
    throw new Error('The document contains no line "Versions last checked against the registry: …".');
  return document.replace(CHECKED, day);
}
