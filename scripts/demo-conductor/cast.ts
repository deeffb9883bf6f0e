// Creates the secrets, the applications and the user of the demo.
import { randomBytes } from 'node:crypto';
import { textOf, tokenOf, valueAt } from '../../src/commands/demo/answers.ts';
import type { Ask } from '../../src/commands/demo/client.ts';
import type { Json } from '../../src/commands/demo/pretty.ts';
import type { Remote } from '../../src/config.ts';
import { Sensitive } from '../../src/sensitive.ts';

/** The names of the demo's secrets. */
export const SECRETS = [
  'sampletask-api-token',
  'post_office_username',
  'label_printer_token',
  'appKeyId',
  'appKeySecret',
  'my_secret_holding_a_token',
  'payroll_key',
] as const;
export type SecretName = (typeof SECRETS)[number];

export interface AccessKey {
  keyId: string;
  keySecret: string;
}

export interface Cast {
  admin: Sensitive;
  /** A user who may use and reveal no secret. */
  ann: Sensitive;
  /** The access key of the engine's application. */
  engine: AccessKey;
  /** The access key of the worker's application. */
  worker: AccessKey;
  /** The id of the engine's application. */
  engineId: string;
  values: Readonly<Record<SecretName, string>>;
}

/** The grants of the two applications. */
const GRANTS: Readonly<Record<'engine' | 'worker', readonly (readonly [SecretName, string])[]>> = {
  engine: [
    ['sampletask-api-token', 'EXECUTE'],
    ['post_office_username', 'EXECUTE'],
    ['appKeyId', 'EXECUTE'],
    ['appKeySecret', 'EXECUTE'],
    ['my_secret_holding_a_token', 'EXECUTE'],
    ['my_secret_holding_a_token', 'UPDATE'],
  ],
  worker: [['label_printer_token', 'EXECUTE']],
};

export function randomValues(): Cast['values'] {
  const random = (name: string) => `${name.slice(0, 8)}-${randomBytes(18).toString('base64url')}`;
  return Object.fromEntries(SECRETS.map((name) => [name, random(name)])) as Cast['values'];
}

/** Creates the secrets, the applications and the user through the GraphQL API, with the access token of the administrator. */
export async function createCast(ask: Ask, { username, password }: Remote, values: Cast['values']): Promise<Cast> {
  const admin = tokenOf(await signIn(ask, username, password), 'signIn.token');
  const change = async (query: string, variables: Record<string, Json>) => {
    const answer = await ask(query, variables, admin);
    const [problem] = answer.errors;
    if (problem !== undefined) throw new Error(`${problem.code}: ${problem.message}`);
    return answer;
  };
  for (const name of SECRETS) {
    const input = { name, value: values[name] };
    await change('mutation ($input: CreateSecretInput!) { createSecret(input: $input) { secret { id } } }', { input });
  }
  const application = async (name: string, roles: string[], grants: (typeof GRANTS)['engine']) => {
    const created = await change(
      'mutation ($input: CreateApplicationInput!) { createApplication(input: $input) { application { id } } }',
      { input: { name, roles } },
    );
    const id = textOf(created, 'createApplication.application.id');
    for (const [secret, access] of grants)
      await change('mutation ($input: PermissionInput!) { grantPermission(input: $input) { permission { id } } }', {
        input: { subjectId: id, target: { secret }, access: [access] },
      });
    const key = await change(
      'mutation ($id: ID!) { createAccessKey(applicationId: $id) { accessKey { id } secret } }',
      { id },
    );
    return {
      id,
      key: { keyId: textOf(key, 'createAccessKey.accessKey.id'), keySecret: textOf(key, 'createAccessKey.secret') },
    };
  };
  const engine = await application('conductor-engine', ['WORKFLOW_ENGINE'], GRANTS.engine);
  const worker = await application('label-worker', [], GRANTS.worker);

  const annsPassword = new Sensitive(randomBytes(15).toString('base64url'));
  await change('mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }', {
    input: { username: 'ann', name: 'Ann', password: annsPassword.expose() },
  });
  const ann = tokenOf(await signIn(ask, 'ann', annsPassword), 'signIn.token');
  return { admin, ann, engine: engine.key, engineId: engine.id, worker: worker.key, values };
}

const signIn = (ask: Ask, username: string, password: Sensitive) =>
  ask('mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token } }', {
    u: username,
    p: password.expose(),
  });

/** One audit event about the use of a secret. */
export interface Use {
  outcome: string;
  secret: string;
  version: number | null;
  application: string;
  /** The name and version of the workflow definition, and the reference name of the task. */
  workflow: string;
  task: string;
}

/** Returns the audit events about uses of a secret, in the order from the oldest event to the newest event. */
export async function usesOf(ask: Ask, admin: Sensitive, secret: string): Promise<Use[]> {
  const { data } = await ask(
    'query ($s: String!) { auditEvents(first: 100, filter: { secret: $s }) { nodes { action outcome version actor { name } changes } } }',
    { s: secret },
    admin,
  );
  const nodes = valueAt(data, 'auditEvents.nodes');
  const text = (node: Json, path: string) => String(valueAt(node, path) ?? '');
  return (Array.isArray(nodes) ? nodes : [])
    .filter((node) => valueAt(node, 'action') === 'SECRET_USE')
    .map((node) => ({
      outcome: text(node, 'outcome'),
      secret,
      version: Number(valueAt(node, 'version')) || null,
      application: text(node, 'actor.name'),
      workflow: text(node, 'changes.workflow'),
      task: text(node, 'changes.task'),
    }))
    .toReversed();
}
