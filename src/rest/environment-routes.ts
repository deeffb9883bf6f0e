import { NotFound } from '../errors.ts';
import { splitTag } from '../primitives/tag-text.ts';
import { tagsBody, valueBody } from './body.ts';
import { allPages, get, Plain, put, type RestRoute, remove } from './route.ts';

export const environmentRoutes: RestRoute[] = [
  get('/environment', async ({ session }) => {
    const variables = await allPages(session, (page) => session.environment.list(page));
    // Conductor's client for C# expects every field of an environment variable to be a string. The field `tags` is a list, so the gateway omits the
    // field if the variable has no tags.
    return variables.map(({ name, value, tags }) =>
      tags.length === 0 ? { name, value } : { name, value, tags: tags.map(splitTag) },
    );
  }),
  get(
    '/environment/{key}',
    async ({ session: { environment }, params: { key = '' } }) => {
      const variable = await environment.find(key);
      if (variable === null) throw new NotFound('environment variable', 'key');
      return new Plain(variable.value);
    },
    { name: 'key' },
  ),
  put(
    '/environment/{key}',
    async ({ session: { environment }, params: { key = '' }, incoming }) => {
      // The value of an environment variable is not a secret value. The gateway stores and lists the value unencrypted.
      await environment.set(key, (await valueBody(incoming)).expose());
      return undefined;
    },
    { name: 'key' },
  ),
  remove(
    '/environment/{key}',
    async ({ session: { environment }, params: { key = '' } }) => new Plain(await environment.delete(key)),
    { name: 'key' },
  ),

  get('/environment/{key}/tags', async ({ session: { resourceTags }, params: { key = '' } }) =>
    (await resourceTags.list('ENV_VARIABLE', key)).map(splitTag),
  ),
  put(
    '/environment/{key}/tags',
    async ({ session: { resourceTags }, params: { key = '' }, incoming }) => {
      await resourceTags.merge('ENV_VARIABLE', key, await tagsBody(incoming));
      return undefined;
    },
    { name: 'key' },
  ),
  remove(
    '/environment/{key}/tags',
    async ({ session: { resourceTags }, params: { key = '' }, incoming }) => {
      await resourceTags.remove('ENV_VARIABLE', key, await tagsBody(incoming));
      return undefined;
    },
    { name: 'key' },
  ),
];
