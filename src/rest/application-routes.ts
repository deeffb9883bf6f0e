import type { Application } from '../applications/application.ts';
import { NotFound } from '../errors.ts';
import type { Incoming } from '../http/exchange.ts';
import { insideId, outsideId } from '../primitives/ids.ts';
import type { Services } from '../session/services.ts';
import { type ApplicationJson, accessKeyJson, applicationsJson } from './application-json.ts';
import { fieldsBody, fieldsOf, jsonBody } from './body.ts';
import { everything } from './everything.ts';
import { naming } from './naming.ts';
import { get, post, put, type RestRequest, type RestRoute, remove, type SignedInRequest } from './route.ts';

export const applicationRoutes: RestRoute[] = [
  get('/applications', async ({ services }) =>
    applicationsJson(services, await everything((page) => services.applications.list(null, page))),
  ),
  post('/applications', async ({ services, incoming }) => {
    const { name, description, roles = [] } = await applicationBody(incoming);
    return one(services, await services.applications.create({ name, description, roles }));
  }),

  get('/applications/key/{keyId}', async ({ services, params }) => {
    const application = await services.applications.findByKey(keyOf(params));
    if (application === null) throw new NotFound('access key', 'keyId');
    return one(services, application);
  }),

  get('/applications/{id}', async (request) => one(request.services, await applicationOf(request))),
  put('/applications/{id}', async ({ services, params, incoming }) => {
    const id = idOf(params);
    const { name, description, roles: namedRoles } = await applicationBody(incoming);
    return one(services, await services.applications.update({ id, name, description, namedRoles }));
  }),
  remove('/applications/{id}', async ({ services, params }) => {
    await services.applications.delete(idOf(params));
    return { message: `Deleted Application '${params.id}'` };
  }),

  get('/applications/{id}/accessKeys', async (request) => {
    const { id } = await applicationOf(request);
    return (await request.services.applications.keys(id)).map(accessKeyJson);
  }),
  post('/applications/{id}/accessKeys', async ({ services, params, incoming }) => {
    // Clients send arbitrary bodies here, which have no meaning.
    const body = await jsonBody(incoming).catch(() => undefined);
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      fieldsOf(body, 'body').without(
        'cannot be set here: use `createAccessKey` of GraphQL for keys that expire',
        'expiresAt',
      );
    const { accessKey, secret } = await services.applications.createKey(idOf(params), null);
    return { id: outsideId('ACCESS_KEY', accessKey.id), secret: secret.expose() };
  }),
  post('/applications/{id}/accessKeys/{keyId}/status', async ({ services, params }) =>
    accessKeyJson(await services.applications.toggleKey(idOf(params), keyOf(params))),
  ),
  remove('/applications/{id}/accessKeys/{keyId}', async ({ services, params }) => {
    await services.applications.deleteKey(keyOf(params), idOf(params));
    return { message: `Deleted Access key '${params.keyId}'` };
  }),

  post(
    '/applications/{id}/roles/{role}',
    async ({ services, params }) => {
      const { id = '', role = '' } = params;
      await naming({ id }, () => services.applications.changeRoles(idOf(params), { add: [role] }));
      return undefined;
    },
    { 'roles.0': 'role' },
  ),
  remove(
    '/applications/{id}/roles/{role}',
    async ({ services, params }) => {
      const { id = '', role = '' } = params;
      await naming({ id }, () => services.applications.changeRoles(idOf(params), { remove: [role] }));
      return undefined;
    },
    { 'roles.0': 'role' },
  ),
];

/** Members that are left out are undefined. `roles` are names of predefined or custom roles. @throws BadInput, HttpError */
async function applicationBody(incoming: Incoming) {
  const fields = await fieldsBody(incoming);
  return { name: fields.text('name'), description: fields.optionalText('description'), roles: fields.texts('roles') };
}

async function one(services: Services, application: Application): Promise<ApplicationJson> {
  const [json] = await applicationsJson(services, [application]);
  if (json === undefined) throw new Error('One application was to be shown.');
  return json;
}

/** @throws NotFound if there is none, or none that the caller sees */
async function applicationOf({ services, params }: SignedInRequest): Promise<Application> {
  const application = await services.applications.findById(idOf(params));
  if (application === null) throw new NotFound('application', 'id');
  return application;
}

type Params = RestRequest['params'];

/** What is no id of an application names none. @throws NotFound */
function idOf({ id = '' }: Params): string {
  const uuid = insideId(id, 'APPLICATION');
  if (uuid === undefined) throw new NotFound('application', 'id');
  return uuid;
}

/** @throws NotFound */
function keyOf({ keyId = '' }: Params): string {
  const uuid = insideId(keyId, 'ACCESS_KEY');
  if (uuid === undefined) throw new NotFound('access key', 'keyId');
  return uuid;
}
