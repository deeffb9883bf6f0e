/** Says once that something is away, and once that it is back. */
export interface Connection {
  down(reason: string): void;
  up(): void;
}

/** @param what how a sentence about it begins: `The gateway at http://…` */
export function connection(what: string, say: (line: string) => void): Connection {
  let away = false;
  return {
    down(reason) {
      if (!away) say(`${what} is away (${reason}): trying again.`);
      away = true;
    },
    up() {
      if (away) say(`${what} is back.`);
      away = false;
    },
  };
}
