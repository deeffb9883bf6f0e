import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Remote, readConfig } from '../../config.ts';
import { Sensitive } from '../../sensitive.ts';
import { serve } from '../../startup/serve.ts';

export interface TemporaryGateway extends Remote {
  /** Stops it and leaves nothing behind. */
  close(): Promise<void>;
}

/** A gateway in this process, with a database of its own in the system's directory for temporary files. Heeds none of the settings. */
export async function temporaryGateway(): Promise<TemporaryGateway> {
  const home = await mkdtemp(join(tmpdir(), 'secrets-gateway-demo-'));
  // Also if the process is told to exit at once. (A killed one leaves the directory.)
  const atExit = () => rmSync(home, { recursive: true, force: true });
  process.once('exit', atExit);
  const clean = async () => {
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
    process.off('exit', atExit);
  };
  try {
    const password = new Sensitive(randomBytes(15).toString('base64url'));
    const config = readConfig({
      DATA_DIR: join(home, 'data'),
      PORT: '0',
      ADMIN_PASSWORD: password.expose(),
      LOG_LEVEL: 'error',
    });
    const running = await serve(config, () => {});
    return {
      url: running.url,
      username: config.adminUsername,
      password,
      close: () => running.stop().finally(clean),
    };
  } catch (error) {
    await clean();
    throw error;
  }
}
