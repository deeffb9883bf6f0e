import { NotFound } from '../errors.ts';
import { HttpError } from '../http/exchange.ts';
import { fieldsBody } from './body.ts';
import { withNotFoundNames } from './not-found.ts';
import { userJson } from './principal-json.ts';
import { flag } from './query.ts';
import { allPages, get, post, put, type RestRoute, remove } from './route.ts';
import { findPrincipal, usernameOf } from './subjects.ts';

export const userRoutes: RestRoute[] = [
  get('/users', async ({ session, query }) => {
    const withApplications = flag(query, 'apps');
    const users = await allPages(session, (page) => session.users.list(null, page));
    const applications = withApplications
      ? await allPages(session, (page) => session.applications.list(null, page))
      : [];
    return Promise.all([
      ...users.map((user) => userJson(session, { kind: 'USER', user })),
      ...applications.map((application) => userJson(session, { kind: 'APPLICATION', application })),
    ]);
  }),

  get('/users/{id}', async ({ session, params: { id = '' } }) => {
    const found = await findPrincipal(session, id);
    if (found === null) throw new NotFound('user', 'id');
    return userJson(session, found);
  }),

  put(
    '/users/{id}',
    async ({ session, params, incoming }) => {
      const username = usernameOf(params);
      const fields = (await fieldsBody(incoming)).without(
        'not allowed in this request; use the GraphQL mutation `createUser` or `updateUser` instead',
        ...['email', 'password', 'active'],
      );
      const [name, roles, groups] = [fields.text('name'), fields.texts('roles'), fields.texts('groups')];
      const user = await withNotFoundNames({ groups: groups ?? [] }, () =>
        session.users.put({ username, name, roles, groups }),
      );
      return userJson(session, { kind: 'USER', user });
    },
    { username: 'id' },
  ),

  remove('/users/{id}', async ({ session, params }) => {
    const username = usernameOf(params);
    await session.users.deleteByUsername(username);
    return { message: `Deleted user '${username}'` };
  }),

  post('/users/{id}/sendInviteEmail', async ({ session, params }) => {
    await session.users.findManaged(usernameOf(params));
    throw new HttpError(501, 'NOT_IMPLEMENTED', 'The gateway does not send email.');
  }),
];
