// Keeps the new values of secrets, which only an UPDATE_SECRET task reads, out of the data that the engine stores. The gateway seals the values until
// the UPDATE_SECRET task runs. captures.ts decides which values are captured.
import type { Keyring } from '../crypto/keyring.ts';
import { openValue, SealError, type SealedValue, sealValue } from '../crypto/sealed-value.ts';
import type { Database } from '../database/client.ts';
import { Unopenable } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import type { Json, JsonObject } from '../primitives/json.ts';
import { MASK, Sensitive } from '../sensitive.ts';
import { captureId, findCaptured, removeCaptured, storeCaptured } from './captured-store.ts';
import { type Capture, capturesOf } from './captures.ts';
import { invalid } from './refusals.ts';
import { staticTask } from './static-task.ts';
import { InvalidTask, type Task } from './task.ts';
import { textAt } from './text-at.ts';

export interface CapturedValue extends Capture {
  value: Sensitive;
}

export interface CapturedValues {
  /**
   * Seals and stores the values in the output of the task that only an UPDATE_SECRET task reads. Returns these values with their paths. `definition` is
   * the registered workflow definition. INVARIANT: a value is stored before the result without the value is passed on.
   */
  capture(task: Task, output: Json, definition: JsonObject): Promise<CapturedValue[]>;
  /**
   * Passes the captured value for an UPDATE_SECRET task to `store`, and deletes the captured value after `store`. `definition` is the registered
   * workflow definition. @throws TaskRefused if the value was taken already or is too old; Unopenable
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
}

export function capturedValues({ database, keyring, clock }: CapturedValuesDeps): CapturedValues {
  function open(sealed: SealedValue, id: string): Sensitive {
    try {
      return new Sensitive(openValue(keyring, { kind: 'captured-value', id }, sealed).toString('utf8'));
    } catch (error) {
      if (error instanceof SealError) throw new Unopenable(error.message, error.keyId);
      throw error;
    }
  }

  return {
    async capture(task, output, definition) {
      const reference = referenceOf(definition, task);
      const found = capturesOf(definition).flatMap((capture) => {
        const text = capture.task === reference ? textAt(output, capture.path) : undefined;
        return text === undefined || text === '' || text === MASK ? [] : [{ ...capture, value: new Sensitive(text) }];
      });
      for (const { value, ...of } of found) {
        const place = { ...of, workflowId: task.workflowInstanceId };
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
      const place = found && { ...found, workflowId: task.workflowInstanceId };
      const sealed = place && (await findCaptured(database, place));
      if (place === undefined || sealed === undefined) {
        const source = place === undefined ? 'the task that makes the value' : `the task ${place.task}`;
        throw invalid(
          `The new value of the secret is ***, and the gateway has no captured value for this task. Run ${source} again.`,
          [],
        );
      }
      await store(place.secretName, open(sealed, captureId(place)));
      await removeCaptured(database, place, sealed);
    },
  };
}

/** The reference name of the task in the definition, without `__N`. Undefined if the definition has no such task, or several. */
function referenceOf(definition: JsonObject, task: Task): Json | undefined {
  try {
    return staticTask(definition, task)?.taskReferenceName;
  } catch (error) {
    if (error instanceof InvalidTask) return undefined;
    throw error;
  }
}
