// Secrets in workflows that run, fail, loop or are terminated, and in workflows whose tasks are retried, restarted, rerun or skipped.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { holds } from '../../scripts/conductor-data.ts';
import { eventsOf } from '../audit/events.ts';
import { until } from '../support/gateway-process.ts';
import { type Poller, poller } from './poller.ts';
import { randomValue, type Setup, type TestSecret } from './setup.ts';
import { leaksOf } from './where-found.ts';

// biome-ignore lint/suspicious/noExplicitAny: responses of the Conductor server are untyped JSON
type Any = any;

/** A workflow task of the type HTTP that sends a secret to the called server, and whose response contains the secret. */
export function call(setup: Setup, ref: string, path: string, secret: string, more: object = {}): Any {
  return {
    ...{ name: ref, taskReferenceName: ref, type: 'HTTP' },
    inputParameters: {
      http_request: {
        method: 'GET',
        uri: `${setup.target.url}/${path}`,
        headers: { x: `\${workflow.secrets.${secret}}` },
      },
    },
    ...more,
  };
}

/** The values of the header `x` that the called server received at this path. */
export const received = ({ target }: Setup, path: string): unknown[] =>
  target.asked.filter((asked) => asked.path.startsWith(`/${path}`)).map(({ headers }) => headers.x);

/** Starts a workflow whose correlation id is its name. */
export const started = (setup: Setup, name: string, input: object = {}): Promise<string> =>
  setup.engine.start({ name: setup.named(name), version: 1, correlationId: setup.named(name), input });

/** The number of audit events about uses of a secret. */
export const usesOf = async (setup: Setup, secret: string): Promise<number> =>
  (await eventsOf(setup.w.admin, { secret, actions: ['SECRET_USE'], outcome: 'DONE' })).length;

const outcomes = ({ tasks }: Any) => tasks.map((task: Any) => [task.referenceTaskName, task.status]);

export function describeStates(setupOf: () => Setup): void {
  describe('secrets in each state of a workflow', () => {
    let setup: Setup;
    let polls: Poller;
    let held: (() => void)[] = [];
    beforeAll(async () => {
      setup = setupOf();
      const type = setup.named('state_task');
      await setup.engine.send('POST', '/metadata/taskdefs', [
        { name: type, ownerEmail: 'tests@gateway.example', retryCount: 0 },
        { name: setup.named('call_again'), ownerEmail: 'tests@gateway.example', retryCount: 1, retryDelaySeconds: 0 },
      ]);
      polls = poller(setup.polling, {
        [type]: async (task) => {
          if (task.inputData.hold === true) await new Promise<void>((resolve) => held.push(resolve));
          return { outputData: { echo: task.inputData } };
        },
      });
    });
    afterAll(async () => {
      for (const release of held) release();
      await polls?.stop();
    });
    beforeEach(() => {
      held = [];
    });

    /** Registers a workflow, starts it, and returns the id of the execution. */
    async function run(name: string, tasks: unknown[], input: object = {}): Promise<string> {
      await setup.register({ name: setup.named(name), tasks });
      return started(setup, name, input);
    }
    const leaks = async (workflowId: string, ...secrets: { random: string }[]): Promise<string[]> =>
      leaksOf(setup, [await setup.engine.get(`/workflow/${workflowId}`)], secrets);

    /** Gives a secret a new random value. */
    async function rotate({ name }: TestSecret): Promise<TestSecret> {
      const value = randomValue();
      await setup.w.admin.get('mutation ($i: RotateSecretInput!) { rotateSecret(input: $i) { secret { version } } }', {
        i: { name, value: value.value },
      });
      setup.values.push({ name, ...value });
      return { name, ...value };
    }

    test('while an HTTP task runs, no stored data and no response contains its secret value', async () => {
      const secret = await setup.secret('under_way');
      const id = await run('under_way', [call(setup, 'call', 'under_way/held', 'under_way')]);
      await until(() => received(setup, 'under_way/').length > 0, 60_000);
      expect(await leaks(id, secret)).toEqual([]);
      expect((await setup.engine.get(`/workflow/${id}`)).status).toBe('RUNNING');
      setup.release();
      const { status } = await setup.engine.ended(id);
      expect({ status, received: received(setup, 'under_way/') }).toEqual({
        status: 'COMPLETED',
        received: [secret.value],
      });
      expect(await leaks(id, secret)).toEqual([]);
    });

    test('while a worker runs a polled task, no stored data and no response contains its secret value', async () => {
      const secret = await setup.secret('held');
      const task = { name: setup.named('state_task'), taskReferenceName: 'polled', type: 'SIMPLE' };
      const id = await run('held', [{ ...task, inputParameters: { hold: true, auth: '${workflow.secrets.held}' } }]);
      await until(() => held.length > 0, 60_000);
      expect(await leaks(id, secret)).toEqual([]);
      for (const release of held) release();
      expect((await setup.engine.ended(id)).status).toBe('COMPLETED');
      expect(await leaks(id, secret)).toEqual([]);
      expect(polls.received.at(-1)?.inputData.auth).toBe(secret.value);
    });

    test('each retry of a task receives the current value of its secret', async () => {
      const first = await setup.secret('retried');
      const id = await run('retried', [
        call(setup, 'call', 'retried/fail', 'retried', { name: setup.named('call_again') }),
      ]);
      const failed = await setup.engine.ended(id);
      expect(outcomes(failed)).toEqual([
        ['call', 'FAILED'],
        ['call', 'FAILED'],
      ]);
      const second = await rotate(first);
      await setup.engine.send('POST', `/workflow/${id}/retry`);
      await setup.engine.ended(id);
      expect(received(setup, 'retried/')).toEqual(
        [first.value, first.value, second.value, second.value].slice(0, received(setup, 'retried/').length),
      );
      expect(received(setup, 'retried/')).toContain(second.value);
      expect(await leaks(id, first, second)).toEqual([]);
      expect(await usesOf(setup, 'retried')).toBe(received(setup, 'retried/').length);
    });

    test('a task in a restarted workflow receives the rotated value of its secret', async () => {
      const first = await setup.secret('restarted');
      const id = await run('restarted', [call(setup, 'call', 'restarted/echo', 'restarted')]);
      await setup.engine.ended(id);
      const second = await rotate(first);
      await setup.engine.send('POST', `/workflow/${id}/restart`);
      await until(() => received(setup, 'restarted/').length === 2, 60_000);
      expect((await setup.engine.ended(id)).status).toBe('COMPLETED');
      expect(received(setup, 'restarted/')).toEqual([first.value, second.value]);
      expect(await leaks(id, first, second)).toEqual([]);
    });

    test('a task from which a workflow is rerun receives the rotated value of its secret', async () => {
      const first = await setup.secret('rerun');
      const id = await run('rerun', [
        call(setup, 'before', 'rerun/ok', 'rerun'),
        call(setup, 'call', 'rerun/echo', 'rerun'),
      ]);
      const { tasks } = await setup.engine.ended(id);
      const second = await rotate(first);
      await setup.engine.send('POST', `/workflow/${id}/rerun`, {
        reRunFromWorkflowId: id,
        reRunFromTaskId: tasks[1].taskId,
      });
      await until(() => received(setup, 'rerun/').length === 3, 60_000);
      expect((await setup.engine.ended(id)).status).toBe('COMPLETED');
      expect(received(setup, 'rerun/')).toEqual([first.value, first.value, second.value]);
      expect(await leaks(id, first, second)).toEqual([]);
    });

    test('a skipped task receives no secret value', async () => {
      const secret = await setup.secret('skipped');
      const pause = { name: 'pause', taskReferenceName: 'pause', type: 'HUMAN', inputParameters: {} };
      const id = await run('skipped', [
        pause,
        call(setup, 'call', 'skipped/echo', 'skipped'),
        call(setup, 'last', 'skipped/last', 'skipped'),
      ]);
      await setup.engine.send('PUT', `/workflow/${id}/skiptask/call`, { taskOutput: { skipped: true } });
      await setup.engine.send('POST', `/tasks/${id}/pause/COMPLETED`, {});
      expect((await setup.engine.ended(id)).status).toBe('COMPLETED');
      expect(received(setup, 'skipped/echo')).toEqual([]);
      expect(received(setup, 'skipped/last')).toEqual([secret.value]);
      expect(await leaks(id, secret)).toEqual([]);
    });

    test('a polled task in a loop receives its secret value in each iteration', async () => {
      const secret = await setup.secret('looped');
      const task = { name: setup.named('state_task'), taskReferenceName: 'polled', type: 'SIMPLE' };
      const id = await run('looped', [
        {
          ...{ name: 'loop', taskReferenceName: 'loop', type: 'DO_WHILE', inputParameters: {} },
          loopCondition: "if ($.loop['iteration'] < 3) { true; } else { false; }",
          loopOver: [{ ...task, inputParameters: { auth: '${workflow.secrets.looped}' } }],
        },
      ]);
      expect((await setup.engine.ended(id)).status).toBe('COMPLETED');
      const of = polls.received.filter(({ workflowInstanceId }) => workflowInstanceId === id);
      expect(of.map(({ inputData }) => inputData.auth)).toEqual([secret.value, secret.value, secret.value]);
      expect(await leaks(id, secret)).toEqual([]);
      expect(await usesOf(setup, 'looped')).toBe(3);
    });

    test('the stored output of an asynchronous HTTP task contains *** in place of its secret value', async () => {
      const secret = await setup.secret('asynchronous');
      const task = call(setup, 'call', 'asynchronous/echo', 'asynchronous');
      task.inputParameters.asyncComplete = true;
      const id = await run('asynchronous', [task]);
      await until(() => received(setup, 'asynchronous/').length > 0, 60_000);
      await setup.engine.when(id, ({ tasks }) => JSON.stringify(tasks[0].outputData).includes('***'));
      expect(await leaks(id, secret)).toEqual([]);
      await setup.readers.admin.ask('POST', `/tasks/${id}/call/COMPLETED`, { done: secret.value });
      expect((await setup.engine.ended(id)).status).toBe('COMPLETED');
      expect(await leaks(id, secret)).toEqual([]);
    });

    test('a worker that reports a task as in progress receives its secret value again with the next poll', async () => {
      const secret = await setup.secret('in_progress');
      const type = setup.named('in_progress_task');
      await setup.engine.send('POST', '/metadata/taskdefs', [
        { name: type, ownerEmail: 'tests@gateway.example', retryCount: 0 },
      ]);
      let rounds = 0;
      const again = poller(setup.polling, {
        [type]: ({ inputData }) => {
          rounds += 1;
          const outputData = { [`echo${rounds}`]: inputData };
          return rounds === 1 ? { status: 'IN_PROGRESS', callbackAfterSeconds: 1, outputData } : { outputData };
        },
      });
      try {
        const inputParameters = { auth: '${workflow.secrets.in_progress}' };
        const id = await run('in_progress', [
          { name: type, taskReferenceName: 'polled', type: 'SIMPLE', inputParameters },
        ]);
        expect((await setup.engine.ended(id)).status).toBe('COMPLETED');
        expect(again.received.map(({ inputData }) => inputData.auth)).toEqual([secret.value, secret.value]);
        expect(await leaks(id, secret)).toEqual([]);
        expect(await usesOf(setup, 'in_progress')).toBe(2);
      } finally {
        await again.stop();
      }
    });

    test('a failure workflow receives no secret value from the workflow that failed', async () => {
      const secret = await setup.secret('failed_first');
      const record = { name: 'record', taskReferenceName: 'record', type: 'INLINE' };
      const inputParameters = { all: '${workflow.input}', evaluatorType: 'graaljs', expression: '$.all' };
      await setup.register(
        { name: setup.named('after_failure'), tasks: [{ ...record, inputParameters }] },
        {
          name: setup.named('failed_first'),
          tasks: [call(setup, 'call', 'failed_first/fail', 'failed_first')],
          failureWorkflow: setup.named('after_failure'),
        },
      );
      const id = await started(setup, 'failed_first');
      // The Conductor server starts the failure workflow after the failed workflow has ended.
      const failed = await setup.engine.when(id, ({ output }) => output['conductor.failure_workflow'] !== undefined);
      const after = await setup.engine.ended(failed.output['conductor.failure_workflow']);
      expect([failed.status, after.status]).toEqual(['FAILED', 'COMPLETED']);
      expect(await leaksOf(setup, [failed, after], [secret])).toEqual([]);
    });

    test('a workflow that is terminated while its HTTP task runs stores no secret value', async () => {
      const secret = await setup.secret('terminated');
      const id = await run('terminated', [call(setup, 'call', 'terminated/held', 'terminated')]);
      await until(() => received(setup, 'terminated/').length > 0, 60_000);
      await setup.engine.send('DELETE', `/workflow/${id}`);
      expect((await setup.engine.ended(id)).status).toBe('TERMINATED');
      setup.release();
      // The Conductor server stores the result of the HTTP task after the terminated workflow has ended.
      await sleep(2_000);
      expect(await leaks(id, secret)).toEqual([]);
    });

    test('if the application may not use a secret, the task fails with the name of the secret and sends no HTTP request', async () => {
      const random = randomValue();
      await setup.w.secret('of_others', { value: random.value });
      for (const name of ['of_others', 'missing_secret']) {
        const id = await run(`refused_${name}`, [call(setup, 'call', `refused_${name}/echo`, name)]);
        const { status, tasks } = await setup.engine.ended(id);
        expect([status, tasks[0].status]).toEqual(['FAILED', 'FAILED_WITH_TERMINAL_ERROR']);
        expect(tasks[0].reasonForIncompletion).toContain(name);
        expect(received(setup, `refused_${name}/`)).toEqual([]);
        expect(await leaks(id, random)).toEqual([]);
      }
    });

    test('if a grant is revoked while a workflow runs, the next task of the workflow receives no secret value', async () => {
      const secret = { name: 'revoked', ...randomValue() };
      await setup.w.secret('revoked', { value: secret.value });
      await setup.w.grant(setup.engineApplication.id, 'EXECUTE', 'revoked');
      const pause = { name: 'pause', taskReferenceName: 'pause', type: 'HUMAN', inputParameters: {} };
      const id = await run('revoked', [
        call(setup, 'before', 'revoked/first', 'revoked'),
        pause,
        call(setup, 'after', 'revoked/second', 'revoked'),
      ]);
      await setup.engine.when(id, ({ tasks }) => tasks.length === 2);
      await setup.w.revoke(setup.engineApplication.id, 'revoked');
      await setup.engine.send('POST', `/tasks/${id}/pause/COMPLETED`, {});
      expect((await setup.engine.ended(id)).status).toBe('FAILED');
      expect(received(setup, 'revoked/')).toEqual([secret.value]);
      expect(await leaks(id, secret)).toEqual([]);
    });

    test('each task of 20 concurrent workflows receives its secret value and causes exactly one audit event', async () => {
      const secret = await setup.secret('at_once');
      const polled = { name: setup.named('state_task'), taskReferenceName: 'polled', type: 'SIMPLE' };
      await setup.register({
        name: setup.named('at_once'),
        tasks: [
          call(setup, 'call', 'at_once/echo', 'at_once'),
          { ...polled, inputParameters: { auth: 'Bearer ${workflow.secrets.at_once}' } },
        ],
      });
      const ids = await Promise.all(Array.from({ length: 20 }, () => started(setup, 'at_once')));
      const executions = await Promise.all(ids.map((id) => setup.engine.ended(id)));
      expect(executions.map(({ status }) => status)).toEqual(Array(20).fill('COMPLETED'));
      expect(received(setup, 'at_once/')).toEqual(Array(20).fill(secret.value));
      const of = polls.received.filter(({ workflowInstanceId }) => ids.includes(workflowInstanceId));
      expect(of.map(({ inputData }) => inputData.auth)).toEqual(Array(20).fill(`Bearer ${secret.value}`));
      expect(await leaksOf(setup, executions.slice(0, 3), [secret])).toEqual([]);
      for (const execution of executions) expect(holds(JSON.stringify(execution), secret.random)).toBe(false);

      const events = await eventsOf(setup.w.admin, { secret: 'at_once', actions: ['SECRET_USE'], outcome: 'DONE' });
      const recorded = events.map(({ actor, changes }) => [actor.name, changes?.workflowId, changes?.task].join());
      const made = ids.flatMap((id) => [`the engine,${id},call`, `poller,${id},polled`]);
      expect(recorded.sort()).toEqual(made.sort());
    });
  });
}
