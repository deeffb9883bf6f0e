// Decides which callers may register, change and delete workflow definitions and task definitions on the Conductor server.
import type { Authorizer } from '../../access/authorizer.ts';
import type { Incoming } from '../../http/exchange.ts';

/** The query parameter with which the Conductor server overwrites a registered definition. */
const OVERWRITE = 'overwrite';
/** This list excludes the role METADATA_API, because every user with the role USER can give METADATA_API to the user's own application. */
const CHANGING = ['METADATA_MANAGER', 'ADMIN'] as const;

/**
 * A workflow definition determines which secrets its tasks use, and which fields of its executions the gateway hides. The registration of a definition
 * therefore requires a role. The change or deletion of a registered definition requires a role that not every user has. `interpretations` are the
 * possible interpretations of the request's path. @throws Forbidden
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
