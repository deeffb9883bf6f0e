/** How each member is made: out of what its object is made of, and of other members. */
export type Makers<Of, Members> = { readonly [Name in keyof Members]: (of: Of, members: Members) => Members[Name] };

/** Gives what makes objects whose members are each made once, when they are first asked for. */
export function lazily<Of, Members extends object>(makers: Makers<Of, Members>): (of: Of) => Members {
  // Getters of a class cost an object nothing; its own ones would cost more than they save.
  class Lazy {
    readonly #of: Of;
    readonly #made: Partial<Members> = {};
    constructor(of: Of) {
      this.#of = of;
    }
    static {
      for (const name of Object.keys(makers) as (keyof Members)[]) {
        Object.defineProperty(Lazy.prototype, name, {
          get(this: Lazy & Members) {
            this.#made[name] ??= makers[name](this.#of, this);
            return this.#made[name];
          },
        });
      }
    }
  }
  return (of) => new Lazy(of) as Lazy & Members;
}
