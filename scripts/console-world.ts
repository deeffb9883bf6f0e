// Creates example data for the console: the postal service of the demo, with enough data that no page of the console is empty.

/** Sends a query to the gateway as the administrator. @throws Error if the answer contains errors */
// biome-ignore lint/suspicious/noExplicitAny: the shape of an answer depends on the query
export type Ask = (query: string, variables?: Record<string, unknown>) => Promise<any>;

export interface ConsoleWorld {
  groupId: string;
  applicationId: string;
  userId: string;
}

/** The function `text` generates secret values and passwords. */
export async function makeConsoleWorld(ask: Ask, text: () => string): Promise<ConsoleWorld> {
  const secrets: [name: string, tags: string[], description: string | null, days: number | null][] = [
    ['post_office_username', ['env:prod', 'service:post-office'], 'Signs in at the post office.', null],
    ['post_office_password', ['env:prod', 'service:post-office'], 'Signs in at the post office.', 20],
    [
      'customs_api_token',
      ['env:prod', 'service:customs'],
      'Read-only. A workflow rotates it on the first of each month.',
      3,
    ],
    ['tracking_webhook_key', ['env:prod', 'service:tracking'], null, null],
    ['tracking_webhook_key_test', ['env:test', 'service:tracking'], null, null],
    ['label_printer_pin', ['site:depot-7'], 'Four digits. Printed on the box as well.', -2],
    ['parcel_db', ['env:prod', 'team:parcels'], 'JSON with host, user and password.', null],
    ['parcel_db_test', ['env:test', 'team:parcels'], null, null],
  ];
  for (const [name, tags, description, days] of secrets) {
    const expiresAt = days === null ? null : new Date(Date.now() + days * 86_400_000).toISOString();
    await ask('mutation ($i: CreateSecretInput!) { createSecret(input: $i) { secret { id } } }', {
      i: { name, value: text(), description, tags: tags.map(tagOf), expiresAt },
    });
  }
  const rotate = 'mutation ($i: RotateSecretInput!) { rotateSecret(input: $i) { changed } }';
  for (let n = 0; n < 3; n += 1) await ask(rotate, { i: { name: 'customs_api_token', generate: { length: 32 } } });

  const people = [
    ['ada', 'Ada Adler', ['USER']],
    ['ben', 'Ben Brandt', []],
    ['chloe', 'Chloe Chen', ['AUDITOR']],
    ['dan', 'Dan Duarte', []],
  ] as const;
  const users = [];
  for (const [username, name, roles] of people) {
    const { createUser } = await ask('mutation ($i: CreateUserInput!) { createUser(input: $i) { user { id } } }', {
      i: { username, name, roles, email: `${username}@post.example`, password: text() },
    });
    users.push(createUser.user.id);
  }
  const group = async (name: string, description: string, principalIds: string[]) => {
    const { createGroup } = await ask('mutation ($i: CreateGroupInput!) { createGroup(input: $i) { group { id } } }', {
      i: { name, description },
    });
    const { id } = createGroup.group;
    const add = 'mutation ($g: ID!, $p: [ID!]!) { addGroupMembers(groupId: $g, principalIds: $p) { group { id } } }';
    if (principalIds.length > 0) await ask(add, { g: id, p: principalIds });
    return id;
  };
  const application = async (name: string, description: string) => {
    const { createApplication } = await ask(
      'mutation ($i: CreateApplicationInput!) { createApplication(input: $i) { application { id } } }',
      { i: { name, description, roles: ['WORKER'] } },
    );
    const { id } = createApplication.application;
    await ask('mutation ($a: ID!) { createAccessKey(applicationId: $a) { accessKey { id } } }', { a: id });
    return id;
  };
  const applicationId = await application('parcel-tracker', 'Tracks parcels. Its workflows use secrets.');
  await application('label-printer', 'Prints at the depots.');
  const groupId = await group('mail carriers', 'Everybody on the road.', [users[0], users[1], applicationId]);
  await group('customs desk', 'Files customs declarations.', [users[3]]);
  await group('on call', 'Engineers on call tonight.', []);

  const grant = (subjectId: string, on: string, access: string[], days?: number) =>
    ask('mutation ($i: PermissionInput!) { grantPermission(input: $i) { permission { id } } }', {
      i: {
        subjectId,
        target: on.includes(':') ? { tag: tagOf(on) } : { secret: on },
        access,
        expiresAt: days === undefined ? null : new Date(Date.now() + days * 86_400_000).toISOString(),
      },
    });
  await grant(groupId, 'service:post-office', ['READ', 'EXECUTE']);
  await grant(groupId, 'env:test', ['READ', 'UPDATE', 'EXECUTE']);
  await grant(applicationId, 'service:tracking', ['EXECUTE'], 30);
  await grant(applicationId, 'parcel_db', ['READ', 'EXECUTE']);
  await grant(users[1] ?? '', 'customs_api_token', ['READ', 'UPDATE']);
  await grant(users[3] ?? '', 'label_printer_pin', ['READ'], -1);
  await ask('{ secret(name: "customs_api_token") { value(reveal: true) } }');
  await ask('mutation { deleteSecret(name: "parcel_db_test") { id } }');
  return { groupId, applicationId, userId: users[1] ?? '' };
}

/** The paths of the console's pages. Each page is identified by the name of its picture in docs/console. */
export function consolePages({ groupId, applicationId, userId }: ConsoleWorld): Record<string, string> {
  return {
    secrets: '/secrets',
    secret: '/secrets/customs_api_token',
    'secret-access': '/secrets/post_office_password?tab=access',
    deleted: '/deleted',
    groups: '/groups',
    group: `/groups/${groupId}`,
    applications: '/applications',
    application: `/applications/${applicationId}`,
    users: '/users',
    user: `/users/${userId}`,
    'audits-access': '/audits/access?secret=post_office_password',
    'audits-changes': '/audits/changes?secret=customs_api_token',
    'audits-simulation': '/audits/simulation',
    'audits-unused': '/audits/unused',
    'audits-log': '/audits/log',
    explorer: '/explorer',
  };
}

function tagOf(text: string): { key: string; value: string } {
  const [key = '', value = ''] = text.split(':');
  return { key, value };
}
