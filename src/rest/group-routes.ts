import { NotFound } from '../errors.ts';
import { fieldsBody, jsonBody, textsOf } from './body.ts';
import { everything } from './everything.ts';
import { groupJson } from './group-json.ts';
import { naming } from './naming.ts';
import { get, post, put, type RestRoute, remove, type SignedInRequest } from './route.ts';
import { memberName } from './subjects.ts';
import { usersJson } from './user-json.ts';

export const groupRoutes: RestRoute[] = [
  get('/groups', async ({ services }) => {
    const groups = await everything((page) => services.groups.list(null, page));
    return Promise.all(groups.map((group) => groupJson(services, group)));
  }),

  get('/groups/{id}', async (request) => groupJson(request.services, await groupOf(request))),

  put('/groups/{id}', async ({ services, params: { id = '' }, incoming }) => {
    const fields = await fieldsBody(incoming);
    const group = await services.groups.put({
      name: id,
      description: fields.text('description'),
      roles: fields.texts('roles'),
      defaultAccess: fields.has('defaultAccess') ? fields.raw('defaultAccess') : undefined,
    });
    return groupJson(services, group);
  }),

  remove('/groups/{id}', async ({ services, params: { id = '' } }) => {
    await services.groups.deleteByName(id);
    return { message: `Deleted group '${id}'` };
  }),

  get('/groups/{id}/users', async (request) => {
    const { services } = request;
    const { id } = await groupOf(request);
    const members = await everything((page) => services.groups.members(id, page));
    return usersJson(
      services,
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

/** @throws NotFound if there is none, or none that the caller sees */
async function groupOf({ services, params: { id = '' } }: SignedInRequest) {
  const group = await services.groups.findByName(id);
  if (group === null) throw new NotFound('group', 'id');
  return group;
}

/** All of `users` or none of them. */
async function changeMembers(
  { services, params: { id = '' } }: SignedInRequest,
  change: 'addMembersByName' | 'removeMembersByName',
  users: readonly string[],
): Promise<void> {
  await naming({ group: id, members: users }, () => services.groups[change](id, users.map(memberName)));
}
