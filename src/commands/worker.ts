import { pino } from 'pino';
import { registeredDefinitions } from '../conductor/registered-definition.ts';
import { settingsOf as settingNames } from '../settings/settings.ts';
import { startTelemetry } from '../telemetry/start.ts';
import { connectConductor } from '../worker/conductor.ts';
import { connectionStatus } from '../worker/connection.ts';
import { gatewayAt } from '../worker/gateway.ts';
import { gatewayReadiness } from '../worker/gateway-readiness.ts';
import { serveHealth } from '../worker/health.ts';
import { httpTask } from '../worker/http-task.ts';
import { onceOnly } from '../worker/once-only.ts';
import { startPolling } from '../worker/polling.ts';
import { readWorkerSettings, type WorkerSettings } from '../worker/settings.ts';
import { updateSecretTask } from '../worker/update-secret-task.ts';
import { withDefinition } from '../worker/with-definition.ts';
import { CliCommand } from './cli-command.ts';
import { EXIT } from './exit-code.ts';
import { exitSoon } from './exit-soon.ts';
import { CommandFailed } from './failure.ts';
import { addSettingOptions, settingsOf } from './setting-options.ts';
import { onStopSignal } from './stop-signal.ts';

export function workerCommand(): CliCommand {
  const command = new CliCommand('worker')
    .description(
      'Runs the tasks HTTP_WITH_SECRETS and UPDATE_SECRET of a Conductor server, with the secrets of a gateway.',
    )
    .withNotes(`Example:
  CONDUCTOR_URL=http://127.0.0.1:8080/api GATEWAY_URL=http://127.0.0.1:4000 \\
  GATEWAY_KEY_ID=… GATEWAY_KEY_SECRET=… secrets-gateway worker

GATEWAY_KEY_ID is an access key of an application. The application needs EXECUTE on the secrets that the workflows use, and UPDATE on the secrets that
the workflows rotate. Only tasks of registered workflow definitions can use secrets. The worker reads the workflow definitions from the Conductor
server. docs/settings.md describes the settings. docs/workflows.md describes the tasks.`);
  return addSettingOptions(command, settingNames('worker')).runs(() => work(readWorkerSettings(settingsOf(command))));
}

/** Runs workflow tasks until a signal stops the process. */
async function work(settings: WorkerSettings): Promise<number> {
  const log = pino({ level: settings.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  const print = (line: string) => console.log(line);
  const telemetry = await startTelemetry(settings.telemetry, log);

  const stopped = new AbortController();
  onStopSignal(() => stopped.abort(), 1);

  const { conductor: server, gateway: keyAt } = settings;
  const { host, port } = settings.health;
  const conductorStatus = connectionStatus(`The Conductor server at ${server.url}`, print);
  const gatewayStatus = connectionStatus(`The gateway at ${keyAt.url}`, print);
  const gateway = gatewayAt(keyAt, gatewayStatus);
  let isPolling = false;
  const gatewayProblem = gatewayReadiness(gateway, gatewayStatus);
  const problem = async () => {
    if (stopped.signal.aborted) return 'the worker is stopping';
    if (conductorStatus.isDown()) return 'the Conductor server is unreachable';
    return (await gatewayProblem()) ?? (isPolling ? undefined : 'the worker is starting');
  };
  const health = port === undefined ? undefined : await serveHealth({ host, port }, problem).catch(cannotListen);
  const conductor = await connectConductor(server, conductorStatus, stopped.signal);
  if (conductor === undefined) return exitSoon(0);
  // The worker signs in before the worker receives the first task, so that the worker reports a wrong access key or address early.
  gateway.signIn().catch(() => {});
  const definitions = registeredDefinitions(conductor.definitions, {
    unregistered: settings.unregistered,
    setting: 'WORKER_UNREGISTERED=allow',
  });
  const polling = startPolling({
    conductor,
    handlers: {
      HTTP_WITH_SECRETS: withDefinition(
        'HTTP_WITH_SECRETS',
        definitions,
        onceOnly((task, signal) => httpTask(task, gateway, signal)),
      ),
      UPDATE_SECRET: withDefinition('UPDATE_SECRET', definitions, (task) => updateSecretTask(task, gateway)),
    },
    limit: settings.tasks,
    onReady: () => {
      isPolling = true;
      print('worker ready');
    },
    // INVARIANT: the worker does not log the reason or the output of a task, because both can contain data of the workflow.
    onEnded: (type, { taskId, workflowInstanceId }, { status }, { lost, ms }) =>
      log[lost ? 'warn' : 'info'](
        { type, taskId, workflowInstanceId, status, ms },
        lost ? 'the task ended, but the worker could not report the result' : 'the task ended',
      ),
  });
  if (!stopped.signal.aborted) await new Promise((resolve) => stopped.signal.addEventListener('abort', resolve));
  print('worker stopping');
  const unfinished = await polling.stop(settings.graceMs);
  conductor.close();
  health?.close();
  await telemetry?.stop();
  if (unfinished > 0) print(`Not finished: ${unfinished} ${unfinished === 1 ? 'task' : 'tasks'}.`);
  return exitSoon(unfinished > 0 ? 1 : 0);
}

function cannotListen({ code }: NodeJS.ErrnoException): never {
  throw new CommandFailed(
    `WORKER_HOST, WORKER_PORT: the worker cannot listen on this address and port (${code}).`,
    EXIT.USAGE,
  );
}
