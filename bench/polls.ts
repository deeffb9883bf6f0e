// Measures polls through the gateway. For comparison, the benchmark requests the same response from a path whose responses the gateway forwards as a
// stream. The benchmark alternates between the two, so that other load on the machine affects both equally. The benchmark compares medians.
import { once } from 'node:events';
import { table } from '../src/commands/table.ts';
import { readArguments } from './arguments.ts';
import { makeCallers } from './beside/callers.ts';
import { startGateway } from './beside/gateway.ts';
import { spread } from './beside/results.ts';
import { cleaningUp, type Undo } from './cleanup.ts';
import { listen } from './listen.ts';
import { openWorld } from './world.ts';

const WORLD = { secrets: 500, events: 2_000, principals: 100, groups: 20, grants: 400 };
const ROUNDS = 150;
const WARM_UP = 50;
const NAME = 'bench-poll-token';

const USAGE = `npm run bench -- polls

Polls tasks through one gateway process, one poll at a time: tasks without references, tasks with a secret, and reports of results. Compares each
median with a request that the gateway forwards as a stream. Takes less than a minute.`;

export async function run(args: readonly string[] = []): Promise<void> {
  if (readArguments(USAGE, args) === undefined) return;
  await cleaningUp(measureAll);
}

async function measureAll(undo: Undo): Promise<void> {
  const world = await openWorld(WORLD, { undo });
  const conductor = await startConductor(undo);
  const gateway = await startGateway(world, { undo, settings: { CONDUCTOR_URL: conductor } });
  const { admin } = await makeCallers(gateway.url);
  const headers = { 'x-authorization': admin.token };
  const stored = await fetch(`${gateway.url}/api/secrets/${NAME}`, { method: 'PUT', headers, body: 'v-0123456789' });
  if (!stored.ok) throw new Error(`The secret was not stored: HTTP ${stored.status}`);

  const get = (path: string) => async (base: string) => (await fetch(`${base}${path}`, { headers })).text();
  const report = async (base: string) => {
    const result = { taskId: 'secret-0', workflowInstanceId: 'w', status: 'COMPLETED', outputData: { ok: true } };
    const json = { ...headers, 'content-type': 'application/json' };
    return (await fetch(`${base}/tasks`, { method: 'POST', headers: json, body: JSON.stringify(result) })).text();
  };
  const through = `${gateway.url}/api`;
  const requests: [string, () => Promise<string>][] = [
    ['forwarded as a stream: 1 task', () => get('/metadata/workflow/plain')(through)],
    ['poll: 1 task without references', () => get('/tasks/poll/batch/plain?count=1')(through)],
    ['poll: 1 task with a secret', () => get('/tasks/poll/batch/secret?count=1')(through)],
    ['poll: 20 tasks with a secret', () => get('/tasks/poll/batch/secret?count=20')(through)],
    ['report of a task with a secret', () => report(through)],
    ['at the Conductor server itself', () => get('/tasks/poll/batch/plain?count=1')(`${conductor}/api`)],
  ];
  const times = requests.map(() => [] as number[]);
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [i, [, send]] of requests.entries()) {
      const start = performance.now();
      await send();
      if (round >= 0) times[i]?.push(performance.now() - start);
    }
  }
  const medians = times.map((all) => spread(all).median);
  const [base = Number.NaN] = medians;
  console.log(
    table(
      ['request', 'median ms', 'relative to a forwarded request'],
      requests.map(([name], i) => [name, (medians[i] ?? 0).toFixed(2), ((medians[i] ?? 0) / base).toFixed(2)]),
      [1, 2],
    ),
  );
}

/** Starts a Conductor server that always has tasks. @returns the address of the server */
async function startConductor(undo: Undo): Promise<string> {
  const taskOf = (kind: string) => ({
    ...{ name: kind, taskReferenceName: 'the_task', type: 'SIMPLE' },
    inputParameters: { authorization: kind === 'secret' ? `Bearer \${workflow.secrets.${NAME}}` : 'none', to: 'ann' },
  });
  const definitionOf = (kind: string) => ({ name: kind, version: 1, tasks: [taskOf(kind)] });
  const polled = (kind: string, i: number) => ({
    ...{ taskId: `${kind}-${i}`, workflowInstanceId: kind, referenceTaskName: 'the_task', taskType: kind },
    ...{ taskDefName: kind, workflowTask: taskOf(kind), inputData: taskOf(kind).inputParameters },
  });
  return listen(undo, async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    const [, , first = '', second = '', third = '', fourth = ''] = pathname.split('/');
    request.resume();
    await once(request, 'end');
    const count = Number(searchParams.get('count') ?? 1);
    const json =
      fourth !== ''
        ? Array.from({ length: count }, (_, i) => polled(fourth, i))
        : first === 'metadata' && second === 'workflow'
          ? definitionOf(third)
          : first === 'workflow'
            ? { workflowId: second, workflowDefinition: definitionOf(second) }
            : undefined;
    response.writeHead(json === undefined && request.method === 'GET' ? 404 : 200, {
      'content-type': 'application/json',
    });
    response.end(JSON.stringify(json ?? {}));
  });
}
