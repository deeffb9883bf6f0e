// Passes definitions of workflows and tasks on to the Conductor server. The gateway stores their tags, because the server does not know tags.
import { Readable } from 'node:stream';
import type { DefinitionKind } from '../access/tag-owner.ts';
import { BadInput, GatewayError } from '../errors.ts';
import { HttpError, type Incoming, type Outgoing } from '../http/exchange.ts';
import { statusOf } from '../http/status.ts';
import { parseJson } from '../json.ts';
import type { Services } from '../services.ts';
import type { Tagging } from '../tags/tag.ts';
import { fieldsOf, tagsOf } from './body.ts';

/** Most bytes of a body, which is kept in memory until the server has answered. */
const LONGEST_DEFINITIONS = 16 * 1_048_576;
const KINDS: Readonly<Record<string, DefinitionKind>> = { workflow: 'WORKFLOW_DEF', taskdefs: 'TASK_DEF' };

/** The kind of definitions that a request stores, if any. `readings` are the possible interpretations of its path (see `readingsOf`). */
export function definitionsOf(method: string, readings: readonly string[]): DefinitionKind | undefined {
  if (method !== 'POST' && method !== 'PUT') return undefined;
  const found = readings.map((path) => /^\/api\/metadata\/(workflow|taskdefs)(?:\.\w+)?\/?$/i.exec(path)?.[1]);
  return KINDS[found.find((one) => one !== undefined)?.toLowerCase() ?? ''];
}

/**
 * Passes definitions on, and stores their tags after the server has accepted them. Checks the tags before it passes anything on. `services`
 * returns the caller's services, with its entitlements at that moment.
 * @throws HttpError 413, 415; BadInput, Forbidden; and, if the server accepted the definitions but the tags could not be stored, HttpError with
 *   the code of the reason
 */
export async function passDefinitionsOn(
  incoming: Incoming,
  kind: DefinitionKind,
  services: () => Promise<Services>,
  forward: (incoming: Incoming, services: Services) => Promise<Outgoing>,
): Promise<Outgoing> {
  const before = await services();
  const taggings = taggingsOf(jsonOf(await incoming.readBody(LONGEST_DEFINITIONS)));
  if (taggings.length === 0) return forward(incoming, before);
  await before.definitionTagging.check(kind, taggings);
  const answer = await forward(incoming, before);
  if (answer.status < 200 || answer.status > 299) return answer;
  try {
    await (await services()).definitionTagging.keep(kind, taggings);
  } catch (error) {
    if (answer.body instanceof Readable) answer.body.on('error', () => {}).resume();
    if (!(error instanceof GatewayError)) throw error;
    const what =
      'The Conductor server accepted the definitions, but their tags were not saved. Set them with PUT …/tags.';
    throw new HttpError(statusOf(error), error.code, what);
  }
  return answer;
}

/** Undefined if the body is not JSON: the server answers for it. */
function jsonOf(bytes: Buffer): unknown {
  try {
    return parseJson(bytes.toString().replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}

/** @throws BadInput */
function taggingsOf(json: unknown): Tagging[] {
  const isList = Array.isArray(json);
  return (isList ? json : [json]).flatMap((item, i) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return [];
    const at = isList ? `${i}.` : '';
    const fields = fieldsOf(item, isList ? String(i) : 'body');
    if (!fields.has('tags')) return [];
    const overwrite = fields.raw('overwriteTags') ?? false;
    if (typeof overwrite !== 'boolean') throw new BadInput(`${at}overwriteTags`, 'a boolean');
    const tags = tagsOf(fields.raw('tags'), `${at}tags`);
    return tags.length === 0 && !overwrite ? [] : [{ name: fields.text('name'), tags, overwrite, at }];
  });
}
