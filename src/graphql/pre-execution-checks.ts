import { type ApolloServerPlugin, type BaseContext, type GraphQLResponse, HeaderMap } from '@apollo/server';
import { type GraphQLSchema, Kind } from 'graphql';
import { argumentPath } from './argument-path.ts';
import { coerceVariables } from './coerce-variables.ts';
import { checkCost } from './limits.ts';

/** Checks the variables and the cost of an operation before Apollo Server executes the operation. */
export function preExecutionChecks<C extends BaseContext>(schema: GraphQLSchema): ApolloServerPlugin<C> {
  const requestDidStart: ApolloServerPlugin<C>['requestDidStart'] = async () => ({
    async responseForOperation({ operation, document, request }) {
      if (!operation) return null;
      if (!schema.getRootType(operation.operation)) {
        return answer([problem('BAD_REQUEST', `The schema has no ${operation.operation} operations.`)]);
      }
      const placeOf = (variable: string) =>
        argumentPath(document, (value) => value.kind === Kind.VARIABLE && value.name.value === variable) ?? variable;
      const { values, problems } = coerceVariables(schema, operation, request.variables ?? {}, placeOf);
      if (problems.length > 0) {
        return answer(
          problems.map(({ field, expected, line, column }) => ({
            ...problem('BAD_USER_INPUT', `${field}: ${expected}`, { field, expected }),
            locations: [{ line, column }],
          })),
        );
      }
      const tooCostly = checkCost(schema, document, operation, values);
      if (!tooCostly) return null;
      const { http: _, code, ...details } = tooCostly.extensions;
      return answer([problem(String(code), tooCostly.message, details)]);
    },
  });
  return { requestDidStart };
}

interface Problem {
  readonly message: string;
  readonly locations?: readonly { line: number; column: number }[];
  readonly extensions: Readonly<Record<string, unknown>>;
}

const problem = (code: string, message: string, details: Readonly<Record<string, unknown>> = {}): Problem => ({
  message,
  extensions: { ...details, code },
});

const answer = (errors: readonly Problem[]): GraphQLResponse => ({
  http: { status: 400, headers: new HeaderMap() },
  body: { kind: 'single', singleResult: { errors: [...errors] } },
});
