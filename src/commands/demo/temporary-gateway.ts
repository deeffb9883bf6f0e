import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Remote, readConfig } from '../../config.ts';
import { Sensitive } from '../../sensitive.ts';
import { serve } from '../../startup/serve.ts';

export interface TemporaryGateway extends Remote {
  /** Stops the gateway and deletes its files. */
  close(): Promise<void>;
}

/**
 * Starts a gateway in this process, with the additional settings in `settings`. The database of the gateway is in the directory for temporary files.
 * The function ignores environment variables.
 */
export async function temporaryGateway(settings: Record<string, string> = {}): Promise<TemporaryGateway> {
  const home = await mkdtemp(join(tmpdir(), 'secrets-gateway-demo-'));
  // The handler deletes the files even if the process exits without a clean stop. If the operating system kills the process, the files are not
  // deleted.
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
      ...settings,
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
