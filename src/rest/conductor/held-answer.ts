// Buffers responses of the Conductor server, so that the gateway can parse their JSON.
import { HttpError, type Outgoing } from '../../http/exchange.ts';

/** Maximum number of bytes of a body that contains data of tasks or executions. The gateway buffers the complete body. */
export const LONGEST_DATA = 16 * 1_048_576;

/** Returns the media type from the `content-type` header in lower case, without parameters. */
export function mediaOf(headers: Outgoing['headers']): string {
  const [type = ''] = [headers['content-type'] ?? ''].flat();
  return (type.split(';')[0] ?? '').trim().toLowerCase();
}

export const isJson = (media: string): boolean => /^(?:application|text)\/(?:[\w.-]+\+)?json$/.test(media);

/** Yields the chunks of a response body. @throws HttpError 502 if the response is incomplete */
export async function* chunksOf(body: Outgoing['body']): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of typeof body === 'string' || Buffer.isBuffer(body) ? [body] : body)
      yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as Uint8Array);
  } catch {
    throw new HttpError(502, 'UPSTREAM_UNAVAILABLE', 'The response of the Conductor server is incomplete.');
  }
}

/** Names of headers that describe the exact bytes of a body. If the gateway changes a body, the gateway removes these headers. */
const OF_BODY = ['content-length', 'content-md5', 'digest', 'content-digest', 'repr-digest', 'etag', 'accept-ranges'];

/** Returns the headers of a response without the headers that describe the exact bytes of the body, and without the headers in `others`. */
export function withoutBodyHeaders(headers: Outgoing['headers'], ...others: readonly string[]): Outgoing['headers'] {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !OF_BODY.includes(name) && !others.includes(name)),
  );
}

/** Returns a copy of the response in which `body` replaces the body. */
export function withBody(answer: Outgoing, body: string): Outgoing {
  return { ...answer, headers: withoutBodyHeaders(answer.headers), body };
}
