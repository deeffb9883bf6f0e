/** A GraphQL operation with the types of its result and its variables. */
export interface Operation<Result, Variables> {
  readonly name: string;
  readonly text: string;
  /** Only the type checker uses this property. */
  readonly types?: (variables: Variables) => Result;
}
