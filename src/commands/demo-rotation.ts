import { runStory } from './demo/show.ts';
import { tellRotation } from './demo-rotation/story.ts';

const USAGE = `Tells how a token is rotated by a workflow: fetched with a login that nobody sees, and kept where nobody sees it.
A server that gives tokens is made here, on the loopback address. The steps of the workflow are done by the worker's own code.
Exit code 1 at the first step that does not do what it should.

  npm run demo:rotation        on a gateway of its own, which is removed afterwards

  GATEWAY_URL=http://127.0.0.1:4000 ADMIN_PASSWORD=… npm run demo:rotation
                               on one that runs, as ADMIN_USERNAME (admin); what the story makes there is taken away again`;

export async function run(args: string[]): Promise<number> {
  return runStory({ title: 'The rotation of a token', usage: USAGE, tell: tellRotation }, args);
}
