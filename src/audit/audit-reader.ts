import type { Access } from '../access/access.ts';
import type { Database } from '../database/client.ts';
import { Forbidden } from '../errors.ts';
import { type Page, type PageRequest, pageBounds, toPage } from '../pages.ts';
import type { AuditEvent } from './audit-event.ts';
import { type AuditQuery, findEvent, findEvents } from './audit-store.ts';

/** What one caller sees of the audit log: all of it or nothing. */
export interface AuditReader {
  /** Newest first. @throws Forbidden */
  list(query: AuditQuery, page: PageRequest): Promise<Page<AuditEvent>>;
  findById(id: string): Promise<AuditEvent | null>;
}

export function auditReader({ database, access }: { database: Database; access: Access }): AuditReader {
  return {
    async list(query, page) {
      if (!access.seesAll) throw new Forbidden('Reading the audit log needs ADMIN or AUDITOR.');
      const { first, after } = pageBounds(page);
      return toPage(await findEvents(database, query, first + 1, after), first);
    },
    async findById(id) {
      return access.seesAll ? ((await findEvent(database, id)) ?? null) : null;
    },
  };
}
