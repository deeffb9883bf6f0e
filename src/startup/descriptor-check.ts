// Notices when the process has no free file descriptor. The operating system then refuses new connections of clients without telling the process.
import { open } from 'node:fs/promises';
import type { Logger } from 'pino';

const CHECK_MS = 1_000;
/** Minimum time between two log lines. */
const LOG_AGAIN_MS = 60_000;
/** No file descriptor is free in this process (EMFILE), or in the whole system (ENFILE). */
const SHORTAGES: readonly unknown[] = ['EMFILE', 'ENFILE'];

export interface DescriptorCheck {
  /** The number of checks that found no free file descriptor. */
  shortages(): number;
  stop(): Promise<void>;
}

/** Opens and closes a file every second. Logs an error if no file descriptor is free, and a line when file descriptors are free again. */
export function startDescriptorCheck(
  log: Pick<Logger, 'error' | 'info'>,
  tryOpen = async () => (await open('/dev/null')).close(),
): DescriptorCheck {
  let shortages = 0;
  let loggedAt: number | undefined;
  let isShort = false;

  const check = async () => {
    try {
      await tryOpen();
      if (isShort) log.info('file descriptors are free again');
      isShort = false;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (!SHORTAGES.includes(code)) return;
      shortages += 1;
      isShort = true;
      if (loggedAt !== undefined && performance.now() - loggedAt < LOG_AGAIN_MS) return;
      loggedAt = performance.now();
      log.error({ code }, 'no file descriptor is free, so new connections fail; raise the limit of open files');
    }
  };

  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(check);
  }, CHECK_MS);
  timer.unref();
  return {
    shortages: () => shortages,
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
