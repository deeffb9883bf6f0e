import { readRemote } from '../config.ts';
import { CliCommand } from './cli-command.ts';
import { runStory } from './demo/run-story.ts';
import { playPostalService } from './demo/story.ts';
import { addSettingOptions, settingsOf } from './setting-options.ts';

export function demoCommand(): CliCommand {
  const command = new CliCommand('demo')
    .description(
      'Shows the life of one secret in a postal service: who sees the secret, who can reveal its value, and how principals lose access. Every step shows its GraphQL request and the answer. Stops with exit code 1 at the first step that does not have the expected result.',
    )
    .withNotes(`Examples:
  secrets-gateway demo
      on a temporary gateway, which is removed afterwards

  GATEWAY_URL=http://127.0.0.1:4000 ADMIN_PASSWORD=… secrets-gateway demo
      on a running gateway, as ADMIN_USERNAME; the demo deletes everything that it created`);
  return addSettingOptions(command, ['GATEWAY_URL', 'ADMIN_USERNAME', 'ADMIN_PASSWORD']).runs(() =>
    runStory({ title: 'The postal service', play: playPostalService }, readRemote(settingsOf(command))),
  );
}
