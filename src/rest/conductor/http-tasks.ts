// Converts HTTP tasks with secrets to HTTP_WITH_SECRETS tasks in requests to the Conductor server. Converts the tasks back in responses.
import type { CheckedBody } from '../../conductor/definition-check.ts';
import { asWritten, MARK, namesToRewrite, rewritten } from '../../conductor/http-rewrite.ts';
import { InvalidTask, Unreachable } from '../../conductor/task.ts';
import { HttpError, type Outgoing } from '../../http/exchange.ts';
import { LIMITS } from '../../payloads/references/references.ts';
import { isDeeperThan, type Json, parseJson, withoutMark } from '../../primitives/json.ts';
import { splicedJson } from '../../primitives/spliced-json.ts';
import type { Session } from '../../session/session.ts';
import { LONGEST_JSON } from '../body.ts';
import type { ReadDefinitions } from './definitions-body.ts';
import { chunksOf, isJson, LONGEST_DATA, mediaOf, withBody } from './held-answer.ts';

/** The maximum number of nested JSON levels of a converted body. The conversion is recursive, so deeper JSON could overflow the stack. */
const MOST_LEVELS = 2 * LIMITS.depth;

/**
 * Returns a body in which HTTP_WITH_SECRETS tasks replace HTTP tasks with secrets. Returns undefined if the body contains no HTTP tasks with secrets.
 * @throws HttpError 413, 415, 502
 */
export async function rewrittenBody(
  read: ReadDefinitions,
  kind: CheckedBody,
  session: Session,
): Promise<Buffer | undefined> {
  const sent = await read();
  if (sent === undefined) {
    if (kind !== 'workflow definitions') return undefined;
    const message = `With CONDUCTOR_HTTP_TASKS=worker, workflow definitions must have at most ${LONGEST_JSON} bytes. Send fewer definitions in one request.`;
    throw new HttpError(413, 'BAD_REQUEST', message);
  }
  const body = sent.json;
  if (body === undefined || isDeeperThan(body, MOST_LEVELS)) return undefined;
  const names = namesToRewrite(kind, body);
  const registered = await session
    .requireConductor()
    .taskDefinitions(names)
    .catch((error: unknown) => {
      if (!(error instanceof Unreachable || error instanceof InvalidTask)) throw error;
      throw new HttpError(502, 'UPSTREAM_UNAVAILABLE', 'The Conductor server did not return the task definitions.');
    });
  const result = rewritten(kind, body, (name) => typeof name === 'string' && registered.has(name));
  return result === body ? undefined : Buffer.from(splicedJson(sent.text, body, result));
}

/**
 * Returns a response in which the original HTTP tasks replace the HTTP_WITH_SECRETS tasks. If the response contains no HTTP_WITH_SECRETS tasks, the
 * body is unchanged byte for byte.
 */
export async function asAuthorsWrote(answer: Outgoing): Promise<Outgoing> {
  if (!isJson(mediaOf(answer.headers)) || (answer.headers['content-encoding'] ?? 'identity') !== 'identity')
    return answer;
  const chunks: Buffer[] = [];
  const rest = chunksOf(answer.body);
  let size = 0;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    chunks.push(next.value);
    size += next.value.length;
    // If the response exceeds the maximum size, the gateway forwards the response unchanged.
    if (size > LONGEST_DATA) return { ...answer, body: joined(chunks, rest) };
  }
  const bytes = Buffer.concat(chunks);
  const source = withoutMark(bytes.toString('utf8'));
  const json = source.includes(MARK) ? jsonOf(source) : undefined;
  const written = json === undefined ? undefined : asWritten(json);
  if (json === undefined || written === undefined || written === json) return { ...answer, body: bytes };
  return withBody(answer, splicedJson(source, json, written));
}

async function* joined(chunks: readonly Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
  yield* rest;
}

function jsonOf(source: string): Json | undefined {
  try {
    const json = parseJson(source);
    return isDeeperThan(json, MOST_LEVELS) ? undefined : json;
  } catch {
    return undefined;
  }
}
