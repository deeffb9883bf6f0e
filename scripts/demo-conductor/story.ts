// Runs all steps of the demo with a Conductor server and the gateway. The workflows of the demo use, rotate and attack secrets.
import { playOwnDefinition, playReferencesInInput } from './attacks.ts';
import { playMasks } from './masks.ts';
import { playRotation } from './rotation.ts';
import { type Scenery, type Servers, sceneryOf } from './scenery.ts';
import { playSearch } from './search.ts';
import { playBearerToken, playPostOffice, playRevocation, playWorker } from './uses.ts';
import { LABEL_TASK } from './workflows.ts';

/** Runs the demo step by step. @throws StepFailed at the first step that does not have the expected result */
export async function playConductor(servers: Servers): Promise<void> {
  const scenery = sceneryOf(servers);
  await playRegistration(scenery);
  await playBearerToken(scenery);
  await playPostOffice(scenery);
  await playWorker(scenery);
  await playMasks(scenery);
  await playRotation(scenery);
  await playReferencesInInput(scenery);
  await playOwnDefinition(scenery);
  await playRevocation(scenery);
  await playSearch(scenery);
}

async function playRegistration({ stage, admin, definitions, show }: Scenery): Promise<void> {
  stage.step('The administrator registers the workflow definitions through the gateway');
  await admin.send('POST', '/metadata/taskdefs', [
    { name: LABEL_TASK, ownerEmail: 'demo@example.com', retryCount: 0, timeoutSeconds: 0 },
  ]);
  const { status } = await admin.send('PUT', '/metadata/workflow', Object.values(definitions));
  show('workflows', Object.keys(definitions).join(', '));
  stage.check(status === 200, 'the gateway has checked the references of the definitions');
}
