// A token that does not live long, the login it is got with, and who touches which of them.
import { randomBytes } from 'node:crypto';
import { type Json as AnyJson, isJsonObject, type JsonObject } from '../../primitives/json.ts';
import { MASK, Sensitive } from '../../sensitive.ts';
import { type Defined, definitionOf } from '../../worker/definition.ts';
import { type Gateway, gatewayAt } from '../../worker/gateway.ts';
import { httpTask } from '../../worker/http-task.ts';
import type { Outcome } from '../../worker/outcome.ts';
import { updateSecretTask } from '../../worker/update-secret-task.ts';
import { found, textOf, tokenOf } from '../demo/answers.ts';
import type { Cast, Made } from '../demo/made.ts';
import { compact, type Json } from '../demo/pretty.ts';
import type { Actor, Stage } from '../demo/stage.ts';
import { parcelServer } from './parcel-server.ts';
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

/** @see Story.tell */
export async function tellRotation(stage: Stage, cast: Cast, made: Made[]): Promise<void> {
  const login = { user: madeUp('user'), password: madeUp('password') };
  const server = await parcelServer(login);
  try {
    await told(stage, cast, made, login, server.url);
  } finally {
    await server.close();
  }
}

interface Login {
  user: Sensitive;
  password: Sensitive;
}

async function told(stage: Stage, cast: Cast, made: Made[], login: Login, server: string): Promise<void> {
  const { step, play, show, check, say, ask } = stage;
  const nobody: Actor = { name: 'anyone', token: undefined };

  step('The administrator signs in');
  const hello = await play({
    by: nobody,
    query: SIGN_IN,
    variables: { username: cast.username, password: cast.password.expose() },
    expected: 'a token, and the role ADMIN',
    holds: ({ data, errors }) => errors.length === 0 && JSON.stringify(data).includes('"ADMIN"'),
  });
  const admin: Actor = { name: 'admin', token: tokenOf(hello, 'signIn.token') };
  const names = await freeNames(stage, admin);

  step('Three secrets: a login, and a token that holds no more');
  for (const [name, value] of [
    [names.user, login.user],
    [names.password, login.password],
    [names.token, madeUp('old-token')],
  ] as const) {
    await play({
      by: admin,
      query: CREATE_SECRET,
      variables: { input: { name, value: value.expose() } },
      expected: '`***` in place of the value',
      holds: ({ data }) => found(data, 'createSecret.secret.value') === '***',
    });
    made.push({
      what: name,
      by: admin,
      query: 'mutation ($name: String!) { deleteSecret(name: $name, purge: true) { id } }',
      variables: { name },
    });
  }

  step('An application that rotates: EXECUTE on the login, UPDATE on the token');
  const rotator = await application(stage, cast, made, admin, 'token-rotation', [
    [names.user, 'EXECUTE'],
    [names.password, 'EXECUTE'],
    [names.token, 'UPDATE'],
  ]);

  step('Another one that works: EXECUTE on the token, and nothing else');
  const clerk = await application(stage, cast, made, admin, 'parcel-clerk', [[names.token, 'EXECUTE']]);

  const parcels = parcelsTask(server, names);
  step('It asks for the parcels, with a token that holds no more');
  show('task', shown(parcels));
  const early = await httpTask(started(parcels), clerk, cast.stopped);
  show('outcome', shownOutcome(early));
  check(
    early.status === 'FAILED' && statusOf(early) === 401,
    'HTTP 401: the task failed, and the workflow may try again',
  );

  const [fetchTask, storeTask] = rotationTasks(server, names);
  step('The workflow that rotates, first task: a fresh token for the login');
  show('task', shown(fetchTask));
  const fetched = await httpTask(started(fetchTask), rotator, cast.stopped);
  show('outcome', shownOutcome(fetched));
  const fresh = freshTokenIn(fetched);
  check(fetched.status === 'COMPLETED' && fresh !== undefined, 'a token, which only the next task gets');

  step('Second task: it is kept as the new value of the secret');
  show('task', shown(storeTask));
  const store = () =>
    updateSecretTask(
      {
        ...started(storeTask),
        inputData: { _secrets: { secretKey: names.token, secretValue: fresh?.expose() ?? null } },
      },
      rotator,
    );
  const stored = await store();
  show('outcome', shownOutcome(stored));
  const versionOf = async () =>
    found(
      (await ask('query ($n: String!) { secret(name: $n) { version } }', { n: names.token }, admin.token)).data,
      'secret.version',
    );
  check(stored.status === 'COMPLETED' && (await versionOf()) === 2, 'version 2, and no output');

  step('The same task once more, as engines do when in doubt');
  const again = await store();
  show('outcome', shownOutcome(again));
  check(again.status === 'COMPLETED' && (await versionOf()) === 2, 'no second version of the same value');

  step('The parcels again: the same task, and the secret’s new value in it');
  const late = await httpTask(started(parcels), clerk, cast.stopped);
  show('outcome', shownOutcome(late));
  check(
    late.status === 'COMPLETED' && JSON.stringify(late.output).includes('bicycle bell'),
    'HTTP 200, and the parcels',
  );

  step('Who rotates the token may not use it');
  const tried = await httpTask(started(parcels), rotator, cast.stopped);
  show('outcome', shownOutcome(tried));
  check(tried.status === 'FAILED_WITH_TERMINAL_ERROR', 'refused, by the name of the secret');

  step('What the audit log says');
  const events: Json[] = [];
  for (const name of Object.values(names)) {
    const { data } = await ask(EVENTS, { secret: name }, admin.token);
    const nodes = found(data, 'auditEvents.nodes');
    for (const node of Array.isArray(nodes) ? nodes.toReversed() : []) events.push([name, node]);
  }
  for (const event of events) {
    const [name, node] = event as [string, Json];
    const text = (path: string) => String(found(node, path) ?? '');
    const version = found(node, 'version') === null ? '' : `version ${text('version')}`;
    say(
      `   ${text('action').padEnd(18)}${text('outcome').padEnd(9)}${name.padEnd(26)}${version.padEnd(11)}${text('actor.name')}`,
    );
  }
  const uses = JSON.stringify(events).match(/"SECRET_USE"/g)?.length ?? 0;
  // The login once each; the token twice by the clerk, and once refused.
  check(uses === 5, 'five uses of secrets, the refused one among them, and no value anywhere');
}

/** Names that nothing has yet: the usual ones, or with a suffix if one of them is taken. */
async function freeNames({ ask, say }: Stage, admin: Actor): Promise<Names> {
  const names: Names = { user: 'parcels_user', password: 'parcels_password', token: 'parcels_token' };
  const { data } = await ask(
    'query ($u: String!, $p: String!, $t: String!) { u: secret(name: $u) { id } p: secret(name: $p) { id } t: secret(name: $t) { id } }',
    { u: names.user, p: names.password, t: names.token },
    admin.token,
  );
  if (data !== null && [data.u, data.p, data.t].every((secret) => secret === null)) return names;
  const suffix = randomBytes(3).toString('hex');
  say(`   A usual name is taken in this gateway: the names in this story end in ${suffix}.`);
  return {
    user: `${names.user}_${suffix}`,
    password: `${names.password}_${suffix}`,
    token: `${names.token}_${suffix}`,
  };
}

/** An application with these grants, signed in with a key of its own. */
async function application(
  { play, ask }: Stage,
  { url }: Cast,
  made: Made[],
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
      holds: ({ data }) => JSON.stringify(found(data, 'grantPermission.permission.access')) === `["${access}"]`,
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

/** A task as an engine hands it out that leaves references to secrets as they are. */
function started(task: JsonObject): Defined {
  return { definition: definitionOf(task), workflowTask: task, inputData: task.inputParameters ?? {} };
}

/** By the definition alone, which holds names of secrets and no value. */
function shown({ type, inputParameters }: JsonObject): string {
  return `${String(type)} ${compact((inputParameters ?? {}) as Json, 90)}`;
}

/** As people see it: without what stands under `_secrets`. */
function shownOutcome({ status, reason, output }: Outcome): Json {
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

function madeUp(what: string): Sensitive {
  return new Sensitive(`${what}-${randomBytes(15).toString('base64url')}`);
}
