// Captures new secret values that only an UPDATE_SECRET task reads, so that the engine does not store the values. The gateway stores the values sealed
// until the UPDATE_SECRET task runs. captures.ts decides which values are captured.
import type { Keyring } from '../crypto/keyring.ts';
import { openValue, SealError, type SealedValue, sealValue } from '../crypto/sealed-value.ts';
import type { Database } from '../database/client.ts';
import { Unopenable } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import type { Json, JsonObject } from '../primitives/json.ts';
import { MASK, Sensitive } from '../sensitive.ts';
import { captureId, DAYS_CAPTURED, findCaptured, removeCaptured, storeCaptured } from './captured-store.ts';
import { type Capture, capturesOf } from './captures.ts';
import type { EngineTasks } from './engine-tasks.ts';
import { invalid } from './refusals.ts';
import { staticTask } from './static-task.ts';
import { InvalidTask, type Task } from './task.ts';
import { textAt, valueAt } from './text-at.ts';

export interface NewValue extends Capture {
  /**
   * Undefined if the value is not a string. The gateway hides a value that is not a string, but does not capture the value, because a secret value
   * must be a string.
   */
  value: Sensitive | undefined;
}

export interface CapturedValues {
  /**
   * Returns the values in the output of the task that only an UPDATE_SECRET task reads, with their paths. `definition` is the registered workflow
   * definition. If the report ends the task (`isFinal`), the function seals and stores the values.
   * INVARIANT: the gateway stores a captured value before the gateway forwards the result without the value.
   * INVARIANT: a value is stored only if the Conductor server has this task in this execution, and the task has not ended.
   * @throws Unreachable
   */
  capture(task: Task, output: Json, definition: JsonObject, isFinal: boolean): Promise<NewValue[]>;
  /**
   * Passes the captured value for an UPDATE_SECRET task to `store`, and deletes the captured value after `store`. `definition` is the registered
   * workflow definition. @throws TaskRefused if there is no captured value; Unopenable, Unreachable
   */
  take(
    task: Task,
    definition: JsonObject | undefined,
    store: (secretName: string, value: Sensitive) => Promise<unknown>,
  ): Promise<void>;
}

export interface CapturedValuesDeps {
  database: Database;
  keyring: Keyring;
  clock: Clock;
  tasks: Pick<EngineTasks, 'isOpen' | 'last'>;
}

export function capturedValues({ database, keyring, clock, tasks }: CapturedValuesDeps): CapturedValues {
  function open(sealed: SealedValue, id: string): Sensitive {
    try {
      return new Sensitive(openValue(keyring, { kind: 'captured-value', id }, sealed).toString('utf8'));
    } catch (error) {
      if (error instanceof SealError) throw new Unopenable(error.message, error.keyId);
      throw error;
    }
  }

  return {
    async capture(task, output, definition, isFinal) {
      const reference = referenceOf(definition, task);
      const found = capturesOf(definition).flatMap((capture) => {
        const value = capture.task === reference ? valueAt(output, capture.path) : undefined;
        if (value === undefined || value === null || value === '' || value === MASK) return [];
        return [{ ...capture, value: typeof value === 'string' ? new Sensitive(value) : undefined }];
      });
      const isStored = isFinal && found.some(({ value }) => value !== undefined) && (await tasks.isOpen(task));
      for (const { value, ...of } of isStored ? found : []) {
        if (value === undefined) continue;
        const place = { ...of, workflowId: task.workflowInstanceId, taskId: task.taskId };
        const bytes = Buffer.from(value.expose(), 'utf8');
        const sealed = sealValue(keyring, { kind: 'captured-value', id: captureId(place) }, bytes);
        bytes.fill(0);
        await storeCaptured(database, place, sealed, clock.now());
      }
      return found;
    },

    async take(task, definition, store) {
      const reference = definition && referenceOf(definition, task);
      const found = definition && capturesOf(definition).find(({ update }) => update === reference);
      const workflowId = task.workflowInstanceId;
      const source = found && (await tasks.last(workflowId, found.task));
      // INVARIANT: the gateway uses a captured value only if the engine accepted the report with `***` in place of the value.
      const isAccepted = source?.output === undefined || textAt(source.output, found?.path ?? []) === MASK;
      const place = found && source && isAccepted ? { ...found, workflowId, taskId: source.taskId } : undefined;
      const sealed = place && (await findCaptured(database, place));
      if (place === undefined || sealed === undefined) {
        const from = found === undefined ? 'the task that makes the value' : `the task ${found.task}`;
        throw invalid(
          `The new value of the secret is ***, and the gateway has no captured value from ${from}. The value was not a string, was stored already, or is older than ${DAYS_CAPTURED} days. Run ${from} again.`,
          [],
        );
      }
      await store(place.secretName, open(sealed, captureId(place)));
      await removeCaptured(database, place);
    },
  };
}

/**
 * Returns the reference name of the task in the definition, without the suffix `__N`. Returns undefined if the definition contains no task with this
 * reference name, or several tasks with this reference name.
 */
function referenceOf(definition: JsonObject, task: Task): Json | undefined {
  try {
    return staticTask(definition, task)?.taskReferenceName;
  } catch (error) {
    if (error instanceof InvalidTask) return undefined;
    throw error;
  }
}
