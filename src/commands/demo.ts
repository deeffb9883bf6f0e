import { type Remote, readRemote } from '../config.ts';
import { help, misused, readArguments } from './arguments.ts';
import { type Ask, clientOf, NoAnswer } from './demo/client.ts';
import { Broken, stageOn } from './demo/stage.ts';
import { type Made, tell } from './demo/story.ts';
import { temporaryGateway } from './demo/temporary-gateway.ts';

const USAGE = `Tells the story of the postal service: one secret, who sees it, who may have its value, and how that ends.
Every step shows its GraphQL and the answer. Exit code 1 at the first step that does not do what it should.

  npm run demo        on a gateway of its own, which is removed afterwards

  GATEWAY_URL=http://127.0.0.1:4000 ADMIN_PASSWORD=… npm run demo
                      on one that runs, as ADMIN_USERNAME (admin); what the story makes there is taken away again`;

/** Ctrl-C comes twice where npm is in between. */
const SAME_MS = 1_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export async function run(args: string[]): Promise<number> {
  const asked = readArguments(args);
  if (asked?.help) return help(USAGE);
  if (asked === undefined || asked.words.length > 0) return misused(USAGE);
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

  if (remote !== undefined) return show(remote, stopped.signal);
  console.log('Starting a gateway of its own …');
  const own = await temporaryGateway();
  try {
    return await show(own, stopped.signal);
  } finally {
    await own.close();
  }
}

async function show({ url, username, password }: Remote, stopped: AbortSignal): Promise<number> {
  console.log(`The postal service, at ${url}\n`);
  const made: Made[] = [];
  let code = 0;
  try {
    await tell(stageOn(process.stdout, clientOf(url, stopped)), { username, password }, made);
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
