// Runs a command of the gateway program until the command ends.
import { type Settings, startGateway } from './gateway-process.ts';

export interface Ended {
  code: number | string;
  out: string;
  /** The standard output and the standard error of the command. */
  said: string;
}

/** Runs `node src/main.ts …args` with only these environment variables. The leak test searches all output. */
export async function command(args: string[], settings: Settings): Promise<Ended> {
  const running = startGateway(settings, { args });
  const code = await running.end();
  return { code, out: running.printed(), said: running.said() };
}
