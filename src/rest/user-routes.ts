import { NotFound } from '../errors.ts';
import { HttpError } from '../http/exchange.ts';
import { fieldsBody } from './body.ts';
import { everything } from './everything.ts';
import { flag } from './flag.ts';
import { naming } from './naming.ts';
import { get, post, put, type RestRoute, remove } from './route.ts';
import { findPrincipal, usernameOf } from './subjects.ts';
import { userJson } from './user-json.ts';

export const userRoutes: RestRoute[] = [
  get('/users', async ({ services, query }) => {
    const withApplications = flag(query, 'apps');
    const users = await everything((page) => services.users.list(null, page));
    const applications = withApplications ? await everything((page) => services.applications.list(null, page)) : [];
    return Promise.all([
      ...users.map((user) => userJson(services, { kind: 'USER', user })),
      ...applications.map((application) => userJson(services, { kind: 'APPLICATION', application })),
    ]);
  }),

  get('/users/{id}', async ({ services, params: { id = '' } }) => {
    const found = await findPrincipal(services, id);
    if (found === null) throw new NotFound('user', 'id');
    return userJson(services, found);
  }),

  put(
    '/users/{id}',
    async ({ services, params, incoming }) => {
      const username = usernameOf(params);
      const fields = (await fieldsBody(incoming)).without(
        'cannot be set here: use `createUser` or `updateUser` of GraphQL',
        ...['email', 'password', 'active'],
      );
      const [name, roles, groups] = [fields.text('name'), fields.texts('roles'), fields.texts('groups')];
      const user = await naming({ groups: groups ?? [] }, () => services.users.put({ username, name, roles, groups }));
      return userJson(services, { kind: 'USER', user });
    },
    { username: 'id' },
  ),

  remove('/users/{id}', async ({ services, params }) => {
    const username = usernameOf(params);
    await services.users.deleteByUsername(username);
    return { message: `Deleted user '${username}'` };
  }),

  post('/users/{id}/sendInviteEmail', async ({ services, params }) => {
    await services.users.findManaged(usernameOf(params));
    throw new HttpError(501, 'NOT_IMPLEMENTED', 'The gateway sends no mail.');
  }),
];
