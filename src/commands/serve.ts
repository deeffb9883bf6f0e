import cluster from 'node:cluster';
import { type Config, readConfig } from '../config.ts';
import { settingsOf as settingNames } from '../settings/settings.ts';
import { MAX_STOP_MS } from '../startup/stop-limit.ts';
import { CliCommand } from './cli-command.ts';
import { exitSoon } from './exit-soon.ts';
import { addSettingOptions, settingsOf } from './setting-options.ts';
import { onStopSignal } from './stop-signal.ts';

export function serveCommand(): CliCommand {
  const command = new CliCommand('serve').description(
    'Serves requests until the process receives SIGINT, SIGTERM or SIGHUP. docs/settings.md describes the settings.',
  );
  return addSettingOptions(command, settingNames('gateway')).runs(() => serve(readConfig(settingsOf(command))));
}

/** Serves HTTP requests until a signal stops the process. */
async function serve(config: Config): Promise<number> {
  let isStopping = false;
  const stopSignal = new Promise<number>((stop) => {
    onStopSignal(() => {
      isStopping = true;
      setTimeout(() => process.exit(1), MAX_STOP_MS + config.drainSeconds * 1_000).unref();
      stop(0);
    }, 1); // PostgreSQL does not lose committed data, even if a second signal ends the process immediately.
  });
  const print = (line: string) => console.log(line);
  // Each process loads only the modules that the process needs. The primary process serves no HTTP requests.
  if (cluster.isWorker) return exitSoon(await (await import('../processes/worker.ts')).work(config, stopSignal));
  const start =
    config.workers === 1
      ? (await import('../startup/serve.ts')).serve(config, print)
      : (await import('../processes/primary.ts')).serveByWorkers(config, print);
  const running = await start.catch((error) => {
    // A terminal also sends signals to the worker processes. A worker process can therefore end before the worker process begins to serve requests.
    if (isStopping && error.name === 'WorkerFailed') return undefined;
    throw error;
  });
  if (running === undefined) return 0;
  console.log(`ready ${running.url}`);
  const failed = running.failed.then((error) => {
    console.error(error.message);
    return 1;
  });
  const code = await Promise.race([stopSignal, failed]);
  await running.stop();
  return exitSoon(code);
}
