// Polls for tasks, runs them, and reports the results. Runs each task once, as far as this process knows.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Conductor, type Task, Unreachable } from './conductor.ts';
import { finishedTasks } from './finished-tasks.ts';
import { type Outcome, retryableFailure, terminalFailure } from './outcome.ts';

/** Runs a task. `signal` ends it early. */
export type TaskHandler = (task: Task, signal: AbortSignal) => Promise<Outcome>;

export interface PollingOptions {
  conductor: Conductor;
  /** By task type. */
  handlers: Readonly<Record<string, TaskHandler>>;
  /** Maximum number of tasks at the same time. */
  limit: number;
  /** Called once, when the server has answered for the first time. */
  onReady: () => void;
  /** Called for each finished task. */
  onEnded: (type: string, task: Task, outcome: Outcome, how: Ending) => void;
}

export interface Ending {
  /** Whether the result could not be reported. */
  lost: boolean;
  /** Duration of the task in milliseconds, without reporting. */
  ms: number;
}

export interface Polling {
  /** Stops polling, and waits up to `graceMs` for running tasks. @returns the number of tasks that were aborted or not reported */
  stop(graceMs: number): Promise<number>;
}

const IDLE_MS = 200;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 15_000;
/** How long a result is reported again. Servers give the task up before that. */
const REPORT_TIMEOUT_MS = 600_000;
/** How long aborted tasks may still be reported. */
const LAST_REPORT_MS = 5_000;

export function startPolling({ conductor, handlers: work, limit, onReady, onEnded }: PollingOptions): Polling {
  const stopping = new AbortController();
  /** Aborts running tasks. */
  const aborting = new AbortController();
  /** Also aborts the attempts to report. */
  const givingUp = new AbortController();
  const running = new Map<string, Promise<void>>();
  const outcomes = finishedTasks();
  let ready = false;
  let unfinished = 0;

  const polling = poll();

  /** Polls one type after the other, and takes no more tasks than the limit allows. The first type rotates, so that no type takes all places. */
  async function poll(): Promise<void> {
    let wait = FIRST_WAIT_MS;
    const types = Object.entries(work);
    while (!stopping.signal.aborted) {
      let found = 0;
      types.push(...types.splice(0, 1));
      try {
        for (const [type, handler] of types) {
          const free = limit - running.size;
          if (free <= 0 || stopping.signal.aborted) break;
          const tasks = await orStopped(conductor.poll(type, free));
          if (!ready && !stopping.signal.aborted) onReady();
          ready = true;
          for (const task of tasks) start(type, handler, task);
          found += tasks.length;
        }
        wait = FIRST_WAIT_MS;
      } catch {
        await pause(wait);
        wait = Math.min(wait * 2, MAX_WAIT_MS);
        continue;
      }
      if (running.size >= limit) await untilAborted(stopping.signal, Promise.race(running.values()));
      else if (found === 0) await pause(IDLE_MS);
    }
  }

  /** Waits for a poll during a stop, because it may return tasks. Does not wait if the server has never answered. */
  async function orStopped(polled: Promise<Task[]>): Promise<Task[]> {
    return (await untilAborted(ready ? aborting.signal : stopping.signal, polled)) ?? [];
  }

  function start(type: string, handler: TaskHandler, task: Task): void {
    // The task was handed out again while it is running. Its result will be reported.
    if (running.has(task.taskId)) return;
    const done = run(type, handler, task).finally(() => running.delete(task.taskId));
    running.set(task.taskId, done);
  }

  async function run(type: string, handler: TaskHandler, task: Task): Promise<void> {
    const began = performance.now();
    let outcome = await outcomeOf(handler, task);
    const ms = Math.round(performance.now() - began);
    const wasAborted = aborting.signal.aborted;
    let reported = await report(task, outcome);
    if (reported === 'refused' && Object.keys(outcome.output).length > 0) {
      // The result may be too large. Without any result, the task would stay open until its timeout.
      outcome = terminalFailure('The Conductor server rejected the result, which may be too large.');
      reported = await report(task, outcome);
    }
    if (wasAborted || (reported !== 'taken' && stopping.signal.aborted)) unfinished += 1;
    onEnded(type, task, outcome, { lost: reported !== 'taken', ms });
  }

  async function outcomeOf(handler: TaskHandler, task: Task): Promise<Outcome> {
    const earlier = outcomes.get(task.taskId);
    // The server may hand out a task again although its result was reported.
    if (earlier !== undefined && earlier.scheduledTime === task.scheduledTime) {
      outcomes.set(task, earlier.outcome);
      return earlier.outcome;
    }
    // A person ran the task again. This process finished the task when the server handed it out before, so the earlier times are not counted.
    const timesSince = task.pollCount - (earlier?.pollCount ?? 0);
    const counted = earlier !== undefined && timesSince > 0 ? { ...task, pollCount: timesSince } : task;
    try {
      const outcome = await handler(counted, aborting.signal);
      outcomes.set(task, outcome);
      return outcome;
    } catch {
      // An unexpected error, for example because the input is nested too deeply. Its message could contain a value, so it is not reported.
      return retryableFailure('The worker failed with an internal error.');
    }
  }

  async function report(task: Task, outcome: Outcome): Promise<'taken' | 'refused' | 'lost'> {
    const until = Date.now() + REPORT_TIMEOUT_MS;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, MAX_WAIT_MS)) {
      try {
        return (await conductor.report(task, outcome)) ? 'taken' : 'refused';
      } catch (error) {
        // An unexpected error is not retried, and its message is not shown.
        if (!(error instanceof Unreachable) || givingUp.signal.aborted || Date.now() > until) return 'lost';
        await sleep(wait, undefined, { signal: givingUp.signal }).catch(() => {});
      }
    }
  }

  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});

  return {
    async stop(graceMs) {
      stopping.abort();
      const allTasks = (async () => {
        await polling;
        await Promise.all(running.values());
      })();
      if (!(await within(allTasks, graceMs))) {
        aborting.abort();
        if (!(await within(allTasks, LAST_REPORT_MS))) {
          givingUp.abort();
          await within(allTasks, 1_000);
        }
      }
      return unfinished + running.size;
    },
  };
}

/** Returns the result of `work`. Returns undefined if `signal` is aborted first. Removes its listener, because the signal lives longer. */
function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Whether `work` ended within the time. */
async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  const waiting = new AbortController();
  const timeout = sleep(ms, false, { signal: waiting.signal }).catch(() => false);
  const done = await Promise.race([work.then(() => true), timeout]);
  waiting.abort();
  return done;
}
