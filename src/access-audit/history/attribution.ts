// Which event of the audit log did it. Rows that ways are made of do not name the event that changed them; they are joined by this rule:
//
//   The event of a row that began or ended at a moment is the first at or after that moment which is DONE, whose action begins or ends such
//   rows, whose subject is the row's, and whose changes name what the row is about.
//
// It finds the right one, because a service takes the time once it has locked what it changes, writes rows with that time, and its event last, in
// one transaction: no event of a change is older than its rows, and none of the next change of the same object comes before it. Where an earlier
// event of the same kind bears the very millisecond at which a row began, the row that it began has ended by then, in that millisecond too: nothing
// has changed, and nothing is told. Grants are named by their ids, each of which begins once.

import type { Permission } from '../../access/permission.ts';
import type { Access, AuditAction } from '../../generated/vocabulary.ts';
import { outsideId } from '../../primitives/ids.ts';
import type { SubjectKind } from '../../principals/principal.ts';

/** A row that began or ended at the moment of a difference, and what it can have given or taken. Ids are UUIDs. */
export type Cause = { begins: boolean; access: readonly Access[] } & (
  | { kind: 'PERIOD'; objectKind: 'USER' | 'APPLICATION' | 'SECRET'; objectId: string }
  | { kind: 'ADMIN'; subjectKind: SubjectKind; subjectId: string }
  | { kind: 'MEMBER'; groupId: string; memberKind: 'USER' | 'APPLICATION'; memberId: string }
  | { kind: 'TAG'; secretId: string; tag: string }
  | ({ kind: 'GRANT'; subjectKind: SubjectKind } & Pick<Permission, 'id' | 'subjectId' | 'secretId' | 'target'>)
);

/** What an event that did something looks like. */
export interface Trace {
  action: AuditAction;
  /** Outside id of its subject; null for any, where `says` tells. */
  subjectId: string | null;
  /** What stands in its changes, among other things. */
  says: object | null;
}

/** The causes that can have made a difference, those first that say most of it: what gave, then what took. */
export function causesOf<C extends Cause>(
  causes: readonly C[],
  gained: readonly Access[],
  lost: readonly Access[],
): C[] {
  const gave = causes.filter(({ begins, access }) => begins && access.some((one) => gained.includes(one)));
  const took = causes.filter(({ begins, access }) => !begins && access.some((one) => lost.includes(one)));
  return [...gave, ...took];
}

/** What the event of a cause looks like: one of these. */
export function tracesOf(cause: Cause): Trace[] {
  const trace = (action: AuditAction, subjectId: string | null, says: object | null = null) => ({
    action,
    subjectId,
    says,
  });
  switch (cause.kind) {
    case 'PERIOD': {
      const id = outsideId(cause.objectKind, cause.objectId);
      if (cause.objectKind === 'SECRET')
        return cause.begins ? [trace('SECRET_CREATE', id), trace('SECRET_RESTORE', id)] : [trace('SECRET_DELETE', id)];
      if (cause.objectKind === 'APPLICATION')
        return [trace(cause.begins ? 'APPLICATION_CREATE' : 'APPLICATION_DELETE', id)];
      return [
        trace(cause.begins ? 'USER_CREATE' : 'USER_DELETE', id),
        trace('USER_UPDATE', id, { active: cause.begins }),
      ];
    }
    case 'ADMIN': {
      const { subjectKind: kind, begins } = cause;
      const id = outsideId(kind, cause.subjectId);
      const update = trace(`${kind}_UPDATE`, id, { roles: { [begins ? 'added' : 'removed']: ['ADMIN'] } });
      return [update, begins ? trace(`${kind}_CREATE`, id, { roles: ['ADMIN'] }) : trace(`${kind}_DELETE`, id)];
    }
    case 'MEMBER': {
      const { groupId, memberKind, begins } = cause;
      const [group, member] = [outsideId('GROUP', groupId), outsideId(memberKind, cause.memberId)];
      const members = { members: [{ id: member }] };
      if (begins) return [trace('GROUP_MEMBER_ADD', group, members)];
      return [
        trace('GROUP_MEMBER_REMOVE', group, members),
        trace('GROUP_DELETE', group),
        trace(`${memberKind}_DELETE`, member),
      ];
    }
    case 'TAG': {
      const id = outsideId('SECRET', cause.secretId);
      const tags = { tags: [cause.tag] };
      return cause.begins
        ? [trace('SECRET_TAG', id, tags), trace('SECRET_CREATE', id, tags)]
        : [trace('SECRET_UNTAG', id, tags), trace('SECRET_DELETE', id)];
    }
    case 'GRANT': {
      const { subjectKind, secretId } = cause;
      const [id, subject] = [outsideId('PERMISSION', cause.id), outsideId(subjectKind, cause.subjectId)];
      const ofSecret = (action: AuditAction) =>
        secretId === null ? [] : [trace(action, outsideId('SECRET', secretId))];
      if (cause.begins) return [trace('PERMISSION_GRANT', id), ...ofSecret('SECRET_CREATE')];
      return [
        trace('PERMISSION_REVOKE', id),
        trace('PERMISSION_REVOKE', null, { ended: [id] }),
        trace(`${subjectKind}_DELETE`, subject),
        ...ofSecret('SECRET_DELETE'),
      ];
    }
  }
}
