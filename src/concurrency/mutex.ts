import { Unavailable } from '../errors.ts';

/** Whoever has the turn; the others wait in line. */
export interface Turns {
  /** Resolves when it is one's turn, with what ends it. @throws Unavailable after `patienceMs` */
  take(): Promise<() => void>;
}

/** `complaint` is what a log says when somebody waited in vain. */
export function turns(patienceMs: number, complaint: string): Turns {
  const line: ((end: () => void) => void)[] = [];
  let taken = false;
  const next = () => {
    const first = line.shift();
    if (first === undefined) taken = false;
    else first(once(next));
  };
  return {
    take() {
      if (!taken) {
        taken = true;
        return Promise.resolve(once(next));
      }
      return new Promise((resolve, reject) => {
        const wait = (end: () => void) => {
          clearTimeout(timer);
          resolve(end);
        };
        const timer = setTimeout(() => {
          line.splice(line.indexOf(wait), 1);
          reject(new Unavailable(new Error(complaint)));
        }, patienceMs);
        line.push(wait);
      });
    },
  };
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
}
