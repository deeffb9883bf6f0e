// The demo story of a token with a short lifetime. A workflow rotates the token, and another application uses the token.
import { randomBytes } from 'node:crypto';
import { definitionOf, type WithDefinition } from '../../conductor/definition.ts';
import { type Json as AnyJson, isJsonObject, type JsonObject } from '../../primitives/json.ts';
import { MASK, Sensitive } from '../../sensitive.ts';
import { type Gateway, gatewayAt } from '../../worker/gateway.ts';
import { httpTask } from '../../worker/http-task.ts';
import type { Outcome } from '../../worker/outcome.ts';
import { updateSecretTask } from '../../worker/update-secret-task.ts';
import { textOf, tokenOf, valueAt } from '../demo/answers.ts';
import { compact, type Json } from '../demo/pretty.ts';
import type { Actor, Stage } from '../demo/stage.ts';
import type { Created, StoryContext } from '../demo/story-context.ts';
import { startParcelServer } from './parcel-server.ts';
import { type Names, parcelsTask, rotationTasks } from './workflow.ts';

const SIGN_IN = `
  mutation ($username: String!, $password: SecretValue!) {
    signIn(username: $username, password: $password) { token principal { roles } }
  }`;
const CREATE_SECRET = `
  mutation ($input: CreateSecretInput!) {
    createSecret(input: $input) {
      secret { name version value }
    }
  }`;
const GRANT = `
  mutation ($input: PermissionInput!) {
    grantPermission(input: $input) {
      permission { access target { ... on SecretName { name } } }
    }
  }`;
const EVENTS = `
  query ($secret: String!) {
    auditEvents(first: 50, filter: { secret: $secret }) {
      nodes { at action outcome version actor { name } }
    }
  }`;

/** Shows the demo of a rotation on `stage`. The function adds every created object to `created`. */
export async function playRotation(stage: Stage, cast: StoryContext, created: Created[]): Promise<void> {
  const login = { user: randomText('user'), password: randomText('password') };
  const server = await startParcelServer(login);
  try {
    await playScenes(stage, cast, created, login, server.url);
  } finally {
    await server.close();
  }
}

interface Login {
  user: Sensitive;
  password: Sensitive;
}

async function playScenes(
  stage: Stage,
  cast: StoryContext,
  created: Created[],
  login: Login,
  server: string,
): Promise<void> {
  const { step, play, show, check, say, ask } = stage;
  const anonymous: Actor = { name: 'anyone', token: undefined };

  step('The administrator signs in');
  const hello = await play({
    by: anonymous,
    query: SIGN_IN,
    variables: { username: cast.username, password: cast.password.expose() },
    expected: 'a token, and the role ADMIN',
    holds: ({ data, errors }) => errors.length === 0 && JSON.stringify(data).includes('"ADMIN"'),
  });
  const admin: Actor = { name: 'admin', token: tokenOf(hello, 'signIn.token') };
  const names = await freeNames(stage, admin);

  step('Three secrets: a user, a password, and an invalid token');
  for (const [name, value] of [
    [names.user, login.user],
    [names.password, login.password],
    [names.token, randomText('old-token')],
  ] as const) {
    await play({
      by: admin,
      query: CREATE_SECRET,
      variables: { input: { name, value: value.expose() } },
      expected: '`***` instead of the value',
      holds: ({ data }) => valueAt(data, 'createSecret.secret.value') === '***',
    });
    created.push({
      what: name,
      by: admin,
      query: 'mutation ($name: String!) { deleteSecret(name: $name, purge: true) { id } }',
      variables: { name },
    });
  }

  step('An application that rotates the token: EXECUTE on the login, UPDATE on the token');
  const rotator = await application(stage, cast, created, admin, 'token-rotation', [
    [names.user, 'EXECUTE'],
    [names.password, 'EXECUTE'],
    [names.token, 'UPDATE'],
  ]);

  step('An application that uses the token: EXECUTE on the token, and nothing else');
  const clerk = await application(stage, cast, created, admin, 'parcel-clerk', [[names.token, 'EXECUTE']]);

  const parcels = parcelsTask(server, names);
  step('The second application requests the parcels with the invalid token');
  show('task', taskToShow(parcels));
  const early = await httpTask(started(parcels), clerk, cast.stopped);
  show('outcome', outcomeToShow(early));
  check(
    early.status === 'FAILED' && statusOf(early) === 401,
    'HTTP 401: the task fails, and the engine may retry the task',
  );

  const [fetchTask, storeTask] = rotationTasks(server, names);
  step('The first task of the rotation workflow fetches a new token with the login');
  show('task', taskToShow(fetchTask));
  const fetched = await httpTask(started(fetchTask), rotator, cast.stopped);
  show('outcome', outcomeToShow(fetched));
  const fresh = freshTokenIn(fetched);
  check(fetched.status === 'COMPLETED' && fresh !== undefined, 'a token, which only the next task receives');

  step('The second task of the rotation workflow stores the token as the new value of the secret');
  show('task', taskToShow(storeTask));
  const store = () =>
    updateSecretTask(
      {
        ...started(storeTask),
        inputData: { _secrets: { secretKey: names.token, secretValue: fresh?.expose() ?? null } },
      },
      rotator,
    );
  const stored = await store();
  show('outcome', outcomeToShow(stored));
  const versionOf = async () =>
    valueAt(
      (await ask('query ($n: String!) { secret(name: $n) { version } }', { n: names.token }, admin.token)).data,
      'secret.version',
    );
  check(stored.status === 'COMPLETED' && (await versionOf()) === 2, 'version 2 of the secret, and no output');

  step('The second task runs once more, because workflow engines may run a task twice');
  const again = await store();
  show('outcome', outcomeToShow(again));
  check(again.status === 'COMPLETED' && (await versionOf()) === 2, 'no new version for the same value');

  step('The second application requests the parcels again, with the new value of the secret');
  const late = await httpTask(started(parcels), clerk, cast.stopped);
  show('outcome', outcomeToShow(late));
  check(
    late.status === 'COMPLETED' && JSON.stringify(late.output).includes('bicycle bell'),
    'HTTP 200, and the parcels',
  );

  step('The application that rotates the token may not use the token');
  const refused = await httpTask(started(parcels), rotator, cast.stopped);
  show('outcome', outcomeToShow(refused));
  check(refused.status === 'FAILED_WITH_TERMINAL_ERROR', 'refused, with the name of the secret');

  step('The audit events of the three secrets');
  const events: Json[] = [];
  for (const name of Object.values(names)) {
    const { data } = await ask(EVENTS, { secret: name }, admin.token);
    const nodes = valueAt(data, 'auditEvents.nodes');
    for (const node of Array.isArray(nodes) ? nodes.toReversed() : []) events.push([name, node]);
  }
  for (const event of events) {
    const [name, node] = event as [string, Json];
    const text = (path: string) => String(valueAt(node, path) ?? '');
    const version = valueAt(node, 'version') === null ? '' : `version ${text('version')}`;
    say(
      `   ${text('action').padEnd(18)}${text('outcome').padEnd(9)}${name.padEnd(26)}${version.padEnd(11)}${text('actor.name')}`,
    );
  }
  const uses = JSON.stringify(events).match(/"SECRET_USE"/g)?.length ?? 0;
  // The rotation uses the secret with the user name once, and the secret with the password once. The second application uses the token twice. The
  // gateway refuses one more use of the token.
  check(uses === 5, 'five uses of secrets, including the refused one, and no secret value');
}

/** Returns unused names for the objects of the story. If the gateway already contains one of the usual names, all returned names end in a suffix. */
async function freeNames({ ask, say }: Stage, admin: Actor): Promise<Names> {
  const names: Names = { user: 'parcels_user', password: 'parcels_password', token: 'parcels_token' };
  const { data } = await ask(
    'query ($u: String!, $p: String!, $t: String!) { u: secret(name: $u) { id } p: secret(name: $p) { id } t: secret(name: $t) { id } }',
    { u: names.user, p: names.password, t: names.token },
    admin.token,
  );
  if (data !== null && [data.u, data.p, data.t].every((secret) => secret === null)) return names;
  const suffix = randomBytes(3).toString('hex');
  say(`   This gateway already contains one of the usual names, so the names in this story end in ${suffix}.`);
  return {
    user: `${names.user}_${suffix}`,
    password: `${names.password}_${suffix}`,
    token: `${names.token}_${suffix}`,
  };
}

/** Creates an application with the grants in `grants`, and a client that signs in with an access key of the application. */
async function application(
  { play, ask }: Stage,
  { url }: StoryContext,
  made: Created[],
  admin: Actor,
  name: string,
  grants: readonly (readonly [secret: string, access: string])[],
): Promise<Gateway> {
  const created = await play({
    by: admin,
    query: `
      mutation ($input: CreateApplicationInput!) {
        createApplication(input: $input) { application { id name } }
      }`,
    variables: { input: { name } },
    expected: 'an application',
  });
  const id = textOf(created, 'createApplication.application.id');
  made.push({
    what: name,
    by: admin,
    query: 'mutation ($id: ID!) { deleteApplication(id: $id) { id } }',
    variables: { id },
  });
  for (const [secret, access] of grants) {
    await play({
      by: admin,
      query: GRANT,
      variables: { input: { subjectId: id, target: { secret }, access: [access] } },
      expected: `${access} on ${secret}`,
      holds: ({ data }) => JSON.stringify(valueAt(data, 'grantPermission.permission.access')) === `["${access}"]`,
    });
  }
  const key = await ask(
    'mutation ($id: ID!) { createAccessKey(applicationId: $id) { accessKey { id } secret } }',
    { id },
    admin.token,
  );
  return gatewayAt({
    url,
    keyId: textOf(key, 'createAccessKey.accessKey.id'),
    keySecret: new Sensitive(textOf(key, 'createAccessKey.secret')),
  });
}

/** Returns a task in the form in which a worker receives the task from an engine that leaves references to secrets unchanged. */
function started(task: JsonObject): WithDefinition {
  return { definition: definitionOf(task), workflowTask: task, inputData: task.inputParameters ?? {} };
}

/** Formats the definition of a task. The definition contains names of secrets, and no secret values. */
function taskToShow({ type, inputParameters }: JsonObject): string {
  return `${String(type)} ${compact((inputParameters ?? {}) as Json, 90)}`;
}

/** Formats the outcome of a task. The result omits the contents of `_secrets`. */
function outcomeToShow({ status, reason, output }: Outcome): Json {
  const { response, _secrets } = output;
  const { statusCode, body } = isJsonObject(response) ? response : {};
  return {
    status,
    ...(reason !== undefined && { reason }),
    ...(statusCode !== undefined && { statusCode: statusCode as Json, body: body as Json }),
    ...(_secrets !== undefined && { _secrets: MASK }),
  };
}

function statusOf({ output }: Outcome): AnyJson | undefined {
  return isJsonObject(output.response) ? output.response.statusCode : undefined;
}

function freshTokenIn({ output }: Outcome): Sensitive | undefined {
  const secrets = output._secrets;
  return isJsonObject(secrets) && typeof secrets.token === 'string' ? new Sensitive(secrets.token) : undefined;
}

function randomText(what: string): Sensitive {
  return new Sensitive(`${what}-${randomBytes(15).toString('base64url')}`);
}
