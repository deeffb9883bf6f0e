// Decides who may use the paths of the Conductor server for its operators.
import type { Authorizer } from '../../access/authorizer.ts';

/**
 * The paths below `/admin` show the settings of the Conductor server, which can contain passwords, and control executions of all teams. `interpretations`
 * are the possible interpretations of the request's path. @throws Forbidden
 */
export function requireAdminPaths(interpretations: readonly string[], authorizer: Authorizer): void {
  if (interpretations.some((path) => /^\/api\/admin(?:[/.;?#]|$)/i.test(path)))
    authorizer.requireRole('The paths below /admin of the Conductor server require ADMIN.', 'ADMIN');
}
