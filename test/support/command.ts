// Runs commands of the command line to their end.
import { type Settings, startGateway } from './gateway-process.ts';

export interface Ended {
  code: number | string;
  out: string;
  /** Standard output and standard error. */
  said: string;
}

/** `node src/main.ts …args` with these settings and no others. The leak test searches all its output. */
export async function command(args: string[], settings: Settings): Promise<Ended> {
  const running = startGateway(settings, { args });
  const code = await running.end();
  return { code, out: running.printed(), said: running.said() };
}
