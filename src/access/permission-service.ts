import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { Database, Transaction } from '../database/client.ts';
import { BadInput, Conflict, Escalation, Forbidden, NotFound } from '../errors.ts';
import type { Access as AccessName } from '../generated/vocabulary.ts';
import { insideId, outsideId, parseId } from '../ids.ts';
import { pagesByOwner } from '../loaders.ts';
import { type Page, type PageRequest, pageBounds, toPage } from '../pages.ts';
import type { Access } from './access.ts';
import { type Entry, partyOfEntry } from './directory.ts';
import { raiseEpoch } from './epoch.ts';
import { ordered, type Permission, someAccess, type Target } from './permission.ts';
import * as store from './permission-store.ts';
import { ACCESSES, heldUntil, type SecretLabels } from './policy.ts';

/** With different ends, that is: those with the same are one. */
const MOST_GRANTS = 20;

export interface PermissionRequest {
  subjectId: string;
  target: Target;
  access: readonly AccessName[];
  expiresAt?: Date | null | undefined;
}

/** What one caller does with grants. */
export interface PermissionService {
  /** @throws NotFound for a subject, or a name the caller does not see; Forbidden; Escalation; BadInput */
  grant(request: PermissionRequest): Promise<Permission>;
  /** What is left, or null. @throws NotFound, Forbidden */
  revoke(request: PermissionRequest): Promise<Permission | null>;
  list(query: { subjectId: string | null; target: Target | null }, page: PageRequest): Promise<Page<Permission>>;
  /** Grants to one user, group or application, by UUID: read together for all that are asked for at the same moment. */
  ofSubject(subjectId: string, page: PageRequest): Promise<Page<Permission>>;
  findById(id: string): Promise<Permission | null>;
}

/** The live secret of a name with its labels, as the secrets feature reads it, locked if the caller sees it. */
export type LockSecret = (tx: Transaction, name: string) => Promise<(SecretLabels & { id: string }) | undefined>;

export interface PermissionServiceNeeds {
  database: Database;
  access: Access;
  audit: AuditLog;
  lockSecret: LockSecret;
  clock: Clock;
}

export function permissionService({
  database,
  access,
  audit,
  lockSecret,
  clock,
}: PermissionServiceNeeds): PermissionService {
  const { standing } = access;

  /** The secret a change is about, if the caller may change grants on this target; null for an administrator, who needs none. */
  const requireTarget = async (tx: Transaction, target: Target) => {
    if (access.isAdmin) return null;
    if (target.kind === 'TAG') throw new Forbidden('Only ADMIN changes grants on a tag.', 'input.target');
    return access.require('UPDATE', await lockSecret(tx, target.text), 'input.target.secret');
  };

  /** Locked: changes to what one subject has happen one after the other. */
  const requireSubject = async (tx: Transaction, id: string): Promise<Entry> => {
    const parsed = parseId(id);
    const kind = (['USER', 'GROUP', 'APPLICATION'] as const).find((one) => one === parsed?.kind);
    const subject = parsed && kind ? await store.lockSubject(tx, kind, parsed.uuid) : undefined;
    if (subject === undefined) throw new NotFound('user, group or application', 'input.subjectId');
    return subject;
  };

  const describe = (
    subject: Entry,
    target: Target,
    permission: { access: readonly AccessName[]; expiresAt: Date | null },
  ) => ({
    subject: partyOfEntry(subject),
    target,
    access: permission.access,
    expiresAt: permission.expiresAt,
  });

  const party = (id: string, target: Target) => ({ kind: 'PERMISSION' as const, id, name: target.text });

  /** Null for those who see every grant. */
  const viewer = (): store.PermissionViewer | null =>
    access.seesAll
      ? null
      : {
          id: standing.id,
          subjects: access.subjects,
          allApplications: access.holds('APPLICATION_MANAGER'),
          now: clock.now(),
        };

  const pagesOfSubject = pagesByOwner(
    (ids, limit, after) => store.listOfSubjects(database, ids, limit, after),
    (row) => row.subjectId,
  );

  return {
    async grant(request) {
      const asked = someAccess(request.access, 'input.access');
      const expiresAt = request.expiresAt ?? null;
      return audit.change('PERMISSION_GRANT', party('', request.target), async (tx, attempt) => {
        const { target } = request;
        const secret = await requireTarget(tx, target);
        if (target.kind === 'TAG') await raiseEpoch(tx);
        const subject = await requireSubject(tx, request.subjectId);
        attempt.changes = describe(subject, target, { access: asked, expiresAt });
        if (secret !== null) {
          const paths = access.paths(secret);
          for (const one of asked) {
            const until = heldUntil(paths, one);
            const forLonger = until instanceof Date && (expiresAt === null || expiresAt > until);
            if (until === undefined || forLonger) {
              throw new Escalation(
                `You do not hold ${one} on this secret${forLonger ? ' for so long' : ''}.`,
                'input.access',
              );
            }
          }
        }
        // What people without ADMIN share is good for this secret only, not for a later one of its name.
        const secretId = secret?.id ?? null;
        const now = clock.now();
        const held = await store.findOn(tx, subject.id, target);
        const same = held.find((one) => one.secretId === secretId && one.expiresAt?.getTime() === expiresAt?.getTime());
        if (same === undefined && held.length >= MOST_GRANTS) {
          throw new Conflict(
            `A subject has at most ${MOST_GRANTS} grants with different ends on a target.`,
            'input.expiresAt',
          );
        }
        const all = ordered([...(same?.access ?? []), ...asked]);
        if (same !== undefined && all.length === same.access.length) {
          attempt.subject = party(outsideId('PERMISSION', same.id), target);
          return same;
        }
        if (same !== undefined) await store.end(tx, [same.id], now);
        const permission = await store.insert(tx, {
          subjectKind: subject.kind,
          subjectId: subject.id,
          target,
          secretId,
          access: all,
          expiresAt,
          grantedBy: standing.id,
          now,
        });
        attempt.subject = party(outsideId('PERMISSION', permission.id), target);
        return permission;
      });
    },

    revoke: (request) =>
      audit.change('PERMISSION_REVOKE', party('', request.target), async (tx, attempt) => {
        const { target, expiresAt } = request;
        const secret = await requireTarget(tx, target);
        if (target.kind === 'TAG') await raiseEpoch(tx);
        const subject = await requireSubject(tx, request.subjectId);
        const taken = request.access.length === 0 ? [...ACCESSES] : ordered(request.access);
        attempt.changes = describe(subject, target, { access: taken, expiresAt: expiresAt ?? null });

        const current = (await store.findOn(tx, subject.id, target)).filter(
          (held) => secret === null || held.secretId === null || held.secretId === secret.id,
        );
        const concerned = current.filter(
          (held) =>
            (expiresAt == null || held.expiresAt?.getTime() === expiresAt.getTime()) &&
            held.access.some((one) => taken.includes(one)),
        );
        if (secret !== null) {
          const paths = access.paths(secret);
          const lost = new Set(concerned.flatMap((held) => held.access.filter((one) => taken.includes(one))));
          for (const one of lost) {
            if (heldUntil(paths, one) === undefined)
              throw new Forbidden(`Revoking ${one} needs ${one} on the secret.`, 'input.access');
          }
        }
        const now = clock.now();
        await store.end(
          tx,
          concerned.map((held) => held.id),
          now,
        );
        const left: Permission[] = current.filter((held) => !concerned.includes(held));
        for (const held of concerned) {
          const rest = held.access.filter((one) => !taken.includes(one));
          if (rest.length > 0)
            left.push(await store.insert(tx, { ...held, access: rest, grantedBy: held.grantedBy ?? standing.id, now }));
        }
        const [first] = concerned;
        if (first !== undefined) attempt.subject = party(outsideId('PERMISSION', first.id), target);
        return left.find((held) => held.expiresAt === null) ?? left[0] ?? null;
      }),

    async list({ subjectId, target }, page) {
      const { first, after } = pageBounds(page);
      const uuid = subjectId === null ? null : insideId(subjectId, 'USER', 'GROUP', 'APPLICATION');
      if (uuid === undefined) throw new BadInput('subjectId', 'the id of a user, a group or an application');
      const rows = await store.list(database, { subjectId: uuid, target, viewer: viewer() }, first + 1, after);
      return toPage(rows, first);
    },

    ofSubject: pagesOfSubject,

    async findById(id) {
      return (await store.findById(database, id, viewer())) ?? null;
    },
  };
}
