// Finds root fields and routes without a case, so that every new root field and route gets a case.
import type { GraphQLSchema } from 'graphql';
import type { RestRoute } from '../../src/rest/route.ts';

/** A line for each root field or route without a case, and for each case without a root field or route. */
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
