// The postal service: who sees, reveals and uses one secret, and how that ends.
import { randomBytes } from 'node:crypto';
import { MASK, Sensitive } from '../../sensitive.ts';
import { found, textOf, tokenOf } from './answers.ts';
import type { Cast, Made } from './made.ts';
import type { Actor, Stage } from './stage.ts';

const FIRST_VALUE = 'postmaster-pat';
const SECOND_VALUE = 'postmaster-quinn';
const TAG = { key: 'team', value: 'shipping' };

const SIGN_IN = `
  mutation ($username: String!, $password: SecretValue!) {
    signIn(username: $username, password: $password) {
      token
      principal { name roles }
    }
  }`;
const SEE = `
  query ($name: String!) {
    secret(name: $name) { name value tags { id } viewerAccess }
  }`;
const REVEAL = `
  query ($name: String!) {
    secret(name: $name) { version value(reveal: true) }
  }`;
const REVEAL_VERSION = `
  query ($name: String!, $version: Int!) {
    secret(name: $name) { name value(reveal: true, version: $version) }
  }`;
const GRANT = `
  mutation ($input: PermissionInput!) {
    grantPermission(input: $input) {
      permission { access target { ... on Tag { id } } }
    }
  }`;

/** Tells the story. What it makes is put on `made` the moment it is there. @throws Broken at the first step that does not do what it should */
export async function tell({ step, play, say, ask }: Stage, { username, password }: Cast, made: Made[]): Promise<void> {
  const nobody: Actor = { name: 'anyone', token: undefined };

  step('The administrator signs in');
  const hello = await play({
    by: nobody,
    query: SIGN_IN,
    variables: { username, password: password.expose() },
    expected: 'a token, and the role ADMIN',
    holds: ({ data, errors }) => errors.length === 0 && JSON.stringify(data).includes('"ADMIN"'),
  });
  const admin: Actor = { name: 'admin', token: tokenOf(hello, 'signIn.token') };
  const names = await freeNames(ask, say, admin);
  const name = names.secret;

  step(`A secret: ${name}`);
  await play({
    by: admin,
    query: `
      mutation ($input: CreateSecretInput!) {
        createSecret(input: $input) {
          secret { name version value }
        }
      }`,
    variables: { input: { name, value: FIRST_VALUE, description: 'Who posts the parcels' } },
    expected: 'version 1, and `***` in place of the value',
    holds: ({ data }) =>
      found(data, 'createSecret.secret.version') === 1 && found(data, 'createSecret.secret.value') === MASK,
  });
  made.push({
    what: 'the secret',
    by: admin,
    query: 'mutation ($name: String!) { deleteSecret(name: $name, purge: true) { id } }',
    variables: { name },
  });

  step('Its tag: team:shipping');
  await play({
    by: admin,
    query: `
      mutation ($name: String!, $tags: [TagInput!]!) {
        tagSecret(name: $name, tags: $tags) {
          secret { name tags { id } }
        }
      }`,
    variables: { name, tags: [TAG] },
    expected: 'the tag is on it',
    holds: ({ data }) => found(data, 'tagSecret.secret.tags.0.id') === 'team:shipping',
  });

  step('A group with a user in it, which may READ what carries the tag');
  const userPassword = new Sensitive(randomBytes(12).toString('base64url'));
  const newUser = await play({
    by: admin,
    query: `
      mutation ($input: CreateUserInput!) {
        createUser(input: $input) {
          user { id username roles }
        }
      }`,
    variables: {
      input: { username: names.user, name: 'Pat of the post office', password: userPassword.expose(), roles: [] },
    },
    expected: 'a user without any role',
    holds: ({ data }) => JSON.stringify(found(data, 'createUser.user.roles')) === '[]',
  });
  const userId = textOf(newUser, 'createUser.user.id');
  made.push({
    what: 'the user',
    by: admin,
    query: 'mutation ($id: ID!) { deleteUser(id: $id) { id } }',
    variables: { id: userId },
  });
  const newGroup = await play({
    by: admin,
    query: `
      mutation ($input: CreateGroupInput!) {
        createGroup(input: $input) {
          group { id name }
        }
      }`,
    variables: { input: { name: names.group } },
    expected: 'a group',
  });
  const groupId = textOf(newGroup, 'createGroup.group.id');
  made.push({
    what: 'the group',
    by: admin,
    query: 'mutation ($id: ID!) { deleteGroup(id: $id) { id } }',
    variables: { id: groupId },
  });
  await play({
    by: admin,
    query: `
      mutation ($groupId: ID!, $principalIds: [ID!]!) {
        addGroupMembers(groupId: $groupId, principalIds: $principalIds) {
          group { members { nodes { name } } }
        }
      }`,
    variables: { groupId, principalIds: [userId] },
    expected: 'the user is in it',
    holds: ({ data }) => found(data, 'addGroupMembers.group.members.nodes.0') !== undefined,
  });
  await play({
    by: admin,
    query: GRANT,
    variables: { input: { subjectId: groupId, target: { tag: TAG }, access: ['READ'] } },
    expected: 'READ on the tag',
    holds: ({ data }) => JSON.stringify(found(data, 'grantPermission.permission.access')) === '["READ"]',
  });

  step('An application with an access key, which may EXECUTE what carries the tag');
  const newApplication = await play({
    by: admin,
    query: `
      mutation ($input: CreateApplicationInput!) {
        createApplication(input: $input) {
          application { id name }
        }
      }`,
    variables: { input: { name: names.application, description: 'Runs the shipping workflows' } },
    expected: 'an application',
  });
  const applicationId = textOf(newApplication, 'createApplication.application.id');
  made.push({
    what: 'the application',
    by: admin,
    query: 'mutation ($id: ID!) { deleteApplication(id: $id) { id } }',
    variables: { id: applicationId },
  });
  const newKey = await play({
    by: admin,
    query: `
      mutation ($applicationId: ID!) {
        createAccessKey(applicationId: $applicationId) {
          accessKey { id active }
          secret
        }
      }`,
    variables: { applicationId },
    expected: 'a key, with its secret half shown this once',
    holds: ({ data }) => typeof found(data, 'createAccessKey.secret') === 'string',
  });
  await play({
    by: admin,
    query: GRANT,
    variables: { input: { subjectId: applicationId, target: { tag: TAG }, access: ['EXECUTE'] } },
    expected: 'EXECUTE on the tag',
    holds: ({ data }) => JSON.stringify(found(data, 'grantPermission.permission.access')) === '["EXECUTE"]',
  });

  step('The user sees the secret, masked');
  const helloUser = await play({
    by: nobody,
    query: SIGN_IN,
    variables: { username: names.user, password: userPassword.expose() },
    expected: 'a token',
  });
  const user: Actor = { name: 'user', token: tokenOf(helloUser, 'signIn.token') };
  await play({
    by: user,
    query: SEE,
    variables: { name },
    expected: '`***` in place of the value',
    holds: ({ data }) => found(data, 'secret.value') === MASK,
  });

  step('The user asks for the value, and may have it');
  await play({
    by: user,
    query: REVEAL,
    variables: { name },
    reveals: true,
    expected: 'the value: written to the audit log first, then shown',
    holds: ({ data }) => found(data, 'secret.value') === FIRST_VALUE,
  });

  step('The application may use the secret, and not see its value');
  const helloApplication = await play({
    by: nobody,
    query: `
      mutation ($keyId: String!, $keySecret: SecretValue!) {
        signInApplication(keyId: $keyId, keySecret: $keySecret) {
          token
          principal { name roles }
        }
      }`,
    variables: {
      keyId: textOf(newKey, 'createAccessKey.accessKey.id'),
      keySecret: textOf(newKey, 'createAccessKey.secret'),
    },
    expected: 'a token',
  });
  const application: Actor = { name: 'app', token: tokenOf(helloApplication, 'signInApplication.token') };
  await play({
    by: application,
    query: REVEAL,
    variables: { name },
    reveals: true,
    expected: 'FORBIDDEN, and no value',
    holds: ({ data, errors }) =>
      found(data, 'secret.value') === null && errors.map((error) => error.code).join() === 'FORBIDDEN',
  });

  step('The tag is taken away: from the next request on, both have nothing');
  await play({
    by: admin,
    query: `
      mutation ($name: String!, $tags: [TagInput!]!) {
        untagSecret(name: $name, tags: $tags) {
          secret { name tags { id } }
        }
      }`,
    variables: { name, tags: [TAG] },
    expected: 'no tag is left on it',
    holds: ({ data }) => JSON.stringify(found(data, 'untagSecret.secret.tags')) === '[]',
  });
  for (const by of [user, application]) {
    await play({
      by,
      query: REVEAL,
      variables: { name },
      reveals: true,
      expected: 'null, as for a secret that does not exist',
      holds: ({ data, errors }) => data?.secret === null && errors.length === 0,
    });
  }

  step('The secret is rotated');
  await play({
    by: admin,
    query: `
      mutation ($input: RotateSecretInput!) {
        rotateSecret(input: $input) {
          changed
          secret { version value }
        }
      }`,
    variables: { input: { name, value: SECOND_VALUE, expectedVersion: 1 } },
    expected: 'version 2',
    holds: ({ data }) =>
      found(data, 'rotateSecret.secret.version') === 2 && found(data, 'rotateSecret.changed') === true,
  });

  step('The old value can still be had, by its number');
  for (const [version, value] of [
    [2, SECOND_VALUE],
    [1, FIRST_VALUE],
  ] as const) {
    await play({
      by: admin,
      query: REVEAL_VERSION,
      variables: { name, version },
      reveals: true,
      expected: `the value of version ${version}`,
      holds: ({ data }) => found(data, 'secret.value') === value,
    });
  }
}

/** Names that nothing has yet: the usual ones, or with a suffix if one of them is taken. */
async function freeNames(ask: Stage['ask'], say: Stage['say'], admin: Actor) {
  const [secret, user, group, application] = ['post_office_username', 'pat', 'shipping', 'post-office'];
  const { data } = await ask(
    'query ($s: String!, $u: String!, $g: String!) { secret(name: $s) { id } user(username: $u) { id } group(name: $g) { id } }',
    { s: secret, u: user, g: group },
    admin.token,
  );
  if (data !== null && [data.secret, data.user, data.group].every((found) => found === null))
    return { secret, user, group, application };
  const suffix = randomBytes(3).toString('hex');
  say(`   A usual name is taken in this gateway: the names in this story end in ${suffix}.`);
  return {
    secret: `${secret}_${suffix}`,
    user: `${user}-${suffix}`,
    group: `${group}-${suffix}`,
    application: `${application}-${suffix}`,
  };
}
