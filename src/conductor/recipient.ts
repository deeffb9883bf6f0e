// Checks that a KAFKA_PUBLISH or EVENT task with secrets sends its message only to the recipient that the task's definition names.
import { partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { refersToSecret } from './definition.ts';
import { InvalidTask } from './task.ts';

/** A field of a task that selects the recipient of the task's message. */
export interface RecipientField {
  /** The path of the field in the task's input. */
  path: readonly string[];
  value: Json | undefined;
}

/** The fields of the task's `definition` that select the recipient of the message. Empty for a task that sends no message. */
export function recipientFields(
  type: string,
  definition: JsonObject,
  workflowTask: Json | undefined,
): RecipientField[] {
  if (type === 'EVENT')
    return [{ path: ['sink'], value: definition.sink ?? (isJsonObject(workflowTask) ? workflowTask.sink : undefined) }];
  if (type !== 'KAFKA_PUBLISH') return [];
  const { kafka_request: request } = definition;
  const { bootStrapServers, topic } = isJsonObject(request) ? request : {};
  return [
    { path: ['kafka_request', 'bootStrapServers'], value: bootStrapServers },
    { path: ['kafka_request', 'topic'], value: topic },
  ];
}

/** Whether the definition names the recipient, without an expression for data. */
export function isWritten({ value }: RecipientField): boolean {
  if (typeof value !== 'string' || value.trim() === '') return false;
  return partsOf(value).every((part) => typeof part === 'string' || refersToSecret(part));
}

/** @throws InvalidTask if data selects the recipient */
export function checkRecipient(type: string, definition: JsonObject, workflowTask: Json | undefined): void {
  const field = recipientFields(type, definition, workflowTask).find((one) => !isWritten(one));
  if (field === undefined) return;
  throw new InvalidTask(
    `${field.path.join('.')}: a task with secrets must name its recipient in the definition, without expressions for data`,
  );
}
