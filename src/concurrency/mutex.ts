// A mutex with a maximum waiting time.
import { E_TIMEOUT, Mutex, withTimeout } from 'async-mutex';
import { Unavailable } from '../errors.ts';

export interface TimedMutex {
  /**
   * Waits until the mutex is free, and locks the mutex. Callers lock the mutex in the order of their calls. Returns the function that releases the
   * mutex.
   * @throws Unavailable after the maximum waiting time
   */
  acquire(): Promise<() => void>;
}

/** @param message the message of the error that is the cause of Unavailable. The message appears only in the application log */
export function timedMutex(timeoutMs: number, message: string): TimedMutex {
  const mutex = new Mutex();
  const timed = withTimeout(mutex, timeoutMs);
  return {
    // A free mutex is locked at once, so the call needs no timer.
    acquire: () =>
      mutex.isLocked()
        ? timed.acquire().catch((error) => {
            throw error === E_TIMEOUT ? new Unavailable(new Error(message)) : error;
          })
        : mutex.acquire(),
  };
}
