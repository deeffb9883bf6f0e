// Finds the places of a definition that contain references to secrets, before the definition is registered. Decides which of these places the
// gateway resolves when a task runs. This file checks no access.
import { mayHaveExpressions, meaningOf, partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type Json, type JsonObject, jsonPointer } from '../primitives/json.ts';
import { isSecretName, type SecretName } from '../secrets/secret.ts';
import { secretUpdatesOf, updateTasksIn } from './captures.ts';
import { definitionOf, refersToSecret, usesSecrets } from './definition.ts';
import { fieldsFromData } from './receivers.ts';
import { hasDynamicFork, inheritsDefinition, withTaskDefinitions } from './static-task.ts';
import { canUseSecrets, canUseTemplateSecrets, HTTP_TYPES, typeOf } from './task-types.ts';

/** A place in a definition. */
export interface Place {
  /** The name of the workflow definition. Null for a task definition and for an event handler. */
  workflow: string | null;
  /** The reference name of the task, or the name of the task definition. Null for a place outside of tasks. */
  task: string | null;
  /** JSON Pointer in the body of the request. */
  pointer: string;
}

/** A string in which the gateway resolves the references to secrets. */
export interface UsingPlace extends Place {
  text: string;
}

/** The field that names the secret which an UPDATE_SECRET task updates. */
export interface UpdatingPlace extends Place {
  name: SecretName;
}

export type PlaceProblem =
  /** The gateway does not resolve references in this field. */
  | 'UNSUPPORTED_PLACE'
  /** The reference, or the name of a secret, is malformed. */
  | 'MALFORMED'
  /** Data chooses the server or program that receives the secrets of a task. */
  | 'SERVER_FROM_DATA'
  /** The engine stores the new value of an UPDATE_SECRET task, because other places read the value too. This problem is only a warning. */
  | 'VALUE_STORED';

export interface ProblemPlace extends Place {
  problem: PlaceProblem;
  /** The secret's name, or the text of the expression. Null if the problem is not about one secret. */
  name: string | null;
}

export interface ReferencePlaces {
  uses: UsingPlace[];
  updates: UpdatingPlace[];
  problems: ProblemPlace[];
  /** The JSON paths of agents. The engine creates workflow definitions from an agent. */
  agents: Place[];
  /** The parts of the definition that exceed a limit. */
  unknown: Place[];
}

type Path = readonly (string | number)[];
type At = Omit<Place, 'pointer'>;

/** The workflow definition that contains a task. */
interface Workflow {
  name: string | null;
  hasDynamicFork: boolean;
  /** The reference names of UPDATE_SECRET tasks whose new value the gateway keeps out of the data that the engine stores. */
  captured: ReadonlySet<string>;
}

/** Fields with text for people or for other programs. Engines resolve no expressions in these fields. */
const INERT_FIELDS = new Set([
  ...['description', 'metadata', 'tags', 'inputSchema', 'outputSchema', 'ownerEmail', 'ownerApp'],
  ...['createdBy', 'updatedBy', 'createTime', 'updateTime', 'overwriteTags'],
]);
/** The maximum number of UPDATE_SECRET tasks in a workflow definition. The gateway compares each UPDATE_SECRET task with all other tasks. */
const MOST_UPDATES = 50;
/** The maximum number of characters of an expression in `ProblemPlace.name`. */
const LONGEST_NAME = 300;

/**
 * Returns the names of all tasks in `json` that do not contain a task definition. For these tasks, the engine uses registered task definitions.
 */
export function namesOfTasksIn(json: Json | undefined, names = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(json)) for (const item of json) namesOfTasksIn(item, names);
  else if (isJsonObject(json)) {
    if (typeof json.name === 'string' && json.taskReferenceName !== undefined && inheritsDefinition(json))
      names.add(json.name);
    for (const item of Object.values(json)) namesOfTasksIn(item, names);
  }
  return names;
}

/** Collects the places of one request. */
export class PlaceFinder {
  readonly found: ReferencePlaces = { uses: [], updates: [], problems: [], agents: [], unknown: [] };
  readonly #known = new Set<string>();
  readonly #registered: ReadonlyMap<string, JsonObject>;

  /** @param registered the registered task definitions by name */
  constructor(registered: ReadonlyMap<string, JsonObject>) {
    this.#registered = registered;
  }

  workflow(definition: Json | undefined, path: Path): void {
    if (!isJsonObject(definition)) return;
    const name = typeof definition.name === 'string' ? definition.name : null;
    const workflow = { name, hasDynamicFork: hasDynamicFork(definition), captured: this.#captured(definition) };
    if (updateTasksIn(definition).length > MOST_UPDATES)
      this.found.unknown.push({ workflow: name, task: null, pointer: jsonPointer([...path, 'tasks']) });
    const { metadata } = definition;
    if (isJsonObject(metadata) && metadata.agentDef !== undefined)
      this.found.agents.push({ workflow: name, task: null, pointer: jsonPointer([...path, 'metadata', 'agentDef']) });
    for (const [field, json] of Object.entries(definition)) {
      if (field === 'tasks') this.#tasks(json, [...path, field], workflow);
      else if (!INERT_FIELDS.has(field)) this.#unsupported(json, [...path, field], { workflow: name, task: null });
    }
  }

  taskDefinition(definition: Json | undefined, path: Path): void {
    if (!isJsonObject(definition)) return;
    const at = { workflow: null, task: typeof definition.name === 'string' ? definition.name : null };
    const { inputTemplate, runtimeMetadata } = definition;
    this.#uses(inputTemplate, [...path, 'inputTemplate'], at);
    this.#runtimeMetadata(runtimeMetadata, [...path, 'runtimeMetadata'], at);
    if (isJsonObject(inputTemplate)) this.#updated(inputTemplate, [...path, 'inputTemplate'], at);
  }

  /** Searches JSON in which the gateway resolves no references, such as the input in a schedule. */
  inert(json: Json | undefined, path: Path): void {
    this.#unsupported(json, path, { workflow: null, task: null });
  }

  #captured(definition: JsonObject): ReadonlySet<string> {
    const updates = updateTasksIn(definition).length;
    if (updates === 0 || updates > MOST_UPDATES) return new Set();
    const complete = withTaskDefinitions(definition, (name) => this.#registered.get(String(name)));
    return new Set(secretUpdatesOf(complete).flatMap(({ update, capture }) => (capture === undefined ? [] : [update])));
  }

  #tasks(json: Json | undefined, path: Path, workflow: Workflow): void {
    if (!Array.isArray(json)) this.#unsupported(json, path, { workflow: workflow.name, task: null });
    else for (const [i, task] of json.entries()) this.#task(task, [...path, i], workflow);
  }

  #task(written: Json, path: Path, workflow: Workflow): void {
    if (Array.isArray(written)) this.#tasks(written, path, workflow);
    if (!isJsonObject(written)) return;
    const registered = inheritsDefinition(written) ? this.#registered.get(String(written.name)) : undefined;
    const task = registered === undefined ? written : { ...written, taskDefinition: registered };
    const reference = task.taskReferenceName;
    const at = { workflow: workflow.name, task: typeof reference === 'string' ? reference : null };
    const isResolved = canUseSecrets(task);
    for (const [field, json] of Object.entries(task)) {
      const place = [...path, field];
      if (field === 'decisionCases' && isJsonObject(json))
        for (const [name, tasks] of Object.entries(json)) this.#tasks(tasks, [...place, name], workflow);
      else if (['defaultCase', 'forkTasks', 'loopOver'].includes(field) && Array.isArray(json))
        this.#tasks(json, place, workflow);
      else if (field === 'inputParameters' && isResolved) this.#uses(json, place, at);
      else if (field === 'taskDefinition') this.#embedded(task, place, at);
      else if (field === 'subWorkflowParam' && isJsonObject(json)) {
        const { workflowDefinition, ...parameters } = json;
        this.#unsupported(parameters, place, at);
        if (isJsonObject(workflowDefinition)) this.workflow(workflowDefinition, [...place, 'workflowDefinition']);
        else this.#unsupported(workflowDefinition, [...place, 'workflowDefinition'], at);
      } else if (!INERT_FIELDS.has(field)) this.#unsupported(json, place, at);
    }
    if (!isResolved) return;
    const type = typeOf(task);
    if (HTTP_TYPES.has(type)) this.#outputFilter(task, path, at);
    this.#receivers(task, path, at);
    if (type === 'UPDATE_SECRET') this.#update(task, path, workflow, at);
    // At run time, data can choose the type UPDATE_SECRET for a DYNAMIC task. The task then uses the input from the workflow definition.
    else if (type === 'DYNAMIC') this.#updated(definitionOf(task) ?? {}, [...path, 'inputParameters'], at);
  }

  /** Searches the task definition inside a task. The task's `inputParameters` replace the defaults of the same names. */
  #embedded(task: JsonObject, path: Path, at: At): void {
    const { taskDefinition, inputParameters, type } = task;
    if (!isJsonObject(taskDefinition)) return;
    const { inputTemplate } = taskDefinition;
    const replaced = isJsonObject(inputParameters) ? inputParameters : {};
    if (!isJsonObject(inputTemplate)) return;
    for (const [name, json] of Object.entries(inputTemplate)) {
      if (Object.hasOwn(replaced, name)) continue;
      const place = [...path, 'inputTemplate', name];
      // Data chooses the task definition of a DYNAMIC task, so the gateway ignores this task definition.
      if (canUseSecrets(task) && canUseTemplateSecrets(typeOf(task)) && type !== 'DYNAMIC') this.#uses(json, place, at);
      else this.#unsupported(json, place, at);
    }
  }

  /** Checks that the definition names the receivers of the task's secrets without data. */
  #receivers(task: JsonObject, path: Path, at: At): void {
    const naming = namingInput(task);
    if (naming === undefined) return;
    for (const field of fieldsFromData(typeOf(task), naming, task)) {
      const written = field[0] === 'http_request' && !isJsonObject(naming.http_request) ? field.slice(1) : field;
      const place = field[0] === 'sink' ? [...path, 'sink'] : [...path, 'inputParameters', ...written];
      this.#problem({ ...at, pointer: jsonPointer(place), problem: 'SERVER_FROM_DATA', name: null });
    }
  }

  /** An output filter of an HTTP task with secrets cannot contain references. */
  #outputFilter(task: JsonObject, path: Path, at: At): void {
    const naming = namingInput(task);
    if (naming === undefined) return;
    const isNested = isJsonObject(naming.http_request);
    const filter = (isNested ? (naming.http_request as JsonObject) : naming).outputFilter;
    const place = [...path, 'inputParameters', ...(isNested ? ['http_request'] : []), 'outputFilter'];
    if (filter !== undefined) this.#unsupported(filter, place, at);
  }

  #update(task: JsonObject, path: Path, workflow: Workflow, at: At): void {
    const input = definitionOf(task) ?? {};
    const own = isJsonObject(task.inputParameters) && Object.hasOwn(task.inputParameters, '_secrets');
    const inputPath = [...path, ...(own ? ['inputParameters'] : ['taskDefinition', 'inputTemplate'])];
    const name = this.#updated(input, inputPath, at);
    const about = { ...at, name: name ?? null };
    // The gateway refuses the task, because a dynamic fork could start a copy of the task with different input.
    if (workflow.hasDynamicFork) this.#problem({ ...about, pointer: jsonPointer(path), problem: 'UNSUPPORTED_PLACE' });
    // The gateway refuses the UPDATE_SECRET task for the reported problem, so a warning about the stored value would not help.
    if (workflow.hasDynamicFork || name === undefined) return;
    const value = isJsonObject(input._secrets) ? input._secrets.secretValue : undefined;
    if (typeof value !== 'string' || partsOf(value).every(refersToSecret)) return;
    const pointer = jsonPointer([...inputPath, '_secrets', 'secretValue']);
    if (!workflow.captured.has(at.task ?? '')) this.#problem({ ...about, pointer, problem: 'VALUE_STORED' });
  }

  /** Adds the secret that the input of an UPDATE_SECRET task names. Returns the name of the secret, if it is a valid name. */
  #updated(input: JsonObject, path: Path, at: At): string | undefined {
    const secretKey = isJsonObject(input._secrets) ? input._secrets.secretKey : undefined;
    if (typeof secretKey !== 'string') return undefined;
    const pointer = jsonPointer([...path, '_secrets', 'secretKey']);
    if (!isSecretName(secretKey)) {
      this.#problem({ ...at, pointer, problem: 'MALFORMED', name: shortened(secretKey) });
      return undefined;
    }
    this.found.updates.push({ ...at, pointer, name: secretKey });
    return secretKey;
  }

  #runtimeMetadata(json: Json | undefined, path: Path, at: At): void {
    for (const [i, name] of (Array.isArray(json) ? json : []).entries()) {
      const place = { ...at, pointer: jsonPointer([...path, i]) };
      if (typeof name === 'string' && isSecretName(name))
        this.found.uses.push({ ...place, text: `\${workflow.secrets.${name}}` });
      else if (typeof name === 'string') this.#problem({ ...place, problem: 'MALFORMED', name: shortened(name) });
    }
  }

  #uses(json: Json | undefined, path: Path, at: At): void {
    walkTexts(json, path, (text, place, isName) => {
      const pointer = jsonPointer(place);
      if (isName) this.#unsupportedText(text, { ...at, pointer });
      else if (partsOf(text).some(refersToSecret)) this.found.uses.push({ ...at, pointer, text });
    });
  }

  #unsupported(json: Json | undefined, path: Path, at: At): void {
    walkTexts(json, path, (text, place) => this.#unsupportedText(text, { ...at, pointer: jsonPointer(place) }));
  }

  #unsupportedText(text: string, place: Place): void {
    for (const part of partsOf(text)) {
      if (typeof part === 'string' || !refersToSecret(part)) continue;
      const meaning = meaningOf(part);
      const name = meaning.kind === 'secret' ? meaning.name : shortened(part.text);
      this.#problem({ ...place, problem: 'UNSUPPORTED_PLACE', name });
    }
  }

  #problem(problem: ProblemPlace): void {
    const known = JSON.stringify([problem.pointer, problem.problem, problem.name]);
    if (this.#known.has(known)) return;
    this.#known.add(known);
    this.found.problems.push(problem);
  }
}

/** Returns the input of the task that names the receivers of the task's secrets. Returns undefined if the task has no secrets. */
function namingInput(task: JsonObject): JsonObject | undefined {
  const { inputParameters: own } = task;
  // INVARIANT: if the task's own input has secrets, the task's own input names the receivers. Otherwise a later change of the task definition could
  // send the secrets to another receiver.
  if (isJsonObject(own) && usesSecrets(own)) return own;
  const definition = definitionOf(task);
  return definition !== undefined && usesSecrets(definition) ? definition : undefined;
}

/** Calls `visit` with each text and each field name of `json` that may contain an expression. */
function walkTexts(
  json: Json | undefined,
  path: Path,
  visit: (text: string, place: Path, isName: boolean) => void,
): void {
  if (typeof json === 'string') {
    if (mayHaveExpressions(json)) visit(json, path, false);
  } else if (Array.isArray(json)) for (const [i, item] of json.entries()) walkTexts(item, [...path, i], visit);
  else if (isJsonObject(json))
    for (const [name, item] of Object.entries(json)) {
      if (mayHaveExpressions(name)) visit(name, [...path, name], true);
      walkTexts(item, [...path, name], visit);
    }
}

const shortened = (text: string) => (text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME)}…` : text);
