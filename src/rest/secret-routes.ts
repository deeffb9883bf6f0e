import { NotFound } from '../errors.ts';
import type { Access } from '../generated/vocabulary.ts';
import { HttpError } from '../http/exchange.ts';
import { splitTag } from '../primitives/tag-text.ts';
import { type SecretName, type SecretView, secretName } from '../secrets/secret.ts';
import type { Session } from '../session/session.ts';
import { tagsBody, valueBody } from './body.ts';
import { accessesOf } from './query.ts';
import { allPages, confirmedByRead, get, Plain, post, put, type RestRoute, remove } from './route.ts';

export const secretRoutes: RestRoute[] = [
  // The paths that clear a cache of secrets in Conductor. The gateway uses a cached secret only after the database confirmed that the secret is
  // current, so the handlers of these paths do nothing.
  get('/secrets/clearLocalCache', async () => ({})),
  get('/secrets/clearRedisCache', async () => ({})),
  ...[
    post('/secrets', async ({ session }) => listNames(session, [])),
    get('/secrets', async ({ session, query }) => listNames(session, accessesOf(query))),
    get('/secrets-v2', async ({ session, query }) => (await list(session, accessesOf(query))).map(withTags)),
    get('/secrets/v2', async ({ session, query }) => (await list(session, accessesOf(query))).map(withTags)),
  ].map(confirmedByRead),

  confirmedByRead(
    get('/secrets/{key}', async ({ session: { secretReader }, params }) => {
      const secret = await secretReader.findAndReveal(keyOf(params));
      if (secret === null) throw new NotFound('secret', 'key');
      return new Plain(await secretReader.reveal(secret, null));
    }),
  ),
  confirmedByRead(
    put('/secrets/{key}', async ({ session, params, incoming }) => {
      await session.secretChanges.put(keyOf(params), await valueBody(incoming));
      return undefined;
    }),
  ),
  confirmedByRead(
    remove('/secrets/{key}', async ({ session, params }) => {
      try {
        await session.secretChanges.delete(keyOf(params), false);
      } catch (error) {
        // Orkes Conductor answers with status 500, and the tests of its clients expect status 500.
        if (error instanceof NotFound) throw new HttpError(500, error.code, `No such secret: ${keyOf(params)}.`);
        throw error;
      }
      return undefined;
    }),
  ),
  confirmedByRead(
    get(
      '/secrets/{key}/exists',
      async ({ session, params }) => (await session.secretReader.find(keyOf(params), false)) !== null,
    ),
  ),

  confirmedByRead(
    get('/secrets/{key}/tags', async ({ session, params }) => {
      const secret = await session.secretReader.find(keyOf(params), false);
      if (secret === null) throw new NotFound('secret', 'key');
      return withTags(secret).tags;
    }),
  ),
  confirmedByRead(
    put('/secrets/{key}/tags', async ({ session, params, incoming }) => {
      await session.secretChanges.mergeTags(keyOf(params), await tagsBody(incoming));
      return undefined;
    }),
  ),
  confirmedByRead(
    remove('/secrets/{key}/tags', async ({ session: { secretChanges }, params, incoming }) => {
      const tags = await tagsBody(incoming);
      // The service method `untag` refuses an empty list. For an empty list, the handler calls `mergeTags`, which checks the caller's access and
      // changes nothing.
      await (tags.length === 0 ? secretChanges.mergeTags(keyOf(params), []) : secretChanges.untag(keyOf(params), tags));
      return undefined;
    }),
  ),
];

/** Lists the secrets that the caller sees, if the caller has all accesses in `access` on the secret. */
function list(session: Session, access: readonly Access[]): Promise<SecretView[]> {
  return allPages(session, (page) => session.secretReader.list({ access }, 'NAME_ASC', page));
}

async function listNames(session: Session, access: readonly Access[]): Promise<SecretName[]> {
  const secrets = await allPages(session, (page) => session.secretReader.listNames({ access }, 'NAME_ASC', page));
  return secrets.map(({ name }) => name);
}

function withTags({ name, tags }: SecretView) {
  return { name, tags: tags.map(splitTag) };
}

/** Returns the name of a secret from the path of the request. @throws BadInput */
function keyOf({ key = '' }: Readonly<Record<string, string>>): SecretName {
  return secretName(key, 'key');
}
