// Checks that only the receivers which a task's definition names receive the task's secrets. task-types.ts lists the fields that name receivers.
import { isDeepStrictEqual } from 'node:util';
import { type Part, partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { checkDestination, checkServer, hostsFromData } from './address.ts';
import { refersToSecret, usesSecrets } from './definition.ts';
import type { ResolvedInput } from './resolve-input.ts';
import { staticTask } from './static-task.ts';
import { InvalidTask, type Task, UnsupportedPlace } from './task.ts';
import { AGENT_TYPES, canUseTemplateSecrets, type ReceiverField, receiverFields } from './task-types.ts';
import { valueAt } from './text-at.ts';

/** A task with the registered workflow definition that contains the task. */
interface TaskInWorkflow extends Task {
  workflow?: JsonObject | undefined;
}

/** Checks that no data in the definition of a task with secrets chooses a receiver. @throws InvalidTask */
export function checkReceivers(type: string, definition: JsonObject, task: TaskInWorkflow): void {
  for (const field of receiverFields(type)) checkField(field, definition, task.workflowTask);
  if (AGENT_TYPES.has(type)) checkAgentCard(task);
}

/** Checks that the receivers in the resolved input of a task with secrets are the receivers that the task's definition names. @throws InvalidTask */
export function checkResolvedReceivers(type: string, resolved: ResolvedInput): void {
  for (const { content, path } of receiverFields(type)) if (content === 'address') checkDestination(resolved, path);
}

/** Returns the paths of those fields of the `definition` in which data chooses a receiver. `workflowTask` is the task in the workflow definition. */
export function fieldsFromData(type: string, definition: JsonObject, workflowTask: JsonObject): (readonly string[])[] {
  return receiverFields(type).flatMap((field) => {
    const found = isRefused(() => checkField(field, definition, workflowTask)) ? [field.path] : [];
    const hosts = field.content === 'address' ? hostsFromData(definition, field.path) : [];
    return [...found, ...hosts.map((host) => [...field.path.slice(0, -1), 'headers', host])];
  });
}

/**
 * Checks a task whose secrets come from the `inputTemplate` of its task definition: the type of the task can use these secrets, and the receivers come
 * from the `inputTemplate` too. Otherwise the author of a workflow definition could choose the receiver of the secrets of the task definition. `task`
 * is the registered task with its task definition. @throws InvalidTask, UnsupportedPlace
 */
export function checkTemplateReceivers(type: string, task: JsonObject): void {
  const { inputParameters, taskDefinition, sink } = task;
  const own = {
    ...(isJsonObject(inputParameters) && inputParameters),
    ...(type === 'EVENT' && { sink: sink ?? null }),
  };
  const template = isJsonObject(taskDefinition) ? taskDefinition.inputTemplate : undefined;
  if (!isJsonObject(template)) return;
  const hasSecrets = Object.entries(template).some(([name, value]) => !Object.hasOwn(own, name) && usesSecrets(value));
  if (!hasSecrets) return;
  if (!canUseTemplateSecrets(type))
    throw new UnsupportedPlace(
      `A task of type ${type} cannot use the secrets in the input template of its task definition. Write the references into the input parameters of the task`,
    );
  for (const { path } of receiverFields(type)) {
    // The fields of an HTTP request can also be fields of the input itself. Otherwise one field contains the receiver together with the secrets.
    const isFlat = path[0] === 'http_request' && !Object.hasOwn(own, path[0]) && !Object.hasOwn(template, path[0]);
    if (path.length > 1 && !isFlat) continue;
    const name = path.at(-1) ?? '';
    if (Object.hasOwn(own, name))
      throw new InvalidTask(
        `${name}: the secrets come from the input template of the task definition, so the input template must contain this field too`,
      );
  }
}

function checkField({ path, content }: ReceiverField, definition: JsonObject, workflowTask: Json | undefined): void {
  if (content === 'address') {
    checkServer(definition, path);
    return;
  }
  const value = receiverAt(path, definition, workflowTask);
  const name = path.join('.');
  if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) {
    if (content !== 'name') return;
    throw new InvalidTask(`${name}: a task with secrets must name its receiver in the definition`);
  }
  if (typeof value !== 'string' || !partsOf(value).every((part) => isAllowed(part, content)))
    throw new InvalidTask(
      `${name}: in a task with secrets, this field must be a string in the definition, without expressions for data`,
    );
}

/** The engine evaluates the sink of an EVENT task twice, so the second evaluation could replace an escaped expression by data. */
const isAllowed = (part: Part, content: ReceiverField['content']) =>
  typeof part === 'string'
    ? content === 'program' || !part.includes('${')
    : content !== 'constant' && refersToSecret(part);

function receiverAt(path: readonly string[], definition: JsonObject, workflowTask: Json | undefined): Json | undefined {
  const value = valueAt(definition, path);
  // The engine reads the sink of an EVENT task outside of the task's input, and copies the sink into the input.
  return value === undefined && path[0] === 'sink' && isJsonObject(workflowTask) ? workflowTask.sink : value;
}

/**
 * The engine prefers the address in a task's field `metadata.agent` to `agentUrl`. A dynamic fork can add this field to a copy of a task. The function
 * therefore requires the value from the registered definition. @throws InvalidTask
 */
function checkAgentCard(task: TaskInWorkflow): void {
  const registered = task.workflow && staticTask(task.workflow, task);
  if (!isDeepStrictEqual(agentIn(task.workflowTask), agentIn(registered)))
    throw new InvalidTask('metadata.agent: the agent differs from the agent in the registered workflow definition');
}

function agentIn(task: Json | undefined): Json {
  const metadata = isJsonObject(task) ? task.metadata : undefined;
  return (isJsonObject(metadata) ? metadata.agent : undefined) ?? null;
}

function isRefused(check: () => void): boolean {
  try {
    check();
    return false;
  } catch (error) {
    if (error instanceof InvalidTask) return true;
    throw error;
  }
}
