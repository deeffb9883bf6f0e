import { readConfig } from '../config.ts';
import { serve } from '../serve.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Serves until it is told to stop. */
export async function run(): Promise<number> {
  const config = readConfig(process.env);
  const asked = new Promise<number>((stop) => {
    let times = 0;
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        times += 1;
        // Asked twice, somebody is in a hurry: PostgreSQL and its log keep what was committed.
        if (times > 1) process.exit(1);
        stop(0);
      });
    }
  });
  const running = await serve(config, (line) => console.log(line));
  console.log(`ready ${running.url}`);
  const failed = running.failed.then((error) => {
    console.error(`The embedded PostgreSQL is gone and does not start again: ${error.message}`);
    return 1;
  });
  const code = await Promise.race([asked, failed]);
  await running.stop();
  return code;
}
