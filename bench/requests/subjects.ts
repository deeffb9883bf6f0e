// Finds the secrets, principals and other objects in the database that the requests name.
import pg from 'pg';
import { type IdKind, toGlobalId, type Uuid } from '../../src/primitives/ids.ts';
import { PRESENT } from '../world-rows.ts';

export interface Subjects {
  /** The name of a secret. The values of all secrets in this object can be decrypted. */
  secret: string;
  secretId: string;
  secrets: string[];
  secretIds: string[];
  username: string;
  usernames: string[];
  userId: string;
  userIds: string[];
  group: string;
  groups: string[];
  groupId: string;
  groupIds: string[];
  applicationId: string;
  applicationIds: string[];
  /** An access key of an application that the bench created. */
  keyId: string;
  /** The first of two times. The two times are a week apart. */
  past: string;
  present: string;
}

export async function subjectsOf(url: string, keyId: string): Promise<Subjects> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const some = async (text: string) => (await client.query<{ id: Uuid; name: string }>(text)).rows;
  try {
    const secrets = await some(
      'SELECT s.id, s.name FROM secrets s WHERE deleted_at IS NULL AND expires_at IS NULL AND EXISTS (SELECT FROM secret_versions v WHERE v.secret_id = s.id) ORDER BY s.id LIMIT 300',
    );
    const users = await some(
      `SELECT id, username AS name FROM users WHERE active AND deleted_at IS NULL AND username <> 'admin' ORDER BY id LIMIT 500`,
    );
    const groups = await some('SELECT id, name FROM groups WHERE deleted_at IS NULL ORDER BY id LIMIT 200');
    const applications = await some('SELECT id, name FROM applications WHERE deleted_at IS NULL ORDER BY id LIMIT 200');
    const [secret, user, group, application] = [secrets, users, groups, applications].map((rows) => {
      if (rows[0] === undefined)
        throw new Error('The generated database is too small: the database lacks an object that the requests name');
      return rows[0];
    }) as [
      { id: Uuid; name: string },
      { id: Uuid; name: string },
      { id: Uuid; name: string },
      { id: Uuid; name: string },
    ];
    const outside = (kind: IdKind, rows: readonly { id: Uuid }[]) => rows.map(({ id }) => toGlobalId(kind, id));
    return {
      secret: secret.name,
      secretId: toGlobalId('SECRET', secret.id),
      secrets: secrets.map(({ name }) => name),
      secretIds: outside('SECRET', secrets),
      username: user.name,
      usernames: users.map(({ name }) => name),
      userId: toGlobalId('USER', user.id),
      userIds: outside('USER', users),
      group: group.name,
      groups: groups.map(({ name }) => name),
      groupId: toGlobalId('GROUP', group.id),
      groupIds: outside('GROUP', groups),
      applicationId: toGlobalId('APPLICATION', application.id),
      applicationIds: outside('APPLICATION', applications),
      keyId,
      past: new Date(PRESENT.getTime() - 7 * 86_400_000).toISOString(),
      present: PRESENT.toISOString(),
    };
  } finally {
    await client.end();
  }
}
