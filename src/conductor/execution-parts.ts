// Finds data of workflow executions in a response of a Conductor server, and replaces the data by masked data. The code recognizes the JSON fields of
// executions, tasks, summaries, logs, schedules and errors. If the code does not recognize the JSON, the gateway masks all values.

import { ALWAYS_MASKED } from '../payloads/masking/masked-texts.ts';
import { isJsonObject, isRawNumber, type Json, type JsonObject, setMember } from '../primitives/json.ts';
import { definitionOf } from './definition.ts';

/**
 * How a part is masked.
 * - `data`: the gateway masks secret values and the values of hidden fields.
 * - `text`: the gateway masks the same values as for `data`. The string can also be a printed Java map, such as `{a=1, _secrets={b=2}}`.
 * - `workflow definition`: the gateway masks secret values. References to secrets stay unchanged, also in hidden fields.
 * - `task definition`: the gateway masks secret values. In hidden fields, only a string that is exactly one expression stays unchanged. The reason is
 *   that a dynamic fork copies data into the definition of a task.
 * - `value`: the gateway hides the complete part.
 */
export type PartKind = 'data' | 'text' | 'workflow definition' | 'task definition' | 'value';

export interface ExecutionPart {
  readonly kind: PartKind;
  readonly payload: Json;
  /** The definition from which the engine produced the payload. */
  readonly definition?: Json | undefined;
}

/** The data of one workflow execution in a response. */
export interface ExecutionData {
  /** Whether the data is the text of an error about the execution that the path names. */
  isError?: boolean;
  workflowId?: string | undefined;
  /** The task id. This field is set only if the response contains no id of the execution. */
  taskId?: string | undefined;
  name?: string | undefined;
  version?: number | undefined;
  /** Ids of executions whose data this execution can contain: the parent execution, the sub-workflows, and the original execution of a rerun. */
  readonly related: Set<string>;
  /** Whether the response contains the complete execution. A complete execution contains the id of its parent execution. */
  isComplete?: boolean;
  /** The workflow definitions in the response that the engine used to start the execution. */
  readonly definitions: JsonObject[];
  readonly parts: ExecutionPart[];
}

export interface FoundExecutions {
  readonly executions: readonly ExecutionData[];
  /** Returns the response with the masked parts, in the order of `executions` and their parts. The result shares unchanged objects and lists. */
  put(masked: readonly (readonly Json[])[]): Json;
}

/** The execution or the task that the path of the request names. */
export interface NamedInPath {
  /** Whether the response is an error. An error can name an execution that the Conductor server does not have. */
  readonly isError?: boolean;
  readonly workflowId?: string | undefined;
  readonly taskId?: string | undefined;
}

type Put = (masked: readonly (readonly Json[])[]) => Json;

/** Maximum number of JSON levels around an execution. The gateway masks all values at deeper levels. */
const MOST_LEVELS = 8;

/** Names of JSON fields whose strings the engine itself writes. Clients need these strings to interpret the response. */
const WRITTEN_BY_ENGINE = new Set([
  ...[
    'workflowId',
    'workflowInstanceId',
    'parentWorkflowId',
    'parentWorkflowTaskId',
    'reRunFromWorkflowId',
    'subWorkflowId',
  ],
  ...['taskId', 'retriedTaskId', 'parentTaskId', 'failedTaskId', 'executionId', 'targetWorkflowId', 'requestId'],
  ...[
    'status',
    'targetWorkflowStatus',
    'previousStatus',
    'state',
    'responseType',
    'startTime',
    'updateTime',
    'endTime',
  ],
  ...['scheduledTime', 'instance', 'code'],
]);
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const isUuid = (json: Json) => typeof json === 'string' && UUID.test(json);
/**
 * Matches an id, a state or a time. The gateway masks all other strings in these JSON fields, because data can contain JSON fields with the same names.
 */
const OF_ENGINE =
  /^(?:[A-Z][A-Z_]{0,39}|[\da-fA-F]{8}(?:-[\da-fA-F]{4}){3}-[\da-fA-F]{12}|\d{4}-\d\d-\d\dT[\d:.]{8,12}Z|)$/;
/** Names of JSON fields that contain times, counts or versions. The gateway masks all other numbers. */
const NUMBERS_OF_ENGINE = /(?:time|seconds|count|version|priority|seq|iteration|frequency|size|hits)$|^status$/i;
/** Names of JSON fields that contain ids of related executions. An execution can contain data of its related executions. */
const RELATED = ['parentWorkflowId', 'subWorkflowId', 'reRunFromWorkflowId', 'targetWorkflowId'];
/** Names of JSON fields that only executions, summaries, runs and statuses contain. The code uses these names to recognize an execution. */
const OF_EXECUTIONS = [
  ...['input', 'output', 'variables', 'tasks', 'workflowDefinition', 'workflowType', 'workflowName', 'responseType'],
  ...['startWorkflowRequest', 'reasonForIncompletion', 'agentName'],
];

export function executionsIn(answer: Json, named: NamedInPath): FoundExecutions {
  const executions: ExecutionData[] = [];
  const places = new Map<ExecutionData, number>();
  const byId = new Map<string, ExecutionData>();

  /**
   * Returns the data of this execution. All JSON objects of one execution share one entry, so that the gateway hides copies of a value in all objects
   * of the execution.
   */
  const begin = (of: Pick<ExecutionData, 'isError' | 'workflowId' | 'taskId' | 'name' | 'version'>): ExecutionData => {
    const id = of.workflowId ?? of.taskId;
    const known = id === undefined ? undefined : byId.get(id);
    if (known !== undefined) {
      if (known.name === undefined || known.version === undefined)
        Object.assign(known, { name: of.name, version: of.version });
      return known;
    }
    const execution = { ...of, related: new Set<string>(), definitions: [], parts: [] };
    places.set(execution, executions.push(execution) - 1);
    if (id !== undefined) byId.set(id, execution);
    return execution;
  };
  const add = (to: ExecutionData, part: ExecutionPart): Put => {
    const execution = places.get(to) as number;
    const at = to.parts.push(part) - 1;
    return (masked) => masked[execution]?.[at] as Json;
  };
  let unnamed: ExecutionData | undefined;
  /**
   * Returns the entry for data outside of the executions in the response. The path of the request can contain the id of the execution for this data.
   */
  const outside = (): ExecutionData => {
    unnamed ??= begin(named);
    return unnamed;
  };

  function visit(json: Json, depth: number): Put {
    if (typeof json === 'string' ? UUID.test(json) : Array.isArray(json) && json.every(isUuid)) return unchanged(json);
    if (Array.isArray(json) && depth < MOST_LEVELS && json.some(isContainer)) {
      return listOf(json, (item) => visit(item, depth + 1));
    }
    if (!isJsonObject(json) || depth >= MOST_LEVELS) return add(outside(), { kind: kindOf(json), payload: json });
    if (isTask(json))
      return task(
        json,
        begin({ workflowId: textOf(json.workflowInstanceId) ?? named.workflowId, taskId: textOf(json.taskId) }),
        depth,
      );
    if (isExecution(json)) return execution(json, depth);
    if (isLogLine(json))
      return engineObject(json, begin({ taskId: textOf(json.taskId), workflowId: named.workflowId }), { depth });
    if (isJsonObject(json.startWorkflowRequest)) return execution(json, depth);
    if (typeof json.status === 'number' && typeof json.message === 'string')
      return engineObject(json, outside(), { depth });
    const isBulk = isTexts(json.bulkErrorResults);
    if (!isBulk && !hasExecution(json, MOST_LEVELS - depth)) return add(outside(), { kind: 'data', payload: json });
    return members(json, (name, value) =>
      name === 'bulkErrorResults' && isTexts(value)
        ? members(value, (_, text) => add(outside(), { kind: 'text', payload: text }))
        : isContainer(value) && !ALWAYS_MASKED.has(name) && hasExecution(value, MOST_LEVELS - depth)
          ? visit(value, depth + 1)
          : name === 'totalHits'
            ? unchanged(value)
            : oneMember(name, add(outside(), { kind: 'data', payload: objectOf(name, value) })),
    );
  }

  function execution(json: JsonObject, depth: number): Put {
    const { workflowDefinition: started, startWorkflowRequest: request } = json;
    const definition = isJsonObject(started) ? started : undefined;
    const ofRequest = isJsonObject(request) ? request : {};
    const of = begin({
      workflowId: executionIdOf(json),
      name: [definition?.name, json.workflowName, json.workflowType, json.agentName, ofRequest.name]
        .map(textOf)
        .find(Boolean),
      version: [definition?.version, json.workflowVersion, json.version, ofRequest.version].find(isNumber),
    });
    for (const name of RELATED) relate(of, json[name]);
    if (definition !== undefined) {
      of.definitions.push(definition);
      of.isComplete = true;
    }
    return engineObject(json, of, { depth, definitions: { output: definition?.outputParameters ?? undefined } });
  }

  function task(json: JsonObject, of: ExecutionData, depth: number): Put {
    for (const name of RELATED) relate(of, json[name]);
    // A polled or listed task contains no workflow definition, so the gateway looks up the execution by its id.
    return engineObject(json, of, { depth, definitions: { inputData: definitionOf(json.workflowTask) } });
  }

  function startRequest(json: JsonObject, of: ExecutionData, depth: number): Put {
    const definition = [json.workflowDef, json.workflowDefinition].find(isJsonObject);
    if (definition !== undefined) of.definitions.push(definition);
    return engineObject(json, of, { depth });
  }

  /**
   * Visits a JSON object that the engine writes. Field names, numbers and ids of the object stay unchanged. `definitions` maps the names of data
   * fields to the definitions of the data.
   */
  function engineObject(
    json: JsonObject,
    of: ExecutionData,
    { depth, definitions = {} }: { depth: number; definitions?: Record<string, Json | undefined> },
  ): Put {
    const dataOf = (payload: Json): Put => add(of, { kind: kindOf(payload), payload });
    if (depth >= MOST_LEVELS) return dataOf(json);
    return members(json, (name, value) => {
      if (isOfEngine(name, value)) return unchanged(value);
      if (name === 'tasks' && Array.isArray(value))
        return listOf(value, (item) => (isJsonObject(item) ? task(item, of, depth + 1) : dataOf(item)));
      if (name === 'history' && Array.isArray(value)) return listOf(value, (item) => visit(item, depth + 1));
      if (name === 'workflowDefinition' || name === 'workflowDef')
        return add(of, { kind: 'workflow definition', payload: value });
      if (name === 'workflowTask' || name === 'taskDefinition')
        return add(of, { kind: 'task definition', payload: value });
      if (name === 'startWorkflowRequest' && isJsonObject(value)) return startRequest(value, of, depth + 1);
      if (name === 'runtimeMetadata' && isJsonObject(value))
        return members(value, (_, secret) => add(of, { kind: 'value', payload: secret }));
      return add(of, { kind: kindOf(value), payload: value, definition: definitions[name] });
    });
  }

  const put = visit(answer, 0);
  return { executions, put };
}

const unchanged =
  (value: Json): Put =>
  () =>
    value;

const kindOf = (json: Json): PartKind => (typeof json === 'string' ? 'text' : 'data');
const isContainer = (json: Json | undefined): json is Json[] | JsonObject => Array.isArray(json) || isJsonObject(json);
const isNumber = (json: Json | undefined): json is number => typeof json === 'number';
const textOf = (json: Json | undefined) => (typeof json === 'string' && json !== '' ? json : undefined);

const isTask = (json: JsonObject) =>
  typeof json.taskId === 'string' && ('inputData' in json || 'outputData' in json || 'workflowTask' in json);
const isExecution = (json: JsonObject) =>
  executionIdOf(json) !== undefined && OF_EXECUTIONS.some((name) => Object.hasOwn(json, name));
/** Executions of agents have an `executionId`. In a schedule, `executionId` is not the id of a workflow execution. */
const executionIdOf = ({ workflowId, executionId, startWorkflowRequest }: JsonObject) =>
  textOf(workflowId) ?? (isJsonObject(startWorkflowRequest) ? undefined : textOf(executionId));
const isLogLine = (json: JsonObject) => typeof json.taskId === 'string' && typeof json.log === 'string';

/** Whether all fields of the JSON object are strings. */
const isTexts = (json: Json | undefined): json is JsonObject =>
  isJsonObject(json) && Object.values(json).every((value) => typeof value === 'string');

/** Whether the engine itself writes this string or number, or the value cannot contain data. */
function isOfEngine(name: string, value: Json): boolean {
  if (value === null || value === '' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return NUMBERS_OF_ENGINE.test(name);
  return typeof value === 'string' && WRITTEN_BY_ENGINE.has(name) && OF_ENGINE.test(value);
}

function relate({ related }: ExecutionData, id: Json | undefined): void {
  if (typeof id === 'string' && id !== '') related.add(id);
}

/** Whether a JSON value contains an execution, a task or a log line within the first `levels` levels. */
function hasExecution(json: Json, levels: number): boolean {
  if (levels === 0 || !isContainer(json)) return false;
  if (isJsonObject(json) && (isTask(json) || isExecution(json) || isLogLine(json))) return true;
  if (isJsonObject(json) && isJsonObject(json.startWorkflowRequest)) return true;
  return (Array.isArray(json) ? json : Object.values(json)).some((item) => hasExecution(item, levels - 1));
}

function listOf(items: Json[], visit: (item: Json) => Put): Put {
  const puts = items.map(visit);
  return (masked) => {
    const result = puts.map((put) => put(masked));
    return result.every((item, i) => item === items[i]) ? items : result;
  };
}

function members(object: JsonObject, visit: (name: string, value: Json) => Put): Put {
  const puts = Object.entries(object).map(([name, value]) => [name, visit(name, value)] as const);
  return (masked) => {
    const result: JsonObject = {};
    let isSame = true;
    for (const [name, put] of puts) {
      const value = put(masked);
      isSame &&= value === object[name];
      setMember(result, name, value);
    }
    return isSame ? object : result;
  };
}

/** A JSON field that the gateway masked together with its name. The response still contains the original name. */
function oneMember(name: string, put: Put): Put {
  return (masked) => {
    const shown = put(masked);
    return isJsonObject(shown) && !isRawNumber(shown) ? ((shown[name] ?? Object.values(shown)[0]) as Json) : shown;
  };
}

function objectOf(name: string, value: Json): JsonObject {
  const object: JsonObject = {};
  setMember(object, name, value);
  return object;
}
