import { runStory } from './demo/run-story.ts';
import { playRotation } from './demo-rotation/story.ts';

const USAGE = `Shows how a workflow rotates a token. The workflow signs in with a secret login, and stores the new token without showing the token.
The demo starts a token server on the loopback address. The worker's own code runs the tasks of the workflow.
Stops with exit code 1 at the first step that does not have the expected result.

  npm run demo:rotation        on a temporary gateway, which is removed afterwards

  GATEWAY_URL=http://127.0.0.1:4000 ADMIN_PASSWORD=… npm run demo:rotation
                               on a running gateway, as ADMIN_USERNAME (admin); the demo deletes everything that it created`;

export async function run(args: string[]): Promise<number> {
  return runStory({ title: 'The rotation of a token', usage: USAGE, play: playRotation }, args);
}
