/** Prints one line when a server becomes unreachable, and one line when the server is reachable again. */
export interface ConnectionStatus {
  down(reason: string): void;
  up(): void;
}

export interface ObservedConnection extends ConnectionStatus {
  /** Whether the last request failed, because the server was unreachable. */
  isDown(): boolean;
}

/** @param what the name of the server at the start of each line, such as `The gateway at http://…` */
export function connectionStatus(what: string, say: (line: string) => void): ObservedConnection {
  let isDown = false;
  return {
    down(reason) {
      if (!isDown) say(`${what} is unreachable (${reason}). Retrying.`);
      isDown = true;
    },
    up() {
      if (isDown) say(`${what} is reachable again.`);
      isDown = false;
    },
    isDown: () => isDown,
  };
}
