// Decides who may use the operator paths of the Conductor server. These paths begin with `/admin`.
import type { Authorizer } from '../../access/authorizer.ts';

/**
 * Requests below `/admin` read the settings of the Conductor server and control executions of all teams. The settings can contain passwords.
 * `interpretations` are the possible interpretations of the request's path. @throws Forbidden
 */
export function requireAdminPaths(interpretations: readonly string[], authorizer: Authorizer): void {
  if (interpretations.some((path) => /^\/api\/admin(?:[/.;?#]|$)/i.test(path)))
    authorizer.requireRole('The paths below /admin of the Conductor server require ADMIN.', 'ADMIN');
}
