import { type FieldNode, type GraphQLField, getArgumentValues, isNonNullType, Kind, valueFromAST } from 'graphql';
import type { Variables } from './collect-fields.ts';

type Arguments = Record<string, unknown>;

/** What an argument is, by its place: always the same, or what a variable has (`otherwise`, if it has nothing). */
type Given =
  | { readonly name: string; readonly value: unknown }
  | { readonly name: string; readonly variable: string; readonly otherwise: unknown; readonly isRequired: boolean };

/**
 * What gives the arguments of a field from coerced variables, as `getArgumentValues` of graphql-js does: with as much of it done beforehand as can
 * be. @throws GraphQLError (what it gives does) for a variable that turns out to be null where a field takes none
 */
export function argumentsOf(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
): (variables: Variables) => Arguments {
  const whole = (variables: Variables): Arguments => getArgumentValues(field, node, variables);
  const given: Given[] = [];
  for (const { name, type, defaultValue } of field.args) {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
    const isRequired = isNonNullType(type);
    if (value?.kind === Kind.VARIABLE) {
      if (!isPlain(defaultValue)) return whole;
      given.push({ name, variable: value.name.value, otherwise: defaultValue, isRequired });
    } else if (value === undefined) {
      if (!isPlain(defaultValue) || (defaultValue === undefined && isRequired)) return whole;
      if (defaultValue !== undefined) given.push({ name, value: defaultValue });
    } else {
      const literal = valueFromAST(value, type);
      // An object is made anew each time: whoever is given one may keep it, and change it.
      if (literal === undefined || !isPlain(literal)) return whole;
      given.push({ name, value: literal });
    }
  }

  return (variables) => {
    const values: Arguments = {};
    for (const argument of given) {
      if ('value' in argument) values[argument.name] = argument.value;
      else {
        const has = Object.hasOwn(variables, argument.variable);
        const value = has ? variables[argument.variable] : argument.otherwise;
        // What is wrong with it is graphql-js' to say.
        if (argument.isRequired && value == null) return whole(variables);
        if (has || value !== undefined) values[argument.name] = value;
      }
    }
    return values;
  };
}

const isPlain = (value: unknown) => typeof value !== 'object' || value === null;
