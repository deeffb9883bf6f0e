import { BadInput, NotFound } from '../errors.ts';
import type { Session } from '../session/session.ts';
import { fieldsBody } from './body.ts';
import { type RoleJson, roleJson } from './principal-json.ts';
import { allPages, get, post, put, type RestRoute, remove } from './route.ts';

/**
 * Names that a role cannot have. The paths `/roles/custom`, `/roles/permissions` and `/roles/system` return lists, so clients could not read a role
 * with one of these names.
 */
const LISTS = ['custom', 'permissions', 'system'];

export const roleRoutes: RestRoute[] = [
  get('/roles', async ({ session }) => list(session, null)),
  get('/roles/system', async ({ session }) => {
    const roles = await list(session, true);
    return Object.fromEntries(roles.map((role) => [role.name, role]));
  }),
  get('/roles/custom', async ({ session }) => list(session, false)),
  get('/roles/permissions', async ({ session }) => {
    const names = await session.roles.permissions();
    return Object.fromEntries(names.map((name) => [name, { name }]));
  }),

  post('/roles', async ({ session, incoming }) => {
    const fields = await fieldsBody(incoming);
    const [name, permissions = []] = [fields.text('name'), fields.texts('permissions')];
    if (LISTS.includes(name)) throw new BadInput('name', `a name other than ${LISTS.join(', ')}`);
    return roleJson(await session.roles.create({ name, permissions }));
  }),
  get('/roles/{name}', async ({ session, params: { name = '' } }) => {
    const role = await session.roles.findByName(name);
    if (role === null) throw new NotFound('role', 'name');
    return roleJson(role);
  }),
  put('/roles/{name}', async ({ session, params: { name = '' }, incoming }) => {
    const fields = await fieldsBody(incoming);
    const named = fields.optionalText('name') ?? name;
    if (named !== name) throw new BadInput('name', 'the name in the path: a role cannot be renamed');
    return roleJson(await session.roles.update({ name, permissions: fields.texts('permissions') }));
  }),
  remove('/roles/{name}', async ({ session, params: { name = '' } }) => {
    await session.roles.delete(name);
    return { message: `Deleted role '${name}'` };
  }),
];

async function list(session: Session, system: boolean | null): Promise<RoleJson[]> {
  return (await allPages(session, (page) => session.roles.list({ system }, page))).map(roleJson);
}
