// Classifies requests that the gateway forwards to the Conductor server: what the body of the request contains, and what the response contains.
import type { DefinitionKind } from '../../access/tag-owner.ts';

/** The kind of a request's body. The kind determines how the gateway checks the body, or masks secret values in the body. */
export type BodyKind =
  /** A task result that contains the id of the task: POST /tasks, /tasks/update-v2. */
  | 'task result'
  /** The output of a task. The path names the workflow execution and the reference name of the task. */
  | 'task output'
  /** The output of the task that blocks a workflow execution. The path names the workflow execution. */
  | 'signal'
  /** Task results and variables of a workflow execution: POST /workflow/{id}/state. */
  | 'workflow state'
  /** One log line of a task, in plain text. The path names the task. */
  | 'log line'
  /** One workflow definition or a list of workflow definitions. */
  | 'workflow definitions'
  /** One task definition or a list of task definitions. */
  | 'task definitions'
  /** A request to start a workflow. The request can contain a workflow definition, in `workflowDef` or `workflowDefinition`. */
  | 'start'
  /** A schedule, with a request to start a workflow in `startWorkflowRequest`. */
  | 'schedule'
  /** One event handler or a list of event handlers. The actions of an event handler can start workflows. */
  | 'event handlers'
  /** An agent or a skill. The engine creates and registers workflow definitions from agents and skills. */
  | 'agent'
  /** No body, or a body that the gateway forwards without parsing. */
  | 'other';

/** The kind of a response. The kind determines whether the gateway fills in secrets, masks the response, or forwards the response unchanged. */
export type AnswerKind =
  /** One task or a list of tasks for the worker that polls. The gateway fills in the secrets of these tasks. */
  | 'tasks'
  /** A response that can contain data of workflow executions. The gateway masks the response. */
  | 'execution data'
  /** A response without data of workflow executions. The gateway forwards the response byte for byte. */
  | 'plain';

export interface ForwardedRequest {
  readonly body: BodyKind;
  readonly answer: AnswerKind;
  /** The kind of definitions that the request stores. Undefined if the request stores no definitions. */
  readonly stores: DefinitionKind | undefined;
  /** The decoded parameters of the path, such as `taskId`. */
  readonly params: Readonly<Record<string, string>>;
  /** The types of tasks that the request polls, one for each interpretation of the path. */
  readonly polledTypes: readonly string[];
}

interface Row {
  readonly methods: readonly string[];
  /**
   * The path below `/api`. `{name}` matches exactly one segment. `{name*}` matches one or more segments. At the end, `**` matches any number of
   * segments.
   */
  readonly path: string;
  readonly body?: BodyKind;
  /** The default is `execution data`. */
  readonly answer?: AnswerKind;
  readonly stores?: DefinitionKind;
}

const GET = ['GET'];
const POST = ['POST'];
const STORE = ['POST', 'PUT'];
const ANY = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'];

/**
 * The rules that classify requests. The first matching row applies. INVARIANT: if no row matches, the gateway masks the response. The body then has
 * the kind `other`, and the response has the kind `execution data`.
 */
const TABLE: readonly Row[] = [
  // Paths for polls of tasks, and for reports of task results.
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

  // Paths for workflow definitions and task definitions, and for requests that can contain a definition.
  { methods: STORE, path: '/metadata/workflow', body: 'workflow definitions', answer: 'plain', stores: 'WORKFLOW_DEF' },
  { methods: STORE, path: '/metadata/workflow/validate', body: 'workflow definitions', answer: 'plain' },
  { methods: STORE, path: '/metadata/taskdefs', body: 'task definitions', answer: 'plain', stores: 'TASK_DEF' },
  { methods: POST, path: '/workflow', body: 'start' },
  { methods: POST, path: '/workflow/execute/**', body: 'start' },
  { methods: POST, path: '/workflow/test', body: 'start' },
  { methods: STORE, path: '/scheduler/schedules', body: 'schedule' },
  { methods: STORE, path: '/event', body: 'event handlers' },

  { methods: POST, path: '/agent/deploy', body: 'agent' },
  { methods: POST, path: '/agent/start', body: 'agent' },
  { methods: POST, path: '/skills/register', body: 'agent' },
  { methods: POST, path: '/skills/{name}/versions/{version}/deploy', body: 'agent' },

  // Paths whose responses contain no data of workflow executions.
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

  // Paths without the id of an execution or task. The rows below them are paths that contain the id of an execution or task.
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

/** The paths below `/api` at which clients store workflow definitions and task definitions. */
export const DEFINITION_PATHS = TABLE.flatMap(({ path, stores }) => (stores === undefined ? [] : [path]));

const ROWS = TABLE.map((row) => ({ ...row, pattern: patternOf(row.path) }));

/**
 * Returns the pattern for a path of the table. The pattern ignores case, an extension such as `.json`, and a slash at the end, because a Conductor
 * server can ignore these differences.
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

/**
 * The kinds of responses, in the order of priority. If interpretations of a path have different kinds of responses, the first of these kinds in the
 * list applies.
 */
const CARE: readonly AnswerKind[] = ['tasks', 'execution data', 'plain'];

/**
 * Classifies a request. `interpretations` are the possible interpretations of the request's path (see `interpretationsOf`). Returns undefined if two
 * interpretations of the path have different kinds of bodies. In that case, the gateway must not forward the request.
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
    stores: special.find(({ stores }) => stores !== undefined)?.stores,
    polledTypes: found.flatMap(({ answer, params: { taskType } }) =>
      answer === 'tasks' && taskType !== undefined ? [taskType] : [],
    ),
  };
}

/** If a server decodes the path before it splits the URL, an encoded `?` or `#` in the path could start a query string or a fragment. */
function withoutQuery(path: string): string[] {
  const end = path.search(/[?#]/);
  return end === -1 ? [path] : [path, path.slice(0, end)];
}

function interpretationOf(method: string, path: string): Omit<ForwardedRequest, 'polledTypes'> {
  for (const { methods, pattern, body = 'other', answer = 'execution data', stores } of ROWS) {
    const match = methods.includes(method) ? pattern.exec(path) : null;
    if (match !== null) return { body, answer, stores, params: { ...match.groups } };
  }
  return { body: 'other', answer: 'execution data', stores: undefined, params: {} };
}
