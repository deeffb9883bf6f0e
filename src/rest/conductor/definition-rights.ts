// Decides who may register, change and delete workflow definitions and task definitions at the Conductor server.
import type { Authorizer } from '../../access/authorizer.ts';
import type { Incoming } from '../../http/exchange.ts';

/** A query parameter of the Conductor server. */
const OVERWRITE = 'overwrite';
/** METADATA_API is not enough, because every user with USER can give this role to an application of the user. */
const CHANGING = ['METADATA_MANAGER', 'ADMIN'] as const;

/**
 * A workflow definition decides which secrets its tasks use, and which fields of its executions are hidden. Registering therefore requires a role, and
 * changing or deleting a registered definition requires a role that not every user has. `interpretations` are the possible interpretations of the
 * request's path. @throws Forbidden
 */
export function requireDefinitionRights(
  { method, query }: Incoming,
  interpretations: readonly string[],
  authorizer: Authorizer,
): void {
  if (method === 'GET' || method === 'HEAD') return;
  if (!interpretations.some((path) => /^\/api\/metadata(?:[/.;?#]|$)/i.test(path))) return;
  if (interpretations.every((path) => /^\/api\/metadata\/workflow\/validate\/?$/i.test(path))) return;
  const overwrites = query.getAll(OVERWRITE).some((value) => value.toLowerCase() !== 'false');
  if (method === 'POST' && !overwrites)
    authorizer.requireRole(
      'Registering a workflow definition or a task definition requires USER, METADATA_API, METADATA_MANAGER or ADMIN.',
      'USER',
      'METADATA_API',
      ...CHANGING,
    );
  else
    authorizer.requireRole(
      'Changing or deleting a workflow definition or a task definition requires METADATA_MANAGER or ADMIN.',
      ...CHANGING,
    );
}
