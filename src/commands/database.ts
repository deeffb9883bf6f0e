import { readConfig } from '../config.ts';
import { permanentFailure, startEmbedded } from '../database/embedded.ts';
import { CliCommand } from './cli-command.ts';
import { EXIT } from './exit-code.ts';
import { CommandFailed } from './failure.ts';
import { addSettingOptions, settingsOf } from './setting-options.ts';
import { onStopSignal } from './stop-signal.ts';

export function databaseCommand(): CliCommand {
  const command = new CliCommand('database')
    .description(
      'Runs the embedded PostgreSQL without a gateway, and prints the URL of its database, which contains a password. The command stops PostgreSQL when the process receives SIGINT, SIGTERM or SIGHUP.',
    )
    .withNotes(
      'Other commands with the same DATA_DIR use this PostgreSQL. A gateway uses it with the printed DATABASE_URL.',
    );
  return addSettingOptions(command, ['DATA_DIR', 'DATABASE_CONNECTIONS']).runs(async () => {
    const { databaseUrl, databaseConnections: connections, dataDir } = readConfig(settingsOf(command));
    if (databaseUrl !== undefined)
      throw new CommandFailed('DATABASE_URL is set. Remove DATABASE_URL to run the embedded PostgreSQL.', EXIT.USAGE);
    const stopSignal = new Promise<undefined>((stop) => onStopSignal(() => stop(undefined), EXIT.FAILED));
    const embedded = await startEmbedded({ dataDir, connections, print: (line) => console.error(line) });
    console.log(embedded.url);
    // Neither a signal handler nor PostgreSQL keeps this process running.
    const keepAlive = setInterval(() => {}, 60_000);
    const failure = await Promise.race([stopSignal, embedded.exited]);
    clearInterval(keepAlive);
    await embedded.stop();
    if (failure !== undefined) throw permanentFailure(failure);
    return EXIT.OK;
  });
}
