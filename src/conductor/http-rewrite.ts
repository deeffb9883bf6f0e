// Converts HTTP tasks with secrets to HTTP_WITH_SECRETS tasks, for engines that cannot resolve references to secrets. The gateway's worker runs
// HTTP_WITH_SECRETS tasks. A mark in the metadata of a converted task records the original type, so that the gateway can convert the task back for
// readers.
import { mapChildren } from '../payloads/map-children.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { usesSecrets } from './definition.ts';
import type { CheckedBody } from './definition-check.ts';

/** The name of the mark in `metadata` of a task. */
export const MARK = 'secretsGatewayHttpTask';

/**
 * The mark of a task to which the gateway added a task definition. The engine requires a task definition for an HTTP_WITH_SECRETS task, but not for an
 * HTTP task.
 */
const WITH_DEFINITION = 'HTTP, task definition added';
const PLAIN = 'HTTP';

/** Returns whether a task definition with this name is registered. */
export type IsRegistered = (name: Json | undefined) => boolean;

type MapTask = (task: JsonObject) => JsonObject;

/** Returns the names of the HTTP tasks with secrets that do not contain a task definition. */
export function namesToRewrite(kind: CheckedBody, body: Json): string[] {
  const names = new Set<string>();
  inBody(kind, body, (task) => {
    if (isToRewrite(task) && !isJsonObject(task.taskDefinition) && typeof task.name === 'string') names.add(task.name);
    return task;
  });
  return [...names];
}

/** Returns a copy of `body` in which HTTP_WITH_SECRETS tasks replace HTTP tasks with secrets. The copy shares unchanged objects with `body`. */
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

/** Returns a copy of `json` in which the original HTTP tasks replace all marked tasks. The copy shares unchanged objects with `json`. */
export function asWritten(json: Json): Json {
  if (Array.isArray(json)) return mapChildren(json, asWritten);
  if (!isJsonObject(json)) return json;
  const { metadata, type } = json;
  const mark = isJsonObject(metadata) ? metadata[MARK] : undefined;
  if (type !== 'HTTP_WITH_SECRETS' || (mark !== PLAIN && mark !== WITH_DEFINITION)) return mapChildren(json, asWritten);
  const { [MARK]: _, ...others } = metadata as JsonObject;
  const task: JsonObject = { ...json, type: 'HTTP', metadata: others };
  // Engines write a missing task definition as null.
  if (mark === WITH_DEFINITION && task.taskDefinition !== undefined) task.taskDefinition = null;
  return task;
}

function inBody(kind: CheckedBody, body: Json, map: MapTask): Json {
  if (Array.isArray(body)) return mapChildren(body, (item) => inBody(kind, item, map));
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
  if (Array.isArray(json)) return mapChildren(json, (item) => inTasks(item, map));
  if (!isJsonObject(json)) return json;
  return map(
    mappedMembers(json, (member, name) => {
      if (name === 'decisionCases' && isJsonObject(member)) return mapChildren(member, (tasks) => inTasks(tasks, map));
      if (['defaultCase', 'forkTasks', 'loopOver'].includes(name)) return inTasks(member, map);
      if (name !== 'subWorkflowParam' || !isJsonObject(member)) return member;
      return mappedMembers(member, (inner, field) => (field === 'workflowDefinition' ? inWorkflow(inner, map) : inner));
    }),
  );
}

const mappedMembers = (object: JsonObject, map: (member: Json, name: string) => Json) =>
  mapChildren(object, (member, name) => map(member, String(name))) as JsonObject;
