// The secrets of tasks of a Conductor server, for one caller: fills references in, and hides the values that were filled in.
import type { Keyring } from '../crypto/keyring.ts';
import { openValue, SealError, type SealedValue, sealValue } from '../crypto/sealed-value.ts';
import type { Database } from '../database/client.ts';
import { BadInput, TaskRefused, Unavailable, Unopenable, UnresolvedReferences } from '../errors.ts';
import type { PayloadService } from '../payloads/payload-service.ts';
import { partsOf } from '../payloads/references/expressions.ts';
import { findReferences, LIMITS, summarized } from '../payloads/references/references.ts';
import type { Clock } from '../primitives/clock.ts';
import { isJsonObject, type Json, type JsonObject, jsonPointer } from '../primitives/json.ts';
import { handedOutForTask, type SealedRow } from '../secrets/handed-out-store.ts';
import type { ReadingSession } from '../secrets/named-secrets.ts';
import { eventSubjectOf, isSecretName } from '../secrets/secret.ts';
import { type SecretUseService, type TaskOfUse, taskChanges } from '../secrets/secret-use-service.ts';
import type { SecretValues } from '../secrets/secret-values.ts';
import { MASK, Sensitive } from '../sensitive.ts';
import { checkDestination, checkServer } from './address.ts';
import { captureId, findCaptured, removeCaptured, storeCaptured } from './captured-store.ts';
import { capturesOf, textAt, withTextAt } from './captures.ts';
import { definitionOf, usesSecrets } from './definition.ts';
import type { ExecutionData } from './execution-parts.ts';
import { maskExecutionParts } from './mask-executions.ts';
import { outputFilterOf } from './output-filter.ts';
import { checkRecipient } from './recipient.ts';
import { atPlaces, described, type RefusedReference } from './reference-problems.ts';
import type { InWorkflow, RegisteredDefinitions } from './registered-definition.ts';
import { type Resolver, resolveInput } from './resolve-input.ts';
import { staticTask } from './static-task.ts';
import { type EngineTask, InvalidTask, Unreachable } from './task.ts';
import { checkNameOfUpdate } from './update-secret.ts';

/** The result of a task, as a worker or the engine reports the result. */
export interface TaskResult {
  output?: Json | undefined;
  /** `reasonForIncompletion` of the task. */
  reason?: string | undefined;
  logs?: readonly Json[] | undefined;
}

export interface HideOptions {
  /** Whether to apply the `outputFilter` of the task's registered definition, as Orkes' HTTP task does. */
  outputFilter?: boolean;
}

export interface TaskSecrets {
  /**
   * Resolves the references of the task's registered definition in the task's input, as the caller, and records each use. Remembers which versions
   * were handed out for the task. Returns the input unchanged if the definition has no references. `workflowDefinition` is the workflow definition of
   * the execution; without this argument, the Conductor server is asked for the workflow definition.
   * @throws TaskRefused; Unavailable
   */
  fillIn(task: EngineTask, workflowDefinition?: JsonObject): Promise<JsonObject>;
  /**
   * The values of the secrets that the registered task definition names in `runtimeMetadata`, by name. Records each use, and remembers the versions.
   * Names without a secret are refused. @throws TaskRefused; Unavailable
   */
  runtimeMetadata(names: readonly string[], task: EngineTask): Promise<Map<string, string>>;
  /**
   * Replaces every value that was handed out for the task by `***`, for any principal. Captures a value that only an UPDATE_SECRET task reads, and
   * applies the output filter if `outputFilter` is set. @throws BadInput if the result is too large; TaskRefused, Unavailable
   */
  hideResult<Result extends TaskResult>(
    task: EngineTask,
    result: Result,
    workflowDefinition?: JsonObject,
    options?: HideOptions,
  ): Promise<Result>;
  /**
   * Masks the parts of executions that `executionsIn` found in an answer of the Conductor server, so that anyone who may read the executions can read
   * the parts. See `maskExecutionParts`. @throws BadInput if the work would be too much; Unavailable
   */
  maskParts(executions: readonly ExecutionData[]): Promise<Json[][]>;
  /**
   * Stores the new value of an UPDATE_SECRET task. If the task's input has `***` in place of a captured value, the captured value is stored.
   * @throws TaskRefused; BadInput, Forbidden, NameTaken, Unavailable
   */
  updateSecret(task: EngineTask, workflowDefinition?: JsonObject): Promise<void>;
}

/** Types of tasks whose input the engine stores or hands on before the gateway could hide a value, or which the engine evaluates early. */
export const UNSUPPORTED_TYPES: ReadonlySet<string> = new Set([
  ...['SUB_WORKFLOW', 'START_WORKFLOW', 'SET_VARIABLE', 'TERMINATE', 'SWITCH', 'DECISION', 'DO_WHILE'],
  ...['FORK', 'FORK_JOIN', 'FORK_JOIN_DYNAMIC', 'JOIN', 'EXCLUSIVE_JOIN'],
]);
/** Types of tasks that the engine itself runs. Data must not choose that the engine runs a task with secrets. */
const ENGINE_TYPES = new Set([
  ...['HTTP', 'INLINE', 'LAMBDA', 'JSON_JQ_TRANSFORM', 'KAFKA_PUBLISH', 'EVENT', 'WAIT', 'HUMAN', 'NOOP'],
  ...UNSUPPORTED_TYPES,
]);
/** Maximum number of references in a message. */
const MOST_REFERENCES_SHOWN = 100;

export interface TaskSecretsDeps {
  session: ReadingSession & { readonly payloads: PayloadService };
  uses: SecretUseService;
  database: Database;
  values: SecretValues;
  clock: Clock;
  keyring: Keyring;
  definitions: RegisteredDefinitions;
}

export function taskSecrets({
  session,
  uses,
  database,
  values,
  clock,
  keyring,
  definitions,
}: TaskSecretsDeps): TaskSecrets {
  const open = (rows: readonly SealedRow[]): Sensitive[] =>
    rows.flatMap(({ sealed, version, ...secret }) => (sealed === null ? [] : [values.open(secret, version, sealed)]));

  /** Records a refused use of each secret that the definition in the task names. The caller of a refused task may have forged the definition. */
  async function recordRefusal(task: EngineTask, code: string, references: readonly RefusedReference[]): Promise<void> {
    const names = [...new Set(references.map(({ name }) => name))].filter(isSecretName);
    if (names.length === 0) return;
    const { secrets } = await session.readNamed(names, null);
    const changes = { code, ...taskChanges(useOf(task, undefined)) };
    await Promise.all(
      names.map((name, i) =>
        session.audit.record(
          { action: 'SECRET_USE', subject: eventSubjectOf(secrets[i], name), version: null, changes },
          'REFUSED',
        ),
      ),
    );
  }

  /** Adds the registered definition to a task whose definition uses secrets. @throws TaskRefused, Unavailable */
  async function defined(task: EngineTask, started: JsonObject | undefined) {
    try {
      return await definitions.of(task.taskType, task, started);
    } catch (error) {
      if (!(error instanceof InvalidTask)) throw refusalOf(error);
      const references = referencesIn(definitionOf(task.workflowTask), 'INVALID_TASK');
      await recordRefusal(task, 'INVALID_TASK', references);
      throw new TaskRefused('INVALID_TASK', `${error.message}.`, toDetails(references));
    }
  }

  const resolverFor = (use: TaskOfUse): Resolver => ({
    resolve: async (payload, input) => (await session.payloads.resolve(payload, input, use)).payload,
    errorAt(error, places) {
      if (!(error instanceof UnresolvedReferences)) return error;
      const listed = error.details.references as unknown as RefusedReference[];
      return unresolved(atPlaces(listed, places));
    },
  });

  return {
    async fillIn(task, started) {
      const written = definitionOf(task.workflowTask);
      const archived = archivedPlaces(written, task.inputData);
      if (archived.length > 0) throw unresolved(archived);
      if (written === undefined || !usesSecrets(written)) return isJsonObject(task.inputData) ? task.inputData : {};
      if (isUnsupported(task)) {
        const references = referencesIn(written, 'UNSUPPORTED_PLACE');
        await recordRefusal(task, 'UNSUPPORTED_PLACE', references);
        throw new TaskRefused(
          'UNSUPPORTED_PLACE',
          `A ${task.taskType} task cannot use secrets: ${places(references)}. Use the secrets in a task that sends them.`,
          toDetails(references),
        );
      }
      const of = await defined(task, started);
      try {
        const isHttp = task.taskType === 'HTTP';
        const resolved = await resolveInput(of, resolverFor(useOf(task, of.workflow)), {
          check(definition, secrets) {
            if (isHttp && secrets.length > 0) checkServer(definition);
            if (secrets.length > 0) checkRecipient(task.taskType, definition, of.workflowTask);
          },
        });
        // INVARIANT: data never chooses the server that receives a secret.
        if (isHttp && resolved.places.length > 0) checkDestination(resolved);
        return resolved.input;
      } catch (error) {
        throw refusalOf(error);
      }
    },

    async runtimeMetadata(names, task) {
      const { taskDefName = task.taskType } = task;
      const registered = await definitions.taskDefinition(taskDefName).catch((error: unknown) => {
        throw refusalOf(error);
      });
      const declared = Array.isArray(registered?.runtimeMetadata) ? registered.runtimeMetadata : [];
      const undeclared = names.filter((name) => !declared.includes(name));
      if (undeclared.length > 0) {
        const references = undeclared.map((name) => ({
          name,
          pointers: ['/runtimeMetadata'],
          problem: 'INVALID_TASK',
        }));
        await recordRefusal(task, 'INVALID_TASK', references);
        throw new TaskRefused(
          'INVALID_TASK',
          `The registered task definition does not name these secrets in runtimeMetadata: ${undeclared.join(', ')}.`,
          toDetails(references),
        );
      }
      return uses.withValues([...new Set(names)], {
        task: useOf(task, undefined),
        check(problems) {
          if (problems.size > 0)
            throw unresolved(
              [...problems].map(([name, problem]) => ({ name, problem, pointers: ['/runtimeMetadata'] })),
            );
        },
        fill: async (opened) => new Map([...opened].map(([name, value]) => [name, value.expose()])),
      });
    },

    async hideResult(task, result, started, { outputFilter = false } = {}) {
      const rows = await handedOutForTask(database, task.taskId);
      // INVARIANT: a result is never passed on while a value that was handed out for the task is unknown.
      const destroyed = rows.find(({ sealed }) => sealed === null);
      if (destroyed !== undefined)
        throw new TaskRefused(
          'INVALID_TASK',
          `The result cannot be masked, because version ${destroyed.version} of the secret ${destroyed.name} was destroyed while the task ran.`,
        );
      const { reason, logs } = result;
      const output = outputFilter ? filtered(task, result.output) : result.output;
      const payload = {
        ...(output !== undefined && { output }),
        ...(reason !== undefined && { reason }),
        ...(logs !== undefined && { logs: [...logs] }),
      };
      // The tasks of the workflow read the filtered output, so the value is captured there.
      const captured = await capture(task, output, started);
      const hidden = withTrimmed([...open(rows), ...captured.map(({ value }) => value)]);
      const masked = (await session.payloads.hide(payload, hidden)) as typeof payload;
      for (const { path } of captured) masked.output = withTextAt(masked.output ?? null, path, MASK);
      return { ...result, ...masked };
    },

    maskParts: (executions) =>
      maskExecutionParts(executions, {
        ...{ definitions, database, uses },
        open: (rows) => withTrimmed(open(rows)),
      }),

    async updateSecret(task, started) {
      const of = await defined(task, started);
      try {
        const { input } = await resolveInput(of, resolverFor(useOf(task, of.workflow)), {
          exact: true,
          check: checkNameOfUpdate,
        });
        if (textAt(input, ['_secrets', 'secretValue']) === MASK) return await storeCapturedValue(task, of);
        await session.payloads.updateSecret(input._secrets === undefined ? {} : { _secrets: input._secrets });
      } catch (error) {
        throw refusalOf(error);
      }
    },
  };

  /**
   * Seals and stores the values in the output that only an UPDATE_SECRET task reads. Returns their paths and values. INVARIANT: a value is stored
   * before the result without the value is passed on.
   */
  async function capture(task: EngineTask, output: Json | undefined, started: JsonObject | undefined) {
    if (output === undefined) return [];
    const definition = await definitionOfExecution(task.workflowInstanceId, started);
    const reference = definition && referenceOf(definition, task);
    const found = (definition === undefined ? [] : capturesOf(definition)).flatMap((capture) => {
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
  }

  /** Stores the captured value for an UPDATE_SECRET task. @throws TaskRefused if the value was taken already or is too old */
  async function storeCapturedValue(task: EngineTask, { workflow }: InWorkflow): Promise<void> {
    const definition = workflow && (await definitions.registered(workflow.name, workflow.version));
    const reference = definition && referenceOf(definition, task);
    const found = definition && capturesOf(definition).find(({ update }) => update === reference);
    const place = found && { ...found, workflowId: task.workflowInstanceId };
    const sealed = place && (await findCaptured(database, place));
    if (place === undefined || sealed === undefined)
      throw new TaskRefused(
        'INVALID_TASK',
        `The new value of the secret is ***, and the gateway has no captured value for this task. Run ${
          place === undefined ? 'the task that makes the value' : `the task ${place.task}`
        } again.`,
      );
    const value = openCaptured(sealed, captureId(place));
    await session.payloads.updateSecret({ _secrets: { secretKey: place.secretName, secretValue: value.expose() } });
    await removeCaptured(database, place, sealed);
  }

  function openCaptured(sealed: SealedValue, id: string): Sensitive {
    try {
      return new Sensitive(openValue(keyring, { kind: 'captured-value', id }, sealed).toString('utf8'));
    } catch (error) {
      if (error instanceof SealError) throw new Unopenable(error.message, error.keyId);
      throw error;
    }
  }

  /** The registered workflow definition of an execution. Undefined if none is registered, or if there is no such execution. */
  async function definitionOfExecution(workflowId: string, started: JsonObject | undefined) {
    try {
      const { name, version } = started ?? (await namesOfExecution(workflowId));
      return await definitions.registered(name, version);
    } catch (error) {
      throw refusalOf(error);
    }
  }

  async function namesOfExecution(workflowId: string) {
    const workflow = (await definitions.execution(workflowId))?.workflowDefinition;
    return isJsonObject(workflow) ? { name: workflow.name, version: workflow.version } : NO_NAME;
  }
}

/** The reference name of the task in the definition, without `__N`. Undefined if the definition has no such task, or several. */
function referenceOf(definition: JsonObject, task: EngineTask): Json | undefined {
  try {
    return staticTask(definition, task)?.taskReferenceName;
  } catch (error) {
    if (error instanceof InvalidTask) return undefined;
    throw error;
  }
}

const NO_NAME = { name: undefined, version: undefined };

/** Converts errors about a task and about the Conductor server. */
function refusalOf(error: unknown): unknown {
  if (error instanceof InvalidTask) return new TaskRefused('INVALID_TASK', `${error.message}.`);
  return error instanceof Unreachable ? new Unavailable(error) : error;
}

/** Applies the output filter of an HTTP task to the output of the task. @throws TaskRefused */
function filtered(task: EngineTask, output: Json | undefined): Json | undefined {
  if (!isJsonObject(output)) return output;
  const definition = definitionOf(task.workflowTask) ?? {};
  try {
    return outputFilterOf(definition.http_request, definition, task.workflowTask)?.(output) ?? output;
  } catch (error) {
    throw refusalOf(error);
  }
}

const useOf = (task: EngineTask, workflow: JsonObject | undefined): TaskOfUse => ({
  taskId: task.taskId,
  workflowId: task.workflowInstanceId,
  task: task.referenceTaskName,
  workflow: `${String(workflow?.name ?? task.workflowType ?? '')}:${String(workflow?.version ?? task.workflowVersion ?? '')}`,
});

function unresolved(references: readonly RefusedReference[]): TaskRefused {
  return new TaskRefused(
    'UNRESOLVED_REFERENCES',
    `Unresolved references: ${described(references.slice(0, MOST_REFERENCES_SHOWN))}.`,
    toDetails(references),
  );
}

const toDetails = (references: readonly RefusedReference[]) =>
  references.map(({ name, pointers, problem, suggestion }) => ({
    name,
    pointers,
    problem,
    ...(suggestion !== undefined && { suggestion }),
  }));

const places = (references: readonly RefusedReference[]) =>
  references
    .slice(0, MOST_REFERENCES_SHOWN)
    .map(({ name, pointers }) => `${name} at ${pointers.join(', ')}`)
    .join('; ');

/** The references of a definition, grouped by name. */
function referencesIn(definition: JsonObject | undefined, problem: string): RefusedReference[] {
  if (definition === undefined) return [];
  try {
    const { references } = findReferences(definition, 'definition', 'CERTAIN');
    const named = references.filter((reference) => reference.problem !== 'ARCHIVED');
    return summarized(named, () => null).map(({ name, pointers }) => ({ name, pointers, problem }));
  } catch (error) {
    if (error instanceof BadInput) return [];
    throw error;
  }
}

function isUnsupported({ taskType, workflowTask, inputData }: EngineTask): boolean {
  const { type, sink } = isJsonObject(workflowTask) ? workflowTask : {};
  if (UNSUPPORTED_TYPES.has(taskType) || UNSUPPORTED_TYPES.has(String(type))) return true;
  if (type === 'DYNAMIC' && ENGINE_TYPES.has(taskType)) return true;
  if (taskType !== 'EVENT') return false;
  return [sink, isJsonObject(inputData) ? inputData.sink : undefined].some(isStoredSink);
}

/** Whether the engine publishes the input of an EVENT task as an event that the engine stores. */
export const isStoredSink = (sink: Json | undefined) => typeof sink === 'string' && /^conductor(?::|$)/.test(sink);

/**
 * The places of an archived value that the task needs: data of a member `_secrets`, or data that the definition reads from such a member, which is
 * `***`.
 */
function archivedPlaces(written: Json | undefined, filledIn: Json | undefined): RefusedReference[] {
  const pointers: string[] = [];
  const walk = (definition: Json | undefined, data: Json | undefined, place: readonly (string | number)[]): void => {
    if (pointers.length === MOST_REFERENCES_SHOWN || place.length > LIMITS.depth) return;
    if (typeof definition === 'string') {
      const reads = partsOf(definition).some((part) => typeof part === 'object' && /\b_secrets\b/.test(part.text));
      const isArchived = typeof data === 'string' && data.includes(MASK) && !definition.includes(MASK);
      if (isArchived && (reads || (place.includes('_secrets') && definition.includes('${'))))
        pointers.push(jsonPointer(place));
      else if (reads && isJsonObject(data)) walkData(data, place);
    } else if (Array.isArray(definition)) {
      for (const [i, item] of definition.entries())
        walk(item, Array.isArray(data) ? data[i] : undefined, [...place, i]);
    } else if (isJsonObject(definition)) {
      for (const [name, item] of Object.entries(definition))
        walk(item, isJsonObject(data) && Object.hasOwn(data, name) ? data[name] : undefined, [...place, name]);
    }
  };
  /** Searches an object that the engine filled in for a `_secrets` member. */
  const walkData = (data: JsonObject, place: readonly (string | number)[]) => {
    for (const [name, item] of Object.entries(data)) if (item === MASK) pointers.push(jsonPointer([...place, name]));
  };
  walk(written, filledIn, []);
  return pointers.length === 0 ? [] : [{ name: MASK, pointers, problem: 'ARCHIVED' }];
}

/** HTTP removes spaces around header values and addresses, so the value without surrounding spaces is hidden too. */
function withTrimmed(opened: readonly Sensitive[]): Sensitive[] {
  return opened.flatMap((value) => {
    const trimmed = value.expose().trim();
    return trimmed === '' || trimmed.length === value.length ? [value] : [value, new Sensitive(trimmed)];
  });
}
