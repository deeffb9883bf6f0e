// Forwards workflow definitions and task definitions to the Conductor server. The gateway itself stores the tags that the definitions contain,
// because the Conductor server ignores tags.
import type { DefinitionKind } from '../access/tag-owner.ts';
import { BadInput, GatewayError } from '../errors.ts';
import { buffered } from '../http/buffered.ts';
import { HttpError, type Incoming, type Outgoing } from '../http/exchange.ts';
import { statusOf } from '../http/status.ts';
import type { Upstream } from '../http/upstream.ts';
import { isJsonObject } from '../primitives/json.ts';
import type { Session } from '../session/session.ts';
import type { Tagging } from '../tags/tag.ts';
import { fieldsOf, LONGEST_JSON, tagsOf } from './body.ts';
import { type DefinitionsBody, type ReadDefinitions, utf8 } from './conductor/definitions-body.ts';
import { chunksOf } from './conductor/held-answer.ts';

/**
 * The maximum size of the Conductor server's answer in bytes. The gateway buffers the answer to see which definitions the Conductor server accepted.
 */
const LONGEST_ANSWER = 4 * 1_048_576;
/** Matches the JSON field name `tags`, and the JSON escapes of letters in this name. A match has at most `LONGEST_HIT` characters. */
const MAY_HAVE_TAGS = /"tags"|\\u00(?:74|61|67|73)/;
const LONGEST_HIT = 6;

/**
 * Forwards definitions to the Conductor server, and stores the tags of the definitions that the Conductor server accepted. The tags are checked
 * before the definitions are forwarded. The gateway buffers and parses a body of at most `LONGEST_JSON` bytes. The gateway forwards a longer body as
 * a stream, and the longer body must not contain tags. The caller's entitlements are confirmed again before the tags are stored.
 * @throws HttpError 400, 413, 415; BadInput, Forbidden. If the Conductor server accepted the definitions but the tags could not be stored, throws
 * HttpError with the error code of the failure
 */
export async function passDefinitionsOn(
  incoming: Incoming,
  read: ReadDefinitions,
  kind: DefinitionKind,
  session: Session,
  forward: Upstream['forward'],
): Promise<Outgoing> {
  const sent = await read();
  if (sent === undefined) return forward(incoming, session.principal, { inspect: tagless() });
  const taggings = taggingsIn(sent);
  if (taggings.length === 0) return forward(incoming, session.principal);
  await session.definitionTagging.check(kind, taggings);
  const answer = await forward(incoming, session.principal, { plain: true });
  if (answer.status < 200 || answer.status > 299) return answer;
  const body = await held(answer.body);
  const refused = refusedIn(body);
  try {
    const accepted = taggings.filter(({ name }) => !refused.has(name));
    if (accepted.length > 0) {
      await session.recheck();
      await session.definitionTagging.keep(kind, accepted);
    }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    throw notKept(statusOf(error), error.code);
  }
  return { ...answer, body };
}

function notKept(status: number, code: string): HttpError {
  const message =
    'The Conductor server accepted the definitions, but the gateway did not save their tags. Set the tags with PUT …/tags.';
  return new HttpError(status, code, message);
}

/**
 * Returns a function that searches a long body for tags. The caller calls the function with each chunk of the body. The function throws HttpError
 * 413, 415.
 */
function tagless(): (chunk: Buffer) => void {
  const decode = utf8();
  let end = '';
  return (chunk) => {
    const text = end + decode(chunk, { stream: true });
    if (MAY_HAVE_TAGS.test(text)) {
      const message = `A request body with a field "tags" must have at most ${LONGEST_JSON} bytes. Send fewer definitions in one request, or set the tags with PUT …/tags.`;
      throw new HttpError(413, 'BAD_REQUEST', message);
    }
    end = text.slice(1 - LONGEST_HIT);
  };
}

/** @throws HttpError 400; BadInput */
function taggingsIn(body: DefinitionsBody): Tagging[] {
  // The gateway does not parse a body without tags. If a body without tags is not JSON, the Conductor server reports the error.
  if (!MAY_HAVE_TAGS.test(body.text)) return [];
  const { json } = body;
  if (json === undefined) throw new HttpError(400, 'BAD_USER_INPUT', 'The request body is not valid JSON.');
  const isList = Array.isArray(json);
  return (isList ? json : [json]).flatMap((item, i) => {
    if (!isJsonObject(item) || !Object.hasOwn(item, 'tags')) return [];
    const at = isList ? `${i}.` : '';
    const fields = fieldsOf(item, isList ? String(i) : 'body');
    if (!fields.has('tags')) return [];
    const overwrite = fields.raw('overwriteTags') ?? false;
    if (typeof overwrite !== 'boolean') throw new BadInput(`${at}overwriteTags`, 'a boolean');
    const tags = tagsOf(fields.raw('tags'), `${at}tags`);
    return tags.length === 0 && !overwrite ? [] : [{ name: fields.text('name'), tags, overwrite, at }];
  });
}

/**
 * Buffers the Conductor server's answer. @throws HttpError 502 if the answer is too long or incomplete, because the gateway then cannot know which
 * definitions the Conductor server accepted
 */
async function held(body: Outgoing['body']): Promise<Buffer> {
  const bytes = await buffered(chunksOf(body), LONGEST_ANSWER).catch(() => undefined);
  if (bytes === undefined) throw notKept(502, 'UPSTREAM_UNAVAILABLE');
  return bytes;
}

/**
 * Returns the names of the definitions that the Conductor server refused. The server lists the names in `bulkErrorResults`. The Conductor server
 * answers with status 200 even if it refused some or all definitions.
 */
function refusedIn(answer: Buffer): ReadonlySet<string> {
  try {
    const { bulkErrorResults } = JSON.parse(answer.toString());
    return new Set(Array.isArray(bulkErrorResults) ? [] : Object.keys(bulkErrorResults ?? {}));
  } catch {
    return new Set();
  }
}
