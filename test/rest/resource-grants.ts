import { newId, parseGlobalId } from '../../src/primitives/ids.ts';
import type { TestApp } from '../support/app.ts';

/** Returns a grant on a resource as the database stores it. `subject` is a global id. */
export async function grantOnResource(
  { database, clock }: TestApp,
  subject: string,
  access: readonly string[],
  target: { kind: string; name: string },
  { expiresAt = null, ended = false }: { expiresAt?: string | null; ended?: boolean } = {},
): Promise<void> {
  const { kind, uuid } = parseGlobalId(subject) ?? { kind: 'none', uuid: '' };
  await database.query(
    `INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, access, expires_at, valid_from, valid_to)
     VALUES ($1::uuid, $2, $3::uuid, $4, $5, $6::text[], $7::timestamptz, $8::timestamptz, $9::timestamptz)`,
    [newId(), kind, uuid, target.kind, target.name, access, expiresAt, clock.now(), ended ? clock.now() : null],
  );
}

/** Creates a custom role and returns its global id. */
export async function someRole({ database, clock }: TestApp, name: string): Promise<string> {
  const id = newId();
  await database.query(
    'INSERT INTO role_definitions (id, name, permissions, system, created_at) VALUES ($1::uuid, $2, $3::text[], false, $4::timestamptz)',
    [id, name, [], clock.now()],
  );
  return `rol_${id.replaceAll('-', '')}`;
}
