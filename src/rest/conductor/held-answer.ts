// Buffers an answer of the Conductor server whose JSON the gateway reads.
import { HttpError, type Outgoing } from '../../http/exchange.ts';

/** Maximum number of bytes of a body with data of tasks or executions. The gateway buffers such a body. */
export const LONGEST_DATA = 16 * 1_048_576;

/** The content type of a message, without its parameters and in lower case. */
export function mediaOf(headers: Outgoing['headers']): string {
  const [type = ''] = [headers['content-type'] ?? ''].flat();
  return (type.split(';')[0] ?? '').trim().toLowerCase();
}

export const isJson = (media: string): boolean => /^(?:application|text)\/(?:[\w.-]+\+)?json$/.test(media);

/** The chunks of an answer. @throws HttpError 502 if the answer is incomplete */
export async function* chunksOf(body: Outgoing['body']): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of typeof body === 'string' || Buffer.isBuffer(body) ? [body] : body)
      yield Buffer.from(chunk as Uint8Array);
  } catch {
    throw new HttpError(502, 'UPSTREAM_UNAVAILABLE', 'The answer of the Conductor server is incomplete.');
  }
}

/** Headers that describe the bytes of a body. If the gateway changes a body, these headers are wrong. */
const OF_BODY = ['content-length', 'content-md5', 'digest', 'content-digest', 'repr-digest', 'etag', 'accept-ranges'];

/** The answer with another JSON body. */
export function withJson(answer: Outgoing, json: unknown): Outgoing {
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !OF_BODY.includes(name)));
  return { ...answer, headers, body: JSON.stringify(json) };
}
