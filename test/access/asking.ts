// Operations that several access tests share. Each function returns the complete answer, so that a test can check the
// error.
import type { Access, Role } from '../../src/generated/vocabulary.ts';
import type { Answer, Client } from '../support/app.ts';
import { tagInput, targetInput } from '../support/world.ts';

type Asked = Promise<Answer>;
interface Grant {
  expiresAt?: string | null;
}

const PERMISSION =
  'permission { id access expiresAt grantedAt subject { __typename ... on User { username } ... on Group { name } ... on Application { name } } target { __typename ... on Tag { id } ... on SecretName { name secret { name } } } grantedBy { name } }';

export const grant = (who: Client, subjectId: string, access: Access[], on: string, more: Grant = {}): Asked =>
  who.ask(`mutation ($i: PermissionInput!) { grantPermission(input: $i) { ${PERMISSION} } }`, {
    i: { subjectId, target: targetInput(on), access, ...more },
  });

export const revoke = (who: Client, subjectId: string, access: Access[], on: string, more: Grant = {}): Asked =>
  who.ask(`mutation ($i: PermissionInput!) { revokePermission(input: $i) { ${PERMISSION} } }`, {
    i: { subjectId, target: targetInput(on), access, ...more },
  });

export const tag = (who: Client, name: string, ...tags: string[]): Asked =>
  who.ask('mutation ($n: String!, $t: [TagInput!]!) { tagSecret(name: $n, tags: $t) { secret { tags { id } } } }', {
    n: name,
    t: tags.map(tagInput),
  });

export const untag = (who: Client, name: string, ...tags: string[]): Asked =>
  who.ask('mutation ($n: String!, $t: [TagInput!]!) { untagSecret(name: $n, tags: $t) { secret { tags { id } } } }', {
    n: name,
    t: tags.map(tagInput),
  });

export const deleteSecret = (who: Client, name: string, purge = false): Asked =>
  who.ask('mutation ($n: String!, $p: Boolean!) { deleteSecret(name: $n, purge: $p) { id } }', { n: name, p: purge });

export const addMembers = (who: Client, groupId: string, ...ids: string[]): Asked =>
  who.ask('mutation ($g: ID!, $p: [ID!]!) { addGroupMembers(groupId: $g, principalIds: $p) { group { id } } }', {
    g: groupId,
    p: ids,
  });

export const removeMembers = (who: Client, groupId: string, ...ids: string[]): Asked =>
  who.ask('mutation ($g: ID!, $p: [ID!]!) { removeGroupMembers(groupId: $g, principalIds: $p) { group { id } } }', {
    g: groupId,
    p: ids,
  });

export const createGroup = (who: Client, input: Record<string, unknown>): Asked =>
  who.ask(
    'mutation ($i: CreateGroupInput!) { createGroup(input: $i) { group { id name description roles createdAt } } }',
    {
      i: input,
    },
  );

export const updateGroup = (who: Client, id: string, change: Record<string, unknown>): Asked =>
  who.ask('mutation ($i: UpdateGroupInput!) { updateGroup(input: $i) { group { id name description roles } } }', {
    i: { id, ...change },
  });

export const deleteGroup = (who: Client, id: string): Asked =>
  who.ask('mutation ($i: ID!) { deleteGroup(id: $i) { id } }', { i: id });

export const createUser = (who: Client, input: Record<string, unknown>): Asked =>
  who.ask(
    'mutation ($i: CreateUserInput!) { createUser(input: $i) { user { id username name email active roles createdAt } } }',
    { i: input },
  );

export const updateUser = (who: Client, id: string, change: Record<string, unknown>): Asked =>
  who.ask('mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id name email active roles } } }', {
    i: { id, ...change },
  });

export const deleteUser = (who: Client, id: string): Asked =>
  who.ask('mutation ($i: ID!) { deleteUser(id: $i) { id } }', { i: id });

export const createApplication = (who: Client, name: string, roles: Role[] = []): Asked =>
  who.ask(
    'mutation ($i: CreateApplicationInput!) { createApplication(input: $i) { application { id name description roles createdBy { id } } } }',
    { i: { name, roles } },
  );

export const updateApplication = (who: Client, id: string, change: Record<string, unknown>): Asked =>
  who.ask(
    'mutation ($i: UpdateApplicationInput!) { updateApplication(input: $i) { application { id name description roles } } }',
    { i: { id, ...change } },
  );

export const deleteApplication = (who: Client, id: string): Asked =>
  who.ask('mutation ($i: ID!) { deleteApplication(id: $i) { id } }', { i: id });

/**
 * The leak test searches only the errors of this answer, because the answer legitimately contains the secret of an
 * access key.
 */
export const createKey = (who: Client, applicationId: string, expiresAt?: string): Asked =>
  who.askRevealing(
    'mutation ($a: ID!, $e: DateTime) { createAccessKey(applicationId: $a, expiresAt: $e) { secret accessKey { id active createdAt lastUsedAt expiresAt } } }',
    { a: applicationId, e: expiresAt },
  );

export const setKeyActive = (who: Client, keyId: string, active: boolean): Asked =>
  who.ask(
    'mutation ($k: ID!, $a: Boolean!) { setAccessKeyActive(keyId: $k, active: $a) { accessKey { id active } } }',
    {
      k: keyId,
      a: active,
    },
  );

export const deleteKey = (who: Client, keyId: string): Asked =>
  who.ask('mutation ($k: ID!) { deleteAccessKey(keyId: $k) { id } }', { k: keyId });

export const signInApplication = (who: Client, keyId: string, keySecret: string): Asked =>
  who.askRevealing(
    'mutation ($k: String!, $s: SecretValue!) { signInApplication(keyId: $k, keySecret: $s) { token } }',
    { k: keyId, s: keySecret },
  );

export const signIn = (who: Client, username: string, password: string): Asked =>
  who.askRevealing('mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token } }', {
    u: username,
    p: password,
  });

/** The code, the field and the missing permissions of an error. */
export const refusal = ({ errors: [error] }: Answer) => ({
  code: error?.extensions.code,
  field: error?.extensions.field,
});
