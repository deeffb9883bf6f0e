// Checks whether the caller that registers workflow definitions or task definitions may use the secrets that the definitions reference.
//
// THE RULE. The author of a workflow definition chooses which secrets its tasks use. The tasks use these secrets with the access of workers and of
// the engine. Therefore a caller may register only references to secrets that the caller itself may use.
import type { Authorizer } from '../access/authorizer.ts';
import { BadInput } from '../errors.ts';
import type { PayloadService } from '../payloads/payload-service.ts';
import { LIMITS } from '../payloads/references/references.ts';
import { isDeeperThan, isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import type { SecretService } from '../secrets/secret-service.ts';
import { namesOfTasksIn, type Place, PlaceFinder, type PlaceProblem } from './reference-places.ts';
import type { RegisteredDefinitions } from './registered-definition.ts';
import { InvalidTask } from './task.ts';

/** The kinds of request bodies that contain workflow definitions, task definitions or requests to start a workflow. */
export type CheckedBody = 'workflow definitions' | 'task definitions' | 'start' | 'schedule' | 'event handlers';

export interface DefinitionProblem extends Place {
  problem:
    | PlaceProblem
    /** The secret is missing, or the caller may not use the secret. */
    | 'NOT_FOUND'
    | 'EXPIRED'
    /** The caller may neither update nor create the secret that an UPDATE_SECRET task changes. */
    | 'NOT_WRITABLE'
    /** The gateway could not check the definition, because the definition exceeds a limit or is not JSON. */
    | 'NOT_CHECKED';
  /** The secret's name, or the text of the expression. Null if the problem is not about one secret. */
  name: string | null;
}

export interface DefinitionCheck {
  /**
   * Returns the references in `body` that the caller must not register, with the reasons. The method decrypts no secret value, and records no use in
   * the audit log. @throws Unreachable, Unavailable
   */
  problems(kind: CheckedBody, body: Json): Promise<DefinitionProblem[]>;
}

export interface DefinitionCheckDeps {
  session: { readonly authorizer: Authorizer; readonly payloads: PayloadService; readonly secrets: SecretService };
  definitions: Pick<RegisteredDefinitions, 'taskDefinitions'>;
}

/** Maximum number of task definitions that one check reads from the Conductor server. */
const MOST_TASK_DEFINITIONS = 300;

export const notChecked = (): DefinitionProblem => ({
  ...{ workflow: null, task: null, pointer: '', problem: 'NOT_CHECKED', name: null },
});

/** Whether the problem is only a warning. A warning does not prevent the registration. */
export const isOnlyWarning = ({ problem }: DefinitionProblem) => problem === 'VALUE_STORED';

export function definitionCheck({ session, definitions }: DefinitionCheckDeps): DefinitionCheck {
  return {
    async problems(kind, body) {
      if (isDeeperThan(body, LIMITS.depth)) return [notChecked()];
      const names = kind === 'task definitions' ? [] : [...namesOfTasksIn(body)];
      if (names.length > MOST_TASK_DEFINITIONS) return [notChecked()];
      try {
        const finder = new PlaceFinder(await definitions.taskDefinitions(names));
        search(finder, kind, body);
        const { uses, updates, problems, agents, unknown } = finder.found;
        const [checked, unwritable] = await Promise.all([
          session.payloads.check(uses.map(({ text }) => text)),
          session.secrets.unwritable([...new Set(updates.map(({ name }) => name))]),
        ]);
        const unusable = checked.flatMap(({ name, problem, pointers }) => {
          // The string `***` is not a reference. Only archived payloads contain `***` in place of a value.
          if (problem !== 'NOT_FOUND' && problem !== 'EXPIRED' && problem !== 'MALFORMED') return [];
          return pointers.flatMap((pointer) => {
            const { text, ...place } = uses[Number(pointer.slice(1))] ?? { text: '' };
            return text === '' ? [] : [{ ...(place as Place), problem, name }];
          });
        });
        const targets = updates.filter(({ name }) => unwritable.has(name));
        // The gateway does not know which secrets an agent uses. ADMIN may use every secret.
        const unchecked = [...unknown, ...(session.authorizer.isAdmin ? [] : agents)];
        // The length of the response header is limited, so the list starts with the problems that prevent the registration.
        return [
          ...unchecked.map((place) => ({ ...place, problem: 'NOT_CHECKED', name: null }) as const),
          ...problems.filter((problem) => !isOnlyWarning(problem)),
          ...unusable,
          ...targets.map((target) => ({ ...target, problem: 'NOT_WRITABLE' }) as const),
          ...problems.filter(isOnlyWarning),
        ];
      } catch (error) {
        // The definition exceeds a limit, or the Conductor server denies access to a task definition.
        if (error instanceof BadInput || error instanceof InvalidTask) return [notChecked()];
        throw error;
      }
    },
  };
}

function search(finder: PlaceFinder, kind: CheckedBody, body: Json): void {
  const items = Array.isArray(body) ? body.map((item, i) => [item, [i]] as const) : [[body, []] as const];
  for (const [item, path] of items) {
    if (!isJsonObject(item)) continue;
    if (kind === 'workflow definitions') finder.workflow(item, path);
    else if (kind === 'task definitions') finder.taskDefinition(item, path);
    else if (kind === 'start') started(finder, item, path);
    else if (kind === 'event handlers') finder.inert(item.actions, [...path, 'actions']);
    else if (isJsonObject(item.startWorkflowRequest)) {
      const place = [...path, 'startWorkflowRequest'];
      const { input } = item.startWorkflowRequest;
      started(finder, item.startWorkflowRequest, place);
      finder.inert(input, [...place, 'input']);
    }
  }
}

function started(finder: PlaceFinder, request: JsonObject, path: readonly (string | number)[]): void {
  for (const field of ['workflowDef', 'workflowDefinition']) finder.workflow(request[field], [...path, field]);
}
