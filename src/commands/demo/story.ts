// The demo story of a postal service. A user and an application see, reveal and use one secret, until they lose access to the secret.
import { randomBytes } from 'node:crypto';
import { MASK, Sensitive } from '../../sensitive.ts';
import { textOf, tokenOf, valueAt } from './answers.ts';
import type { Actor, Stage } from './stage.ts';
import type { Created, StoryContext } from './story-context.ts';

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

/**
 * Shows the story step by step. The function adds each created object to `created` immediately. @throws StepFailed at the first step without the
 * expected result
 */
export async function playPostalService(
  { step, play, say, ask }: Stage,
  { username, password }: StoryContext,
  created: Created[],
): Promise<void> {
  const anonymous: Actor = { name: 'anyone', token: undefined };

  step('The administrator signs in');
  const hello = await play({
    by: anonymous,
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
    expected: 'version 1, and `***` instead of the value',
    holds: ({ data }) =>
      valueAt(data, 'createSecret.secret.version') === 1 && valueAt(data, 'createSecret.secret.value') === MASK,
  });
  created.push({
    what: 'the secret',
    by: admin,
    query: 'mutation ($name: String!) { deleteSecret(name: $name, purge: true) { id } }',
    variables: { name },
  });

  step('The secret gets the tag team:shipping');
  await play({
    by: admin,
    query: `
      mutation ($name: String!, $tags: [TagInput!]!) {
        tagSecret(name: $name, tags: $tags) {
          secret { name tags { id } }
        }
      }`,
    variables: { name, tags: [TAG] },
    expected: 'the secret has the tag',
    holds: ({ data }) => valueAt(data, 'tagSecret.secret.tags.0.id') === 'team:shipping',
  });

  step('A group with one user. The group may READ secrets with the tag');
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
    holds: ({ data }) => JSON.stringify(valueAt(data, 'createUser.user.roles')) === '[]',
  });
  const userId = textOf(newUser, 'createUser.user.id');
  created.push({
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
  created.push({
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
    expected: 'the user is a member',
    holds: ({ data }) => valueAt(data, 'addGroupMembers.group.members.nodes.0') !== undefined,
  });
  await play({
    by: admin,
    query: GRANT,
    variables: { input: { subjectId: groupId, target: { tag: TAG }, access: ['READ'] } },
    expected: 'READ on the tag',
    holds: ({ data }) => JSON.stringify(valueAt(data, 'grantPermission.permission.access')) === '["READ"]',
  });

  step('An application with an access key. The application may EXECUTE secrets with the tag');
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
  created.push({
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
    expected: 'an access key, whose secret half is shown only once',
    holds: ({ data }) => typeof valueAt(data, 'createAccessKey.secret') === 'string',
  });
  await play({
    by: admin,
    query: GRANT,
    variables: { input: { subjectId: applicationId, target: { tag: TAG }, access: ['EXECUTE'] } },
    expected: 'EXECUTE on the tag',
    holds: ({ data }) => JSON.stringify(valueAt(data, 'grantPermission.permission.access')) === '["EXECUTE"]',
  });

  step('The user sees the secret, masked');
  const helloUser = await play({
    by: anonymous,
    query: SIGN_IN,
    variables: { username: names.user, password: userPassword.expose() },
    expected: 'a token',
  });
  const user: Actor = { name: 'user', token: tokenOf(helloUser, 'signIn.token') };
  await play({
    by: user,
    query: SEE,
    variables: { name },
    expected: '`***` instead of the value',
    holds: ({ data }) => valueAt(data, 'secret.value') === MASK,
  });

  step('The user reveals the value');
  await play({
    by: user,
    query: REVEAL,
    variables: { name },
    reveals: true,
    expected: 'the value, after the reveal was recorded in the audit log',
    holds: ({ data }) => valueAt(data, 'secret.value') === FIRST_VALUE,
  });

  step('The application may use the secret, but not reveal its value');
  const helloApplication = await play({
    by: anonymous,
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
      valueAt(data, 'secret.value') === null && errors.map((error) => error.code).join() === 'FORBIDDEN',
  });

  step('The tag is removed. From the next request on, the user and the application have no access');
  await play({
    by: admin,
    query: `
      mutation ($name: String!, $tags: [TagInput!]!) {
        untagSecret(name: $name, tags: $tags) {
          secret { name tags { id } }
        }
      }`,
    variables: { name, tags: [TAG] },
    expected: 'the secret has no tags',
    holds: ({ data }) => JSON.stringify(valueAt(data, 'untagSecret.secret.tags')) === '[]',
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

  step('The administrator rotates the secret');
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
      valueAt(data, 'rotateSecret.secret.version') === 2 && valueAt(data, 'rotateSecret.changed') === true,
  });

  step('Earlier versions can still be revealed by their number');
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
      holds: ({ data }) => valueAt(data, 'secret.value') === value,
    });
  }
}

/** Returns unused names for the objects of the story. If the gateway already contains one of the usual names, all returned names end in a suffix. */
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
  say(`   This gateway already contains one of the usual names, so the names in this story end in ${suffix}.`);
  return {
    secret: `${secret}_${suffix}`,
    user: `${user}-${suffix}`,
    group: `${group}-${suffix}`,
    application: `${application}-${suffix}`,
  };
}
