// A mutex with a maximum waiting time.
import { E_TIMEOUT, Mutex, withTimeout } from 'async-mutex';
import { Unavailable } from '../errors.ts';

export interface TimedMutex {
  /**
   * Waits until the mutex is free. Callers get the mutex in the order of their calls. Returns the function that releases the mutex.
   * @throws Unavailable after the maximum waiting time
   */
  acquire(): Promise<() => void>;
}

/** @param message message of the cause of the Unavailable error; the message appears only in the application log */
export function timedMutex(timeoutMs: number, message: string): TimedMutex {
  const mutex = withTimeout(new Mutex(), timeoutMs);
  return {
    acquire: () =>
      mutex.acquire().catch((error) => {
        throw error === E_TIMEOUT ? new Unavailable(new Error(message)) : error;
      }),
  };
}
