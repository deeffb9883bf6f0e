// Forwards one request to the Conductor server. Depending on the request, the gateway first checks the body or masks secret values in the body.
// Depending on the request, the gateway then masks the response or fills secret values into the response.
import type { EngineTasks } from '../../conductor/engine-tasks.ts';
import type { Conductor } from '../../config.ts';
import { HttpError, type Incoming, type Outgoing } from '../../http/exchange.ts';
import type { Upstream } from '../../http/upstream.ts';
import type { Session } from '../../session/session.ts';
import { passDefinitionsOn } from '../passed-definitions.ts';
import { requireAdminPaths } from './admin-paths.ts';
import { type CheckMode, checkAgent, checkDefinitions, hasDefinitions } from './check-definitions.ts';
import { requireDefinitionRights } from './definition-rights.ts';
import { definitionsReader } from './definitions-body.ts';
import { classify } from './forwarded-requests.ts';
import { handOut, hasTasks } from './hand-out.ts';
import { asAuthorsWrote, rewrittenBody } from './http-tasks.ts';
import { maskedAnswer } from './masked-answer.ts';
import { requirePolledType } from './polled-types.ts';
import { reportedBody, requireReadable } from './reported-body.ts';

/** The connection to the Conductor server. */
export interface Behind {
  forward: Upstream['forward'];
  tasks: EngineTasks;
  /** Whether the gateway refuses definitions whose references to secrets have problems, or forwards the definitions with a warning. */
  check: CheckMode;
  /** The program that runs HTTP tasks with secrets. */
  httpTasks: NonNullable<Conductor['httpTasks']>;
  /** Whether workers can poll tasks on this port. Without `polls`, the gateway refuses polls. */
  polls: boolean;
}

/**
 * Forwards a request of the session. `interpretations` are the possible interpretations of the request's path. The caller has checked that no
 * interpretation is a path of the gateway itself. @throws HttpError; BadInput, Unavailable
 */
export async function forwardRequest(
  incoming: Incoming,
  interpretations: readonly string[],
  session: Session,
  { forward, tasks, check, httpTasks, polls }: Behind,
): Promise<Outgoing> {
  const request = classify(incoming.method, interpretations);
  if (request === undefined)
    throw new HttpError(
      400,
      'BAD_REQUEST',
      'This path is not forwarded, because two servers could interpret the path differently.',
    );
  if (request.answer === 'tasks' && !polls)
    throw new HttpError(
      403,
      'FORBIDDEN',
      'This port does not accept polls of tasks. Poll tasks on the port of the REST API.',
    );
  requirePolledType(request.polledTypes);
  requireAdminPaths(interpretations, session.authorizer);
  if (check === 'refuse') requireDefinitionRights(incoming, interpretations, session.authorizer);
  // The gateway refuses HEAD requests for a poll. The Conductor server would remove a task from the queue, but the response to a HEAD request contains
  // no task.
  if (incoming.head && request.answer === 'tasks')
    throw new HttpError(405, 'BAD_REQUEST', 'Method not allowed. Allowed methods: GET.', { allow: 'GET' });
  if (request.body !== 'other' && request.body !== 'agent') requireReadable(incoming, request.body);
  const read = definitionsReader(incoming);
  const pass = async (through: Upstream['forward']) => {
    const isRewriting = httpTasks === 'worker' && hasDefinitions(request.body);
    const rewritten = isRewriting ? await rewrittenBody(read, request.body, session) : undefined;
    const send: Upstream['forward'] = (sent, caller, options) =>
      through(sent, caller, {
        ...options,
        ...(rewritten !== undefined && { body: rewritten }),
        ...(httpTasks === 'worker' && { plain: true }),
      });
    const answer =
      request.stores === undefined
        ? await send(incoming, session.principal, {
            json: request.answer !== 'plain',
            body: await reportedBody(incoming, { request, session, tasks }),
          })
        : await passDefinitionsOn(incoming, read, request.stores, session, send);
    if (request.answer === 'tasks' && hasTasks(answer)) return handOut(answer, session, tasks);
    // Error responses can quote data of executions, so the gateway masks every error response.
    const shown =
      request.answer === 'plain' && answer.status < 400
        ? answer
        : await maskedAnswer(answer, session, { params: request.params, head: incoming.head });
    return httpTasks === 'worker' && !incoming.head ? asAuthorsWrote(shown) : shown;
  };
  const checked = () => {
    if (check === 'off') return pass(forward);
    if (request.body === 'agent') return checkAgent(incoming, session, { mode: check, pass: () => pass(forward) });
    if (!hasDefinitions(request.body)) return pass(forward);
    return checkDefinitions(read, request.body, session, { mode: check, forward, pass });
  };
  if (request.body !== 'task definitions' && request.body !== 'agent') return checked();
  // The Conductor server can store some task definitions even if the request fails.
  return checked().finally(() => session.requireConductor().taskDefinitionsChanged());
}
