import { Readable } from 'node:stream';
import { HttpError } from './exchange.ts';

/**
 * Returns a stream of the bytes of `source`. The returned stream reads `source` only as fast as its reader reads. After the other server answered,
 * the caller can destroy the returned stream. The rest of `source` is then discarded, so that the gateway can still send the answer on the connection
 * of `source`. The returned stream calls `inspect` with each chunk before the chunk is sent. If `inspect` throws an error, the stream fails and does
 * not send the chunk. If `source` sends nothing for `idleMs` while the stream waits for data, the stream fails with HttpError 408. If `source` is
 * incomplete, the stream fails with HttpError 400.
 */
export function upload(source: Readable, idleMs: number, inspect?: (chunk: Buffer) => void): Readable {
  let timer: NodeJS.Timeout | undefined;
  const body = new Readable({
    read() {
      startTimer();
      source.resume();
    },
    destroy(error, done) {
      removeListeners();
      source.resume();
      done(error);
    },
  });
  const startTimer = () => {
    clearTimeout(timer);
    timer = setTimeout(onTimeout, idleMs);
  };
  const onChunk = (chunk: Buffer) => {
    clearTimeout(timer);
    try {
      inspect?.(chunk);
    } catch (error) {
      body.destroy(error as Error);
      return;
    }
    if (body.push(chunk)) startTimer();
    else source.pause();
  };
  const removeListeners = () => {
    clearTimeout(timer);
    source.off('data', onChunk).off('end', onEnd).off('error', onClose).off('close', onClose);
  };
  const onEnd = () => {
    removeListeners();
    body.push(null);
  };
  const onTimeout = () => {
    body.destroy(
      new HttpError(408, 'BAD_REQUEST', 'The request body did not arrive in time.', { connection: 'close' }),
    );
  };
  const onClose = () => {
    body.destroy(new HttpError(400, 'BAD_REQUEST', 'The request body ended early.'));
  };
  source.on('data', onChunk).on('end', onEnd).on('error', onClose).on('close', onClose);
  return body;
}
