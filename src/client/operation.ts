/** A GraphQL operation. The type parameters are the types of the operation's result and variables. */
export interface Operation<Result, Variables> {
  readonly name: string;
  readonly text: string;
  /** The property `types` exists only for the type checker. At runtime the property is undefined. */
  readonly types?: (variables: Variables) => Result;
}
