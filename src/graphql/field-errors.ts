import type { GraphQLError, GraphQLResolveInfo } from 'graphql';

type Path = GraphQLResolveInfo['path'] | undefined;

/** The errors of an execution. One that comes from where another one, or one above, has left a null already is not told. */
export class FieldErrors {
  readonly errors: GraphQLError[] = [];
  readonly #places = new Set<Path>();

  /** `path` is that of the null that is left; undefined if nothing is. */
  add(error: GraphQLError, path: Path): void {
    if (this.#places.size > 0) {
      for (let at = path; at !== undefined; at = at.prev) if (this.#places.has(at)) return;
      if (this.#places.has(undefined)) return;
    }
    this.#places.add(path);
    this.errors.push(error);
  }
}
