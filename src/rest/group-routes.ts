import { NotFound } from '../errors.ts';
import { fieldsBody, jsonBody, textsOf } from './body.ts';
import { withNotFoundNames } from './not-found.ts';
import { groupJson, usersJson } from './principal-json.ts';
import { allPages, get, post, put, type RestRoute, remove, type SessionRequest } from './route.ts';
import { memberName } from './subjects.ts';

export const groupRoutes: RestRoute[] = [
  get('/groups', async ({ session }) => {
    const groups = await allPages(session, (page) => session.groups.list(null, page));
    return Promise.all(groups.map((group) => groupJson(session, group)));
  }),

  get('/groups/{id}', async (request) => groupJson(request.session, await groupOf(request))),

  put('/groups/{id}', async ({ session, params: { id = '' }, incoming }) => {
    const fields = await fieldsBody(incoming);
    const group = await session.groups.put({
      name: id,
      description: fields.text('description'),
      roles: fields.texts('roles'),
      defaultAccess: fields.has('defaultAccess') ? fields.raw('defaultAccess') : undefined,
    });
    return groupJson(session, group);
  }),

  remove('/groups/{id}', async ({ session, params: { id = '' } }) => {
    await session.groups.deleteByName(id);
    return { message: `Deleted group '${id}'` };
  }),

  get('/groups/{id}/users', async (request) => {
    const { session } = request;
    const { id } = await groupOf(request);
    const members = await allPages(session, (page) => session.groups.members(id, page));
    return usersJson(
      session,
      members.map(({ memberId }) => memberId),
    );
  }),
  post('/groups/{id}/users', async (request) => {
    await changeMembers(request, 'addMembersByName', textsOf(await jsonBody(request.incoming), 'users'));
    return undefined;
  }),
  remove('/groups/{id}/users', async (request) => {
    await changeMembers(request, 'removeMembersByName', textsOf(await jsonBody(request.incoming), 'users'));
    return undefined;
  }),
  post('/groups/{id}/users/{userId}', async (request) => {
    await changeMembers(request, 'addMembersByName', [request.params.userId ?? '']);
    return undefined;
  }),
  remove('/groups/{id}/users/{userId}', async (request) => {
    await changeMembers(request, 'removeMembersByName', [request.params.userId ?? '']);
    return undefined;
  }),
];

/** @throws NotFound if the group does not exist or the caller does not see the group */
async function groupOf({ session, params: { id = '' } }: SessionRequest) {
  const group = await session.groups.findByName(id);
  if (group === null) throw new NotFound('group', 'id');
  return group;
}

/**
 * Adds all principals in `users` to a group, or removes all principals in `users` from a group. If one of the principals is not found, the gateway
 * changes nothing.
 */
async function changeMembers(
  { session, params: { id = '' } }: SessionRequest,
  change: 'addMembersByName' | 'removeMembersByName',
  users: readonly string[],
): Promise<void> {
  await withNotFoundNames({ group: id, members: users }, () => session.groups[change](id, users.map(memberName)));
}
