// Searches responses of the Conductor server and of the gateway for secret values.
import { holds } from '../../scripts/conductor-data.ts';
import type { Engine } from './engine.ts';
import type { Caller } from './gateway-in-front.ts';

/** The kinds of responses and files in which the table of matrix.ts allows or forbids a secret value. */
export const PLACES = [
  'gatewayReads',
  'gatewaySearch',
  'engineReads',
  'engineSearch',
  'database',
  'engineLog',
] as const;
export type Place = (typeof PLACES)[number];

/** Sends a GET request for a path to one API. Returns the complete response as text. */
export type Reader = (path: string) => Promise<string>;

export const readerAtEngine =
  ({ url }: Engine): Reader =>
  async (path) =>
    (await fetch(`${url}/api${path}`)).text();

export const readerThroughGateway =
  (caller: Caller): Reader =>
  async (path) => {
    const { status, text, headers } = await caller.ask('GET', path);
    return `${status} ${text} ${JSON.stringify([...headers])}`;
  };

/** Returns all responses about one workflow execution, by the paths of their requests. */
export async function readsOf(
  read: Reader,
  { workflowId, workflowName, tasks }: Execution,
): Promise<Map<string, string>> {
  const paths = [
    `/workflow/${workflowId}?includeTasks=true`,
    `/workflow/${workflowId}/tasks?count=100`,
    `/workflow/${workflowId}/status?includeOutput=true&includeVariables=true`,
    `/workflow/${workflowName}/correlated/${workflowName}?includeClosed=true&includeTasks=true`,
    `/workflow/running/${workflowName}`,
    ...tasks.flatMap(({ taskId }) => [`/tasks/${taskId}`, `/tasks/${taskId}/log`]),
  ];
  return new Map(await Promise.all(paths.map(async (path) => [path, await read(path)] as const)));
}

/** Returns all responses of searches for one workflow. The searches for `text` show whether the search index contains this text. */
export async function searchesOf(read: Reader, { workflowName, workflowId }: Execution): Promise<Map<string, string>> {
  const searching = (query: string) => `start=0&size=100&freeText=*&query=${encodeURIComponent(query)}`;
  const ofWorkflows = ['/workflow/search', '/workflow/search-v2'];
  // The Conductor server's index of tasks does not contain the ids of workflows.
  const ofTasks = ['/workflow/search-by-tasks', '/workflow/search-by-tasks-v2', '/tasks/search', '/tasks/search-v2'];
  const paths = [
    ...ofWorkflows.map((path) => `${path}?${searching(`workflowId='${workflowId}'`)}`),
    ...[...ofWorkflows, ...ofTasks].map((path) => `${path}?${searching(`workflowType='${workflowName}'`)}`),
  ];
  return new Map(await Promise.all(paths.map(async (path) => [path, await read(path)] as const)));
}

export interface Execution {
  workflowId: string;
  workflowName: string;
  tasks: readonly { taskId: string }[];
}

/** Returns the responses that contain the secret value, by the paths of their requests. */
export function holding(answers: ReadonlyMap<string, string>, random: string): string[] {
  return [...answers].filter(([, text]) => holds(text, random)).map(([path]) => path);
}
