// Definitions of workflows and tasks on their way to the Conductor server. It does not know tags: the gateway keeps them.
import { Readable } from 'node:stream';
import type { DefinitionKind } from '../access/tag-owner.ts';
import { BadInput, GatewayError } from '../errors.ts';
import { HttpError, type Incoming, type Outgoing } from '../http/exchange.ts';
import { statusOf } from '../http/status.ts';
import { parseJson } from '../json.ts';
import type { Services } from '../services.ts';
import type { Tagging } from '../tags/tag.ts';
import { fieldsOf, tagsOf } from './body.ts';

/** Bytes. They are held until the server has answered. */
const LONGEST_DEFINITIONS = 16 * 1_048_576;
const KINDS: Readonly<Record<string, DefinitionKind>> = { workflow: 'WORKFLOW_DEF', taskdefs: 'TASK_DEF' };

/** Which definitions a request stores, if it does; by every way in which the server may read its path (see `readingsOf`). */
export function definitionsOf(method: string, readings: readonly string[]): DefinitionKind | undefined {
  if (method !== 'POST' && method !== 'PUT') return undefined;
  const found = readings.map((path) => /^\/api\/metadata\/(workflow|taskdefs)(?:\.\w+)?\/?$/i.exec(path)?.[1]);
  return KINDS[found.find((one) => one !== undefined)?.toLowerCase() ?? ''];
}

/**
 * Passes definitions on, and keeps their tags once the server has accepted them. What can be refused about the tags is refused before
 * anything is passed on. `services` gives those of the caller as it stands at that moment.
 * @throws HttpError 413, 415; BadInput, Forbidden; and, where the server accepted definitions whose tags could not be kept, HttpError with the
 *   code of the reason
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
    const what = 'The Conductor server accepted the definitions, but their tags were not kept. Set them by PUT …/tags.';
    throw new HttpError(statusOf(error), error.code, what);
  }
  return answer;
}

/** What the server makes of anything else, it says. */
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
