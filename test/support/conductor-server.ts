// A small Conductor server with the interface that a worker uses. The server delivers tasks, accepts results, and
// shows definitions. The server inserts the workflow's input and the outputs of other tasks into the input of a task
// once, as workflow engines do. References to secrets stay unchanged.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { overhear } from './sentinel.ts';

export interface Result {
  taskId: string;
  workflowInstanceId: string;
  workerId: string;
  status: string;
  reasonForIncompletion?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the worker decides the types of an output
  outputData: any;
}

/** A workflow definition or a task definition in JSON. */
export type Definition = Record<string, unknown>;

export interface TaskOptions {
  /** The values of expressions `${workflow.input.…}`. */
  input?: Record<string, unknown>;
  /** The values of expressions `${REF.output.…}`, by the reference names of the tasks. */
  outputs?: Record<string, unknown>;
  pollCount?: number;
  taskId?: string;
  /** JSON fields that the server adds to the task, or replaces in the task. */
  more?: Record<string, unknown>;
  /** JSON fields that the server adds to the task in the workflow definition, or replaces in this task. */
  written?: Definition;
  /**
   * The registered workflow definition. The default is a workflow definition with this task. If null, no workflow
   * definition is registered.
   */
  registered?: Definition | null;
  /** The workflow definition with which the execution started. The default is the registered workflow definition. */
  started?: Definition;
  /** The registered task definition with the same name as the task. */
  taskDefinition?: Definition;
}

/** A request that a client sent with a body. */
export interface Reported {
  path: string;
  body: string;
  bytes: Buffer;
  type: string | undefined;
}

export interface ConductorServer {
  url: string;
  /** Returns all requests with a body, in order. `path` begins after `/api`. */
  reported(): Reported[];
  /** Puts a task of this type into the queue. @returns the id of the task */
  add(type: string, inputParameters: Record<string, unknown>, options?: TaskOptions): string;
  /** Waits for the first result of a task, and returns this result. */
  resultOf(taskId: string): Promise<Result>;
  /** Returns all task results in order. */
  results(taskId?: string): Result[];
  /** Returns the number of poll requests. */
  polls(): number;
  /** Sets the answer to all results, or to results with more characters. If undefined, the server accepts results. */
  refuseResults(status: number | undefined, longerThan?: number): void;
  /** Sets the answer to poll requests. If undefined, the server returns tasks. */
  answerPolls(how: { status?: number; type?: string; text: string } | undefined): void;
  /**
   * Sets the answer to requests for workflow and task definitions. If undefined, the server returns the definitions.
   */
  answerDefinitions(status: number | undefined): void;
  /** Returns the headers of the last poll. */
  lastPoll(): IncomingHttpHeaders;
  /** Sets an action that runs before each answer to a poll. */
  beforePolls(action: (() => Promise<void>) | undefined): void;
  /** Registers a workflow definition. */
  register(definition: Definition): void;
  /** Returns the paths of the requests for workflow and task definitions. */
  lookUps(): string[];
  /** Makes all issued tokens invalid. */
  forgetTokens(): void;
  /** Stops the server, and starts the server again on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/**
 * @param key the access key that `/api/token` requires; without this parameter the server requires no tokens, like
 * the open source server
 */
export async function conductorServer(key?: { keyId: string; keySecret: string }): Promise<ConductorServer> {
  const queues = new Map<string, object[]>();
  const results: Result[] = [];
  const shown = new Map<string, Definition>();
  const lookUps: string[] = [];
  const reported: Reported[] = [];
  const tasks = new Map<string, Definition>();
  let lastPoll: IncomingHttpHeaders = {};
  let beforePoll: (() => Promise<void>) | undefined;
  let hiding: number | undefined;
  const waiting = new Set<() => void>();
  let polls = 0;
  let refusing: number | undefined;
  let longest = -1;
  let instead: { status?: number; type?: string; text: string } | undefined;
  let count = 0;
  let token = 'a.b.c1';

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    const bytes = await buffer(request);
    const body = bytes.toString();
    const json = (status: number, of: unknown) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(of));
    if (pathname === '/api/token') {
      if (key === undefined) return json(404, { status: 404, message: 'Not found' });
      const { keyId, keySecret } = JSON.parse(body);
      if (keyId !== key.keyId || keySecret !== key.keySecret) return json(401, { message: 'no' });
      return json(200, { token });
    }
    if (key !== undefined && request.headers['x-authorization'] !== token)
      return json(401, { error: 'INVALID_TOKEN', message: 'no' });
    if (request.method === 'POST' && pathname !== '/api/token') {
      overhear(body);
      reported.push({ path: pathname.slice('/api'.length), body, bytes, type: request.headers['content-type'] });
    }
    if (request.method === 'GET' && pathname.startsWith('/api/tasks/poll/')) {
      lastPoll = request.headers;
      await beforePoll?.();
    }
    const poll = (type: string) => {
      const [next] = queues.get(type)?.splice(0, 1) ?? [];
      return next === undefined ? void response.writeHead(204).end() : json(200, next);
    };
    const single = /^\/api\/tasks\/poll\/([\w-]+)$/.exec(pathname)?.[1];
    if (request.method === 'GET' && single !== undefined && single !== 'batch') return poll(single);
    if (request.method === 'POST' && pathname === '/api/tasks/update-v2') {
      const result: Result = JSON.parse(body);
      results.push(result);
      for (const look of waiting) look();
      return poll(String(tasks.get(result.taskId)?.taskType));
    }
    const task = tasks.get(/^\/api\/tasks\/([\w-]+)$/.exec(pathname)?.[1] ?? '');
    if (request.method === 'GET' && task !== undefined) return json(200, task);
    const execution = /^\/api\/workflow\/([\w-]+)$/.exec(pathname)?.[1];
    if (request.method === 'GET' && execution !== undefined && searchParams.get('includeTasks') === 'true') {
      const found = [...tasks.values()].filter(({ workflowInstanceId }) => workflowInstanceId === execution);
      return json(200, { ...shown.get(`/workflow/${execution}?includeTasks=false`), tasks: found });
    }
    if (request.method === 'POST' && /^\/api\/tasks\/[\w-]+\/(log|.+)$/.test(pathname)) return json(200, {});
    const type = /^\/api\/tasks\/poll\/batch\/([\w-]+)$/.exec(pathname)?.[1];
    if (request.method === 'GET' && type !== undefined) {
      polls += 1;
      if (instead !== undefined) {
        response.writeHead(instead.status ?? 200, { 'content-type': instead.type ?? 'application/json' });
        return void response.end(instead.text);
      }
      const queue = queues.get(type) ?? [];
      return json(200, queue.splice(0, Number(searchParams.get('count') ?? 1)));
    }
    if (request.method === 'POST' && pathname === '/api/tasks') {
      if (refusing !== undefined && body.length > longest) return json(refusing, { status: refusing, message: 'no' });
      const result: Result = JSON.parse(body);
      results.push(result);
      for (const look of waiting) look();
      return void response.writeHead(200, { 'content-type': 'text/plain' }).end(result.taskId);
    }
    if (request.method === 'GET' && /^\/api\/(workflow|metadata\/workflow|metadata\/taskdefs)\/[^/]+$/.test(pathname)) {
      const path = decodeURI(request.url ?? '').slice('/api'.length);
      lookUps.push(path);
      if (hiding !== undefined) return json(hiding, { status: hiding, message: 'no' });
      const found = shown.get(path);
      if (found !== undefined) return json(200, found);
    }
    json(404, { status: 404, message: `Nothing is at ${pathname}`, instance: 'here', retryable: false });
  }

  function register(definition: Definition): void {
    shown.set(`/metadata/workflow/${definition.name}?version=${definition.version}`, definition);
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    add(type, inputParameters, options = {}) {
      const { input = {}, outputs = {}, pollCount = 1, taskId, more = {}, written = {}, taskDefinition } = options;
      const id = taskId ?? `task-${++count}`;
      const outputsOf = Object.entries(outputs).map(([name, output]) => [name, { output }]);
      const scope = { workflow: { input }, ...Object.fromEntries(outputsOf) };
      const workflowTask = {
        name: type.toLowerCase(),
        taskReferenceName: 'the_task',
        type,
        inputParameters,
        ...written,
      };
      const registered =
        options.registered === undefined ? { name: `of_${id}`, version: 1, tasks: [workflowTask] } : options.registered;
      const started = options.started ?? registered ?? { name: `of_${id}`, version: 1, tasks: [workflowTask] };
      if (registered !== null) register(registered);
      if (taskDefinition !== undefined) shown.set(`/metadata/taskdefs/${workflowTask.name}`, taskDefinition);
      const workflowInstanceId = `workflow-of-${id}`;
      // The server includes the task definition in each task. The registered workflow definition does not include the task definition.
      shown.set(`/workflow/${workflowInstanceId}?includeTasks=false`, {
        ...{ workflowId: workflowInstanceId, status: 'RUNNING', tasks: [], input },
        ...{ workflowName: started.name, workflowVersion: started.version },
        workflowDefinition: completed(started, shown),
      });
      const handedOut = completed(workflowTask, shown);
      const defaults = (handedOut.taskDefinition as Definition | undefined)?.inputTemplate ?? {};
      const task = {
        taskId: id,
        workflowInstanceId,
        taskType: type,
        taskDefName: type.toLowerCase(),
        referenceTaskName: 'the_task',
        status: 'IN_PROGRESS',
        pollCount,
        inputData: filledIn({ ...defaults, ...inputParameters }, scope),
        workflowTask: handedOut,
        ...more,
      };
      queues.set(type, [...(queues.get(type) ?? []), task]);
      tasks.set(id, task);
      return id;
    },
    async resultOf(taskId) {
      for (;;) {
        const found = results.find((result) => result.taskId === taskId);
        if (found !== undefined) return found;
        await new Promise<void>((look) => {
          const once = () => {
            waiting.delete(once);
            look();
          };
          waiting.add(once);
        });
      }
    },
    results: (taskId) => results.filter((result) => taskId === undefined || result.taskId === taskId),
    polls: () => polls,
    refuseResults(status, longerThan = -1) {
      refusing = status;
      longest = longerThan;
    },
    answerPolls(how) {
      instead = how;
    },
    answerDefinitions(status) {
      hiding = status;
    },
    register,
    lookUps: () => lookUps,
    reported: () => reported,
    lastPoll: () => lastPoll,
    beforePolls(action) {
      beforePoll = action;
    },
    forgetTokens() {
      token = `a.b.c${Number(token.slice(5)) + 1}`;
    },
    async stop() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
    async start() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
  };
}

/**
 * Returns the workflow definition with the registered task definition of each task. A Conductor server adds these
 * task definitions when a workflow starts.
 */
function completed(definition: Definition, shown: ReadonlyMap<string, Definition>): Definition {
  const complete = (json: unknown): unknown => {
    if (Array.isArray(json)) return json.map(complete);
    if (typeof json !== 'object' || json === null) return json;
    const { inputParameters, ...others } = json as Definition;
    const members = Object.entries(others).map(([name, value]) => [name, complete(value)]);
    const taskDefinition =
      'taskReferenceName' in json
        ? (shown.get(`/metadata/taskdefs/${others.name}`) ?? { name: others.name, inputTemplate: {} })
        : undefined;
    return {
      ...(taskDefinition !== undefined && { taskDefinition }),
      ...Object.fromEntries(members),
      ...(inputParameters !== undefined && { inputParameters }),
    };
  };
  return complete(definition) as Definition;
}

/** Replaces expressions once. The function does not search inserted text again. */
export function filledIn(json: unknown, scope: object): unknown {
  if (Array.isArray(json)) return json.map((item) => filledIn(item, scope));
  if (typeof json === 'object' && json !== null)
    return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, filledIn(value, scope)]));
  if (typeof json !== 'string') return json;
  const whole = /^\$\{([\w.]+)\}$/.exec(json)?.[1];
  if (whole !== undefined && !whole.startsWith('workflow.secrets')) return at(scope, whole) ?? null;
  return json.replace(/\$?\$\{([\w.-]+)\}/g, (found, path: string) => {
    if (found.startsWith('$${')) return found.slice(1);
    if (path.startsWith('workflow.secrets')) return found;
    const value = at(scope, path) ?? '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}

function at(scope: object, path: string): unknown {
  return path.split('.').reduce<unknown>((here, name) => {
    return typeof here === 'object' && here !== null ? (here as Record<string, unknown>)[name] : undefined;
  }, scope);
}
