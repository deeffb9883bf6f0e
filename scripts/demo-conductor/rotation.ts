// Runs the demo step in which a schedule of the Conductor server rotates a token that expires.
import { setTimeout as sleep } from 'node:timers/promises';
import { valueAt } from '../../src/commands/demo/answers.ts';
import { StepFailed } from '../../src/commands/demo/stage.ts';
import type { Untyped } from './rest-client.ts';
import type { Scenery } from './scenery.ts';

const TOKEN = 'my_secret_holding_a_token';
const SCHEDULE = 'rotate_token_every_5_seconds';
/** On a busy machine, the scheduler of the Conductor server starts some seconds after the server. */
const ROTATION_MS = 120_000;
const POLL_MS = 500;

export async function playRotation(scenery: Scenery): Promise<void> {
  const { stage, target, admin, ann, intruder, stopped } = scenery;
  const { show, showDefinition, showExecution, received, newUses, areClean } = scenery;
  stage.step('A schedule of the Conductor server rotates a token that expires');
  const expired = await ann.run('list_parcels');
  received();
  showExecution('ann', expired);
  await newUses(TOKEN);
  stage.check(expired.status === 'FAILED', 'the token has expired: the called server responds with 401');

  showDefinition('rotate_token');
  const schedule = {
    name: SCHEDULE,
    cronExpression: '*/5 * * * * *',
    startWorkflowRequest: { name: 'rotate_token', version: 1, input: {} },
  };
  show('schedule', schedule);
  await admin.send('POST', '/scheduler/schedules', schedule);
  for (const until = Date.now() + ROTATION_MS; (await versionOf(scenery)) < 2; ) {
    if (Date.now() > until) throw new StepFailed('Expected: the schedule rotates the token within two minutes.');
    await sleep(POLL_MS, undefined, { signal: stopped });
  }
  await admin.send('DELETE', `/scheduler/schedules/${SCHEDULE}`);
  const ids = await endedRotations(scenery);
  received();
  const read = await Promise.all(ids.map((id) => ann.ended(id)));
  const stored = await Promise.all(ids.map((id) => intruder.ended(id)));
  for (const { referenceTaskName: name, status, inputData, outputData } of read[0].tasks as Untyped[]) {
    show('ann', `${name} ${status}`);
    show('', { input: inputData._secrets ?? inputData.http_request?.body, output: outputData });
  }
  show('stored', stored[0].tasks.at(-1).inputData);
  for (const secret of ['appKeyId', 'appKeySecret'] as const) await newUses(secret);
  stage.check(
    read.every(({ status }) => status === 'COMPLETED') && target.issued.length === ids.length,
    ids.length === 1 ? 'one rotation' : `${ids.length} rotations`,
  );
  stage.check(areClean(read, stored), 'no execution contains the login or a new token, for Ann and in the database');

  const fresh = await ann.run('list_parcels');
  const [call] = received();
  showExecution('ann', fresh);
  const uses = await newUses(TOKEN);
  const newest = target.issued.at(-1);
  stage.check(
    fresh.status === 'COMPLETED' && call?.headers.authorization === `Bearer ${newest}` && uses.length === 1,
    'the workflow that uses the token works again, with the newest version of the secret',
  );
}

async function versionOf({ ask, cast }: Scenery): Promise<number> {
  const { data } = await ask('query ($n: String!) { secret(name: $n) { version } }', { n: TOKEN }, cast.admin);
  return Number(valueAt(data, 'secret.version'));
}

/** Waits until no rotation is running. Returns the ids of all rotations. */
async function endedRotations({ ann, stopped }: Scenery): Promise<string[]> {
  const query = encodeURIComponent("workflowType='rotate_token'");
  for (;;) {
    const running = await ann.send('GET', '/workflow/running/rotate_token');
    const { json } = await ann.send('GET', `/workflow/search?start=0&size=100&freeText=*&query=${query}`);
    const results = json.results as Untyped[];
    if (running.json.length === 0 && results.length > 0 && results.every(({ status }) => status !== 'RUNNING'))
      return results.map(({ workflowId }) => workflowId);
    await sleep(POLL_MS, undefined, { signal: stopped });
  }
}
