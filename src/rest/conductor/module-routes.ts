// Routes for the gateway's module inside a workflow engine. The module asks the gateway to fill secrets into tasks, and to hide the secrets in results.
import { type EngineTask, engineTaskOf } from '../../conductor/task.ts';
import { BadInput } from '../../errors.ts';
import type { Incoming } from '../../http/exchange.ts';
import { isDeeperThan, isJsonObject, type Json, type JsonObject } from '../../primitives/json.ts';
import type { Session } from '../../session/session.ts';
import { type Fields, fieldsBody } from '../body.ts';
import { confirmedByRead, get, post, type RestRoute } from '../route.ts';

/** The version of the protocol between module and gateway. A module refuses to start with a gateway of another version. */
const PROTOCOL = 1;
/** Maximum size of a body in bytes. A body contains a task, its result and a workflow definition. */
const LONGEST_TASK = 8 * 1_048_576;
/** Maximum nesting of a body. */
const MOST_LEVELS = 120;

export const moduleRoutes: RestRoute[] = [
  get('/conductor', async ({ session }) => {
    requireEngine(session);
    return { protocol: PROTOCOL };
  }),

  confirmedByRead(
    post('/conductor/tasks/resolve', async ({ session, incoming }) => {
      requireEngine(session);
      const fields = (await taskBody(incoming)).only('task', 'workflowDefinition');
      // The module asks only for tasks that the engine itself runs.
      return { input: await session.taskSecrets.fillIn(taskOf(fields), 'engine', definitionOf(fields)) };
    }),
  ),

  post('/conductor/tasks/result', async ({ session, incoming }) => {
    requireEngine(session);
    const fields = (await taskBody(incoming)).only('task', 'workflowDefinition', 'output', 'reason', 'logs');
    const task = taskOf(fields);
    const logs = fields.raw('logs') ?? [];
    if (!Array.isArray(logs)) throw new BadInput('logs', 'a list');
    const result = {
      output: fields.raw('output') as Json,
      reason: fields.optionalText('reason'),
      logs: logs as Json[],
    };
    const options = { outputFilter: task.taskType === 'HTTP', isFinal: !isRunning(fields) };
    const hidden = await session.taskSecrets.hideResult(task, result, definitionOf(fields), options);
    return { output: hidden.output ?? null, reason: hidden.reason ?? null, logs: hidden.logs };
  }),

  post('/conductor/tasks/update-secret', async ({ session, incoming }) => {
    const fields = (await taskBody(incoming)).only('task', 'workflowDefinition');
    await session.taskSecrets.updateSecret(taskOf(fields), definitionOf(fields));
    return {};
  }),
];

/**
 * INVARIANT: only the engine's application resolves the input of tasks, and reports results in place of the engine. ADMIN does not include the role.
 * @throws HttpError 404, Forbidden
 */
function requireEngine(session: Session): void {
  session.requireConductor();
  session.requireRole(
    'WORKFLOW_ENGINE',
    "This operation needs the role WORKFLOW_ENGINE, which ADMIN gives to the engine's application: POST /api/applications/{id}/roles/WORKFLOW_ENGINE.",
  );
}

/** Whether the task goes on after this result. */
function isRunning(fields: Fields): boolean {
  const task = fields.raw('task') as Json;
  return isJsonObject(task) && task.status === 'IN_PROGRESS';
}

/** @throws HttpError, BadInput */
async function taskBody(incoming: Incoming): Promise<Fields> {
  const fields = await fieldsBody(incoming, LONGEST_TASK);
  for (const name of ['task', 'workflowDefinition', 'output', 'logs'])
    if (isDeeperThan(fields.raw(name) as Json, MOST_LEVELS))
      throw new BadInput(name, `at most ${MOST_LEVELS} levels deep`);
  return fields;
}

/** @throws BadInput */
function taskOf(fields: Fields): EngineTask {
  const task = engineTaskOf(fields.raw('task') as Json);
  if (task === undefined)
    throw new BadInput('task', 'a task with taskId, workflowInstanceId, referenceTaskName and taskType');
  return task;
}

/** The workflow definition of the execution. @throws BadInput */
function definitionOf(fields: Fields): JsonObject | undefined {
  const definition = fields.raw('workflowDefinition') as Json;
  if (definition === null) return undefined;
  if (!isJsonObject(definition)) throw new BadInput('workflowDefinition', 'a JSON object');
  return definition;
}
