// A fake Conductor server. The HTTP server returns workflow definitions, task definitions and workflow executions.
import type { Json, JsonObject } from '../../src/primitives/json.ts';
import { type TargetServer, targetServer } from './target-server.ts';

export interface FakeEngine {
  url: URL;
  /** The registered workflow definitions. The map key is the name and the version of the workflow definition. */
  workflows: Map<string, JsonObject>;
  taskDefinitions: Map<string, JsonObject>;
  /** The workflow definitions of executions, by the id of the execution. */
  executions: Map<string, JsonObject>;
  /** The workflow input of all executions. */
  input: JsonObject;
  /** The tasks of all executions. A task without `workflowInstanceId` is in every execution. */
  tasks: JsonObject[];
  /** The tasks that polls return. Each poll removes and returns one task. */
  polled: JsonObject[];
  /** The ids of the parents of executions, by the id of the execution. */
  parents: Map<string, string>;
  /** Stores the output of a task, and ends the task. */
  end(taskId: Json, outputData: Json): void;
  /** The status of every response. If the status is undefined, the fake Conductor server responds normally. */
  status: number | undefined;
  /** Returns the paths of all requests that the fake Conductor server received. */
  asked(): string[];
  /** Registers a workflow definition with these tasks. Returns the workflow definition. */
  register(name: string, tasks: JsonObject[], more?: JsonObject): JsonObject;
  close(): Promise<void>;
}

export async function fakeEngine(): Promise<FakeEngine> {
  const server: TargetServer = await targetServer();
  const engine: FakeEngine = {
    url: new URL(`${server.url}/api`),
    workflows: new Map(),
    taskDefinitions: new Map(),
    executions: new Map(),
    input: {},
    tasks: [],
    polled: [],
    parents: new Map(),
    end(taskId, outputData) {
      const task = engine.tasks.find((one) => one.taskId === taskId);
      if (task === undefined) throw new Error('The engine has no such task.');
      Object.assign(task, { outputData, status: 'COMPLETED' });
    },
    status: undefined,
    asked: () => server.asked.map(({ path }) => path),
    register(name, tasks, more = {}) {
      const definition = { name, version: 1, tasks, ...more };
      engine.workflows.set(`${name} 1`, definition);
      return definition;
    },
    close: () => server.close(),
  };
  server.answer(({ method, path }: { method: string; path: string }, response: import('node:http').ServerResponse) => {
    const { pathname, searchParams } = new URL(path, 'http://engine');
    const [, , kind = '', second = '', name = ''] = pathname.split('/').map(decodeURIComponent);
    const isOf = ({ workflowInstanceId: id }: JsonObject) => id === undefined || id === second;
    const found =
      method !== 'GET'
        ? {}
        : kind === 'tasks' && second === 'poll'
          ? engine.polled.shift()
          : kind === 'tasks'
            ? engine.tasks.find(({ taskId }) => taskId === second)
            : kind === 'workflow'
              ? engine.executions.has(second) && {
                  workflowId: second,
                  input: engine.input,
                  ...(engine.parents.has(second) && { parentWorkflowId: engine.parents.get(second) }),
                  ...(searchParams.get('includeTasks') === 'true' && { tasks: engine.tasks.filter(isOf) }),
                  workflowDefinition: engine.executions.get(second),
                }
              : second === 'workflow'
                ? engine.workflows.get(`${name} ${searchParams.get('version')}`)
                : engine.taskDefinitions.get(name);
    if (kind === 'tasks' && second === 'poll' && !found) {
      response.writeHead(engine.status ?? 204).end();
      return;
    }
    response.writeHead(engine.status ?? (found ? 200 : 404), { 'content-type': 'application/json' });
    response.end(JSON.stringify(found || { message: 'not found' }));
  });
  return engine;
}

/** Returns a scheduled task with unresolved references, in the format of the Conductor server. */
export function scheduled(definition: JsonObject, task: JsonObject, more: JsonObject = {}): JsonObject {
  return {
    taskId: crypto.randomUUID(),
    workflowInstanceId: crypto.randomUUID(),
    referenceTaskName: task.taskReferenceName ?? '',
    taskType: task.type === 'SIMPLE' ? (task.name ?? '') : (task.type ?? ''),
    taskDefName: task.name ?? '',
    workflowType: definition.name ?? '',
    inputData: task.inputParameters ?? {},
    workflowTask: task,
    ...more,
  };
}
