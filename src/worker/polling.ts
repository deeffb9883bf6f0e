// Polls, does, reports; each task once, as far as this process knows.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Conductor, type Task, Unreachable } from './conductor.ts';
import { rememberedOutcomes } from './finished-tasks.ts';
import { ended, failed, type Outcome } from './outcome.ts';

/** Does a task. `signal` ends it early. */
export type Work = (task: Task, signal: AbortSignal) => Promise<Outcome>;

export interface PollingOptions {
  conductor: Conductor;
  /** By the types of the tasks. */
  work: Readonly<Record<string, Work>>;
  /** Tasks at one moment. */
  limit: number;
  /** Told once, when the server has answered for the first time. */
  onReady: () => void;
  /** Told of each task that ended. */
  onEnded: (type: string, task: Task, outcome: Outcome, how: Ending) => void;
}

export interface Ending {
  /** Its result could not be reported. */
  lost: boolean;
  /** How long doing it took, without reporting. */
  ms: number;
}

export interface Polling {
  /** Takes no more, and finishes what it began within `graceMs`. @returns how many tasks were cut short or not reported */
  stop(graceMs: number): Promise<number>;
}

const IDLE_MS = 200;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** By then a server has given the task up. */
const GIVES_UP_MS = 600_000;
/** For telling the server of what was cut short. */
const LAST_WORD_MS = 5_000;

export function startPolling({ conductor, work, limit, onReady, onEnded }: PollingOptions): Polling {
  const stopping = new AbortController();
  /** Ends what is under way. */
  const cutting = new AbortController();
  /** Ends also the attempts to report. */
  const leaving = new AbortController();
  const running = new Map<string, Promise<void>>();
  const outcomes = rememberedOutcomes();
  let ready = false;
  let unfinished = 0;

  const polling = poll();

  /** One type after the other, so that no more is taken than there is room for; each in its turn the first, so that none takes all of it. */
  async function poll(): Promise<void> {
    let wait = FIRST_WAIT_MS;
    const types = Object.entries(work);
    while (!stopping.signal.aborted) {
      let found = 0;
      types.push(...types.splice(0, 1));
      try {
        for (const [type, does] of types) {
          const free = limit - running.size;
          if (free <= 0 || stopping.signal.aborted) break;
          const tasks = await orStopped(conductor.poll(type, free));
          if (!ready && !stopping.signal.aborted) onReady();
          ready = true;
          for (const task of tasks) begin(type, does, task);
          found += tasks.length;
        }
        wait = FIRST_WAIT_MS;
      } catch {
        await pause(wait);
        wait = Math.min(wait * 2, LONGEST_WAIT_MS);
        continue;
      }
      if (running.size >= limit) await unless(stopping.signal, Promise.race(running.values()));
      else if (found === 0) await pause(IDLE_MS);
    }
  }

  /** A poll that was answered before is waited for, since it may bring tasks; one to a server that is away is not. */
  async function orStopped(polled: Promise<Task[]>): Promise<Task[]> {
    return (await unless(ready ? cutting.signal : stopping.signal, polled)) ?? [];
  }

  function begin(type: string, does: Work, task: Task): void {
    // Handed out once more while it is under way: its result will come.
    if (running.has(task.taskId)) return;
    const done = carryOut(type, does, task).finally(() => running.delete(task.taskId));
    running.set(task.taskId, done);
  }

  async function carryOut(type: string, does: Work, task: Task): Promise<void> {
    const began = performance.now();
    let outcome = await outcomeOf(does, task);
    const ms = Math.round(performance.now() - began);
    const cutShort = cutting.signal.aborted;
    let reported = await report(task, outcome);
    if (reported === 'refused' && Object.keys(outcome.output).length > 0) {
      // Too large for it, say. Without any result the task would hang until it times out.
      outcome = ended('The server did not take the result, which may be too large for it.');
      reported = await report(task, outcome);
    }
    if (cutShort || (reported !== 'taken' && stopping.signal.aborted)) unfinished += 1;
    onEnded(type, task, outcome, { lost: reported !== 'taken', ms });
  }

  async function outcomeOf(does: Work, task: Task): Promise<Outcome> {
    const before = outcomes.get(task.taskId);
    // A server may hand out again what it was told of.
    if (before !== undefined && before.scheduledTime === task.scheduledTime) {
      outcomes.set(task, before.outcome);
      return before.outcome;
    }
    // Run again by a person. As often as it was handed out until then, it was done here.
    const handedOut = task.pollCount - (before?.pollCount ?? 0);
    const again = before !== undefined && handedOut > 0 ? { ...task, pollCount: handedOut } : task;
    try {
      const outcome = await does(again, cutting.signal);
      outcomes.set(task, outcome);
      return outcome;
    } catch {
      // Not foreseen (nested too deeply to be followed, say), and so nothing is told of it: the task fails, and the worker goes on.
      return failed('The worker failed.');
    }
  }

  async function report(task: Task, outcome: Outcome): Promise<'taken' | 'refused' | 'lost'> {
    const until = Date.now() + GIVES_UP_MS;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        return (await conductor.report(task, outcome)) ? 'taken' : 'refused';
      } catch (error) {
        // What is not foreseen is not tried again, and nothing is told of it.
        if (!(error instanceof Unreachable) || leaving.signal.aborted || Date.now() > until) return 'lost';
        await sleep(wait, undefined, { signal: leaving.signal }).catch(() => {});
      }
    }
  }

  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});

  return {
    async stop(graceMs) {
      stopping.abort();
      const all = (async () => {
        await polling;
        await Promise.all(running.values());
      })();
      if (!(await within(all, graceMs))) {
        cutting.abort();
        if (!(await within(all, LAST_WORD_MS))) {
          leaving.abort();
          await within(all, 1_000);
        }
      }
      return unfinished + running.size;
    },
  };
}

/** What `work` comes to; undefined if `signal` comes first. Leaves nothing on the signal, which outlives many of them. */
function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  return new Promise((tell, fail) => {
    const stop = () => tell(undefined);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(tell, fail).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Whether it came to its end in that time. */
async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  const waiting = new AbortController();
  const late = sleep(ms, false, { signal: waiting.signal }).catch(() => false);
  const done = await Promise.race([work.then(() => true), late]);
  waiting.abort();
  return done;
}
