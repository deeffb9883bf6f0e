// Contains the REST routes for the gateway's module, which runs inside a workflow engine. The module requests that the gateway fills secrets into
// tasks, and hides secrets in results.
import { type EngineTask, engineTaskOf } from '../../conductor/task.ts';
import { BadInput } from '../../errors.ts';
import type { Incoming } from '../../http/exchange.ts';
import { isDeeperThan, isJsonObject, type Json, type JsonObject } from '../../primitives/json.ts';
import type { Session } from '../../session/session.ts';
import { type Fields, fieldsBody } from '../body.ts';
import { confirmedByRead, get, post, type RestRoute } from '../route.ts';

/** The version of the protocol between the module and the gateway. The module refuses to start if the gateway has a different protocol version. */
const PROTOCOL = 1;
/** Maximum size of a body in bytes. A body contains a task, its result and a workflow definition. */
const LONGEST_TASK = 8 * 1_048_576;
/** Maximum number of nested JSON levels in a body. */
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
      // The module sends only tasks that the engine itself runs.
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
 * INVARIANT: only an application with the role WORKFLOW_ENGINE may call these routes. The role ADMIN does not include WORKFLOW_ENGINE.
 * @throws HttpError 404, Forbidden
 */
function requireEngine(session: Session): void {
  session.requireConductor();
  session.requireRole(
    'WORKFLOW_ENGINE',
    "This operation needs the role WORKFLOW_ENGINE, which ADMIN gives to the engine's application: POST /api/applications/{id}/roles/WORKFLOW_ENGINE.",
  );
}

/** Whether the task continues after this result. */
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

/** Returns the workflow definition of the execution. @throws BadInput */
function definitionOf(fields: Fields): JsonObject | undefined {
  const definition = fields.raw('workflowDefinition') as Json;
  if (definition === null) return undefined;
  if (!isJsonObject(definition)) throw new BadInput('workflowDefinition', 'a JSON object');
  return definition;
}
