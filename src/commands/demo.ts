import { runStory } from './demo/show.ts';
import { tell } from './demo/story.ts';

const USAGE = `Tells the story of the postal service: one secret, who sees it, who may have its value, and how that ends.
Every step shows its GraphQL and the answer. Exit code 1 at the first step that does not do what it should.

  npm run demo        on a gateway of its own, which is removed afterwards

  GATEWAY_URL=http://127.0.0.1:4000 ADMIN_PASSWORD=… npm run demo
                      on one that runs, as ADMIN_USERNAME (admin); what the story makes there is taken away again`;

export async function run(args: string[]): Promise<number> {
  return runStory({ title: 'The postal service', usage: USAGE, tell }, args);
}
