import { pino } from 'pino';
import { connectConductor } from '../worker/conductor.ts';
import { connection } from '../worker/connection.ts';
import { gatewayAt } from '../worker/gateway.ts';
import { httpTask } from '../worker/http-task.ts';
import { onceOnly } from '../worker/once-only.ts';
import { startPolling } from '../worker/polling.ts';
import { registeredDefinitions, withDefinition } from '../worker/registered-definition.ts';
import { readWorkerSettings } from '../worker/settings.ts';
import { updateSecretTask } from '../worker/update-secret-task.ts';
import { help, misused, readArguments } from './arguments.ts';

const USAGE = `Does a Conductor server's tasks of the types HTTP_WITH_SECRETS and UPDATE_SECRET, with the secrets of a gateway.

  CONDUCTOR_URL=http://127.0.0.1:8080/api GATEWAY_URL=http://127.0.0.1:4000 \\
  GATEWAY_KEY_ID=… GATEWAY_KEY_SECRET=… npm run worker

The key is that of an application, which needs EXECUTE on the secrets that the workflows use, and UPDATE on those that they rotate.
Only tasks of registered workflow definitions can use secrets. The worker reads the definitions from the Conductor server.
Settings come from the environment: see README.md, and docs/workflows.md for what the tasks look like.`;

/** Ctrl-C comes twice where npm is in between. */
const SAME_MS = 1_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Works until it is told to stop. */
export async function run(args: string[]): Promise<number> {
  const asked = readArguments(args);
  if (asked === undefined || asked.words.length > 0) return misused(USAGE);
  if (asked.help) return help(USAGE);
  const settings = readWorkerSettings(process.env);
  const log = pino({ level: settings.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  const say = (line: string) => console.log(line);

  const stopped = new AbortController();
  let first: number | undefined;
  const stop = () => {
    first ??= performance.now();
    stopped.abort();
    if (performance.now() - first > SAME_MS) process.exit(1); // asked again, somebody is in a hurry
  };
  for (const signal of SIGNALS) process.on(signal, stop);

  const { conductor: server, gateway: keyAt } = settings;
  const conductor = await connectConductor(
    server,
    connection(`The Conductor server at ${server.url}`, say),
    stopped.signal,
  );
  if (conductor === undefined) return leave(0);
  const gateway = gatewayAt(keyAt, connection(`The gateway at ${keyAt.url}`, say));
  // Only to tell of it before the first task does: a key that is wrong, an address where there is no gateway.
  gateway.signIn().catch(() => {});
  const definitions = registeredDefinitions(conductor.definitions, settings.unregistered);
  const polling = startPolling({
    conductor,
    work: {
      HTTP_WITH_SECRETS: withDefinition(
        'HTTP_WITH_SECRETS',
        definitions,
        onceOnly((task, signal) => httpTask(task, gateway, signal)),
      ),
      UPDATE_SECRET: withDefinition('UPDATE_SECRET', definitions, (task) => updateSecretTask(task, gateway)),
    },
    limit: settings.tasks,
    onReady: () => say('worker ready'),
    // INVARIANT: neither reason nor output, which are the engine's: here are only names of ours.
    onEnded: (type, { taskId, workflowInstanceId }, { status }, { lost, ms }) =>
      log[lost ? 'warn' : 'info']({ type, taskId, workflowInstanceId, status, ms }, lost ? 'result not taken' : 'task'),
  });
  if (!stopped.signal.aborted) await new Promise((told) => stopped.signal.addEventListener('abort', told));
  say('worker stops');
  const unfinished = await polling.stop(settings.graceMs);
  conductor.close();
  if (unfinished > 0) say(`Not finished: ${unfinished} ${unfinished === 1 ? 'task' : 'tasks'}.`);
  return leave(unfinished > 0 ? 1 : 0);
}

/** The client's pauses and connections would keep the process for some seconds more. */
function leave(code: number): number {
  setTimeout(() => process.exit(code), 200).unref();
  return code;
}
