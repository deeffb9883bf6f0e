// Masks the data of workflow executions in a response of the Conductor server.
import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { executionsIn } from '../../conductor/execution-parts.ts';
import { BadInput } from '../../errors.ts';
import { buffered } from '../../http/buffered.ts';
import { HttpError, type Outgoing } from '../../http/exchange.ts';
import { type Json, parseJson, withoutMark } from '../../primitives/json.ts';
import { splicedJson } from '../../primitives/spliced-json.ts';
import type { Session } from '../../session/session.ts';
import { chunksOf, isJson, LONGEST_DATA, mediaOf, withoutBodyHeaders } from './held-answer.ts';

/** Media types of binary files. The gateway forwards files of these types unchanged. */
const FILES = /^(?:application\/(?:octet-stream|pdf|zip|gzip)|(?:image|audio|video|font)\/[\w.+-]+)$/;
const DECODERS: Readonly<Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

export interface AnsweredRequest {
  /** The parameters of the request's path. */
  readonly params: Readonly<Record<string, string>>;
  /** Whether the request is a HEAD request. */
  readonly head: boolean;
}

/**
 * Masks a response for every principal that may read the response. If the response contains nothing to hide, the body is unchanged byte for byte. The
 * function forwards binary files and responses without a body unchanged.
 * @throws HttpError 413 ANSWER_TOO_LARGE; HttpError 502 ANSWER_UNREADABLE if the response is neither JSON nor plain text; Unavailable
 */
export async function maskedAnswer(
  answer: Outgoing,
  session: Session,
  { params: { workflowId, taskId }, head }: AnsweredRequest,
): Promise<Outgoing> {
  // A caller could use headers that describe the unmasked body to confirm a guessed secret value.
  const headers = withoutBodyHeaders(answer.headers, 'last-modified', 'content-range');
  if (head || answer.status === 204 || answer.status === 304) return { ...answer, headers };
  const type = mediaOf(answer.headers);
  if (FILES.test(type)) return answer;
  const encoding = headerOf(answer, 'content-encoding').trim().toLowerCase();
  // The body of an event stream never ends, so the gateway checks the headers before the gateway reads the body.
  if (!isReadable(answer, type, encoding)) {
    // The call of `destroy` aborts the request to the Conductor server, and the body stream then emits an error.
    if (answer.body instanceof Readable) answer.body.once('error', () => undefined).destroy();
    throw unreadable();
  }
  const encoded = await buffered(chunksOf(answer.body), LONGEST_DATA);
  if (encoded === undefined) throw tooLarge();
  const bytes = await decoded(encoded, encoding);
  const { 'content-encoding': _, ...decodedHeaders } = headers;
  const sent = { ...answer, headers: decodedHeaders };
  if (bytes.length === 0) return { ...sent, body: bytes };
  const source = withoutMark(textOf(bytes));

  const json = jsonOf(source);
  const before = json === undefined || !(isJson(type) || type === '') ? source : json;
  const { executions, put } = executionsIn(before, { workflowId, taskId, isError: answer.status >= 400 });
  try {
    const after = put(await session.taskSecrets.maskParts(executions));
    if (after === before) return { ...sent, body: bytes };
    if (before === source) return { ...sent, body: String(after) };
    return { ...sent, body: splicedJson(source, before, after) };
  } catch (error) {
    if (error instanceof BadInput) throw tooLarge();
    throw error;
  }
}

/** Whether the headers describe JSON or plain text in UTF-8, or an empty body. */
function isReadable(answer: Outgoing, type: string, encoding: string): boolean {
  if (headerOf(answer, 'content-length') === '0') return true;
  const [, ...parameters] = headerOf(answer, 'content-type').split(';');
  const isUtf8Declared = parameters.every(
    (text) => !/^\s*charset\s*=/i.test(text) || /=\s*"?(?:utf-?8|us-ascii)"?\s*$/i.test(text),
  );
  const isKnownType = isJson(type) || type === 'text/plain' || type === '';
  return isUtf8Declared && isKnownType && (isPlain(encoding) || Object.hasOwn(DECODERS, encoding));
}

const isPlain = (encoding: string) => encoding === '' || encoding === 'identity';

function headerOf({ headers }: Outgoing, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : (value ?? []).join(', ');
}

const tooLarge = () =>
  new HttpError(
    413,
    'ANSWER_TOO_LARGE',
    `The response of the Conductor server is too large to mask. The maximum is ${LONGEST_DATA} bytes. Request less data: a smaller size or count, includeTasks=false, or one task at a time.`,
  );

const unreadable = () =>
  new HttpError(
    502,
    'ANSWER_UNREADABLE',
    'The response of the Conductor server has a format that the gateway cannot mask. Request application/json.',
  );

/** @throws HttpError 413, 502 */
async function decoded(bytes: Buffer, encoding: string): Promise<Buffer> {
  const decode = isPlain(encoding) || bytes.length === 0 ? undefined : DECODERS[encoding];
  if (decode === undefined) return bytes;
  try {
    return await decode(bytes, { maxOutputLength: LONGEST_DATA });
  } catch (error) {
    throw (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge() : unreadable();
  }
}

/**
 * Decodes UTF-8. @throws HttpError 502 for bytes that are not UTF-8, and for NUL characters. UTF-16 JSON can be valid UTF-8, but then contains NUL
 * characters
 */
function textOf(bytes: Buffer): string {
  if (bytes.includes(0) || !isUtf8(bytes)) throw unreadable();
  return bytes.toString('utf8');
}

function jsonOf(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
