// Finds root fields and routes without a benchmark request, so that a request is added for every new root field and route.
import type { GraphQLSchema } from 'graphql';
import type { RestRoute } from '../../src/rest/route.ts';

/** Returns one line for each root field or route without a benchmark request, and one line for each request whose root field or route does not exist. */
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
    ...there.filter((one) => !given.includes(one)).map((one) => `${one} has no benchmark request`),
    ...given.filter((one) => !there.includes(one)).map((one) => `${one} does not exist`),
  ];
  return [...differing(roots, Object.keys(cases.fields)), ...differing(paths, Object.keys(cases.routes))];
}
