import { PASSWORD } from '../world.ts';
import { type GatewayClient, gatewayClient } from './gateway-client.ts';
import { LISTED_TAG, TAG } from './tables.ts';

/** The callers of the gateway in the benchmark, with their tokens. */
export interface Callers {
  admin: { token: string };
  /** An application in a group that has READ on a tag. */
  reader: Application;
  /** An application in a group that has READ and UPDATE on a tag. */
  rotator: Application;
  /** An application in a group that has READ on the tag of 50 secrets. */
  lister: Application;
  /** An application with the role USER, which may create secrets. */
  creator: Application;
}

export interface Application {
  id: string;
  keyId: string;
  keySecret: string;
  token: string;
}

/** Creates the callers through the API of the gateway. */
export async function makeCallers(url: string): Promise<Callers> {
  const { signIn } = await gatewayClient(url)(
    'mutation ($p: SecretValue!) { signIn(username: "admin", password: $p) { token } }',
    { p: PASSWORD },
  );
  const admin = gatewayClient(url, signIn.token);
  return {
    admin: { token: signIn.token },
    reader: await makeApplication(url, admin, 'bench reader', { tag: TAG, access: ['READ'] }),
    rotator: await makeApplication(url, admin, 'bench rotator', { tag: TAG, access: ['READ', 'UPDATE'] }),
    lister: await makeApplication(url, admin, 'bench lister', { tag: LISTED_TAG, access: ['READ'] }),
    creator: await makeApplication(url, admin, 'bench creator', { tag: TAG, access: ['READ'] }, ['USER']),
  };
}

async function makeApplication(
  url: string,
  admin: GatewayClient,
  name: string,
  { tag, access }: { tag: typeof TAG; access: string[] },
  roles: string[] = [],
): Promise<Application> {
  const { createApplication } = await admin(
    'mutation ($i: CreateApplicationInput!) { createApplication(input: $i) { application { id } } }',
    { i: { name, roles } },
  );
  const { createGroup } = await admin(
    'mutation ($name: String!) { createGroup(input: { name: $name }) { group { id } } }',
    {
      name: `${name}s`,
    },
  );
  const [application, group] = [createApplication.application.id, createGroup.group.id];
  await admin('mutation ($g: ID!, $p: ID!) { addGroupMembers(groupId: $g, principalIds: [$p]) { group { id } } }', {
    g: group,
    p: application,
  });
  await admin('mutation ($i: PermissionInput!) { grantPermission(input: $i) { permission { id } } }', {
    i: { subjectId: group, target: { tag }, access },
  });
  const { createAccessKey } = await admin(
    'mutation ($a: ID!) { createAccessKey(applicationId: $a) { accessKey { id } secret } }',
    { a: application },
  );
  const key = { keyId: createAccessKey.accessKey.id, keySecret: createAccessKey.secret };
  const { signInApplication } = await gatewayClient(url)(
    'mutation ($keyId: String!, $keySecret: SecretValue!) { signInApplication(keyId: $keyId, keySecret: $keySecret) { token } }',
    key,
  );
  return { id: application, ...key, token: signInApplication.token };
}
