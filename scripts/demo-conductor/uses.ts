// Runs the demo steps in which workflows use secrets: an HTTP task with a bearer token, a secret in a URL, and a task for a worker.
import type { SecretName, Use } from './cast.ts';
import type { Scenery } from './scenery.ts';
import { LABEL_TASK } from './workflows.ts';

export async function playBearerToken(scenery: Scenery): Promise<void> {
  const { stage, cast, ann, intruder, show, showDefinition, showExecution, received, newUses, areClean } = scenery;
  stage.step('An HTTP task sends a bearer token. The task is an example from the documentation of Orkes');
  showDefinition('sample_bearer');
  const read = await ann.run('sample_bearer');
  const [call] = received();
  showExecution('ann', read);
  const stored = await intruder.ended(read.workflowId);
  show('stored', stored.tasks[0].inputData.http_request.headers);
  const uses = await newUses('sampletask-api-token');
  stage.check(
    read.status === 'COMPLETED' && call?.headers.authorization === `Bearer: ${cast.values['sampletask-api-token']}`,
    'the called server received the secret value',
  );
  stage.check(
    areClean(read, stored),
    'Ann reads *** in place of the value, and the server stores the text of the reference',
  );
  checkOneUse(scenery, uses, { application: 'conductor-engine', workflow: 'sample_bearer:1', task: 'call_api' });
}

export async function playPostOffice(scenery: Scenery): Promise<void> {
  const { stage, cast, ann, intruder, show, showDefinition, received, newUses, areClean } = scenery;
  stage.step('The post office: a secret in the URL, and a response that repeats the URL');
  showDefinition('post_office');
  const read = await ann.run('post_office');
  const [call] = received();
  show('ann', read.output);
  const stored = await intruder.ended(read.workflowId);
  show('stored', stored.tasks[0].inputData.http_request.uri);
  const uses = await newUses('post_office_username');
  stage.check(
    read.status === 'COMPLETED' && call?.path.endsWith(`USERID=${cast.values.post_office_username}`) === true,
    'the post office received the secret value as USERID',
  );
  stage.check(areClean(read, stored), 'the response of the post office contains *** in place of the secret value');
  checkOneUse(scenery, uses, { application: 'conductor-engine', workflow: 'post_office:1', task: 'verify_address' });
}

export async function playWorker(scenery: Scenery): Promise<void> {
  const { stage, cast, ann, intruder, show, showDefinition, received, newUses, areClean } = scenery;
  stage.step('A worker of the published JavaScript client polls a task through the gateway');
  showDefinition('label');
  const read = await ann.run('label');
  const [call] = received();
  show('ann', read.output);
  const { json: logs } = await ann.send('GET', `/tasks/${read.tasks[0].taskId}/log`);
  for (const { log } of logs) show('log', log);
  const stored = await intruder.ended(read.workflowId);
  show('stored', stored.tasks[0].inputData);
  const uses = await newUses('label_printer_token');
  stage.check(
    read.status === 'COMPLETED' && call?.headers.authorization === `Bearer ${cast.values.label_printer_token}`,
    'the worker received the secret value, and called the printer with it',
  );
  stage.check(areClean(read, stored, logs), "the worker's output and its log line contain *** in place of the value");
  checkOneUse(scenery, uses, { application: 'label-worker', workflow: 'label:1', task: LABEL_TASK });
}

export async function playRevocation(scenery: Scenery): Promise<void> {
  const { stage, ask, cast, ann, showExecution, received, newUses } = scenery;
  const secret: SecretName = 'sampletask-api-token';
  stage.step('The administrator revokes the access of the engine to a secret');
  await newUses(secret);
  const { errors } = await ask(
    'mutation ($input: PermissionInput!) { revokePermission(input: $input) { permission { access } } }',
    { input: { subjectId: cast.engineId, target: { secret }, access: ['EXECUTE'] } },
    cast.admin,
  );
  stage.check(errors.length === 0, `the application conductor-engine has no access to ${secret} any more`);
  const read = await ann.run('sample_bearer');
  const calls = received();
  showExecution('ann', read);
  const [use] = await newUses(secret);
  stage.check(
    read.status === 'FAILED' && calls.length === 0 && use?.outcome === 'REFUSED',
    'the next task fails with an error that names the secret, and the called server receives no request',
  );
}

function checkOneUse(
  { stage }: Scenery,
  uses: readonly Use[],
  expected: Pick<Use, 'application' | 'workflow' | 'task'>,
): void {
  const [use] = uses;
  const { application, workflow, task } = expected;
  stage.check(
    uses.length === 1 &&
      use?.outcome === 'DONE' &&
      use.application === application &&
      use.workflow === workflow &&
      use.task === task,
    `the audit log contains one use by ${application}, and names the workflow and the task`,
  );
}
