// Coerces the variables of a request before graphql-js coerces them, because graphql-js quotes the values of variables in errors, and a value may be
// a password. The gateway follows the same rules (GraphQL specification, October 2021, section 6.1.2). An error of the gateway contains only the path
// of the wrong value and the expected type.

import {
  type GraphQLInputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInputType,
  isLeafType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  valueFromAST,
} from 'graphql';
import { ScalarProblem } from './scalars.ts';

const MOST_PROBLEMS = 20;
/** Maximum number of items of a list in a variable. */
const MOST_ITEMS = 1_000;

/** INVARIANT: the description of a problem consists of schema names, declared variable names and list positions. The description contains no value. */
export interface InputProblem {
  /**
   * The path of the wrong value, for example `input.tags.0.key`. The path consists of the name of the argument whose value is the variable, and of
   * field names and list positions. If the variable is not the value of an argument, the path begins with the variable's name.
   */
  readonly field: string;
  readonly expected: string;
  readonly line: number;
  readonly column: number;
}

export interface CoercedVariables {
  readonly values: Readonly<Record<string, unknown>>;
  /** The first 20 problems of the variables. */
  readonly problems: readonly InputProblem[];
}

type Path = readonly (string | number)[];
type Report = (path: Path, expected: string) => void;

class EnoughProblems extends Error {}

export type Coerce = (
  given: Readonly<Record<string, unknown>>,
  placeOf?: (variable: string) => string,
) => CoercedVariables;

/** Returns a function that coerces the variables of an operation. */
export function coercerFor(schema: GraphQLSchema, operation: OperationDefinitionNode): Coerce {
  const declared = (operation.variableDefinitions ?? []).flatMap(({ variable, type: typeNode, defaultValue, loc }) => {
    const type = typeFromAST(schema, typeNode);
    const { line = 1, column = 1 } = loc?.startToken ?? {};
    return isInputType(type) ? [{ name: variable.name.value, type, defaultValue, line, column }] : [];
  });
  return (given, placeOf = (variable) => variable) => {
    const values: Record<string, unknown> = {};
    const problems: InputProblem[] = [];
    try {
      for (const { name, type, defaultValue, line, column } of declared) {
        const report: Report = (path, expected) => {
          problems.push({ field: [placeOf(name), ...path.slice(1)].join('.'), expected, line, column });
          if (problems.length >= MOST_PROBLEMS) throw new EnoughProblems();
        };
        if (Object.hasOwn(given, name)) values[name] = coerce(given[name], type, [name], report);
        else if (defaultValue) values[name] = valueFromAST(defaultValue, type);
        else if (isNonNullType(type)) report([name], `required, expected ${type}`);
      }
    } catch (error) {
      if (!(error instanceof EnoughProblems)) throw error;
    }
    return { values, problems };
  };
}

export function coerceVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>>,
  placeOf?: (variable: string) => string,
): CoercedVariables {
  return coercerFor(schema, operation)(given, placeOf);
}

function coerce(input: unknown, type: GraphQLInputType, path: Path, report: Report): unknown {
  if (isNonNullType(type)) {
    if (input != null) return coerce(input, type.ofType, path, report);
    return report(path, `required, expected ${type}`);
  }
  if (input == null) return null;

  if (isListType(type)) {
    if (!Array.isArray(input)) return [coerce(input, type.ofType, path, report)];
    if (input.length > MOST_ITEMS) return report(path, `expected at most ${MOST_ITEMS} items`);
    return input.map((item, index) => coerce(item, type.ofType, [...path, index], report));
  }

  if (isInputObjectType(type)) {
    if (typeof input !== 'object' || Array.isArray(input)) return report(path, `expected ${type}`);
    const given = input as Record<string, unknown>;
    const fields = type.getFields();
    const coerced: Record<string, unknown> = {};
    for (const field of Object.values(fields)) {
      const value = Object.hasOwn(given, field.name) ? given[field.name] : undefined;
      if (value !== undefined) coerced[field.name] = coerce(value, field.type, [...path, field.name], report);
      else if (field.defaultValue !== undefined) coerced[field.name] = field.defaultValue;
      else if (isNonNullType(field.type)) report([...path, field.name], `required, expected ${field.type}`);
    }
    // INVARIANT: the problem does not name an unknown field, because the name is input.
    const unknown = Object.keys(given).filter((name) => !Object.hasOwn(fields, name)).length;
    if (unknown > 0) report(path, `unknown field in ${type}`);
    if (type.isOneOf) {
      const set = Object.keys(coerced);
      if (set.length !== 1) report(path, `expected exactly one field of ${type}`);
      else if (coerced[set[0]!] === null) report([...path, set[0]!], 'the value is required and must not be null');
    }
    return coerced;
  }

  if (!isLeafType(type)) return undefined;
  try {
    const value = isEnumType(type) ? type.parseValue(input, true) : type.parseValue(input);
    return value === undefined ? report(path, `expected ${type}`) : value;
  } catch (error) {
    // INVARIANT: the gateway uses the message of an error only if the error is a ScalarProblem. The scalars and enums of graphql-js quote the value
    // in their messages.
    return report(path, error instanceof ScalarProblem ? error.message : `expected ${type}`);
  }
}
