/** An operation of GraphQL, with what it answers and what it takes. */
export interface Operation<Result, Variables> {
  readonly name: string;
  readonly text: string;
  /** Known to the compiler alone. */
  readonly types?: (variables: Variables) => Result;
}
