// What every story has: a gateway to be told on, signals, and taking away what was made.
import { type Remote, readRemote } from '../../config.ts';
import { help, misused, readArguments } from '../arguments.ts';
import { type Ask, clientOf, NoAnswer } from './client.ts';
import type { Cast, Made } from './made.ts';
import { Broken, type Stage, stageOn } from './stage.ts';
import { temporaryGateway } from './temporary-gateway.ts';

export interface Story {
  title: string;
  usage: string;
  /**
   * Tells the story. What it makes is put on `made` the moment it is there. @throws Broken at the first step that does not do what it
   * should
   */
  tell(stage: Stage, cast: Cast, made: Made[]): Promise<void>;
}

/** Ctrl-C comes twice where npm is in between. */
const SAME_MS = 1_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Tells a story on the gateway of GATEWAY_URL, or on one of its own. @returns the exit code */
export async function runStory(story: Story, args: string[]): Promise<number> {
  const asked = readArguments(args);
  if (asked?.help) return help(story.usage);
  if (asked === undefined || asked.words.length > 0) return misused(story.usage);
  const remote = readRemote(process.env);

  const stopped = new AbortController();
  let first: number | undefined;
  const stop = () => {
    first ??= performance.now();
    stopped.abort();
    if (performance.now() - first > SAME_MS) process.exit(130); // asked again, somebody is in a hurry
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  // Nobody reads on: `npm run demo | head`.
  process.stdout.on('error', () => stopped.abort());

  if (remote !== undefined) return show(story, remote, stopped.signal);
  console.log('Starting a gateway of its own …');
  const own = await temporaryGateway();
  try {
    return await show(story, own, stopped.signal);
  } finally {
    await own.close();
  }
}

async function show(
  { title, tell }: Story,
  { url, username, password }: Remote,
  stopped: AbortSignal,
): Promise<number> {
  console.log(`${title}, at ${url}\n`);
  const made: Made[] = [];
  let code = 0;
  try {
    await tell(stageOn(process.stdout, clientOf(url, stopped)), { url, username, password, stopped }, made);
  } catch (error) {
    if (!(error instanceof Broken || error instanceof NoAnswer)) throw error;
    if (stopped.aborted) code = 130;
    else {
      console.error(error.message);
      code = 1;
    }
  } finally {
    const left = await takeAway(made, clientOf(url));
    if (left.length > 0) {
      console.error(`Could not take away: ${left.join(', ')}.`);
      code ||= 1;
    }
  }
  if (code === 0) console.log('As it should be, from the first step to the last. What was made is taken away again.');
  return code;
}

/** The last one first. Tells what stayed. */
async function takeAway(made: readonly Made[], ask: Ask): Promise<string[]> {
  const left: string[] = [];
  for (const { what, query, variables, by } of made.toReversed()) {
    const gone = await ask(query, variables, by.token).then(
      ({ errors }) => errors.length === 0,
      () => false,
    );
    if (!gone) left.push(what);
  }
  return left;
}
