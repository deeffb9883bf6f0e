// For engines that resolve no references to secrets: registers HTTP tasks with secrets as HTTP_WITH_SECRETS tasks, which the worker runs. A mark in
// the metadata of a task says what its author wrote, so that the gateway can show the definition as its author wrote it.
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { usesSecrets } from './definition.ts';
import type { CheckedBody } from './definition-check.ts';

/** The name of the mark in `metadata` of a task. */
export const MARK = 'secretsGatewayHttpTask';

/** The author's task had no task definition. The engine requires one for HTTP_WITH_SECRETS tasks, and none for HTTP tasks. */
const WITH_DEFINITION = 'HTTP, task definition added';
const PLAIN = 'HTTP';

/** Whether a task definition with this name is registered. */
export type IsRegistered = (name: Json | undefined) => boolean;

type MapTask = (task: JsonObject) => JsonObject;

/** Returns the names of the HTTP tasks with secrets that have no task definition of their own. */
export function namesToRewrite(kind: CheckedBody, body: Json): string[] {
  const names = new Set<string>();
  inBody(kind, body, (task) => {
    if (isToRewrite(task) && !isJsonObject(task.taskDefinition) && typeof task.name === 'string') names.add(task.name);
    return task;
  });
  return [...names];
}

/** Returns `body` with HTTP_WITH_SECRETS tasks in place of HTTP tasks with secrets. Unchanged objects are identical. */
export function rewritten(kind: CheckedBody, body: Json, isRegistered: IsRegistered): Json {
  return inBody(kind, body, (task) => {
    if (!isToRewrite(task)) return task;
    const isComplete = isJsonObject(task.taskDefinition) || isRegistered(task.name);
    const metadata = isJsonObject(task.metadata) ? task.metadata : {};
    return {
      ...task,
      type: 'HTTP_WITH_SECRETS',
      metadata: { ...metadata, [MARK]: isComplete ? PLAIN : WITH_DEFINITION },
      // Without a task definition, the engine does not retry an HTTP task.
      ...(!isComplete && { taskDefinition: { name: task.name ?? '', retryCount: 0 } }),
    };
  });
}

const isToRewrite = ({ type, inputParameters }: JsonObject) =>
  type === 'HTTP' && isJsonObject(inputParameters) && usesSecrets(inputParameters);

/** Returns `json` with all marked tasks as their authors wrote the tasks. Unchanged objects are identical. */
export function asWritten(json: Json): Json {
  if (Array.isArray(json)) return mapped(json, asWritten);
  if (!isJsonObject(json)) return json;
  const { metadata, type } = json;
  const mark = isJsonObject(metadata) ? metadata[MARK] : undefined;
  if (type !== 'HTTP_WITH_SECRETS' || (mark !== PLAIN && mark !== WITH_DEFINITION))
    return mappedMembers(json, asWritten);
  const { [MARK]: _, ...others } = metadata as JsonObject;
  const task: JsonObject = { ...json, type: 'HTTP', metadata: others };
  // Engines write a missing task definition as null.
  if (mark === WITH_DEFINITION && task.taskDefinition !== undefined) task.taskDefinition = null;
  return task;
}

function inBody(kind: CheckedBody, body: Json, map: MapTask): Json {
  if (Array.isArray(body)) return mapped(body, (item) => inBody(kind, item, map));
  if (!isJsonObject(body)) return body;
  const inFields = (request: JsonObject) =>
    mappedMembers(request, (json, name) =>
      name === 'workflowDef' || name === 'workflowDefinition' ? inWorkflow(json, map) : json,
    );
  if (kind === 'workflow definitions') return inWorkflow(body, map);
  if (kind === 'start') return inFields(body);
  if (kind !== 'schedule') return body;
  return mappedMembers(body, (json, name) =>
    name === 'startWorkflowRequest' && isJsonObject(json) ? inFields(json) : json,
  );
}

const inWorkflow = (definition: Json, map: MapTask): Json =>
  isJsonObject(definition)
    ? mappedMembers(definition, (json, name) => (name === 'tasks' ? inTasks(json, map) : json))
    : definition;

function inTasks(json: Json, map: MapTask): Json {
  if (Array.isArray(json)) return mapped(json, (item) => inTasks(item, map));
  if (!isJsonObject(json)) return json;
  return map(
    mappedMembers(json, (member, name) => {
      if (name === 'decisionCases' && isJsonObject(member))
        return mappedMembers(member, (tasks) => inTasks(tasks, map));
      if (['defaultCase', 'forkTasks', 'loopOver'].includes(name)) return inTasks(member, map);
      if (name !== 'subWorkflowParam' || !isJsonObject(member)) return member;
      return mappedMembers(member, (inner, field) => (field === 'workflowDefinition' ? inWorkflow(inner, map) : inner));
    }),
  );
}

function mapped(items: Json[], map: (item: Json) => Json): Json[] {
  const results = items.map(map);
  return results.some((item, i) => item !== items[i]) ? results : items;
}

function mappedMembers(object: JsonObject, map: (member: Json, name: string) => Json): JsonObject {
  const results = Object.entries(object).map(([name, member]) => [name, map(member, name)] as const);
  return results.some(([name, member]) => member !== object[name]) ? Object.fromEntries(results) : object;
}
