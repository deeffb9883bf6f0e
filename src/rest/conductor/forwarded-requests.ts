// Classifies requests that the gateway forwards to the Conductor server: what the body of the request contains, and what the answer contains.

/** The contents of a request's body. The code that checks or cleans a body depends on this kind. */
export type BodyKind =
  /** A task result, with the id of its task: POST /tasks, /tasks/update-v2. */
  | 'task result'
  /** The output of a task. The path names the workflow execution and the reference name of the task. */
  | 'task output'
  /** The output of the task that blocks a workflow execution. The path names the workflow execution. */
  | 'signal'
  /** Task results and variables of a workflow execution: POST /workflow/{id}/state. */
  | 'workflow state'
  /** A line of a task's log, as text. The path names the task. */
  | 'log line'
  /** One workflow definition or a list of workflow definitions. */
  | 'workflow definitions'
  /** One task definition or a list of task definitions. */
  | 'task definitions'
  /** A request to start a workflow. The request can contain a workflow definition, in `workflowDef` or `workflowDefinition`. */
  | 'start'
  /** A schedule, with a request to start a workflow in `startWorkflowRequest`. */
  | 'schedule'
  /** One event handler or a list of event handlers. Its actions can start workflows. */
  | 'event handlers'
  /** An agent or a skill. The engine creates and registers workflow definitions from agents and skills. */
  | 'agent'
  /** No body, or a body that the gateway forwards without looking at the body. */
  | 'other';

/** The contents of an answer with JSON. */
export type AnswerKind =
  /** One task or a list of tasks for the worker that polls. The gateway fills in the secrets of these tasks. */
  | 'tasks'
  /** Data of workflow executions can be in the answer. The gateway masks the answer. */
  | 'execution data'
  /** No data of workflow executions is in the answer. The gateway forwards the answer byte for byte. */
  | 'plain';

export interface ForwardedRequest {
  readonly body: BodyKind;
  readonly answer: AnswerKind;
  /** The parameters of the path, decoded, such as `taskId`. */
  readonly params: Readonly<Record<string, string>>;
  /** The types of tasks that the request polls, one for each interpretation of the path. */
  readonly polledTypes: readonly string[];
}

interface Row {
  readonly methods: readonly string[];
  /** The path below `/api`. `{name}` matches one segment, `{name*}` one or more segments, and `**` at the end any number of segments. */
  readonly path: string;
  readonly body?: BodyKind;
  /** The default is `execution data`. */
  readonly answer?: AnswerKind;
}

const GET = ['GET'];
const POST = ['POST'];
const STORE = ['POST', 'PUT'];
const ANY = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'];

/**
 * INVARIANT: a request whose path is not in this table counts as `other` with an answer of `execution data`, so the gateway masks its answer. The
 * first row that matches counts.
 */
const TABLE: readonly Row[] = [
  // Tasks that a worker gets, and the results of these tasks.
  { methods: GET, path: '/tasks/poll/batch/{taskType*}', answer: 'tasks' },
  { methods: GET, path: '/tasks/poll/{taskType*}', answer: 'tasks' },
  { methods: POST, path: '/tasks/update-v2', body: 'task result', answer: 'tasks' },
  { methods: POST, path: '/tasks', body: 'task result' },
  { methods: POST, path: '/tasks/{taskId}/log', body: 'log line' },
  { methods: POST, path: '/tasks/queue/requeue/{taskType*}' },
  { methods: POST, path: '/tasks/{workflowId}/{status}/signal', body: 'signal' },
  { methods: POST, path: '/tasks/{workflowId}/{status}/signal/sync', body: 'signal' },
  { methods: POST, path: '/tasks/{workflowId}/{ref*}/{status}/sync', body: 'task output' },
  { methods: POST, path: '/tasks/{workflowId}/{ref*}/{status}', body: 'task output' },
  { methods: POST, path: '/queue/update/{workflowId}/task/{taskId}/{status}', body: 'task output' },
  { methods: POST, path: '/queue/update/{workflowId}/{ref*}/{status}', body: 'task output' },
  { methods: POST, path: '/agent/tasks/{workflowId}/{ref*}/{status}', body: 'task output' },
  { methods: POST, path: '/agent/{workflowId}/signal', body: 'signal' },
  { methods: POST, path: '/agent/{workflowId}/respond', body: 'signal' },
  { methods: POST, path: '/workflow/{workflowId}/state', body: 'workflow state' },

  // Definitions, and requests that can contain a definition.
  { methods: STORE, path: '/metadata/workflow', body: 'workflow definitions', answer: 'plain' },
  { methods: STORE, path: '/metadata/workflow/validate', body: 'workflow definitions', answer: 'plain' },
  { methods: STORE, path: '/metadata/taskdefs', body: 'task definitions', answer: 'plain' },
  { methods: POST, path: '/workflow', body: 'start' },
  { methods: POST, path: '/workflow/execute/**', body: 'start' },
  { methods: POST, path: '/workflow/test', body: 'start' },
  { methods: STORE, path: '/scheduler/schedules', body: 'schedule' },
  { methods: STORE, path: '/event', body: 'event handlers' },

  { methods: POST, path: '/agent/deploy', body: 'agent' },
  { methods: POST, path: '/agent/start', body: 'agent' },
  { methods: POST, path: '/skills/register', body: 'agent' },
  { methods: POST, path: '/skills/{name}/versions/{version}/deploy', body: 'agent' },

  // Answers without data of workflow executions.
  { methods: GET, path: '/metadata/**', answer: 'plain' },
  { methods: GET, path: '/tasks/queue/**', answer: 'plain' },
  { methods: GET, path: '/tasks/externalstoragelocation', answer: 'plain' },
  { methods: GET, path: '/tasks/external-storage-location', answer: 'plain' },
  { methods: GET, path: '/workflow/externalstoragelocation', answer: 'plain' },
  { methods: GET, path: '/workflow/external-storage-location', answer: 'plain' },
  { methods: GET, path: '/queue/size', answer: 'plain' },
  { methods: GET, path: '/queue', answer: 'plain' },
  { methods: GET, path: '/admin/queues', answer: 'plain' },
  { methods: GET, path: '/scheduler/nextFewSchedules', answer: 'plain' },
  { methods: ANY, path: '/health', answer: 'plain' },
  { methods: ANY, path: '/version', answer: 'plain' },

  // Other requests that name no execution, and then other requests with the execution or the task that the path names.
  ...['running', 'bulk', 'search', 'search-v2', 'search-by-tasks', 'search-by-tasks-v2', '{name}/correlated'].map(
    (path) => ({ methods: ANY, path: `/workflow/${path}/**` }),
  ),
  ...['search', 'search-v2', 'queue'].map((path) => ({ methods: ANY, path: `/tasks/${path}/**` })),
  ...['list', 'executions', 'executions/search', 'executions/prune', 'executions/bulk/**', 'execution'].map((path) => ({
    methods: ANY,
    path: `/agent/${path}`,
  })),
  { methods: ANY, path: '/agent/definitions/**' },
  { methods: ANY, path: '/agent/{name}' },
  { methods: ANY, path: '/agent/tasks/{taskId}/log' },
  ...['executions', 'execution', 'stream', 'events', 'tasks'].map((path) => ({
    methods: ANY,
    path: `/agent/${path}/{workflowId}/**`,
  })),
  { methods: ANY, path: '/agent/{workflowId}/**' },
  { methods: ANY, path: '/workflow/decide/{workflowId}' },
  { methods: ANY, path: '/workflow/{workflowId}/**' },
  { methods: ANY, path: '/tasks/{taskId}/**' },
  { methods: ANY, path: '/files/content/{workflowId}/**' },
  { methods: ANY, path: '/files/{workflowId}/**' },
];

const ROWS = TABLE.map((row) => ({ ...row, pattern: patternOf(row.path) }));

/**
 * Returns the pattern for a path of the table. The pattern ignores case, an extension such as `.json`, and a slash at the end, because a Conductor
 * server can ignore them.
 */
function patternOf(path: string): RegExp {
  const segments = path.slice(1).split('/');
  const source = segments.map((segment) => {
    if (segment === '**') return '(?:/.*)?';
    const [, parameter, isLong] = /^\{(\w+)(\*)?\}$/.exec(segment) ?? [];
    return parameter === undefined ? `/${segment}` : `/(?<${parameter}>${isLong === undefined ? '[^/]+?' : '.+?'})`;
  });
  const isOpen = segments.at(-1) === '**';
  return new RegExp(`^/api${source.join('')}${isOpen ? '' : '(?:\\.\\w+)?/?'}$`, 'i');
}

/** Answers by the care that the gateway takes: the first kind that an interpretation of the path has counts. */
const CARE: readonly AnswerKind[] = ['tasks', 'execution data', 'plain'];

/**
 * Classifies a request. `interpretations` are the possible interpretations of the request's path (see `interpretationsOf`). Returns undefined if two
 * interpretations of the path have different kinds of bodies: such a request must not be forwarded.
 */
export function classify(method: string, interpretations: readonly string[]): ForwardedRequest | undefined {
  const found = interpretations.flatMap(withoutQuery).map((path) => interpretationOf(method, path));
  const special = found.filter(({ body }) => body !== 'other');
  const [first = found[0]] = special;
  if (first === undefined || special.some(({ body }) => body !== first.body)) return undefined;
  const answers = found.map(({ answer }) => answer);
  return {
    ...first,
    answer: CARE.find((kind) => answers.includes(kind)) ?? 'execution data',
    polledTypes: found.flatMap(({ answer, params: { taskType } }) =>
      answer === 'tasks' && taskType !== undefined ? [taskType] : [],
    ),
  };
}

/** A server that decodes a path before the server splits the path could see a query string or a fragment in the path. */
function withoutQuery(path: string): string[] {
  const end = path.search(/[?#]/);
  return end === -1 ? [path] : [path, path.slice(0, end)];
}

function interpretationOf(method: string, path: string): Omit<ForwardedRequest, 'polledTypes'> {
  for (const { methods, pattern, body = 'other', answer = 'execution data' } of ROWS) {
    const match = methods.includes(method) ? pattern.exec(path) : null;
    if (match !== null) return { body, answer, params: { ...match.groups } };
  }
  return { body: 'other', answer: 'execution data', params: {} };
}
