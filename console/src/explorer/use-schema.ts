import { useQuery } from '@tanstack/react-query';
import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { ask } from '../api/ask.ts';

/**
 * The schema, which the gateway returns by introspection. If introspection is off, or if only registered operations are allowed, `problem`
 * is the error.
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
    // Structural sharing works with plain objects only, and a schema is not a plain object.
    structuralSharing: false,
  });
  return { schema: data, problem: error };
}
