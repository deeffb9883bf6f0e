// Defines the routes for the tags of applications, workflow definitions and task definitions, and the routes that list all tags.
import type { TaggedKind } from '../access/tag-owner.ts';
import { toUuid } from '../primitives/ids.ts';
import { splitTag, type TagText } from '../primitives/tag-text.ts';
import type { Session } from '../session/session.ts';
import { tagText } from '../tags/tag.ts';
import { tagsBody } from './body.ts';
import { shownType, targetType } from './grant-parts.ts';
import { required } from './query.ts';
import { allPages, get, post, put, type RestRoute, remove } from './route.ts';

export const tagRoutes: RestRoute[] = [
  get('/applications/{id}/tags', async ({ session: { resourceTags }, params: { id = '' } }) =>
    (await resourceTags.list('APPLICATION', id)).map(splitTag),
  ),
  put('/applications/{id}/tags', async ({ session: { resourceTags }, params: { id = '' }, incoming }) => {
    await resourceTags.merge('APPLICATION', id, await tagsBody(incoming));
    return undefined;
  }),
  remove('/applications/{id}/tags', async ({ session: { resourceTags }, params: { id = '' }, incoming }) => {
    await resourceTags.remove('APPLICATION', id, await tagsBody(incoming));
    return undefined;
  }),

  ...definitionRoutes('/metadata/workflow/{name}/tags', 'WORKFLOW_DEF'),
  ...definitionRoutes('/metadata/task/{name}/tags', 'TASK_DEF'),
  // Conductor's client for Rust uses this path.
  ...definitionRoutes('/metadata/taskdefs/{name}/tags', 'TASK_DEF'),

  get('/metadata/tags', async ({ session }) =>
    [...new Set((await counts(session)).map(({ tag }) => tag))].map(splitTag),
  ),
  get('/metadata/tags/grouped', async ({ session }) =>
    (await counts(session)).map(({ tag, kind, count }) => {
      const { key, value } = splitTag(tag);
      return { tagKey: key, tagValue: value, resourceType: shownType(kind), countPerResourceType: count };
    }),
  ),
  get('/metadata/tags/resources', async ({ session, query }) => {
    const kind = targetType(required(query, 'resourceType'), 'resourceType');
    const tag = tagText({ key: required(query, 'tagKey'), value: required(query, 'tagValue') }, 'tag');
    return kind === 'SECRET' || isTagged(kind) ? tagged(session, kind, tag) : [];
  }),
];

/** The routes for the tags of workflow definitions or of task definitions, by `kind`. POST adds tags, and PUT replaces all tags. */
function definitionRoutes(path: string, kind: 'WORKFLOW_DEF' | 'TASK_DEF'): RestRoute[] {
  return [
    get(path, async ({ session: { resourceTags }, params: { name = '' } }) =>
      (await resourceTags.list(kind, name)).map(splitTag),
    ),
    post(path, async ({ session: { resourceTags }, params: { name = '' }, incoming }) => {
      await resourceTags.add(kind, name, await tagsBody(incoming));
      return undefined;
    }),
    put(path, async ({ session: { resourceTags }, params: { name = '' }, incoming }) => {
      await resourceTags.replace(kind, name, await tagsBody(incoming));
      return undefined;
    }),
    remove(path, async ({ session: { resourceTags }, params: { name = '' }, incoming }) => {
      await resourceTags.remove(kind, name, await tagsBody(incoming));
      return undefined;
    }),
  ];
}

/** The kinds of objects that can have tags in the gateway. */
type TagResource = TaggedKind | 'SECRET';

const TAGGED = { APPLICATION: true, ENV_VARIABLE: true, TASK_DEF: true, WORKFLOW_DEF: true } satisfies Record<
  TaggedKind,
  true
>;
const isTagged = (kind: string): kind is TaggedKind => Object.hasOwn(TAGGED, kind);

/**
 * Counts, for each tag and each kind of object, the objects with the tag. The result is sorted by tag. The function does not count objects that the
 * caller may not see.
 */
async function counts(session: Session) {
  const { secretReader, resourceTags } = session;
  const [onSecrets, onOthers] = await Promise.all([
    allPages(session, (page) => secretReader.listTags(null, page)),
    allPages(session, (page) => resourceTags.counts(page)),
  ]);
  const all: { tag: TagText; kind: TagResource; count: number }[] = [
    ...onSecrets.map(({ tag, count = 0 }) => ({ tag, kind: 'SECRET' as const, count })),
    ...onOthers,
  ];
  return all.sort((a, b) => order(a.tag, b.tag) || order(shownType(a.kind), shownType(b.kind)));
}

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

async function tagged(
  session: Session,
  kind: TagResource,
  tag: TagText,
): Promise<{ id: string; displayName: string }[]> {
  const { secretReader, resourceTags, applications } = session;
  if (kind === 'SECRET') {
    const tags = [splitTag(tag)];
    const secrets = await allPages(session, (page) => secretReader.list({ tags }, 'NAME_ASC', page));
    return secrets.map(({ name }) => ({ id: name, displayName: name }));
  }
  const found = await allPages(session, (page) => resourceTags.tagged(kind, tag, page));
  return Promise.all(
    found.map(async ({ resource }) => {
      const uuid = kind === 'APPLICATION' ? toUuid(resource, 'APPLICATION') : undefined;
      const application = uuid === undefined ? null : await applications.byId.load(uuid);
      return { id: resource, displayName: application?.name ?? resource };
    }),
  );
}
