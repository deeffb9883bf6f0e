import type { PermissionRequest } from '../access/grant-decisions.ts';
import { type Permission, sortedAccesses, type Target } from '../access/permission.ts';
import type { PermissionFilter } from '../access/permission-reader.ts';
import { ACCESSES } from '../access/policy.ts';
import { BadInput, NotFound } from '../errors.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { Incoming } from '../http/exchange.ts';
import { type GlobalIdText, toGlobalId } from '../primitives/ids.ts';
import type { Session } from '../session/session.ts';

import { fieldsBody } from './body.ts';
import { accessOf, shownTarget, targetOf, targetType } from './grant-parts.ts';
import { notFound } from './not-found.ts';
import { allPages, confirmedByRead, get, post, type RestRoute, remove } from './route.ts';
import { findPrincipal, shownSubject, subjectRef, subjectType } from './subjects.ts';

export const authorizationRoutes: RestRoute[] = [
  confirmedByRead(
    post('/auth/authorization', async ({ session, incoming }) => {
      await change(incoming, (request) => session.permissionAttempts.grant(request));
      return { message: 'Granted permission' };
    }),
  ),
  confirmedByRead(
    remove('/auth/authorization', async ({ session, incoming }) => {
      await change(incoming, (request) => session.permissionAttempts.revoke(request));
      return { message: 'Removed permission' };
    }),
  ),
  get('/auth/authorization/{type}/{id}', async ({ session, params: { type = '', id = '' }, query }) => {
    const groupBy = query.get('groupBy') ?? 'access';
    if (groupBy !== 'access' && groupBy !== 'subject') throw new BadInput('groupBy', 'access or subject');
    const granted = await bySubject(session, await held(session, { target: targetOf(type, id) }));
    return groupBy === 'access' ? subjectsByAccess(granted) : accessBySubject(granted);
  }),

  get('/auth/subjects/{type}/{id}/grants', async ({ session, params: { type = '', id = '' }, query }) => {
    const kind = resourceType(query);
    const subject = await session.permissionReader.subject(subjectRef(subjectType(type, 'type'), id));
    return byTarget(await held(session, { subjectId: toGlobalId(subject.kind, subject.id), kind }));
  }),
  remove('/auth/subjects/{type}/{id}/grants', async ({ session, params: { type = '', id = '' }, query }) => {
    await session.permissions.revokeAll(subjectRef(subjectType(type, 'type'), id), resourceType(query));
    return { message: 'Revoked grants' };
  }),

  get('/users/{id}/permissions', async ({ session, params: { id = '' } }) => {
    const found = await findPrincipal(session, id);
    if (found === null) throw new NotFound('user');
    const uuid = found.kind === 'USER' ? found.user.id : found.application.id;
    return { grantedAccess: byTarget(await held(session, { subjectId: toGlobalId(found.kind, uuid) })) };
  }),
  get('/users/{id}/checkPermissions', async ({ session, params: { id = '' }, query }) =>
    checked(session, id, targetOf(query.get('type') ?? '', query.get('id') ?? '')),
  ),
  // Conductor's client for Rust uses this path.
  get('/users/{id}/permissions/{type}/{target}', async ({ session, params: { id = '', type = '', target = '' } }) =>
    checked(session, id, targetOf(type, target, '', 'target')),
  ),
  get('/groups/{id}/permissions', async ({ session, params: { id = '' } }) => {
    const group = await session.groups.findByName(id);
    if (group === null) throw new NotFound('group');
    const direct = byTarget(await held(session, { subjectId: toGlobalId('GROUP', group.id) }));
    const reached = await allPages(session, (page) => session.permissionReader.tagged(group.id, page));
    const expanded = reached.map(({ target, tag, access }) => ({
      target: shownTarget(target),
      access: sortedAccesses(access),
      tag,
    }));
    return { grantedAccess: [...direct, ...expanded] };
  }),
];

/** Returns, for each access, whether the user or application `id` has the access to `target`. @throws NotFound, Forbidden */
async function checked(
  { permissionReader }: Session,
  id: GlobalIdText,
  target: Target,
): Promise<Record<string, boolean>> {
  const access = await permissionReader.check(subjectRef('USER', id), target);
  return Object.fromEntries(ACCESSES.map((name) => [name, access.includes(name)]));
}

/** Parses the body of a grant or a revocation, and calls `act` with the result. @throws HttpError 404 with the id of a missing subject or secret */
async function change(incoming: Incoming, act: (request: PermissionRequest) => Promise<unknown>): Promise<void> {
  const fields = await fieldsBody(incoming);
  const [subject, target] = [fields.fields('subject'), fields.fields('target')];
  const request = {
    subject: subjectRef(subjectType(subject.text('type'), 'subject.type'), subject.text('id')),
    target: targetOf(target.text('type'), target.text('id'), 'target.'),
    access: (fields.texts('access') ?? []).map((text, i) => accessOf(text, `access.${i}`)),
  };
  // The gateway refuses an empty list of accesses, because the service would revoke every access if the list were empty.
  if (request.access.length === 0) throw new BadInput('access', 'at least one access');
  try {
    await act(request);
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    throw error.field === 'target.secret'
      ? notFound('secret', target.text('id'))
      : notFound(subject.text('type').toLowerCase(), subject.text('id'));
  }
}

/**
 * Parses the query parameter `resourceType`, which selects the kind of targets. Returns null, which selects all kinds, if the parameter is missing.
 * @throws BadInput
 */
function resourceType(query: URLSearchParams): Target['kind'] | null {
  const type = query.get('resourceType') ?? '';
  return type === '' ? null : targetType(type, 'resourceType');
}

function held(session: Session, filter: PermissionFilter): Promise<Permission[]> {
  return allPages(session, (page) => session.permissionReader.list({ ...filter, holding: true }, page));
}

/** Groups grants by target. Each item of the result contains the accesses of all grants on one target. */
function byTarget(permissions: readonly Permission[]) {
  const targets = Map.groupBy(permissions, ({ target }) => `${target.kind}/${target.text}`);
  return [...targets.values()].map((group) => ({ target: shownTarget(group[0]!.target), access: unionOf(group) }));
}

interface Granted {
  subject: ReturnType<typeof shownSubject>;
  access: Access[];
}

/** Groups grants by subject. If the caller may not see a group, the result contains the group's id in place of its name. */
async function bySubject({ directory, groups }: Session, permissions: readonly Permission[]): Promise<Granted[]> {
  const subjects = Map.groupBy(permissions, ({ subjectId }) => subjectId);
  const entries = await directory.entryById.loadMany([...subjects.keys()]);
  return entries.flatMap((entry) => {
    if (entry instanceof Error) throw entry;
    // The subject was deleted after its grants were read.
    if (entry === null) return [];
    const hidden = entry.kind === 'GROUP' && !groups.seesDetails(entry);
    const shown = hidden ? { ...entry, name: toGlobalId('GROUP', entry.id) } : entry;
    return { subject: shownSubject(shown), access: unionOf(subjects.get(entry.id) ?? []) };
  });
}

/**
 * Lists, for each access, the subjects that have the access. If no subject has an access, the list of the access is empty, because clients expect a
 * list for each of the five accesses.
 */
function subjectsByAccess(granted: readonly Granted[]) {
  const all = ACCESSES.map((access) => [
    access,
    granted.filter((entry) => entry.access.includes(access)).map(({ subject }) => subject),
  ]);
  return Object.fromEntries(all);
}

function accessBySubject(granted: readonly Granted[]) {
  return Object.fromEntries(granted.map(({ subject: { type, id }, access }) => [`${type}:${id}`, access]));
}

function unionOf(permissions: readonly Permission[]): Access[] {
  return sortedAccesses(permissions.flatMap(({ access }) => access));
}
