import { describe, expect, test } from 'vitest';
import { registeredDefinitions } from '../../src/conductor/registered-definition.ts';
import type { DefinitionsAt } from '../../src/conductor/task.ts';
import type { Json } from '../../src/primitives/json.ts';
import type { Conductor, PolledTask as Task } from '../../src/worker/conductor.ts';
import { httpTask } from '../../src/worker/http-task.ts';
import { onceOnly } from '../../src/worker/once-only.ts';
import type { Outcome } from '../../src/worker/outcome.ts';
import { startPolling, type TaskHandler } from '../../src/worker/polling.ts';
import { withDefinition } from '../../src/worker/with-definition.ts';
import { until } from '../support/gateway-process.ts';

const none = async () => undefined;
const NONE: DefinitionsAt = { execution: none, workflow: none, task: none };

/** Delivers several tasks together, runs the tasks with `work`, and returns their results. */
async function outcomesOf(work: TaskHandler, tasks: Task[]): Promise<Record<string, Outcome>> {
  const reported: Record<string, Outcome> = {};
  const conductor: Conductor = {
    poll: async () => tasks.splice(0),
    report: async ({ taskId }, outcome) => {
      reported[taskId] = JSON.parse(JSON.stringify(outcome));
      return true;
    },
    definitions: NONE,
    close() {},
  };
  const count = tasks.length;
  const polling = startPolling({ conductor, handlers: { T: work }, limit: 10, onReady() {}, onEnded() {} });
  await until(() => Object.keys(reported).length === count);
  expect(await polling.stop(1_000)).toBe(0);
  return reported;
}

const task = (taskId: string, more: Partial<Task> = {}): Task => ({
  ...{ taskId, workflowInstanceId: 'w', referenceTaskName: 't', pollCount: 1, scheduledTime: undefined },
  ...more,
});

/** A number of nested levels that exceeds the limit of the worker. */
function deep(): Json {
  let json: Json = 'x';
  for (let level = 0; level < 100_000; level++) json = [json];
  return json;
}

describe('a task that the worker cannot run', () => {
  const fine: Outcome = { status: 'COMPLETED', output: {} };

  test('if running a task throws an error, the task fails without details, and the worker continues', async () => {
    const work: TaskHandler = async ({ taskId }) => {
      if (taskId === 'bad') throw new Error('hunter2');
      return fine;
    };
    expect(await outcomesOf(work, [task('bad'), task('good')])).toEqual({
      bad: { status: 'FAILED', reason: 'The worker failed with an internal error.', output: {} },
      good: fine,
    });
  });

  test('if the output of a task cannot be serialized, the task fails, and the worker continues', async () => {
    const work: TaskHandler = async ({ taskId }) => (taskId === 'bad' ? { ...fine, output: { a: deep() } } : fine);
    expect(await outcomesOf(work, [task('bad'), task('good')])).toMatchObject({
      bad: { status: 'FAILED' },
      good: fine,
    });
  });

  test.each([1, 2])(
    'if the input or definition of a task is nested too deeply, the task fails, and the worker continues, delivered %i times',
    async (pollCount) => {
      const gateway = {
        resolve: async () => null,
        updateSecret: async () => {},
        updateSecretOfTask: async () => {},
        signIn: async () => {},
        check: async () => {},
      };
      const work = withDefinition(
        'HTTP_WITH_SECRETS',
        registeredDefinitions(NONE, { unregistered: 'refuse' }),
        onceOnly((given, signal) => httpTask(given, gateway, signal)),
      );
      const request = { method: 'POST', uri: 'http://127.0.0.1:9/', body: '${workflow.input.x}' };
      const tasks = [
        task('input', { pollCount, inputData: { http_request: { ...request, body: deep() } } }),
        task('filter', { pollCount, inputData: { http_request: { ...request, outputFilter: { a: deep() } } } }),
        task('definition', { pollCount, inputData: {}, workflowTask: { inputParameters: { a: deep() } } }),
      ];
      const outcomes = await outcomesOf(work, tasks);
      for (const { status } of Object.values(outcomes)) expect(status).toMatch(/^FAILED/);
      expect(Object.keys(outcomes)).toHaveLength(3);
    },
  );
});

test('many tasks of one type do not delay tasks of a different type', async () => {
  const polled: string[] = [];
  const ended: string[] = [];
  const conductor: Conductor = {
    // The server always offers more tasks of type A.
    poll: async (type) => {
      polled.push(type);
      await new Promise((answered) => setImmediate(answered));
      return type === 'A' || polled.filter((other) => other === 'B').length === 1
        ? [task(`${type}${polled.length}`)]
        : [];
    },
    report: async () => true,
    definitions: NONE,
    close() {},
  };
  const work: TaskHandler = async () => ({ status: 'COMPLETED', output: {} });
  const onEnded = (type: string) => void ended.push(type);
  const polling = startPolling({ conductor, handlers: { A: work, B: work }, limit: 1, onReady() {}, onEnded });
  await until(() => ended.length >= 10);
  await polling.stop(1_000);
  expect(ended).toContain('B');
});
