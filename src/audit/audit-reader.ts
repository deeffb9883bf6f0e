import type { Database } from '../database/client.ts';
import { Forbidden } from '../errors.ts';
import type { Uuid } from '../primitives/ids.ts';
import { type Page, type PageRequest, pageBounds, toPage } from '../primitives/pages.ts';
import type { AuditEvent } from './audit-event.ts';
import type { AuditLog } from './audit-log.ts';
import { type AuditQuery, findEvent, findEvents } from './audit-store.ts';
import type { Verification } from './audit-verification.ts';

/** Reads the audit log for one caller. ADMIN and AUDITOR see the whole log, and everyone else sees nothing. */
export interface AuditReader {
  /** Audit events, newest first. @throws Forbidden */
  list(query: AuditQuery, page: PageRequest): Promise<Page<AuditEvent>>;
  /** Returns the event with this UUID. Returns null if no event has this UUID, or if the caller may not see the audit log. */
  findById(id: Uuid): Promise<AuditEvent | null>;
  /** Verifies the whole audit log, and records an audit event with the result. @throws Forbidden, Unavailable */
  verify(): Promise<Verification>;
}

export interface AuditReaderDeps {
  database: Database;
  /** `seesAll` is true if the caller has the role ADMIN or AUDITOR. */
  authorizer: { readonly seesAll: boolean };
  audit: AuditLog;
  verifyLog: () => Promise<Verification>;
}

export function auditReader({ database, authorizer, audit, verifyLog }: AuditReaderDeps): AuditReader {
  return {
    async list(query, page) {
      if (!authorizer.seesAll) throw new Forbidden('Reading the audit log requires the role ADMIN or AUDITOR.');
      const { first, after } = pageBounds(page);
      return toPage(await findEvents(database, query, first + 1, after), first);
    },
    async findById(id) {
      return authorizer.seesAll ? ((await findEvent(database, id)) ?? null) : null;
    },
    verify() {
      const attempt = { action: 'AUDIT_VERIFY', subject: null } as const;
      return audit.before(attempt, async () => {
        if (!authorizer.seesAll) throw new Forbidden('Checking the audit log requires the role ADMIN or AUDITOR.');
        const found = await verifyLog();
        const { intact, eventsChecked, problem } = found;
        const changes = { intact, eventsChecked, ...(problem === null ? {} : { problem }) };
        return { result: found, event: { ...attempt, changes } };
      });
    },
  };
}
