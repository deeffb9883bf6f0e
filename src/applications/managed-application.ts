// Decides which applications a caller sees and manages, and locks a managed application.
import type { Authorizer } from '../access/authorizer.ts';
import { FREE_APPLICATION_ROLES, mayManageApplication, maySeeEveryApplication } from '../access/policy.ts';
import type { EventSubject } from '../audit/audit-event.ts';
import { refusalsAbout } from '../audit/audit-log.ts';
import type { Transaction } from '../database/client.ts';
import { Escalation, Forbidden, NotFound } from '../errors.ts';
import { toGlobalId, type Uuid } from '../primitives/ids.ts';
import { raiseEpoch } from '../principals/epoch.ts';
import { hasAdmin } from '../principals/role-store.ts';
import type { Application } from './application.ts';
import * as store from './application-store.ts';

export interface ManagedApplications {
  /**
   * The SQL condition that selects only applications that the caller sees. The condition selects the applications for which `seesDetails` returns
   * true.
   */
  seen: store.SeenApplications;
  seesDetails(application: store.Glimpse): boolean;
  /** @throws NotFound if the caller does not see the application, Forbidden if the caller does not manage the application */
  requireManager(application: store.Glimpse | undefined, kind: string, field: string): void;
  /**
   * Locks an application. The calling code must call `requireManager` before it calls this method. The check of `requireManager` needs no lock,
   * because a principal that manages an application remains its manager as long as the application exists.
   * @throws NotFound; Escalation if the application has ADMIN and the caller does not have ADMIN
   */
  lock(tx: Transaction, id: Uuid, field: string, options: { epoch: boolean }): Promise<Application>;
  /**
   * Locks the application and runs `work`, if the caller is a manager of the application. If the caller is refused, the subject of the audit event is
   * the application.
   * @throws NotFound, Forbidden; Escalation if the application has ADMIN and the caller does not have ADMIN
   */
  manage<T>(
    tx: Transaction,
    which: { id: Uuid; field: string; epoch: boolean },
    work: (application: Application) => Promise<T>,
  ): Promise<T>;
  /** @throws Escalation if the caller does not have ADMIN and one of the roles is a role that only ADMIN may add or remove */
  requireFree(roles: readonly string[], message: string, field: string): void;
}

/** INVARIANT: a caller that does not manage the application is refused before any row is locked. The epoch is raised before rows are locked. */
export function managedApplications(authorizer: Authorizer): ManagedApplications {
  const manages = (application: store.Glimpse) => mayManageApplication(authorizer.entitlements, application);
  const managed: ManagedApplications = {
    seen: maySeeEveryApplication(authorizer.entitlements) ? null : authorizer.entitlements.id,
    seesDetails: (application) =>
      authorizer.seesAll || application.id === authorizer.entitlements.id || manages(application),

    requireManager(application, kind, field) {
      if (application === undefined || !managed.seesDetails(application)) throw new NotFound(kind, field);
      if (!manages(application)) {
        throw new Forbidden(
          'To manage this application, you need ADMIN or APPLICATION_MANAGER, or you must be the principal that created the application.',
          field,
        );
      }
    },

    async lock(tx, id, field, { epoch }) {
      if (epoch) await raiseEpoch(tx);
      const application = await store.lock(tx, id);
      if (application === undefined) throw new NotFound('application', field);
      // Without this check, a manager without ADMIN could use the application's access keys to act as ADMIN.
      if (!authorizer.isAdmin && (await hasAdmin(tx, id)))
        throw new Escalation(
          'This application has the role ADMIN. Only ADMIN can change the application or its access keys.',
          field,
        );
      return application;
    },

    async manage(tx, { id, field, epoch }, work) {
      const glimpse = await store.glimpse(tx, id);
      return refusalsAbout(glimpse === undefined ? {} : { subject: eventSubjectOf(glimpse) }, async () => {
        managed.requireManager(glimpse, 'application', field);
        return work(await managed.lock(tx, id, field, { epoch }));
      });
    },

    requireFree(roles, message, field) {
      const allowed: readonly string[] = FREE_APPLICATION_ROLES;
      if (!authorizer.isAdmin && roles.some((role) => !allowed.includes(role))) throw new Escalation(message, field);
    },
  };
  return managed;
}

export function eventSubjectOf(application: { id: Uuid; name: string }): EventSubject {
  return { kind: 'APPLICATION', id: toGlobalId('APPLICATION', application.id), name: application.name };
}
