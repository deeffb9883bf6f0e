// `npm run demo:conductor`: shows the gateway with a real Conductor server. Exits with 0 if every step had the expected result, with 1 if a step
// failed, with 2 if Java or Maven is missing or a download failed, and with 130 after Ctrl-C.
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliCommand } from '../src/commands/cli-command.ts';
import { clientOf, NoUsableAnswer } from '../src/commands/demo/client.ts';
import { stageOn } from '../src/commands/demo/stage.ts';
import { temporaryGateway } from '../src/commands/demo/temporary-gateway.ts';
import { printFailure } from '../src/commands/failure.ts';
import { runCommand } from '../src/commands/program.ts';
import { onStopSignal } from '../src/commands/stop-signal.ts';
import { prepareServer, type ServerTools } from './build-conductor.ts';
import { freePort, startConductor } from './conductor-process.ts';
import { MissingTool, MODULE_JAR } from './conductor-server.ts';
import { createCast, randomValues } from './demo-conductor/cast.ts';
import { startLabelWorker } from './demo-conductor/label-worker.ts';
import { callerAt } from './demo-conductor/rest-client.ts';
import { playConductor } from './demo-conductor/story.ts';
import { startTargetServer } from './demo-conductor/target-server.ts';
import { waiting } from './waiting.ts';

const DESCRIPTION = `Shows the gateway with a real Conductor server (conductor-oss): workflows that use, rotate and attack secrets.
The demo downloads the server from Maven Central (458 MB, only the first time), builds the gateway's module for the server, and starts the server, a
temporary gateway, a called server and a worker of the published JavaScript client. All of them listen only on the loopback address.
At the end, the demo searches the server's database and log for every secret value. Then the demo stops all servers and deletes all files.
The demo needs Java 21 or newer and Maven. Stops with exit code 1 at the first step that does not have the expected result.`;

const FAILED = 1;
const MISSING = 2;
const STOPPED = 130;
const WORKER_GRACE_MS = 3_000;

const stopped = new AbortController();
const command = new CliCommand('npm run demo:conductor').description(DESCRIPTION).runs(main);
process.exitCode = await runCommand(command, process.argv.slice(2));
// The process exits explicitly, because the worker's client can still wait for a retry.
if (stopped.signal.aborted) process.exit();

async function main(): Promise<number> {
  onStopSignal(() => stopped.abort(), STOPPED);
  process.stdout.on('error', () => stopped.abort());
  try {
    const tools = await prepareServer(process.stderr, stopped.signal);
    if (tools === undefined) throw new Error('The build of the module failed.');
    await show(tools);
  } catch (error) {
    if (stopped.signal.aborted) return STOPPED;
    if (error instanceof MissingTool) {
      console.error(`The demo cannot run: ${error.message}`);
      return MISSING;
    }
    return printFailure(error);
  }
  console.log('Every step had the expected result. The demo stopped the servers, and deleted all of their files.');
  return 0;
}

/** Starts all servers, runs all steps of the demo, and stops the servers in reverse order. */
async function show(tools: ServerTools): Promise<void> {
  const { signal } = stopped;
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const dir = await mkdtemp(join(tmpdir(), 'secrets-gateway-conductor-'));
    undo.push(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
    const port = await freePort();
    const gateway = await waiting(
      process.stderr,
      'Starting a temporary gateway',
      temporaryGateway({ CONDUCTOR_URL: `http://127.0.0.1:${port}` }),
    );
    undo.push(() => gateway.close());
    const ask = clientOf(gateway.url, signal);
    const values = randomValues();
    const cast = await createCast(ask, gateway, values);
    const target = await startTargetServer({ keyId: values.appKeyId, keySecret: values.appKeySecret });
    undo.push(() => target.close());

    const conductor = await startConductor({
      ...{ ...tools, dir, port },
      module: { jar: MODULE_JAR, gatewayUrl: gateway.url, ...cast.engine },
      settings: { 'conductor.scheduler.initialDelayMs': 1_000 },
    });
    const { child } = conductor;
    // The demo kills the Conductor server, because a clean stop can take half a minute. The demo deletes the server's files anyway.
    undo.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    // The handler ends the server even if this process exits without a clean stop.
    const atExit = () => {
      child.kill('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    };
    process.once('exit', atExit);
    undo.push(async () => process.off('exit', atExit));
    await waiting(
      process.stderr,
      'Starting the Conductor server, which takes one to three minutes',
      untilStopped(conductor.ready()),
    );

    const worker = await startLabelWorker({ serverUrl: `${gateway.url}/api`, ...cast.worker }, `${target.url}/printer`);
    // The client retries a report for a minute if Ctrl-C has stopped the Conductor server.
    undo.push(() => Promise.race([worker.stop(), sleep(WORKER_GRACE_MS, undefined, { ref: false })]));
    console.log(`\nThe gateway is at ${gateway.url}, in front of the Conductor server at ${conductor.url}.\n`);
    await playConductor({
      ...{ stage: stageOn(process.stdout, ask), ask, cast, target, files: conductor, stopped: signal },
      admin: callerAt(gateway.url, 'admin', cast.admin, signal),
      ann: callerAt(gateway.url, 'ann', cast.ann, signal),
      intruder: callerAt(conductor.url, 'intruder', undefined, signal),
    });
  } finally {
    console.error('Stopping the servers.');
    for (const step of undo.toReversed())
      await step().catch((error: unknown) => {
        console.error(`Clean-up failed: ${error instanceof Error ? error.message : 'unknown reason'}`);
        process.exitCode = FAILED;
      });
  }
}

/** Rejects as soon as the user stops the demo. */
function untilStopped<Result>(work: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onStop = () => reject(new NoUsableAnswer('The demo was stopped.'));
  if (stopped.signal.aborted) onStop();
  else stopped.signal.addEventListener('abort', onStop, { once: true });
  return Promise.race([work, promise]);
}
