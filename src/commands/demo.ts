import { runStory } from './demo/run-story.ts';
import { playPostalService } from './demo/story.ts';

const USAGE = `Shows the life of one secret in a postal service: who sees the secret, who can reveal its value, and how principals lose access.
Every step shows its GraphQL request and the answer. Stops with exit code 1 at the first step that does not have the expected result.

  npm run demo        on a temporary gateway, which is removed afterwards

  GATEWAY_URL=http://127.0.0.1:4000 ADMIN_PASSWORD=… npm run demo
                      on a running gateway, as ADMIN_USERNAME (admin); the demo deletes everything that it created`;

export async function run(args: string[]): Promise<number> {
  return runStory({ title: 'The postal service', usage: USAGE, play: playPostalService }, args);
}
