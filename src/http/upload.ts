import { Readable } from 'node:stream';
import { HttpError } from './exchange.ts';

/**
 * What `source` brings, as a stream of its own, which takes no more than is read of it. Whoever sends it on may destroy it as soon as
 * the other side has answered: the rest of `source` is then thrown away, and the connection it comes on stays whole for the answer.
 * `inspect` sees each chunk before it is sent; what it throws ends the upload before that chunk.
 * It fails with HttpError 408 if `source` brings nothing for `idleMs` while it is read, with 400 if `source` breaks off.
 */
export function upload(source: Readable, idleMs: number, inspect?: (chunk: Buffer) => void): Readable {
  let timer: NodeJS.Timeout | undefined;
  const body = new Readable({
    read() {
      wait();
      source.resume();
    },
    destroy(error, done) {
      leave();
      source.resume();
      done(error);
    },
  });
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(late, idleMs);
  };
  const take = (chunk: Buffer) => {
    clearTimeout(timer);
    try {
      inspect?.(chunk);
    } catch (error) {
      body.destroy(error as Error);
      return;
    }
    if (body.push(chunk)) wait();
    else source.pause();
  };
  const leave = () => {
    clearTimeout(timer);
    source.off('data', take).off('end', end).off('error', short).off('close', short);
  };
  const end = () => {
    leave();
    body.push(null);
  };
  const late = () => {
    body.destroy(new HttpError(408, 'BAD_REQUEST', 'The body does not arrive.', { connection: 'close' }));
  };
  const short = () => {
    body.destroy(new HttpError(400, 'BAD_REQUEST', 'The body stops short.'));
  };
  source.on('data', take).on('end', end).on('error', short).on('close', short);
  return body;
}
