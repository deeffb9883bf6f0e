// Polls the Conductor server for tasks, runs the tasks, and reports the results. This process does not run a task again that it has already finished.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Conductor, type Task, Unreachable } from './conductor.ts';
import { finishedTasks } from './finished-tasks.ts';
import { type Outcome, retryableFailure, terminalFailure } from './outcome.ts';

/** Runs a task. If `signal` is aborted, the task ends early. */
export type TaskHandler = (task: Task, signal: AbortSignal) => Promise<Outcome>;

export interface PollingOptions {
  conductor: Conductor;
  /** The handlers by task type. */
  handlers: Readonly<Record<string, TaskHandler>>;
  /** Maximum number of tasks at the same time. */
  limit: number;
  /** Called once, when the Conductor server has answered a poll for the first time. */
  onReady: () => void;
  /** Called for each finished task. */
  onEnded: (type: string, task: Task, outcome: Outcome, how: Ending) => void;
}

export interface Ending {
  /** Whether the worker failed to report the result to the Conductor server. */
  lost: boolean;
  /** Duration of the task in milliseconds, without the time for reporting the result. */
  ms: number;
}

export interface Polling {
  /**
   * Stops polling, and waits up to `graceMs` milliseconds for running tasks. @returns the number of tasks that were aborted or whose results were not
   * reported
   */
  stop(graceMs: number): Promise<number>;
}

const IDLE_MS = 200;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 15_000;
/**
 * The time in milliseconds for which the worker retries to report a result. Conductor servers end a task without a result before this time has
 * passed.
 */
const REPORT_TIMEOUT_MS = 600_000;
/** The time in milliseconds for which the results of aborted tasks may still be reported. */
const LAST_REPORT_MS = 5_000;

export function startPolling({ conductor, handlers: work, limit, onReady, onEnded }: PollingOptions): Polling {
  const stopping = new AbortController();
  /** Aborts running tasks. */
  const aborting = new AbortController();
  /** Aborts the attempts to report results. */
  const givingUp = new AbortController();
  const running = new Map<string, Promise<void>>();
  const outcomes = finishedTasks();
  let ready = false;
  let unfinished = 0;

  const polling = poll();

  /**
   * Polls for tasks of one type after the other, and accepts no more tasks than the limit allows. Each poll begins with the next type, so that the
   * tasks of one type cannot use up the limit.
   */
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

  /**
   * Waits for a running poll even while the worker is stopping, because the poll may return tasks. Does not wait if the Conductor server has never
   * answered.
   */
  async function orStopped(polled: Promise<Task[]>): Promise<Task[]> {
    return (await untilAborted(ready ? aborting.signal : stopping.signal, polled)) ?? [];
  }

  function start(type: string, handler: TaskHandler, task: Task): void {
    // The Conductor server returned a task that is still running in this process. The result of the running task will be reported.
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
      // The Conductor server may have rejected the result because the result is too large. A short failure is reported instead, because a task
      // without a result would stay open until its timeout.
      outcome = terminalFailure('The Conductor server rejected the result, which may be too large.');
      reported = await report(task, outcome);
    }
    if (wasAborted || (reported !== 'taken' && stopping.signal.aborted)) unfinished += 1;
    onEnded(type, task, outcome, { lost: reported !== 'taken', ms });
  }

  async function outcomeOf(handler: TaskHandler, task: Task): Promise<Outcome> {
    const earlier = outcomes.get(task.taskId);
    // The Conductor server may return a task to a poll again although the result was reported. In that case, the stored outcome is reported again.
    if (earlier !== undefined && earlier.scheduledTime === task.scheduledTime) {
      outcomes.set(task, earlier.outcome);
      return earlier.outcome;
    }
    // If this process has finished the task before, a person has run the task again. The polls before that finished run are not counted.
    const timesSince = task.pollCount - (earlier?.pollCount ?? 0);
    const counted = earlier !== undefined && timesSince > 0 ? { ...task, pollCount: timesSince } : task;
    try {
      const outcome = await handler(counted, aborting.signal);
      outcomes.set(task, outcome);
      return outcome;
    } catch {
      // The error is unexpected, for example because the input is nested too deeply. The error's message is not reported, because the message could
      // contain a secret value.
      return retryableFailure('The worker failed with an internal error.');
    }
  }

  async function report(task: Task, outcome: Outcome): Promise<'taken' | 'refused' | 'lost'> {
    const until = Date.now() + REPORT_TIMEOUT_MS;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, MAX_WAIT_MS)) {
      try {
        return (await conductor.report(task, outcome)) ? 'taken' : 'refused';
      } catch (error) {
        // After an unexpected error, reporting is not retried, and the error's message is not shown.
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

/**
 * Returns the result of `work`, or undefined if `signal` is aborted first. The function removes its listener from `signal`, because `signal` is used
 * longer than `work`.
 */
function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Waits for `work`, at most `ms` milliseconds. Returns whether `work` ended within this time. */
async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  const waiting = new AbortController();
  const timeout = sleep(ms, false, { signal: waiting.signal }).catch(() => false);
  const done = await Promise.race([work.then(() => true), timeout]);
  waiting.abort();
  return done;
}
