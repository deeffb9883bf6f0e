// A worker that polls tasks through the gateway as one application. Conductor's clients poll in the same way.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from './gateway-in-front.ts';

// biome-ignore lint/suspicious/noExplicitAny: the Conductor server's tasks are untyped JSON
type Task = any;

export interface Report {
  status?: 'COMPLETED' | 'IN_PROGRESS' | 'FAILED' | 'FAILED_WITH_TERMINAL_ERROR';
  callbackAfterSeconds?: number;
  outputData?: Record<string, unknown>;
  reasonForIncompletion?: string;
  logs?: { log: string }[];
}

export interface Poller {
  /** The tasks that the worker received. */
  received: Task[];
  /** The responses to polls and reports whose status is neither 200 nor 204. */
  failures: string[];
  stop(): Promise<void>;
}

/** Polls the task types in `types` until the test calls `stop`. The function of a task type runs its tasks. */
export function poller(caller: Caller, types: Record<string, (task: Task) => Report | Promise<Report>>): Poller {
  const received: Task[] = [];
  const failures: string[] = [];
  let running = true;

  async function poll(type: string, run: (task: Task) => Report | Promise<Report>): Promise<void> {
    while (running) {
      try {
        const answer = await caller.ask('GET', `/tasks/poll/batch/${type}?count=5&timeout=200&workerid=tests`);
        if (answer.status !== 200) failures.push(`poll ${type}: ${answer.status} ${answer.text}`);
        for (const task of answer.status === 200 ? answer.json : []) {
          received.push(task);
          const { workflowInstanceId, taskId } = task;
          const report = { workflowInstanceId, taskId, workerId: 'tests', status: 'COMPLETED', ...(await run(task)) };
          const reported = await caller.ask('POST', '/tasks', report);
          if (reported.status !== 200) failures.push(`report ${type}: ${reported.status} ${reported.text}`);
        }
      } catch (error) {
        // The request fails while a test has stopped the gateway.
        failures.push(`${type}: ${error}`);
      }
      await sleep(200);
    }
  }
  const loops = Object.entries(types).map(([type, run]) => poll(type, run));
  return {
    received,
    failures,
    async stop() {
      running = false;
      await Promise.all(loops);
    },
  };
}
