// One HTTP call, bounded in size and time.
import { STATUS_CODES } from 'node:http';
import { Agent, type Dispatcher, request } from 'undici';
import type { Json } from '../primitives/json.ts';
import { answerText, encodingsOf, Unreadable } from './answer-text.ts';
import type { HttpRequest } from './http-request.ts';
import { parsed } from './parsed.ts';

/** As Conductor's HTTP task tells it. */
export interface HttpResponse {
  statusCode: number;
  reasonPhrase: string;
  headers: Record<string, string[]>;
  /** JSON where it is JSON, else text; null if there was none. */
  body: Json;
}

/** No answer, or none that can be used. The message holds nothing of what was sent or answered. */
export class CallFailed extends Error {
  /** It will be so again. */
  readonly final: boolean;
  constructor(message: string, final = false) {
    super(message);
    this.final = final;
  }
}

/** Engines keep outputs: this is more than they like. */
const ANSWER_LIMIT = 512 * 1_024;
const REDIRECTS = 5;
/** With all its redirects. A server that sends a little now and then would keep the worker for ever. */
const LONGEST_MS = 600_000;

/**
 * Makes the call. Redirects of GET and HEAD are followed where they stay on the same scheme, host and port: the headers may hold secrets,
 * which are for that server.
 *
 * @throws CallFailed
 */
export async function httpCall(call: HttpRequest, signal: AbortSignal, longestMs = LONGEST_MS): Promise<HttpResponse> {
  const agent = new Agent({
    connect: { timeout: call.connectMs },
    headersTimeout: call.readMs,
    bodyTimeout: call.readMs,
    allowH2: false,
    pipelining: 0,
  });
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DOMException('late', 'TimeoutError')), longestMs);
  try {
    let uri = call.uri;
    for (let redirects = 0; ; redirects++) {
      const response = await request(uri, {
        method: call.method as Dispatcher.HttpMethod,
        headers: call.headers,
        body: call.body ?? null,
        dispatcher: agent,
        signal: AbortSignal.any([signal, late.signal]),
      });
      const next = redirectOf(call.method, uri, response);
      if (next === undefined) return await read(response);
      response.body.on('error', () => {}).destroy();
      if (next.origin !== uri.origin)
        throw new CallFailed(
          'It redirects to another server, which is not followed: secrets are for the first one',
          true,
        );
      if (redirects === REDIRECTS) throw new CallFailed(`It redirects more than ${REDIRECTS} times`, true);
      uri = next;
    }
  } catch (error) {
    throw error instanceof CallFailed ? error : new CallFailed(signal.aborted ? 'The worker was stopped' : why(error));
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
    new CallFailed(`The answer (HTTP ${statusCode}) is longer than ${ANSWER_LIMIT / 1_024} KiB`, true);
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
        ? `The answer (HTTP ${statusCode}) is not encoded as it says`
        : `The answer (HTTP ${statusCode}) has an encoding that the worker does not know`,
      error.reason !== 'broken',
    );
  });
  // They speak of what came over the wire.
  const untold = encodingsOf(headers).length > 0 ? ['content-encoding', 'content-length'] : [];
  return {
    statusCode,
    reasonPhrase: STATUS_CODES[statusCode] ?? '',
    headers: Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) =>
        value === undefined || untold.includes(name) ? [] : [[name, [value].flat()]],
      ),
    ),
    body: text === '' ? null : (parsed(text) ?? text),
  };
}

/** By code: messages may quote what was sent. */
function why(error: unknown): string {
  const codes: Record<string, string> = {
    UND_ERR_CONNECT_TIMEOUT: 'no connection within connectionTimeOut',
    UND_ERR_HEADERS_TIMEOUT: 'nothing within readTimeOut',
    UND_ERR_BODY_TIMEOUT: 'nothing more within readTimeOut',
    UND_ERR_SOCKET: 'the connection broke',
    UND_ERR_INVALID_ARG: 'HTTP has no form for this request',
  };
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string') return codes[code] ?? code;
    if (at.name === 'TimeoutError') return 'it took too long';
  }
  return 'no answer';
}
