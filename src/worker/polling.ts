// Polls the Conductor server for tasks, runs the tasks, and reports the results. A worker process never runs a task again that the process already
// finished.

import { setTimeout as sleep } from 'node:timers/promises';
import { Unreachable } from '../conductor/task.ts';
import { endsWithin } from '../primitives/ends-within.ts';
import { tracer } from '../telemetry/tracer.ts';
import type { Conductor, PolledTask } from './conductor.ts';
import { finishedTasks } from './finished-tasks.ts';
import { type Outcome, retryableFailure, terminalFailure } from './outcome.ts';

/** Runs a task. If the caller aborts `signal`, the task ends early. */
export type TaskHandler = (task: PolledTask, signal: AbortSignal) => Promise<Outcome>;

export interface PollingOptions {
  conductor: Conductor;
  /** The function that runs tasks, for each task type. */
  handlers: Readonly<Record<string, TaskHandler>>;
  /** Maximum number of tasks that run at the same time. */
  limit: number;
  /** A callback. The poller calls the callback once, after the first answer of the Conductor server to a poll. */
  onReady: () => void;
  /** A callback. The poller calls the callback after each finished task. */
  onEnded: (type: string, task: PolledTask, outcome: Outcome, how: Ending) => void;
}

export interface Ending {
  /** True if the worker could not report the result to the Conductor server. */
  lost: boolean;
  /** The duration of the task in milliseconds. The duration does not include the time for reporting the result. */
  ms: number;
}

export interface Polling {
  /**
   * Stops polling, and waits at most `graceMs` milliseconds until running tasks end. @returns the number of aborted tasks and tasks without a
   * reported result
   */
  stop(graceMs: number): Promise<number>;
}

const IDLE_MS = 200;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 15_000;
/**
 * The maximum time in milliseconds during which the worker tries to report a result. A Conductor server ends a task without a result before this time
 * has passed.
 */
const REPORT_TIMEOUT_MS = 600_000;
/** The maximum time in milliseconds during which the worker reports the results of aborted tasks. */
const LAST_REPORT_MS = 5_000;

export function startPolling({ conductor, handlers: work, limit, onReady, onEnded }: PollingOptions): Polling {
  const stopping = new AbortController();
  /** The controller that aborts running tasks. */
  const aborting = new AbortController();
  /** The controller that aborts attempts to report results. */
  const givingUp = new AbortController();
  const running = new Map<string, Promise<void>>();
  const outcomes = finishedTasks();
  let ready = false;
  let unfinished = 0;

  const polling = poll();

  /**
   * Polls for tasks, one task type after the other. The loop never accepts more tasks than the limit allows. Each poll begins with a different task
   * type, so that the tasks of one type cannot use up the limit.
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
   * A stopping worker waits for the answer to a running poll, because the answer may contain tasks. The worker does not wait if the Conductor server
   * never answered a poll.
   */
  async function orStopped(polled: Promise<PolledTask[]>): Promise<PolledTask[]> {
    return (await untilAborted(ready ? aborting.signal : stopping.signal, polled)) ?? [];
  }

  function start(type: string, handler: TaskHandler, task: PolledTask): void {
    // The Conductor server returned a task that still runs in this process. The process ignores the returned task, and reports the result of the
    // running task.
    if (running.has(task.taskId)) return;
    const traced = () =>
      tracer === undefined
        ? run(type, handler, task)
        : tracer.run({ name: `task ${type}` }, () => run(type, handler, task));
    const done = traced().finally(() => running.delete(task.taskId));
    running.set(task.taskId, done);
  }

  async function run(type: string, handler: TaskHandler, task: PolledTask): Promise<void> {
    const began = performance.now();
    let outcome = await outcomeOf(handler, task);
    const ms = Math.round(performance.now() - began);
    const wasAborted = aborting.signal.aborted;
    let reported = await report(task, outcome);
    if (reported === 'refused' && Object.keys(outcome.output).length > 0) {
      // The Conductor server may have rejected the result because the result is too large. The worker then reports a short failure, because a task
      // without a result would stay open until its timeout.
      outcome = terminalFailure('The Conductor server rejected the result, which may be too large.');
      reported = await report(task, outcome);
    }
    if (wasAborted || (reported !== 'taken' && stopping.signal.aborted)) unfinished += 1;
    onEnded(type, task, outcome, { lost: reported !== 'taken', ms });
  }

  async function outcomeOf(handler: TaskHandler, task: PolledTask): Promise<Outcome> {
    const earlier = outcomes.get(task.taskId);
    // The Conductor server may return a task to a poll although the worker already reported the result. In this case, the worker reports the stored
    // outcome again.
    if (earlier !== undefined && earlier.scheduledTime === task.scheduledTime) {
      outcomes.set(task, earlier.outcome);
      return earlier.outcome;
    }
    // If this process already finished the task, a person started the task again. The poll count then excludes the polls before the finished run.
    const timesSince = task.pollCount - (earlier?.pollCount ?? 0);
    const counted = earlier !== undefined && timesSince > 0 ? { ...task, pollCount: timesSince } : task;
    try {
      const outcome = await handler(counted, aborting.signal);
      outcomes.set(task, outcome);
      return outcome;
    } catch {
      // An unexpected error can occur, for example because the input is nested too deeply. The worker does not report the error's message, because
      // the message could contain a secret value.
      return retryableFailure('The worker failed with an internal error.');
    }
  }

  async function report(task: PolledTask, outcome: Outcome): Promise<'taken' | 'refused' | 'lost'> {
    const until = Date.now() + REPORT_TIMEOUT_MS;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, MAX_WAIT_MS)) {
      try {
        return (await conductor.report(task, outcome)) ? 'taken' : 'refused';
      } catch (error) {
        // After an unexpected error, the worker does not try again to report the result, and does not log the error's message.
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
      if (!(await endsWithin(allTasks, graceMs))) {
        aborting.abort();
        if (!(await endsWithin(allTasks, LAST_REPORT_MS))) {
          givingUp.abort();
          await endsWithin(allTasks, 1_000);
        }
      }
      return unfinished + running.size;
    },
  };
}

/**
 * Returns the result of `work`. If `signal` is aborted before `work` ends, the function returns undefined. The function removes its listener from
 * `signal`, because `signal` exists longer than `work`.
 */
function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
