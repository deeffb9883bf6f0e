/** Reports once that a server became unreachable, and once that it is reachable again. */
export interface ConnectionStatus {
  down(reason: string): void;
  up(): void;
}

/** @param what the start of the messages: `The gateway at http://…` */
export function connectionStatus(what: string, say: (line: string) => void): ConnectionStatus {
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
  };
}
