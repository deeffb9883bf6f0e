// Runs commands of the command line to their end.
import { type Settings, startGateway } from './gateway-process.ts';

export interface Ended {
  code: number | string;
  out: string;
  /** The standard output and the standard error. */
  said: string;
}

/** Runs `node src/main.ts …args` with only these settings. The leak test searches all output. */
export async function command(args: string[], settings: Settings): Promise<Ended> {
  const running = startGateway(settings, { args });
  const code = await running.end();
  return { code, out: running.printed(), said: running.said() };
}
