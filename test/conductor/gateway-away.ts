// The gateway stops while workflows run. Tasks with secrets fail with a reason, and no secret value is stored. A retry after the restart succeeds.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { until } from '../support/gateway-process.ts';
import { poller } from './poller.ts';
import type { Setup } from './setup.ts';
import { call, received, started } from './states.ts';
import { leaksOf } from './where-found.ts';

export function describeGatewayAway(setupOf: () => Setup): void {
  describe('while the gateway does not run', () => {
    test('while the gateway does not run, an HTTP task with a secret fails and sends no HTTP request', async () => {
      const setup = setupOf();
      const secret = await setup.secret('away');
      await setup.register({ name: setup.named('away'), tasks: [call(setup, 'call', 'away/echo', 'away')] });
      await setup.front.stop();
      let id: string;
      try {
        id = await started(setup, 'away');
        const { status, tasks } = await setup.engine.ended(id);
        expect([status, tasks[0].status]).toEqual(['FAILED', 'FAILED']);
        expect(tasks[0].reasonForIncompletion).toMatch(/gateway/);
        expect(received(setup, 'away/')).toEqual([]);
      } finally {
        await setup.front.start();
      }
      await setup.engine.send('POST', `/workflow/${id}/retry`);
      const execution = await setup.engine.ended(id);
      expect(execution.status).toBe('COMPLETED');
      expect(received(setup, 'away/')).toEqual([secret.value]);
      expect(await leaksOf(setup, [execution], [secret])).toEqual([]);
    });

    test('if the gateway stops while an HTTP task runs, the module discards the result that the gateway cannot mask', async () => {
      const setup = setupOf();
      const secret = await setup.secret('away_between');
      await setup.register({
        name: setup.named('away_between'),
        tasks: [call(setup, 'call', 'away_between/held', 'away_between')],
      });
      const id = await started(setup, 'away_between');
      await until(() => received(setup, 'away_between/').length > 0, 60_000);
      await setup.front.stop();
      setup.release();
      try {
        const { tasks } = await setup.engine.ended(id);
        expect([tasks[0].status, tasks[0].outputData]).toEqual(['FAILED_WITH_TERMINAL_ERROR', {}]);
      } finally {
        await setup.front.start();
      }
      expect(received(setup, 'away_between/')).toEqual([secret.value]);
      expect(await leaksOf(setup, [await setup.engine.get(`/workflow/${id}`)], [secret])).toEqual([]);
    });

    test('the module waits with an HTTP task while the gateway restarts within seconds', async () => {
      const setup = setupOf();
      const secret = await setup.secret('away_shortly');
      await setup.register({
        name: setup.named('away_shortly'),
        tasks: [call(setup, 'call', 'away_shortly/echo', 'away_shortly')],
      });
      await setup.front.stop();
      const id = await started(setup, 'away_shortly');
      await setup.front.start();
      const execution = await setup.engine.ended(id);
      expect([execution.status, received(setup, 'away_shortly/')]).toEqual(['COMPLETED', [secret.value]]);
      expect(await leaksOf(setup, [execution], [secret])).toEqual([]);
    });

    test('while the gateway does not run, a polled task waits at the Conductor server', async () => {
      const setup = setupOf();
      const secret = await setup.secret('away_polled');
      const type = setup.named('away_task');
      await setup.engine.send('POST', '/metadata/taskdefs', [
        { name: type, ownerEmail: 'tests@gateway.example', retryCount: 0 },
      ]);
      const inputParameters = { auth: '${workflow.secrets.away_polled}' };
      await setup.register({
        name: setup.named('away_polled'),
        tasks: [{ name: type, taskReferenceName: 'polled', type: 'SIMPLE', inputParameters }],
      });
      await setup.front.stop();
      const polls = poller(setup.polling, { [type]: ({ inputData }) => ({ outputData: { echo: inputData } }) });
      try {
        const id = await started(setup, 'away_polled');
        await sleep(1_000);
        await setup.front.start();
        const execution = await setup.engine.ended(id);
        expect(execution.status).toBe('COMPLETED');
        expect(polls.received.map((task) => task.inputData.auth)).toEqual([secret.value]);
        expect(await leaksOf(setup, [execution], [secret])).toEqual([]);
      } finally {
        await polls.stop();
      }
    });
  });
}
