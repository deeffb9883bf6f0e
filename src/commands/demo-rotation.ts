import { readRemote } from '../config.ts';
import { CliCommand } from './cli-command.ts';
import { runStory } from './demo/run-story.ts';
import { playRotation } from './demo-rotation/story.ts';
import { addSettingOptions, settingsOf } from './setting-options.ts';

export function demoRotationCommand(): CliCommand {
  const command = new CliCommand('demo:rotation')
    .description(
      "Shows how a workflow rotates a token. The workflow signs in with a secret login, and stores the new token without showing the token. The demo starts a token server on the loopback address. The worker's own code runs the tasks of the workflow. Stops with exit code 1 at the first step that does not have the expected result.",
    )
    .withNotes(`Examples:
  secrets-gateway demo:rotation
      on a temporary gateway, which is removed afterwards

  GATEWAY_URL=http://127.0.0.1:4000 ADMIN_PASSWORD=… secrets-gateway demo:rotation
      on a running gateway, as ADMIN_USERNAME; the demo deletes everything that it created`);
  return addSettingOptions(command, ['GATEWAY_URL', 'ADMIN_USERNAME', 'ADMIN_PASSWORD']).runs(() =>
    runStory({ title: 'The rotation of a token', play: playRotation }, readRemote(settingsOf(command))),
  );
}
