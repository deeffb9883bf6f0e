// Measures the gateway in front of a real Conductor server with the gateway's module. For comparison, the benchmark sends the same requests directly
// to the Conductor server. The benchmark alternates between the two, so that other load on the machine affects both equally. The benchmark compares
// medians.
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { prepareServer, type ServerTools } from '../scripts/build-conductor.ts';
import { MissingTool } from '../scripts/conductor-server.ts';
import { progressOn } from '../src/commands/progress.ts';
import { table } from '../src/commands/table.ts';
import { readArguments } from './arguments.ts';
import { spread } from './beside/results.ts';
import { cleaningUp, type Undo } from './cleanup.ts';
import { APPLICATIONS, SECRET, type Stack, startStack } from './conductor-stack.ts';

const ROUNDS = 100;
const WARM_UP = 20;
const SEARCHED = 20;
const END_MS = 120_000;
/** The number of workflow executions that the benchmark starts at the same time. */
const STARTS = 4;
const FAILED = 1;
const MISSING = 2;

const USAGE = `npm run bench -- conductor

Sends polls of tasks, reports of results and reads of executions alternately to a real Conductor server and to the gateway in front of the server, one
request at a time. Also runs HTTP tasks with and without a secret in the server with the gateway's module. At the end, compares the number of uses
in the audit log with the number of actual uses. Exits with 1 if the two numbers differ, and with 2 if Java or Maven is missing. The benchmark takes
some minutes, and needs Java 21 and Maven.`;

export async function run(args: readonly string[] = []): Promise<void> {
  if (readArguments(USAGE, args) === undefined) return;
  const tools = await findTools();
  if (typeof tools === 'number') process.exitCode = tools;
  else await cleaningUp((undo) => measureAll(tools, undo));
}

/** Prepares the server and the module. Returns the exit status of the benchmark if this machine cannot run the server. */
async function findTools(): Promise<ServerTools | number> {
  try {
    return (await prepareServer(process.stderr)) ?? FAILED;
  } catch (error) {
    if (!(error instanceof MissingTool)) throw error;
    console.error(`The benchmark needs a real Conductor server: ${error.message}`);
    return MISSING;
  }
}

/** A request or a task that the benchmark measures. */
interface Measured {
  name: string;
  times: number[];
  /** The request or task that is the baseline for the ratio in the table. */
  reference?: Measured;
}

async function measureAll(tools: ServerTools, undo: Undo): Promise<void> {
  const stack = await startStack(tools, undo);
  await register(stack);
  const all: Measured[] = [];
  const measured = (name: string, reference?: Measured): Measured => {
    const one = { name, times: [], ...(reference !== undefined && { reference }) };
    all.push(one);
    return one;
  };
  const polls = await pollsAndReports(stack, measured);
  const rounds: ((round: number) => Promise<void>)[] = [
    polls.round,
    await reads(stack, measured),
    await httpTasks(stack, measured),
  ];
  const progress = progressOn(process.stderr);
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const measure of rounds) await measure(round);
    progress.update(round + 1, WARM_UP + ROUNDS);
  }
  progress.end();
  print(all);
  await compareUses(stack, polls.tasksWithValue());
}

/** Adds a row to the table. */
type Measure = (name: string, reference?: Measured) => Measured;

/** Adds rows to the table. The first row is the baseline for the other rows. */
function measuredAll(measured: Measure, [first = '', ...others]: readonly string[]): Measured[] {
  const reference = measured(first);
  return [reference, ...others.map((name) => measured(name, reference))];
}

/** Runs `work` once, and records the time. During the warm-up rounds, the function does not record the time. */
async function time<T>({ times }: Measured, round: number, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  if (round >= WARM_UP) times.push(performance.now() - start);
  return result;
}

/** The order of the requests alternates, so that no request is always the last request of a round. */
const inTurn = <T>(all: readonly T[], round: number): readonly T[] => (round % 2 === 0 ? all : all.toReversed());

/** The measurement of polls and reports. */
interface Polls {
  round: (round: number) => Promise<void>;
  /** Returns the number of polled tasks that contained the secret value. */
  tasksWithValue(): number;
}

/**
 * Each round polls one task directly and one task through the gateway, and reports a result for each task. The tasks come from executions that started
 * before the first round.
 */
async function pollsAndReports(stack: Stack, measured: Measure): Promise<Polls> {
  const { direct, poller, value } = stack;
  let tasksWithValue = 0;
  const ways = [
    { name: 'no secret: Conductor server', send: direct, type: 'bench_plain' },
    { name: 'no secret: gateway', send: poller, type: 'bench_plain' },
    { name: 'one secret: gateway', send: poller, type: 'bench_secret' },
  ];
  const polls = measuredAll(
    measured,
    ways.map(({ name }) => `poll, ${name}`),
  );
  const reports = measuredAll(
    measured,
    ways.map(({ name }) => `report, ${name}`),
  );
  const kinds = ways.map((way, i) => ({ ...way, poll: polls[i] as Measured, report: reports[i] as Measured }));
  for (const { type } of kinds) await startMany(stack, { name: type }, WARM_UP + ROUNDS);

  async function pollOnce(round: number): Promise<void> {
    for (const { send, type, poll, report } of inTurn(kinds, round)) {
      const polled = await time(poll, round, () => send('GET', `/tasks/poll/${type}?workerid=bench`));
      if (polled === '') throw new Error(`The poll of ${type} returned no task.`);
      if (polled.includes(value) !== (type === 'bench_secret'))
        throw new Error(`The polled task ${type} does not contain the expected input.`);
      if (polled.includes(value)) tasksWithValue++;
      const { taskId, workflowInstanceId } = JSON.parse(polled);
      const result = { taskId, workflowInstanceId, workerId: 'bench', status: 'COMPLETED', outputData: { ok: true } };
      await time(report, round, () => send('POST', '/tasks', result));
    }
  }
  return { round: pollOnce, tasksWithValue: () => tasksWithValue };
}

/** Each round reads an execution with five tasks, and searches executions. The input of the execution contains the secret value. */
async function reads(stack: Stack, measured: Measure): Promise<(round: number) => Promise<void>> {
  const { direct, admin, value } = stack;
  const started = { name: 'bench_five', version: 1, input: { note: `the token is ${value}` } };
  const workflowId = await direct('POST', '/workflow', started);
  await ended(stack, workflowId);
  await startMany(stack, started, SEARCHED);

  const execution = measured('execution with 5 tasks: Conductor server');
  const masked = measured('execution with 5 tasks, masked: gateway', execution);
  const search = measured(`search of ${SEARCHED}: Conductor server`);
  const maskedSearch = measured(`search of ${SEARCHED}, masked: gateway`, search);
  const sides = [
    { send: direct, masked: false, execution, search },
    { send: admin, masked: true, execution: masked, search: maskedSearch },
  ];
  const query = new URLSearchParams({
    ...{ start: '0', size: String(SEARCHED), freeText: '*', query: 'workflowType IN (bench_five)' },
  });
  return async (round) => {
    for (const { send, masked, execution, search } of inTurn(sides, round)) {
      const read = await time(execution, round, () => send('GET', `/workflow/${workflowId}`));
      const found = await time(search, round, () => send('GET', `/workflow/search?${query}`));
      if (JSON.parse(found).results.length !== SEARCHED)
        throw new Error(`The search did not return ${SEARCHED} executions.`);
      for (const text of [read, found])
        if (text.includes(value) === masked) throw new Error(`The response is ${masked ? 'not masked' : 'masked'}.`);
    }
  };
}

/**
 * Each round runs one workflow whose HTTP task uses no secret, and one workflow whose HTTP task uses a secret. The Conductor server itself measures
 * the times.
 */
async function httpTasks(stack: Stack, measured: Measure): Promise<(round: number) => Promise<void>> {
  const workflow = measured('workflow with one HTTP task, no secret');
  const workflowWithSecret = measured('workflow with one HTTP task, one secret', workflow);
  const task = measured('the HTTP task alone, no secret');
  const taskWithSecret = measured('the HTTP task alone, one secret', task);
  const kinds = [
    { name: 'bench_http_plain', workflow, task },
    { name: 'bench_http_secret', workflow: workflowWithSecret, task: taskWithSecret },
  ];
  return async (round) => {
    for (const { name, workflow, task } of inTurn(kinds, round)) {
      const execution = await ended(stack, await stack.direct('POST', '/workflow', { name, version: 1 }));
      if (round < WARM_UP) continue;
      workflow.times.push(execution.endTime - execution.createTime);
      const [{ startTime, endTime }] = execution.tasks;
      task.times.push(endTime - startTime);
    }
  };
}

async function register({ direct, targetUrl }: Stack): Promise<void> {
  const authorization = { plain: 'none', secret: `Bearer \${workflow.secrets.${SECRET}}` };
  const polled = (kind: 'plain' | 'secret') => ({
    ...{ name: `bench_${kind}`, taskReferenceName: 'polled', type: 'SIMPLE' },
    inputParameters: { authorization: authorization[kind], to: 'ann' },
  });
  const http = (kind: 'plain' | 'secret', n: number) => ({
    ...{ name: 'call', taskReferenceName: `call_${n}`, type: 'HTTP' },
    inputParameters: {
      http_request: { uri: `${targetUrl}/`, method: 'GET', headers: { authorization: authorization[kind] } },
    },
  });
  const definitionOf = (name: string, ...tasks: object[]) => ({
    ...{ name, version: 1, schemaVersion: 2, ownerEmail: 'bench@gateway.example', timeoutSeconds: 0, tasks },
  });
  const types = ['plain', 'secret'].map((kind) => ({
    ...{ name: `bench_${kind}`, ownerEmail: 'bench@gateway.example', retryCount: 0 },
    ...{ timeoutSeconds: 3_600, responseTimeoutSeconds: 3_600 },
  }));
  await direct('POST', '/metadata/taskdefs', types);
  await direct('PUT', '/metadata/workflow', [
    definitionOf('bench_plain', polled('plain')),
    definitionOf('bench_secret', polled('secret')),
    definitionOf('bench_http_plain', http('plain', 1)),
    definitionOf('bench_http_secret', http('secret', 1)),
    definitionOf('bench_five', http('secret', 1), ...[2, 3, 4, 5].map((n) => http('plain', n))),
  ]);
}

/** Starts `count` executions. */
async function startMany({ direct }: Stack, request: { name: string }, count: number): Promise<void> {
  for (let left = count; left > 0; left -= STARTS)
    await Promise.all(
      Array.from({ length: Math.min(STARTS, left) }, () => direct('POST', '/workflow', { version: 1, ...request })),
    );
}

/** Waits until the execution has ended. Returns the execution. @throws Error unless the execution is completed */
// biome-ignore lint/suspicious/noExplicitAny: the Conductor server's executions are untyped JSON
async function ended({ direct }: Stack, workflowId: string): Promise<any> {
  for (const until = Date.now() + END_MS; ; await sleep(50)) {
    const execution = JSON.parse(await direct('GET', `/workflow/${workflowId}`));
    if (execution.status === 'COMPLETED') return execution;
    if (execution.status !== 'RUNNING' || Date.now() > until)
      throw new Error(`The execution of ${execution.workflowName} is ${execution.status}.`);
  }
}

function print(all: readonly Measured[]): void {
  const median = ({ times }: Measured) => spread(times).median;
  const rows = all.map((one) => {
    const ratio = one.reference === undefined ? '' : (median(one) / median(one.reference)).toFixed(2);
    return [one.name, median(one).toFixed(1), ratio];
  });
  console.log(table(['request or task', 'median ms', 'ratio'], rows, [1, 2]));
  const [load = Number.NaN] = loadavg();
  console.log(`\nThe load average of the machine was ${load.toFixed(1)}, with ${availableParallelism()} cores.`);
}

/** Compares the number of uses in the audit log with the number of actual uses. The exit status is 1 if the numbers differ. */
async function compareUses(stack: Stack, polledValues: number): Promise<void> {
  const rows: [string, number, number][] = [
    ['polled tasks', polledValues, await stack.recordedUses(APPLICATIONS.poller)],
    ['HTTP tasks', stack.requestsWithValue(), await stack.recordedUses(APPLICATIONS.engine)],
  ];
  console.log();
  console.log(
    table(
      ['uses of the secret', 'received', 'recorded'],
      rows.map(([name, received, recorded]) => [name, String(received), String(recorded)]),
      [1, 2],
    ),
  );
  if (rows.every(([, received, recorded]) => received > 0 && received === recorded)) return;
  console.error('The audit log does not contain exactly one audit event for each use of the secret.');
  process.exitCode = FAILED;
}
