import { useQuery } from '@tanstack/react-query';
import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { ask } from '../api/ask.ts';

/**
 * Fetches the GraphQL schema by introspection. `problem` contains the error if the gateway disallows introspection or allows only
 * registered operations.
 */
export function useSchema(): { schema: GraphQLSchema | undefined; problem: unknown } {
  const { data, error } = useQuery({
    queryKey: ['schema'],
    queryFn: async ({ signal }) => {
      const text = getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true, oneOf: true });
      const found = await ask<IntrospectionQuery, object>({ name: 'IntrospectionQuery', text }, {}, { signal });
      return buildClientSchema(found);
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    // Structural sharing of React Query supports only plain objects. A GraphQL schema is not a plain object.
    structuralSharing: false,
  });
  return { schema: data, problem: error };
}
