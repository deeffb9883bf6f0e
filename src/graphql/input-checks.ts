import { type ApolloServerPlugin, type BaseContext, type GraphQLResponse, HeaderMap } from '@apollo/server';
import { type GraphQLSchema, Kind } from 'graphql';
import { argumentPath } from './argument-path.ts';
import { coerceVariables } from './coerce-variables.ts';
import { checkCost } from './limits.ts';

/** Variables and cost, once the operation is known. Each problem has its place; nothing was executed. */
export function inputChecks<C extends BaseContext>(schema: GraphQLSchema): ApolloServerPlugin<C> {
  const check: ApolloServerPlugin<C>['requestDidStart'] = async () => ({
    async responseForOperation({ operation, document, request }) {
      if (!operation) return null;
      if (!schema.getRootType(operation.operation)) {
        return answer([problem('BAD_REQUEST', `There are no ${operation.operation}s here.`)]);
      }
      const placeOf = (variable: string) =>
        argumentPath(document, (value) => value.kind === Kind.VARIABLE && value.name.value === variable) ?? variable;
      const { values, problems } = coerceVariables(schema, operation, request.variables ?? {}, placeOf);
      if (problems.length > 0) {
        return answer(
          problems.map(({ field, expected, line, column }) => ({
            ...problem('BAD_USER_INPUT', `${field}: ${expected}`, field),
            locations: [{ line, column }],
          })),
        );
      }
      const tooMuch = checkCost(schema, document, operation, values);
      if (!tooMuch) return null;
      const { code, field } = tooMuch.extensions as { code: string; field?: string };
      return answer([problem(code, tooMuch.message, field)]);
    },
  });
  return { requestDidStart: check };
}

interface Problem {
  readonly message: string;
  readonly locations?: readonly { line: number; column: number }[];
  readonly extensions: Readonly<Record<string, unknown>>;
}

const problem = (code: string, message: string, field?: string): Problem => ({
  message,
  extensions: { ...(field !== undefined && { field }), code },
});

const answer = (errors: readonly Problem[]): GraphQLResponse => ({
  http: { status: 400, headers: new HeaderMap() },
  body: { kind: 'single', singleResult: { errors: [...errors] } },
});
