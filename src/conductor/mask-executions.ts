// Masks the data of workflow executions for anyone who may read the executions.
import type { Database } from '../database/client.ts';
import { BadInput, Unavailable } from '../errors.ts';
import { mapChildren } from '../payloads/map-children.ts';
import type { MaskedPart } from '../payloads/masking/alignment.ts';
import { ALWAYS_MASKED } from '../payloads/masking/masked-texts.ts';
import { masking } from '../payloads/masking/masking.ts';
import { indexOfValues } from '../payloads/masking/value-index.ts';
import { MOST_HIDDEN_BYTES } from '../payloads/payload-service.ts';
import { partsOf } from '../payloads/references/expressions.ts';
import { LIMITS, secretNames } from '../payloads/references/references.ts';
import { expectedUnits, inTurns, unitsForIndex, workLimitOfRequest } from '../payloads/work-limit.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { type SealedRow, versionsToHide } from '../secrets/handed-out-store.ts';
import type { SecretUseService } from '../secrets/secret-use-service.ts';
import { MASK, type Sensitive } from '../sensitive.ts';
import { namesOfUpdatedSecrets } from './captures.ts';
import type { ExecutionData, ExecutionPart } from './execution-parts.ts';
import { withoutHiddenFields } from './java-map-text.ts';
import type { RegisteredDefinitions } from './registered-definition.ts';
import { relatedUpdates } from './related-updates.ts';
import { InvalidTask, Unreachable } from './task.ts';

export interface MaskExecutionsDeps {
  definitions: RegisteredDefinitions;
  database: Database;
  uses: SecretUseService;
  open(rows: readonly SealedRow[]): Sensitive[];
}

/** Maximum number of concurrent requests to the Conductor server for one response. */
const MOST_REQUESTS = 8;
/** Maximum number of secrets that the data of one response can name. If the data names more secrets, the gateway hides all the data. */
const MOST_NAMES = 5 * LIMITS.names;
/** Maximum size of the indexes of hidden texts for one response, in characters and entries. */
const MOST_INDEXED = 20_000_000;
/** Maximum number of names of hidden fields. If the workflow definitions of an execution have more names, all its data is hidden. */
const MOST_FIELDS = 1_000;
const NO_KEYS: ReadonlySet<string> = new Set();

/**
 * Masks the parts of executions. Hides all secret versions that the gateway filled into tasks of an execution or of its related executions. Hides all
 * stored versions of secrets that the registered workflow definitions name or that related executions update. Hides the values of other secrets that
 * the parts name and the caller may use. Hides the fields `_secrets`, `_masked` and the `maskedFields` of the workflow definitions. One SQL statement
 * reads the versions, and two SQL statements read the values of other secrets, for any number of executions. @throws BadInput if the response has too
 * much data to mask; Unavailable
 */
export async function maskExecutionParts(
  executions: readonly ExecutionData[],
  { definitions, database, uses, open }: MaskExecutionsDeps,
): Promise<Json[][]> {
  const { registered, updated, unknown } = await registeredOf(executions, definitions);
  const limit = workLimitOfRequest();
  const names = new Set(
    [...new Set(registered.values())].flatMap((definition) => [
      ...secretNames(definition, 'definition').names,
      ...namesOfUpdatedSecrets(definition),
    ]),
  );
  for (const name of updated) names.add(name);

  return limit.inTurn(0, async () => {
    const others = new Set<string>();
    const shapes: Shape[] = [];
    for (const execution of executions) {
      const units = expectedUnits(...execution.parts.map(({ payload }) => payload));
      // INVARIANT: the gateway shows no data of an execution whose workflow definition is unknown.
      const keys = unknown.has(execution) ? undefined : keysOf(execution, registered.get(execution));
      shapes.push(await limit.goOn(units, () => shapedParts(execution.parts, keys, { names, others })));
    }

    const values = await valuesToHide(executions, { names, others }, { database, uses, open });
    let indexed = 0;
    const spendOnIndex = (size: number) => {
      indexed += size;
      limit.spend(unitsForIndex(size));
      if (indexed > MOST_INDEXED) throw new BadInput('executions', 'fewer executions with fewer secret values');
    };
    const index = await inTurns(limit, indexOfValues(values));
    spendOnIndex(index.size);

    const results: Json[][] = [];
    for (const { parts, texts } of shapes)
      results.push(await inTurns(limit, masking(parts, { values: index, texts, spendOnIndex })));
    return results;
  });
}

/** The data of one execution, prepared for masking. */
interface Shape {
  parts: readonly MaskedPart[];
  /** Texts of hidden fields that are not in the parts. */
  texts: readonly string[];
}

/** @throws BadInput if the values are too large */
async function valuesToHide(
  executions: readonly ExecutionData[],
  { names, others }: { names: ReadonlySet<string>; others: ReadonlySet<string> },
  { database, uses, open }: Omit<MaskExecutionsDeps, 'definitions'>,
): Promise<string[]> {
  const ids = executions.flatMap(({ workflowId, related }) =>
    workflowId === undefined ? [] : [workflowId, ...related],
  );
  const workflowIds = [...new Set(ids)];
  const rows =
    workflowIds.length + names.size === 0
      ? []
      : await versionsToHide(database, { workflowIds, names: [...names], mostBytes: MOST_HIDDEN_BYTES });
  const known = await uses.valuesToMask([...others], MOST_HIDDEN_BYTES);
  if (rows === undefined || known === undefined) {
    const mebibytes = MOST_HIDDEN_BYTES / 1_048_576;
    throw new BadInput('executions', `executions whose secret values have at most ${mebibytes} MiB together`);
  }
  return [...new Set([...open(rows), ...known].map((value) => value.expose()))];
}

/** The names of hidden fields. Undefined if the workflow definitions have too many names. */
function keysOf({ definitions }: ExecutionData, registered: JsonObject | undefined): ReadonlySet<string> | undefined {
  const keys = new Set(ALWAYS_MASKED);
  for (const { maskedFields } of [...definitions, ...(registered === undefined ? [] : [registered])]) {
    for (const field of Array.isArray(maskedFields) ? maskedFields : [])
      if (typeof field === 'string' && field !== '' && !field.includes(MASK)) keys.add(field);
  }
  return keys.size > MOST_FIELDS ? undefined : keys;
}

/**
 * Prepares each part for masking according to its kind. Adds the names of secrets in the parts to `others`, but omits names that `names` contains. A
 * part that is nested too deeply or names too many secrets is hidden completely.
 */
function shapedParts(
  parts: readonly ExecutionPart[],
  keys: ReadonlySet<string> | undefined,
  { names, others }: { names: ReadonlySet<string>; others: Set<string> },
): Shape {
  const texts: string[] = [];
  const shaped = parts.map(({ kind, payload, definition }): MaskedPart => {
    const hidden = { payload: MASK, keys: NO_KEYS };
    if (kind === 'value') return payload === null || payload === '' ? { payload, keys: NO_KEYS } : hidden;
    const found = keys === undefined ? undefined : namesIn([payload, definition ?? null]);
    const added = found?.filter((name) => !names.has(name) && !others.has(name));
    if (keys === undefined || added === undefined || others.size + added.length > MOST_NAMES) return hidden;
    for (const name of added) others.add(name);
    if (kind === 'workflow definition')
      return { payload: withoutLiterals(payload, keys, hasExpression), keys: NO_KEYS };
    if (kind === 'task definition') return { payload: withoutLiterals(payload, keys, isExpression), keys: NO_KEYS };
    const isText = kind === 'text' && typeof payload === 'string';
    const cut = isText && !isJson(payload) ? withoutHiddenFields(payload, keys) : undefined;
    texts.push(...(cut?.words ?? []));
    return { payload: cut?.text ?? payload, definition, keys };
  });
  return { parts: shaped, texts };
}

/** The masking function itself finds hidden fields in JSON strings. */
function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Returns the names of secrets in these JSON values. Returns undefined if the values exceed a limit. */
function namesIn(all: readonly Json[]): string[] | undefined {
  try {
    return all.flatMap((json) => secretNames(json, 'executions').names);
  } catch (error) {
    if (error instanceof BadInput) return undefined;
    throw error;
  }
}

const hasExpression = (text: string) => partsOf(text).some((part) => typeof part === 'object');
const isExpression = (text: string) => partsOf(text).every((part) => typeof part === 'object');

/** Replaces the strings and numbers in hidden fields of a definition by `***`. Strings that `stays` accepts are unchanged. */
function withoutLiterals(definition: Json, keys: ReadonlySet<string>, stays: (text: string) => boolean): Json {
  const shown = (json: Json, isHidden: boolean): Json => {
    if (typeof json === 'string') return !isHidden || json === '' || stays(json) ? json : MASK;
    if (!Array.isArray(json) && !isJsonObject(json))
      return isHidden && json !== null && typeof json !== 'boolean' ? MASK : json;
    return mapChildren(json, (child, key) => {
      // The name of the secret in an UPDATE_SECRET task is not confidential.
      if (isHidden && key === 'secretKey' && typeof child === 'string') return child;
      return shown(child, isHidden || (typeof key === 'string' && keys.has(key)));
    });
  };
  return shown(definition, false);
}

interface Registered {
  registered: ReadonlyMap<ExecutionData, JsonObject>;
  updated: ReadonlySet<string>;
  /** The executions that the Conductor server does not have, and whose workflow definition is in no response. */
  unknown: ReadonlySet<ExecutionData>;
}

/**
 * Returns the registered workflow definitions of the executions, and the names of the secrets that related executions update. The function omits
 * executions without a registered workflow definition. The function also adds missing ids, names and versions to the executions.
 */
async function registeredOf(
  executions: readonly ExecutionData[],
  definitions: RegisteredDefinitions,
): Promise<Registered> {
  const found = new Map<ExecutionData, JsonObject>();
  const updated = new Set<string>();
  const unknown = new Set<ExecutionData>();
  const byName = new Map<string, Promise<JsonObject | undefined>>();
  const registered: RegisteredDefinitions['registered'] = (name, version) => {
    const key = JSON.stringify([name, version]);
    const pending = byName.get(key) ?? definitions.registered(name, version);
    byName.set(key, pending);
    return pending;
  };
  const related = relatedUpdates({ ...definitions, registered });
  const find = async (execution: ExecutionData): Promise<void> => {
    if (execution.workflowId === undefined && execution.taskId !== undefined)
      execution.workflowId = await definitions.executionOfTask(execution.taskId);
    if (execution.workflowId !== undefined && (execution.name === undefined || execution.version === undefined)) {
      const started = (await definitions.execution(execution.workflowId))?.workflowDefinition;
      if (isJsonObject(started)) {
        execution.definitions.push(started);
        if (typeof started.name === 'string') execution.name = started.name;
        if (typeof started.version === 'number') execution.version = started.version;
      } else if (execution.definitions.length === 0 && execution.isError !== true) unknown.add(execution);
    }
    const { name, version } = execution;
    const definition = name === undefined || version === undefined ? undefined : await registered(name, version);
    if (definition !== undefined) found.set(execution, definition);
    for (const secret of await related.of(execution, definition)) updated.add(secret);
  };
  const waiting = [...executions];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await find(next);
  };
  try {
    await Promise.all(Array.from({ length: MOST_REQUESTS }, work));
  } catch (error) {
    // INVARIANT: if the gateway cannot read the workflow definition of an execution, the gateway never shows the data of the execution.
    throw error instanceof InvalidTask || error instanceof Unreachable ? new Unavailable(error) : error;
  }
  return { registered: found, updated, unknown };
}
