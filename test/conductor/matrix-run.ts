// Runs all workflows of the table in matrix.ts at the same time, and compares each cell of the table.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holds } from '../../scripts/conductor-data.ts';
import { eventsOf } from '../audit/events.ts';
import { type Expected, type Kind, type KindName, MATRIX, type Parts, type Received } from './matrix.ts';
import { PLACES } from './places.ts';
import { type Poller, poller } from './poller.ts';
import { randomValue, type Setup, type TestSecret } from './setup.ts';
import { type Found, filesOf, whereFound } from './where-found.ts';

// biome-ignore lint/suspicious/noExplicitAny: responses of the Conductor server are untyped JSON
type Any = any;

interface Run {
  secret: TestSecret;
  /** The value that the workflow stores in the secret. */
  newValue: ReturnType<typeof randomValue>;
  parts: Parts;
  workflowId: string;
  /** The execution and the executions of its child workflows, as the Conductor server stores them. */
  executions: Any[];
  found: Found;
  failedReads: string[];
}

const NAMES = Object.keys(MATRIX) as KindName[];
const KINDS: Readonly<Record<KindName, Kind>> = MATRIX;
const END_MS = 120_000;
const NOWHERE = Object.fromEntries(PLACES.map((place) => [place, []])) as unknown as Found;

export function describeMatrix(setupOf: () => Setup): void {
  describe('each kind of task', () => {
    let setup: Setup;
    let runs: Map<KindName, Run>;
    let polls: Poller;
    beforeAll(async () => {
      setup = setupOf();
      ({ runs, polls } = await runAll(setup));
    });
    afterAll(async () => {
      await polls?.stop();
    });

    test.each(NAMES)(
      'in the workflow %s, only the called server, worker or script in the table receives the secret value',
      async (name) => {
        const run = runs.get(name) as Run;
        const expected: Expected = KINDS[name][setup.mode];
        const wanted = expected.found ?? [];
        const { received, times } = await receiptOf(setup, name, run, polls);
        const uses = await recordedUses(setup, run);
        const ids = run.executions.map(({ workflowId }) => workflowId);
        expect({
          ...{ status: run.executions[0]?.status, received, uses: uses.length },
          usesOfOtherWorkflows: uses.filter((id) => !ids.includes(id)),
          masked: run.executions.some((execution) => JSON.stringify(execution).includes('***')),
          found: PLACES.filter((place) => run.found[place].length > 0),
          where: PLACES.filter((place) => !wanted.includes(place)).flatMap((place) => run.found[place]),
          failedReads: run.failedReads,
        }).toEqual({
          ...{ status: expected.status, received: expected.received, masked: expected.masked ?? false },
          ...{ uses: expected.uses ?? times, usesOfOtherWorkflows: [] },
          ...{ found: wanted, where: [], failedReads: [] },
        });
      },
    );

    test('the gateway answers all polls and reports of the worker without errors', () => {
      expect(polls.failures).toEqual([]);
    });
  });
}

async function runAll(setup: Setup): Promise<{ runs: Map<KindName, Run>; polls: Poller }> {
  const { engine, target, named, admin } = setup;
  const runs = new Map<KindName, Run>();
  const taskDefinitions: unknown[] = [];
  const definitions: Record<string, unknown>[] = [];
  const types: Parameters<typeof poller>[1] = {};
  for (const name of NAMES) {
    const kind = KINDS[name];
    const hard = (kind.evidence ?? 'request') !== 'request';
    const secret = await setup.secret(`${name}_${setup.mode}`, { hard });
    const newValue = randomValue({ hard });
    setup.newValues.set(name, newValue.value);
    setup.values.push({ name: secret.name, ...newValue });
    const parts: Parts = {
      url: `${target.url}/${name}`,
      secret: `\${workflow.secrets.${secret.name}}`,
      secretName: secret.name,
      name: (suffix) => named(`${name}_${suffix}`),
    };
    const workflows = [
      { name: named(name), tasks: kind.tasks(parts), ...kind.more?.(parts) },
      ...(kind.others?.(parts) ?? []),
    ];
    definitions.push(...workflows);
    for (const type of kind.polled?.(parts) ?? []) {
      taskDefinitions.push({
        name: type,
        ownerEmail: 'tests@gateway.example',
        retryCount: 0,
        ...kind.taskDefinition?.(parts),
      });
      types[type] = async (task) => {
        const inputs = JSON.stringify([task.inputData, task.runtimeMetadata]);
        const log = `The input is ${inputs}`;
        await setup.polling.ask('POST', `/tasks/${task.taskId}/log`, log);
        return {
          outputData: {
            echo: { ...task.inputData, ...task.runtimeMetadata },
            text: inputs,
            ...(kind.evidence === 'stored secret' && { new_value: newValue.value }),
          },
          logs: [{ log }],
        };
      };
    }
    runs.set(name, {
      ...{ secret, newValue, parts },
      workflowId: '',
      executions: [],
      found: NOWHERE,
      failedReads: [],
    });
  }
  await engine.send('POST', '/metadata/taskdefs', taskDefinitions);
  await setup.register(...definitions);

  const polls = poller(setup.polling, types);
  for (const [name, run] of runs) {
    run.workflowId = await engine.start({
      name: named(name),
      version: 1,
      correlationId: named(name),
      input: { plain: 'text' },
    });
  }
  await Promise.all(
    [...runs].map(async ([name, run]) => {
      if (name === 'human') {
        await engine.when(run.workflowId, ({ tasks }) => tasks.some(({ status }: Any) => status === 'IN_PROGRESS'));
        await admin.ask('POST', `/tasks/${run.workflowId}/approve/COMPLETED`, { approved: true });
      }
      await collect(setup, run.workflowId, run.executions);
    }),
  );
  // The Conductor server writes its search index after the end of a workflow.
  await sleep(2_000);

  const files = await filesOf(setup);
  for (const run of runs.values()) {
    const randoms = [run.secret.random, run.newValue.random];
    Object.assign(run, await whereFound(setup, run.executions, randoms, files));
  }
  return { runs, polls };
}

/** Waits until an execution and its children have ended, and adds the executions to `executions`. An execution that does not end is also added to `executions`. */
async function collect(setup: Setup, workflowId: string, executions: Any[]): Promise<void> {
  let execution: Any;
  for (const until = Date.now() + END_MS; Date.now() < until; await sleep(300)) {
    execution = await setup.engine.get(`/workflow/${workflowId}`);
    if (execution.status !== 'RUNNING') break;
  }
  executions.push(execution);
  for (const { taskType, subWorkflowId, outputData } of execution.tasks) {
    const child = subWorkflowId ?? (taskType === 'START_WORKFLOW' ? outputData.workflowId : undefined);
    if (child !== undefined) await collect(setup, child, executions);
  }
}

interface Receipt {
  received: Received;
  /** The number of calls, tasks or scripts that received the secret value. */
  times: number;
}

/** Returns what the called server, the worker or the script received, or what the secret contains. */
async function receiptOf(setup: Setup, name: KindName, run: Run, polls: Poller): Promise<Receipt> {
  const { secret, newValue, executions } = run;
  const ofTexts = (texts: string[]): Receipt => {
    const times = texts.filter((text) => holds(text, secret.random)).length;
    if (times > 0) return { received: 'value', times };
    if (texts.length === 0) return { received: 'no call', times };
    return { received: texts.some((text) => text.includes('workflow.secrets')) ? 'reference' : 'empty', times };
  };
  const once = (received: Received): Receipt => ({ received, times: received === 'value' ? 1 : 0 });
  switch (KINDS[name].evidence ?? 'request') {
    case 'request':
      return ofTexts(
        setup.target.asked.filter(({ path }) => path.startsWith(`/${name}/`)).map((asked) => JSON.stringify(asked)),
      );
    case 'poll':
      return ofTexts(
        polls.received
          .filter(({ workflowInstanceId }) => workflowInstanceId === run.workflowId)
          .map(({ inputData, runtimeMetadata }) => JSON.stringify([inputData, runtimeMetadata])),
      );
    case 'length': {
      const length = executions[0].tasks[0]?.outputData?.result?.length;
      if (length === undefined) return once('no call');
      return once(length === secret.value.length ? 'value' : length > 0 ? 'reference' : 'empty');
    }
    case 'stored secret': {
      const stored = await setup.w.reveal(setup.w.admin, secret.name);
      return once(stored === newValue.value ? 'value' : 'no call');
    }
  }
}

/** Returns the id of the workflow execution of each recorded use of the kind's secret. */
async function recordedUses({ w }: Setup, { secret }: Run): Promise<unknown[]> {
  const events = await eventsOf(w.admin, { secret: secret.name, actions: ['SECRET_USE'], outcome: 'DONE' });
  return events.map(({ changes }) => changes?.workflowId);
}
