// Fills secret values into tasks of a Conductor server, and hides the filled-in values in results. Each object acts for one caller.
import type { Keyring } from '../crypto/keyring.ts';
import type { Database } from '../database/client.ts';
import { UnresolvedReferences } from '../errors.ts';
import type { PayloadService } from '../payloads/payload-service.ts';
import type { Clock } from '../primitives/clock.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { handedOutForTask, type SealedRow } from '../secrets/handed-out-store.ts';
import type { ReadingSession } from '../secrets/named-secrets.ts';
import { eventSubjectOf, isSecretName } from '../secrets/secret.ts';
import { type SecretUseService, type TaskOfUse, taskChanges } from '../secrets/secret-use-service.ts';
import type { SecretValues } from '../secrets/secret-values.ts';
import { MASK, type Sensitive } from '../sensitive.ts';
import { archivedPlaces, archivedReads, markedPlaces, missingReads } from './archived-places.ts';
import { capturedValues } from './captured-values.ts';
import { updateTasksIn } from './captures.ts';
import { definitionOf, usesSecrets } from './definition.ts';
import type { EngineTasks } from './engine-tasks.ts';
import type { ExecutionData } from './execution-parts.ts';
import { maskExecutionParts } from './mask-executions.ts';
import { outputFilterOf } from './output-filter.ts';
import { checkReceivers, checkResolvedReceivers } from './receivers.ts';
import { atPlaces, type RefusedReference } from './reference-problems.ts';
import { invalid, referencesIn, refusalOf, unresolved, unsupported } from './refusals.ts';
import type { RegisteredDefinitions } from './registered-definition.ts';
import { type Resolver, resolveInput } from './resolve-input.ts';
import { type EngineTask, InvalidTask, UnsupportedPlace } from './task.ts';
import { type Runner, taskCanUseSecrets } from './task-types.ts';
import { withTextAt } from './text-at.ts';
import { checkNameOfUpdate, isValueCaptured, secretsOfUpdate } from './update-secret-input.ts';
import { useOf } from './use-of-task.ts';

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
  /**
   * Whether the report ends the task. The gateway captures values only from a report that ends the task, because later reports can replace the output
   * of an unfinished task. The default is true.
   */
  isFinal?: boolean;
}

export interface TaskSecrets {
  /**
   * Resolves the references of the task's registered definition in the task's input, as the caller, and records each use. Records which secret
   * versions the method filled into the task. Returns the input unchanged if the definition has no references. `workflowDefinition` is the workflow
   * definition of the execution; without this argument, the method reads the workflow definition from the Conductor server.
   * @throws TaskRefused; Unavailable
   */
  fillIn(task: EngineTask, runner: Runner, workflowDefinition?: JsonObject): Promise<JsonObject>;
  /**
   * Returns the values of the secrets that the registered task definition names in `runtimeMetadata`, by name. Records each use and the secret
   * versions. Refuses a name if no secret has the name. @throws TaskRefused; Unavailable
   */
  runtimeMetadata(names: readonly string[], task: EngineTask): Promise<Map<string, string>>;
  /**
   * Replaces every secret value that the gateway filled into the task for any principal by `***`. Captures a value that only an UPDATE_SECRET task
   * reads, and applies the output filter if `outputFilter` is set. @throws BadInput if the result is too large; TaskRefused, Unavailable
   */
  hideResult<Result extends TaskResult>(
    task: EngineTask,
    result: Result,
    workflowDefinition?: JsonObject,
    options?: HideOptions,
  ): Promise<Result>;
  /**
   * Masks the parts of executions that `executionsIn` found in a response of the Conductor server, so that anyone who may read the executions can read
   * the parts. See `maskExecutionParts`. @throws BadInput if the work would be too much; Unavailable
   */
  maskParts(executions: readonly ExecutionData[]): Promise<Json[][]>;
  /**
   * Stores the new value of an UPDATE_SECRET task. If the task's input contains `***` in place of a captured value, the method stores the captured
   * value.
   * @throws TaskRefused; BadInput, Forbidden, NameTaken, Unavailable
   */
  updateSecret(task: EngineTask, workflowDefinition?: JsonObject): Promise<void>;
}

export interface TaskSecretsDeps {
  session: ReadingSession & { readonly payloads: PayloadService };
  uses: SecretUseService;
  database: Database;
  values: SecretValues;
  clock: Clock;
  keyring: Keyring;
  definitions: RegisteredDefinitions;
  tasks: EngineTasks;
}

export function taskSecrets({
  session,
  uses,
  database,
  values,
  clock,
  keyring,
  definitions,
  tasks,
}: TaskSecretsDeps): TaskSecrets {
  const captured = capturedValues({ database, keyring, clock, tasks });

  return {
    async fillIn(task, runner, started) {
      const written = definitionOf(task.workflowTask);
      const archived = await archivedIn(task, written);
      if (archived.length > 0) throw unresolved(archived);
      if (written === undefined || !usesSecrets(written)) return isJsonObject(task.inputData) ? task.inputData : {};
      if (!taskCanUseSecrets(task, runner)) {
        const references = referencesIn(written, 'UNSUPPORTED_PLACE');
        await recordRefusal(useOf(task, undefined), 'UNSUPPORTED_PLACE', references);
        throw unsupported(shownType(task), references);
      }
      const of = await defined(task, started);
      try {
        const resolved = await resolveInput(of, resolverFor(useOf(task, of.workflow)), {
          check(definition, secrets) {
            if (secrets.length > 0) checkReceivers(task.taskType, definition, of);
          },
        });
        // INVARIANT: for a task that the engine itself runs, data never chooses the receiver of the task's secrets.
        if (resolved.places.length > 0) checkResolvedReceivers(task.taskType, resolved);
        return resolved.input;
      } catch (error) {
        throw refusalOf(error);
      }
    },

    async runtimeMetadata(names, task) {
      const pointers = ['/runtimeMetadata'];
      const { taskDefName = task.taskType } = task;
      const [registered, use] = await Promise.all([
        definitions.taskDefinition(taskDefName),
        useInExecution(task),
      ]).catch((error: unknown) => {
        throw refusalOf(error);
      });
      const declared = Array.isArray(registered?.runtimeMetadata) ? registered.runtimeMetadata : [];
      const undeclared = names.filter((name) => !declared.includes(name));
      if (undeclared.length > 0) {
        const references = undeclared.map((name) => ({ name, pointers, problem: 'INVALID_TASK' }));
        await recordRefusal(use, 'INVALID_TASK', references);
        const shown = undeclared.join(', ');
        throw invalid(
          `The registered task definition does not name these secrets in runtimeMetadata: ${shown}.`,
          references,
        );
      }
      return uses.withValues([...new Set(names)], {
        task: use,
        check(problems) {
          if (problems.size > 0)
            throw unresolved([...problems].map(([name, problem]) => ({ name, problem, pointers })));
        },
        fill: async (opened) => new Map([...opened].map(([name, value]) => [name, value.expose()])),
      });
    },

    async hideResult(task, result, started, { outputFilter = false, isFinal = true } = {}) {
      const rows = await handedOutForTask(database, task.taskId);
      // INVARIANT: the gateway never forwards the result of a task unless the gateway can read every secret value that was filled into the task.
      const destroyed = rows.find(({ sealed }) => sealed === null);
      if (destroyed !== undefined) {
        const version = `version ${destroyed.version} of the secret ${destroyed.name}`;
        throw invalid(`The result cannot be masked, because ${version} was destroyed while the task ran.`, []);
      }
      const { reason, logs } = result;
      const output = outputFilter ? filtered(task, result.output) : result.output;
      const payload = {
        ...(output !== undefined && { output }),
        ...(reason !== undefined && { reason }),
        ...(logs !== undefined && { logs: [...logs] }),
      };
      // Other tasks of the workflow read the filtered output, so the gateway captures values from the filtered output.
      const taken = output === undefined ? [] : await capturedFrom(task, output, started, isFinal);
      const hidden = [...open(rows), ...taken.flatMap(({ value }) => (value === undefined ? [] : [value]))];
      const masked = (await session.payloads.hide(payload, hidden)) as typeof payload;
      for (const { path } of taken) masked.output = withTextAt(masked.output ?? null, path, MASK);
      return { ...result, ...masked };
    },

    maskParts: (executions) => maskExecutionParts(executions, { definitions, database, uses, open }),

    async updateSecret(task, started) {
      const of = await defined(task, started);
      try {
        const { input } = await resolveInput(of, resolverFor(useOf(task, of.workflow)), {
          exact: true,
          check: checkNameOfUpdate,
        });
        if (!isValueCaptured(input)) return void (await session.payloads.updateSecret(secretsOfUpdate(input)));
        const { workflow } = of;
        const definition = workflow && (await definitions.registered(workflow.name, workflow.version));
        await captured.take(task, definition, (secretKey, value) =>
          session.payloads.updateSecret({ _secrets: { secretKey, secretValue: value.expose() } }),
        );
      } catch (error) {
        throw refusalOf(error);
      }
    },
  };

  /** Returns the fields of the input whose values were archived. The gateway reads the execution only if the input lacks a value. */
  async function archivedIn(task: EngineTask, written: JsonObject | undefined): Promise<RefusedReference[]> {
    const shown = [...markedPlaces(task), ...archivedPlaces(written, task.inputData)];
    const missing = shown.length > 0 ? [] : missingReads(written, task.inputData);
    if (missing.length === 0) return shown;
    try {
      const { workflowInstanceId } = task;
      return (await definitions.fromExecution(workflowInstanceId, (json) => archivedReads(missing, json))) ?? [];
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Captures the values in the output that only an UPDATE_SECRET task reads. @throws TaskRefused, Unavailable */
  async function capturedFrom(task: EngineTask, output: Json, started: JsonObject | undefined, isFinal: boolean) {
    try {
      const { name, version } = started ?? (await startedDefinition(task.workflowInstanceId)) ?? {};
      const workflow = await definitions.workflow(name, version);
      // The other workflows need no task definitions here. This function runs for almost every report.
      if (workflow === undefined || updateTasksIn(workflow).length === 0) return [];
      const definition = await definitions.registered(name, version);
      return definition === undefined ? [] : await captured.capture(task, output, definition, isFinal);
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Adds the registered definition to a task whose definition uses secrets. @throws TaskRefused, Unavailable */
  async function defined(task: EngineTask, started: JsonObject | undefined) {
    try {
      return await definitions.of(task.taskType, task, started);
    } catch (error) {
      if (!(error instanceof InvalidTask)) throw refusalOf(error);
      const code = error instanceof UnsupportedPlace ? 'UNSUPPORTED_PLACE' : 'INVALID_TASK';
      const references = referencesIn(definitionOf(task.workflowTask), code);
      await recordRefusal(useOf(task, undefined), code, references);
      throw invalid(`${error.message}.`, references, code);
    }
  }

  function resolverFor(use: TaskOfUse): Resolver {
    return {
      resolve: async (payload, input) => (await session.payloads.resolve(payload, input, use)).payload,
      errorAt(error, places) {
        if (!(error instanceof UnresolvedReferences)) return error;
        const listed = error.details.references as unknown as RefusedReference[];
        return unresolved(atPlaces(listed, places));
      },
    };
  }

  /** Records a refused use for each secret that the definition inside the task names. The caller of a refused task may have forged the definition. */
  async function recordRefusal(use: TaskOfUse, code: string, references: readonly RefusedReference[]): Promise<void> {
    const names = [...new Set(references.map(({ name }) => name))].filter(isSecretName);
    if (names.length === 0) return;
    const { secrets } = await session.readNamed(names, null);
    const changes = { code, ...taskChanges(use) };
    await Promise.all(
      names.map((name, i) =>
        session.audit.record(
          { action: 'SECRET_USE', subject: eventSubjectOf(secrets[i], name), version: null, changes },
          'REFUSED',
        ),
      ),
    );
  }

  /** Returns the description of the task for audit events. The engine's JSON of a task can lack the version of the workflow definition. */
  async function useInExecution(task: EngineTask): Promise<TaskOfUse> {
    const isNamed = task.workflowType !== undefined && task.workflowVersion !== undefined;
    return useOf(task, isNamed ? undefined : await startedDefinition(task.workflowInstanceId));
  }

  /** Decrypts the secret values of the rows. */
  function open(rows: readonly SealedRow[]): Sensitive[] {
    return rows.flatMap(({ sealed, version, ...secret }) =>
      sealed === null ? [] : [values.open(secret, version, sealed)],
    );
  }

  /** The workflow definition that the engine used to start the execution. */
  async function startedDefinition(workflowId: string): Promise<JsonObject | undefined> {
    const workflow = (await definitions.execution(workflowId))?.workflowDefinition;
    return isJsonObject(workflow) ? workflow : undefined;
  }
}

/** Returns the type of the task for error messages. Data chooses the type of a DYNAMIC task. */
const shownType = ({ taskType, workflowTask }: EngineTask) =>
  isJsonObject(workflowTask) && workflowTask.type === 'DYNAMIC' ? `DYNAMIC (${taskType})` : taskType;

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
