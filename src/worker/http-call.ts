// Makes one HTTP call with limits on size and time.
import { STATUS_CODES } from 'node:http';
import { Agent, type Dispatcher, request } from 'undici';
import type { HttpRequest } from '../conductor/http-request.ts';
import type { Json } from '../primitives/json.ts';
import { answerText, encodingsOf, Unreadable } from './answer-text.ts';
import { tryParseJson } from './try-parse-json.ts';

/** An HTTP response, in the format of Conductor's HTTP task. */
export interface HttpResponse {
  statusCode: number;
  reasonPhrase: string;
  headers: Record<string, string[]>;
  /** The body of the response. A JSON body is parsed, any other body is a string, and an empty body is null. */
  body: Json;
}

/** An error: the HTTP call failed, or the worker cannot use the response. The message contains no part of the request and no part of the response. */
export class CallFailed extends Error {
  /** True if a retry would also fail. */
  readonly final: boolean;
  constructor(message: string, final = false) {
    super(message);
    this.final = final;
  }
}

/** Maximum size of a response in bytes. Engines store the outputs of tasks, and reject larger outputs. */
const ANSWER_LIMIT = 512 * 1_024;
const REDIRECTS = 5;
/**
 * Maximum duration of a call and its redirects, in milliseconds. Without this limit, a server could keep a call open forever by sending one byte from
 * time to time.
 */
const MAX_CALL_MS = 600_000;

/**
 * Makes an HTTP call. The function follows a redirect only under two conditions. The method is GET or HEAD, and the redirect leads to the same
 * scheme, host and port. The reason is that the headers can contain secrets for the original server.
 *
 * @throws CallFailed
 */
export async function httpCall(call: HttpRequest, signal: AbortSignal, maxMs = MAX_CALL_MS): Promise<HttpResponse> {
  const agent = new Agent({
    connect: { timeout: call.connectMs },
    headersTimeout: call.readMs,
    bodyTimeout: call.readMs,
    allowH2: false,
    pipelining: 0,
  });
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new DOMException('late', 'TimeoutError')), maxMs);
  try {
    let uri = call.uri;
    for (let redirects = 0; ; redirects++) {
      const response = await request(uri, {
        method: call.method as Dispatcher.HttpMethod,
        headers: call.headers,
        body: call.body ?? null,
        dispatcher: agent,
        signal: AbortSignal.any([signal, deadline.signal]),
      });
      const next = redirectOf(call.method, uri, response);
      if (next === undefined) return await read(response);
      response.body.on('error', () => {}).destroy();
      if (next.origin !== uri.origin)
        throw new CallFailed(
          'The server redirects to another server. The worker does not send secrets to another server',
          true,
        );
      if (redirects === REDIRECTS) throw new CallFailed(`The server redirects more than ${REDIRECTS} times`, true);
      uri = next;
    }
  } catch (error) {
    throw error instanceof CallFailed
      ? error
      : new CallFailed(signal.aborted ? 'The worker stopped' : failureReason(error));
  } finally {
    clearTimeout(timer);
    await agent.destroy().catch(() => {});
  }
}

function redirectOf(method: string, uri: URL, { statusCode, headers }: Dispatcher.ResponseData): URL | undefined {
  const location = [headers.location].flat()[0];
  if (![301, 302, 303, 307, 308].includes(statusCode) || location === undefined) return undefined;
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  return URL.canParse(location, uri.href) ? new URL(location, uri) : undefined;
}

async function read({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<HttpResponse> {
  const tooLong = () =>
    new CallFailed(`The response (HTTP ${statusCode}) is longer than ${ANSWER_LIMIT / 1_024} KiB`, true);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > ANSWER_LIMIT) throw tooLong();
    chunks.push(chunk);
  }
  const text = await answerText(Buffer.concat(chunks), headers, ANSWER_LIMIT).catch((error: unknown) => {
    if (!(error instanceof Unreadable)) throw error;
    if (error.reason === 'too long') throw tooLong();
    throw new CallFailed(
      error.reason === 'broken'
        ? `The body of the response (HTTP ${statusCode}) does not match its content-encoding`
        : `The response (HTTP ${statusCode}) has a content-encoding that the worker does not support`,
      error.reason !== 'broken',
    );
  });
  // The worker omits these headers, because these headers describe the encoded body, and the output contains the decoded body.
  const omitted = encodingsOf(headers).length > 0 ? ['content-encoding', 'content-length'] : [];
  return {
    statusCode,
    reasonPhrase: STATUS_CODES[statusCode] ?? '',
    headers: Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) =>
        value === undefined || omitted.includes(name) ? [] : [[name, [value].flat()]],
      ),
    ),
    body: text === '' ? null : (tryParseJson(text) ?? text),
  };
}

/** Describes an error by its code. The description does not contain the error's message, because the message can quote the request. */
function failureReason(error: unknown): string {
  const codes: Record<string, string> = {
    UND_ERR_CONNECT_TIMEOUT: 'no connection within connectionTimeOut',
    UND_ERR_HEADERS_TIMEOUT: 'no response within readTimeOut',
    UND_ERR_BODY_TIMEOUT: 'the response paused for longer than readTimeOut',
    UND_ERR_SOCKET: 'connection lost',
    UND_ERR_INVALID_ARG: 'invalid HTTP request',
  };
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string') return codes[code] ?? code;
    if (at.name === 'TimeoutError') return 'timeout';
  }
  return 'no response';
}
