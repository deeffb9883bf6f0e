// Runs the attack steps of the demo. The user Ann, who may use no secret, tries to obtain a secret value.
import type { Untyped } from './rest-client.ts';
import type { Scenery } from './scenery.ts';
import { stealingWorkflow } from './workflows.ts';

export async function playReferencesInInput(scenery: Scenery): Promise<void> {
  const { stage, cast, ann, show, showDefinition, received, newUses } = scenery;
  stage.step('An attack: Ann writes references to secrets into the input of a workflow');
  showDefinition('greet');
  for (const name of ['${workflow.secrets.payroll_key}', '$${workflow.secrets.payroll_key}']) {
    show('input', { name });
    const { status } = await ann.run('greet', { name });
    const [call] = received();
    const uses = await newUses('payroll_key');
    const { authorization, 'x-name': sent } = call?.headers ?? {};
    stage.check(
      status === 'COMPLETED' &&
        authorization === `Bearer ${cast.values['sampletask-api-token']}` &&
        String(sent).includes('${workflow.secrets.payroll_key}') &&
        uses.length === 0,
      "the called server received the definition's secret, and the text of Ann's reference",
    );
  }
}

export async function playOwnDefinition(scenery: Scenery): Promise<void> {
  const { stage, target, ann, show, showExecution, received, newUses } = scenery;
  stage.step(
    'An attack: Ann registers a workflow definition, or sends a workflow definition when she starts a workflow',
  );
  const workflowDef = stealingWorkflow(target.url, 'payroll_key');
  show('task', (workflowDef.tasks as Untyped)[0].inputParameters);
  for (const [path, body] of [
    ['/metadata/workflow', workflowDef],
    ['/workflow', { name: workflowDef.name, version: 1, input: {}, workflowDef }],
  ] as const) {
    const answered = await ann.ask('POST', path, body);
    if (answered.status >= 400) show('refused', `POST ${path}: HTTP ${answered.status} ${answered.json?.message}`);
    else if (path === '/workflow') showExecution('ann', await ann.ended(answered.text.replaceAll('"', '')));
    const calls = received();
    const uses = await newUses('payroll_key');
    stage.check(
      answered.status === 400 && calls.length === 0 && uses.every(({ outcome }) => outcome === 'REFUSED'),
      'the gateway refuses the request, because Ann may not use the secret',
    );
  }
}
