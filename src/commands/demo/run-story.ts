// Runs a demo story: chooses the gateway, handles signals, and deletes everything that the story created.
import type { Remote } from '../../config.ts';
import { onStopSignal } from '../stop-signal.ts';
import { type Ask, clientOf, NoUsableAnswer } from './client.ts';
import { type Stage, StepFailed, stageOn } from './stage.ts';
import type { Created, StoryContext } from './story-context.ts';
import { temporaryGateway } from './temporary-gateway.ts';

export interface Story {
  title: string;
  /**
   * Shows the story step by step. The function adds each created object to `created` immediately. @throws StepFailed at the first step without the
   * expected result
   */
  play(stage: Stage, cast: StoryContext, created: Created[]): Promise<void>;
}

/** Runs a story on a running gateway. If `remote` is undefined, the function starts a temporary gateway. @returns the exit code */
export async function runStory(story: Story, remote: Remote | undefined): Promise<number> {
  const stopped = new AbortController();
  onStopSignal(() => stopped.abort(), 130);
  // A write error means that the program that reads standard output has ended, as in `secrets-gateway demo | head`.
  process.stdout.on('error', () => stopped.abort());

  if (remote !== undefined) return show(story, remote, stopped.signal);
  console.log('Starting a temporary gateway …');
  const own = await temporaryGateway();
  try {
    return await show(story, own, stopped.signal);
  } finally {
    await own.close();
  }
}

async function show(
  { title, play }: Story,
  { url, username, password }: Remote,
  stopped: AbortSignal,
): Promise<number> {
  console.log(`${title}, at ${url}\n`);
  const created: Created[] = [];
  let code = 0;
  try {
    await play(stageOn(process.stdout, clientOf(url, stopped)), { url, username, password, stopped }, created);
  } catch (error) {
    if (!(error instanceof StepFailed || error instanceof NoUsableAnswer)) throw error;
    if (stopped.aborted) code = 130;
    else {
      console.error(error.message);
      code = 1;
    }
  } finally {
    const remaining = await deleteCreated(created, clientOf(url));
    if (remaining.length > 0) {
      console.error(`Could not delete: ${remaining.join(', ')}.`);
      code ||= 1;
    }
  }
  if (code === 0) console.log('Every step had the expected result. The demo deleted everything that it created.');
  return code;
}

/** Deletes the created objects, in reverse order of their creation. Returns the names of the objects that could not be deleted. */
async function deleteCreated(created: readonly Created[], ask: Ask): Promise<string[]> {
  const remaining: string[] = [];
  for (const { what, query, variables, by } of created.toReversed()) {
    const isDeleted = await ask(query, variables, by.token).then(
      ({ errors }) => errors.length === 0,
      () => false,
    );
    if (!isDeleted) remaining.push(what);
  }
  return remaining;
}
