import { BadInput, NotFound } from '../errors.ts';
import type { Services } from '../session/services.ts';
import { fieldsBody } from './body.ts';
import { everything } from './everything.ts';
import { type RoleJson, roleJson } from './role-json.ts';
import { get, post, put, type RestRoute, remove } from './route.ts';

/** `/roles/` with one of these names is a list, so a role of such a name could not be read. */
const LISTS = ['custom', 'permissions', 'system'];

export const roleRoutes: RestRoute[] = [
  get('/roles', async ({ services }) => list(services, null)),
  get('/roles/system', async ({ services }) => {
    const roles = await list(services, true);
    return Object.fromEntries(roles.map((role) => [role.name, role]));
  }),
  get('/roles/custom', async ({ services }) => list(services, false)),
  get('/roles/permissions', async ({ services }) => {
    const names = await services.roles.permissions();
    return Object.fromEntries(names.map((name) => [name, { name }]));
  }),

  post('/roles', async ({ services, incoming }) => {
    const fields = await fieldsBody(incoming);
    const [name, permissions = []] = [fields.text('name'), fields.texts('permissions')];
    if (LISTS.includes(name)) throw new BadInput('name', `a name other than ${LISTS.join(', ')}`);
    return roleJson(await services.roles.create({ name, permissions }));
  }),
  get('/roles/{name}', async ({ services, params: { name = '' } }) => {
    const role = await services.roles.findByName(name);
    if (role === null) throw new NotFound('role', 'name');
    return roleJson(role);
  }),
  put('/roles/{name}', async ({ services, params: { name = '' }, incoming }) => {
    const fields = await fieldsBody(incoming);
    const named = fields.optionalText('name') ?? name;
    if (named !== name) throw new BadInput('name', 'as in the path: a role keeps its name');
    return roleJson(await services.roles.update({ name, permissions: fields.texts('permissions') }));
  }),
  remove('/roles/{name}', async ({ services, params: { name = '' } }) => {
    await services.roles.delete(name);
    return { message: `Deleted role '${name}'` };
  }),
];

async function list({ roles }: Services, system: boolean | null): Promise<RoleJson[]> {
  return (await everything((page) => roles.list({ system }, page))).map(roleJson);
}
