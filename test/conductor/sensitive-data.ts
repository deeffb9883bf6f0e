// Sensitive data in workflows: `_secrets`, `_masked` and masked fields. The gateway masks this data in responses. When the
// Conductor server archives a workflow, the module masks the stored data permanently.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/gateway-process.ts';
import { readerThroughGateway, readsOf, searchesOf } from './places.ts';
import { type Poller, poller } from './poller.ts';
import { randomValue, type Setup } from './setup.ts';
import { started } from './states.ts';

export function describeSensitiveData(setupOf: () => Setup): void {
  describe('sensitive data in a workflow', () => {
    let setup: Setup;
    let polls: Poller;
    let taskType: string;
    beforeAll(async () => {
      setup = setupOf();
      taskType = setup.named('sensitive_task');
      await setup.engine.send('POST', '/metadata/taskdefs', [
        { name: taskType, ownerEmail: 'tests@gateway.example', retryCount: 0 },
      ]);
      polls = poller(setup.polling, { [taskType]: ({ inputData }) => ({ outputData: { ...inputData } }) });
    });
    afterAll(async () => {
      await polls?.stop();
    });

    /** Runs a workflow whose input contains sensitive data in every field that the gateway masks. */
    async function run(name: string, more: object = {}) {
      const [secrets, masked, pin, nested] = [1, 2, 3, 4].map(() => randomValue({ hard: true }).value);
      const sensitive = [secrets, masked, pin, nested].map((value) => String(value).slice(-24));
      await setup.register({
        name: setup.named(name),
        maskedFields: ['pin'],
        tasks: [
          {
            ...{ name: taskType, taskReferenceName: 'polled', type: 'SIMPLE' },
            inputParameters: {
              ...{ _secrets: '${workflow.input._secrets}', _masked: '${workflow.input._masked}' },
              ...{ pin: '${workflow.input.pin}', list: '${workflow.input.list}', plain: '${workflow.input.plain}' },
            },
          },
        ],
        outputParameters: { result: '${polled.output}' },
        ...more,
      });
      const id = await started(setup, name, {
        ...{ _secrets: { a: secrets }, _masked: { b: masked }, pin, list: [{ pin: nested }], plain: 'plain text' },
      });
      return { sensitive, execution: await setup.engine.ended(id) };
    }

    test('only the worker receives sensitive workflow data unmasked; no read or search through the gateway contains the data', async () => {
      const { sensitive, execution } = await run('sensitive');
      expect(execution.status).toBe('COMPLETED');
      const [received] = polls.received.filter(({ workflowInstanceId }) => workflowInstanceId === execution.workflowId);
      for (const text of sensitive) expect(JSON.stringify(received.inputData)).toContain(text);
      for (const [who, caller] of Object.entries(setup.readers)) {
        const read = readerThroughGateway(caller);
        const answers = [...(await readsOf(read, execution)), ...(await searchesOf(read, execution))];
        for (const [path, text] of answers) {
          expect({ who, path, found: sensitive.filter((each) => text.includes(each)) }).toEqual({
            who,
            path,
            found: [],
          });
        }
        const [, text = ''] = answers.find(([path]) => path.startsWith('/workflow/')) ?? [];
        expect(text).toContain('plain text');
      }
    });

    test('the module replaces _secrets and masked fields, but not _masked, in an archived workflow', async ({
      skip,
    }) => {
      if (setup.mode !== 'module') return skip('The Conductor server has no module.');
      const { sensitive, execution } = await run('archived', { workflowStatusListenerEnabled: true });
      const stored = async () => JSON.stringify(await setup.engine.get(`/workflow/${execution.workflowId}`));
      await until(async () => !(await stored()).includes(sensitive[0] as string), 60_000);
      const text = await stored();
      const [, masked] = sensitive;
      expect(sensitive.filter((each) => text.includes(each))).toEqual([masked]);
      expect(text).toContain('plain text');
    });
  });
}
