// Runs the demo step about confidential workflow data that is not stored as a secret in the gateway.
import type { Scenery } from './scenery.ts';

const HIDDEN = /123-45-6789|pin-88172635|second floor/;

export async function playMasks({ stage, admin, ann, intruder, show, showDefinition }: Scenery): Promise<void> {
  stage.step('Data that people must not read: _secrets, _masked and the masked field "ssn"');
  showDefinition('customer');
  const input = {
    customer: { name: 'Ann', ssn: '123-45-6789' },
    _secrets: { pin: 'pin-88172635' },
    _masked: 'second floor, left',
    note: 'The SSN is 123-45-6789',
  };
  show('input', input);
  const read = await ann.run('customer', input);
  show('ann', { input: read.input, output: read.output });
  const answers = [read, await admin.ended(read.workflowId)].map(({ input: shown, output }) =>
    JSON.stringify([shown, output]),
  );
  stage.check(
    answers.every((text) => !HIDDEN.test(text) && text.includes('This is my SSN ***')),
    'all users who read the execution through the gateway see ***, including the administrator',
  );
  const stored = await intruder.ended(read.workflowId);
  show('stored', stored.input);
  stage.check(
    HIDDEN.test(JSON.stringify(stored.input)),
    "the Conductor server stores the workflow data unmasked, so only the gateway may connect to the Conductor server's port",
  );
}
