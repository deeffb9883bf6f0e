import type { AccessKey, Application } from '../applications/application.ts';
import { NotFound } from '../errors.ts';
import type { Incoming } from '../http/exchange.ts';
import { type GlobalId, requireUuid, toGlobalId, type Uuid } from '../primitives/ids.ts';
import { splitTag } from '../primitives/tag-text.ts';
import type { Session } from '../session/session.ts';
import { fieldsBody, fieldsOf, jsonBody } from './body.ts';
import { withNotFoundNames } from './not-found.ts';
import { allPages, get, post, put, type RestRequest, type RestRoute, remove, type SessionRequest } from './route.ts';
import { principalNames } from './subjects.ts';

export const applicationRoutes: RestRoute[] = [
  get('/applications', async ({ session }) =>
    applicationsJson(session, await allPages(session, (page) => session.applications.list(null, page))),
  ),
  post('/applications', async ({ session, incoming }) => {
    const { name, description, roles = [] } = await applicationBody(incoming);
    return one(session, await session.applications.create({ name, description, roles }));
  }),

  get('/applications/key/{keyId}', async ({ session, params }) => {
    const application = await session.applications.findByKey(keyOf(params));
    if (application === null) throw new NotFound('access key', 'keyId');
    return one(session, application);
  }),

  get('/applications/{id}', async (request) => one(request.session, await applicationOf(request))),
  put('/applications/{id}', async ({ session, params, incoming }) => {
    const id = idOf(params);
    const { name, description, roles: namedRoles } = await applicationBody(incoming);
    return one(session, await session.applications.update({ id, name, description, namedRoles }));
  }),
  remove('/applications/{id}', async ({ session, params }) => {
    await session.applications.delete(idOf(params));
    return { message: `Deleted Application '${params.id}'` };
  }),

  get('/applications/{id}/accessKeys', async (request) => {
    const { id } = await applicationOf(request);
    return (await request.session.applications.keys(id)).map(accessKeyJson);
  }),
  post('/applications/{id}/accessKeys', async ({ session, params, incoming }) => {
    // Some clients send a body that is not JSON to this path. The gateway ignores such a body.
    const body = await jsonBody(incoming).catch(() => undefined);
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      fieldsOf(body, 'body').without(
        'not allowed in this request; to create an access key that expires, use the GraphQL mutation `createAccessKey`',
        'expiresAt',
      );
    const { accessKey, secret } = await session.applications.createKey(idOf(params), null);
    return { id: toGlobalId('ACCESS_KEY', accessKey.id), secret: secret.expose() };
  }),
  post('/applications/{id}/accessKeys/{keyId}/status', async ({ session, params }) =>
    accessKeyJson(await session.applications.toggleKey(idOf(params), keyOf(params))),
  ),
  remove('/applications/{id}/accessKeys/{keyId}', async ({ session, params }) => {
    await session.applications.deleteKey(keyOf(params), idOf(params));
    return { message: `Deleted Access key '${params.keyId}'` };
  }),

  post(
    '/applications/{id}/roles/{role}',
    async ({ session, params }) => {
      const { id = '', role = '' } = params;
      await withNotFoundNames({ id }, () => session.applications.changeRoles(idOf(params), { add: [role] }));
      return undefined;
    },
    { 'roles.0': 'role' },
  ),
  remove(
    '/applications/{id}/roles/{role}',
    async ({ session, params }) => {
      const { id = '', role = '' } = params;
      await withNotFoundNames({ id }, () => session.applications.changeRoles(idOf(params), { remove: [role] }));
      return undefined;
    },
    { 'roles.0': 'role' },
  ),
];

/**
 * Parses a request body that describes an application. A missing field is undefined in the result. The field `roles` contains names of predefined or
 * custom roles. @throws BadInput, HttpError
 */
async function applicationBody(incoming: Incoming) {
  const fields = await fieldsBody(incoming);
  return { name: fields.text('name'), description: fields.optionalText('description'), roles: fields.texts('roles') };
}

async function one(session: Session, application: Application): Promise<ApplicationJson> {
  const [json] = await applicationsJson(session, [application]);
  if (json === undefined) throw new Error('applicationsJson returned no application for one application.');
  return json;
}

/** @throws NotFound if the application does not exist or the caller does not see the application */
async function applicationOf({ session, params }: SessionRequest): Promise<Application> {
  const application = await session.applications.findById(idOf(params));
  if (application === null) throw new NotFound('application', 'id');
  return application;
}

type Params = RestRequest['params'];

/** Returns the UUID of the application in the path. @throws NotFound if the path contains no id of an application */
function idOf({ id = '' }: Params): Uuid {
  return requireUuid(id, 'APPLICATION', () => new NotFound('application', 'id'));
}

/** Returns the UUID of the access key in the path. @throws NotFound if the path contains no id of an access key */
function keyOf({ keyId = '' }: Params): Uuid {
  return requireUuid(keyId, 'ACCESS_KEY', () => new NotFound('access key', 'keyId'));
}

/** An application in the JSON format that Conductor's clients expect. Times are milliseconds since 1970. */
interface ApplicationJson {
  id: GlobalId;
  name: string;
  /** The REST name of the principal that created the application. The name is empty if the creator was deleted. */
  createdBy: string;
  updatedBy: string;
  createTime: number;
  updateTime: number;
  tags: { key: string; value: string }[];
}

/**
 * Converts applications to JSON. The caller must be allowed to see the applications. The function reads the creators of all applications in one call,
 * and the tags of all applications in one call.
 */
async function applicationsJson(session: Session, applications: readonly Application[]): Promise<ApplicationJson[]> {
  const names = await principalNames(
    session,
    applications.flatMap(({ createdBy, updatedBy }) => [createdBy, updatedBy]),
  );
  const nameOf = (uuid: Uuid | null) => (uuid === null ? undefined : names.get(uuid)) ?? '';
  return Promise.all(
    applications.map(async ({ id, name, createdBy, updatedBy, createdAt, updatedAt }) => ({
      id: toGlobalId('APPLICATION', id),
      name,
      createdBy: nameOf(createdBy),
      updatedBy: nameOf(updatedBy),
      createTime: createdAt.getTime(),
      updateTime: updatedAt.getTime(),
      tags: (await session.resourceTags.of('APPLICATION', toGlobalId('APPLICATION', id))).map(splitTag),
    })),
  );
}

/** The fields of an access key in JSON. The fields do not include the access key's secret. */
function accessKeyJson({ id, createdAt, active }: AccessKey) {
  return {
    id: toGlobalId('ACCESS_KEY', id),
    createdAt: createdAt.getTime(),
    status: active ? 'ACTIVE' : 'INACTIVE',
  };
}
