// Which root fields and routes have no case, so that none that is added is forgotten.
import type { GraphQLSchema } from 'graphql';
import type { RestRoute } from '../../src/rest/route.ts';

/** Those without a case, and cases of what there is not. */
export function mismatches(
  schema: GraphQLSchema,
  routes: readonly Pick<RestRoute, 'method' | 'path'>[],
  cases: { fields: Readonly<Record<string, unknown>>; routes: Readonly<Record<string, unknown>> },
): string[] {
  const roots = [schema.getQueryType(), schema.getMutationType()].flatMap((root) =>
    Object.keys(root?.getFields() ?? {}).map((field) => `${root?.name}.${field}`),
  );
  const paths = routes.map(({ method, path }) => `${method} ${path}`);
  const differing = (there: readonly string[], given: readonly string[]) => [
    ...there.filter((one) => !given.includes(one)).map((one) => `${one} has no case`),
    ...given.filter((one) => !there.includes(one)).map((one) => `${one} is not there`),
  ];
  return [...differing(roots, Object.keys(cases.fields)), ...differing(paths, Object.keys(cases.routes))];
}
