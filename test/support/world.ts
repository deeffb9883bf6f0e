// Creates a small set of objects for tests. The administrator creates the users, groups, applications, secrets and
// grants through the API.
import type { Access, Role } from '../../src/generated/vocabulary.ts';
import { type Client, type TestApp, type TestAppOptions, testApp } from './app.ts';
import { sentinel } from './sentinel.ts';

export interface Someone extends Client {
  id: string;
  name: string;
}

export interface SomeUser extends Someone {
  password: string;
}

export interface SomeApplication extends Someone {
  keyId: string;
  keySecret: string;
}

export interface SomeSecret {
  id: string;
  name: string;
  value: string;
}

type TagText = `${string}:${string}`;

export interface World extends TestApp {
  /** Creates a user with a token. A user without roles has access only through grants. */
  user(name: string, options?: { roles?: Role[]; groups?: string[] }): Promise<SomeUser>;
  /** Creates an application as the administrator. The application receives a token for its access key. */
  application(name: string, options?: { roles?: Role[] }): Promise<SomeApplication>;
  /** Creates a group with these members, and returns the id of the group. `members` contains the ids of the members. */
  group(name: string, members?: string[], options?: { roles?: Role[] }): Promise<string>;
  secret(
    name: string,
    options?: { tags?: TagText[]; value?: string; expiresAt?: string; by?: Client },
  ): Promise<SomeSecret>;
  /**
   * Creates a grant, and returns the id of the grant. `on` is a tag in the form `key:value`, or the name of a secret.
   */
  grant(
    subjectId: string,
    access: Access | Access[],
    on: string,
    options?: { expiresAt?: string; by?: Client },
  ): Promise<string>;
  /** Revokes accesses of a grant. Revokes all accesses if `access` is omitted. */
  revoke(subjectId: string, on: string, access?: Access[]): Promise<void>;
  /** Returns the result of a reveal: the secret value, the error code, or `null` if the secret is hidden. */
  reveal(who: Client, name: string, version?: number): Promise<string | null>;
  /** Returns whether a masked read shows the secret to the caller. */
  sees(who: Client, name: string): Promise<boolean>;
}

export async function world(options: TestAppOptions = {}): Promise<World> {
  const app = await testApp(options);
  const { admin, anonymous, as } = app;
  return {
    ...app,

    async user(name, { roles = [], groups = [] } = {}) {
      const password = sentinel('password');
      const { createUser } = await admin.get(
        'mutation ($i: CreateUserInput!) { createUser(input: $i) { user { id } } }',
        { i: { username: name, name, password, roles } },
      );
      const { id } = createUser.user;
      for (const groupId of groups) {
        await admin.get(
          'mutation ($g: ID!, $p: [ID!]!) { addGroupMembers(groupId: $g, principalIds: $p) { group { id } } }',
          { g: groupId, p: [id] },
        );
      }
      return { ...(await app.signIn(name, password)), id, name, password };
    },

    async application(name, { roles = [] } = {}) {
      const { createApplication } = await admin.get(
        'mutation ($i: CreateApplicationInput!) { createApplication(input: $i) { application { id } } }',
        { i: { name, roles } },
      );
      const { id } = createApplication.application;
      const { createAccessKey } = await admin.get(
        'mutation ($a: ID!) { createAccessKey(applicationId: $a) { accessKey { id } secret } }',
        { a: id },
      );
      const { accessKey, secret } = createAccessKey;
      const { signInApplication } = await anonymous.get(
        'mutation ($k: String!, $s: SecretValue!) { signInApplication(keyId: $k, keySecret: $s) { token } }',
        { k: accessKey.id, s: secret },
      );
      return { ...as(signInApplication.token), id, name, keyId: accessKey.id, keySecret: secret };
    },

    async group(name, members = [], { roles = [] } = {}) {
      const { createGroup } = await admin.get(
        'mutation ($i: CreateGroupInput!) { createGroup(input: $i) { group { id } } }',
        {
          i: { name, roles },
        },
      );
      const { id } = createGroup.group;
      if (members.length > 0) {
        await admin.get(
          'mutation ($g: ID!, $p: [ID!]!) { addGroupMembers(groupId: $g, principalIds: $p) { group { id } } }',
          { g: id, p: members },
        );
      }
      return id;
    },

    async secret(name, { tags = [], value = sentinel(), expiresAt, by = admin } = {}) {
      const { createSecret } = await by.get(
        'mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { id } } }',
        {
          i: { name, value, tags: tags.map(tagInput), expiresAt },
        },
      );
      return { id: createSecret.secret.id, name, value };
    },

    async grant(subjectId, access, on, { expiresAt, by = admin } = {}) {
      const { grantPermission } = await by.get(
        'mutation ($i: PermissionInput!) { grantPermission(input: $i) { permission { id } } }',
        { i: { subjectId, target: targetInput(on), access: [access].flat(), expiresAt } },
      );
      return grantPermission.permission.id;
    },

    async revoke(subjectId, on, access = []) {
      await admin.get('mutation ($i: PermissionInput!) { revokePermission(input: $i) { permission { id } } }', {
        i: { subjectId, target: targetInput(on), access },
      });
    },

    async reveal(who, name, version) {
      const { data, errors } = await who.askRevealing(
        'query ($n: String!, $v: Int) { secret(name: $n) { value(reveal: true, version: $v) } }',
        { n: name, v: version },
      );
      if (errors.length > 0) return errors.map((error) => error.extensions.code).join();
      return data.secret === null ? null : data.secret.value;
    },

    async sees(who, name) {
      const { secret } = await who.get('query ($n: String!) { secret(name: $n) { name value } }', { n: name });
      return secret !== null;
    },
  };
}

export function tagInput(tag: string): { key: string; value: string } {
  const colon = tag.indexOf(':');
  return { key: tag.slice(0, colon), value: tag.slice(colon + 1) };
}

export function targetInput(on: string): Record<string, unknown> {
  return on.includes(':') ? { tag: tagInput(on) } : { secret: on };
}
