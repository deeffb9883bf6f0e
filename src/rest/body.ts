// Bodies, as tolerantly as clients of Conductor need it: nobody is asked for the content type of JSON.
import { BadInput } from '../errors.ts';
import { HttpError, type Incoming } from '../http/exchange.ts';
import { valueProblem } from '../primitives/input.ts';
import { parseJson, withoutMark } from '../primitives/json.ts';
import { Sensitive } from '../sensitive.ts';

export const LONGEST_JSON = 1_048_576;
/** A value of 65,535 characters, each of them escaped in JSON, takes fewer. */
const LONGEST_VALUE_BODY = 1_048_576;
/** Of a member, as far as it is repeated. */
const LONGEST_NAME = 100;
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The body as JSON, of at most `limit` bytes; undefined if there is none. @throws HttpError 400, 413, 415 */
export async function jsonBody(incoming: Incoming, limit = LONGEST_JSON): Promise<unknown> {
  const text = withoutMark(decode(await incoming.readBody(limit)));
  if (text.trim() === '') return undefined;
  try {
    return parseJson(text);
  } catch {
    throw new HttpError(400, 'BAD_USER_INPUT', 'The body is not JSON.');
  }
}

/** The body as a JSON object. @throws HttpError 400, 413, 415; BadInput if it is something else */
export async function fieldsBody(incoming: Incoming, limit = LONGEST_JSON): Promise<Fields> {
  return fieldsOf(await jsonBody(incoming, limit), 'body');
}

/**
 * A value as a body: `text/*`, and whatever has no JSON type, byte for byte; `application/json` unwrapped if all of it is a JSON string, and
 * else byte for byte as well. So comes back what was meant, whichever client sent it: see docs/conductor.md.
 * @throws HttpError 400, 413, 415; BadInput
 */
export async function valueBody(incoming: Incoming): Promise<Sensitive> {
  const type = contentType(incoming);
  if (type.charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(type.charset)) {
    throw new HttpError(415, 'BAD_REQUEST', 'Values are UTF-8.');
  }
  const text = decode(await incoming.readBody(LONGEST_VALUE_BODY));
  const isJson = type.media === 'application/json' || type.media.endsWith('+json');
  const value = isJson ? (jsonString(text) ?? text) : text;
  const problem = valueProblem(value);
  if (problem !== undefined) throw new BadInput('value', problem);
  return new Sensitive(value);
}

/** The fields of a JSON object, each checked as it is read. @throws BadInput naming the field */
export interface Fields {
  has(name: string): boolean;
  text(name: string): string;
  optionalText(name: string): string | undefined;
  /** A list of texts, or one text in place of a list of one. Undefined if left out or null. */
  texts(name: string): string[] | undefined;
  fields(name: string): Fields;
  /** Nothing but these: a name that is misspelt would else ask for nothing. @throws BadInput naming one that is not among them */
  only(...names: string[]): Fields;
  /** Refuses these members, which this path would otherwise ignore. @throws BadInput naming one, with `advice` */
  without(advice: string, ...names: string[]): Fields;
  /** As it is, unchecked. */
  raw(name: string): unknown;
}

/** @throws BadInput naming `at` if it is no object */
export function fieldsOf(json: unknown, at: string): Fields {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new BadInput(at, 'a JSON object');
  const raw = (name: string): unknown => (Object.hasOwn(json, name) ? (json as Record<string, unknown>)[name] : null);
  const within = (name: string) => (at === 'body' ? name : `${at}.${name}`);
  const optionalText = (name: string) => {
    const value = raw(name) ?? undefined;
    if (value !== undefined && typeof value !== 'string') throw new BadInput(within(name), 'a string');
    return value;
  };
  const fields: Fields = {
    raw,
    only(...names) {
      const other = Object.keys(json).find((name) => !names.includes(name));
      if (other === undefined) return fields;
      const told = other.length > LONGEST_NAME ? `${other.slice(0, LONGEST_NAME)}…` : other;
      throw new BadInput(within(told), `no such member here: ${names.join(', ')}`);
    },
    without(advice, ...names) {
      const other = names.find((name) => raw(name) !== null);
      if (other !== undefined) throw new BadInput(within(other), advice);
      return fields;
    },
    has: (name) => raw(name) !== null,
    optionalText,
    text(name) {
      const value = optionalText(name);
      if (value === undefined) throw new BadInput(within(name), 'a string, which is required');
      return value;
    },
    texts: (name) => (raw(name) === null ? undefined : textsOf(raw(name), within(name))),
    fields: (name) => fieldsOf(raw(name), within(name)),
  };
  return fields;
}

/** @throws BadInput naming `at` */
export function textsOf(json: unknown, at: string): string[] {
  const list = typeof json === 'string' ? [json] : json;
  if (!Array.isArray(list)) throw new BadInput(at, 'a list of strings');
  return list.map((item, i) => {
    if (typeof item !== 'string') throw new BadInput(`${at}.${i}`, 'a string');
    return item;
  });
}

/** Tags, as a list or one alone. Other members, such as `type`, are passed over. @throws BadInput, HttpError */
export async function tagsBody(incoming: Incoming): Promise<{ key: string; value: string }[]> {
  const json = await jsonBody(incoming);
  if (json === undefined) throw new BadInput('tags', 'a list of tags');
  return tagsOf(json, 'tags');
}

/** Tags, as a list or as a single tag. A tag's `type` must be a string and is ignored, as are unknown members. @throws BadInput naming `at` */
export function tagsOf(json: unknown, at: string): { key: string; value: string }[] {
  const list = Array.isArray(json) ? json : [json];
  return list.map((item, i) => {
    const fields = fieldsOf(item, Array.isArray(json) ? `${at}.${i}` : at);
    fields.optionalText('type');
    return { key: fields.text('key'), value: fields.text('value') };
  });
}

function decode(bytes: Buffer): string {
  try {
    return strict.decode(bytes);
  } catch {
    throw new HttpError(400, 'BAD_USER_INPUT', 'The body is not UTF-8.');
  }
}

function jsonString(text: string): string | undefined {
  if (!/^\s*"/.test(text)) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'string' ? json : undefined;
  } catch {
    return undefined;
  }
}

export function contentType(incoming: Incoming): { media: string; charset: string | undefined } {
  const [media = '', ...parameters] = (incoming.headers['content-type'] ?? '').split(';');
  const charset = parameters.map((one) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/i.exec(one)?.[1]).find(Boolean);
  return { media: media.trim().toLowerCase(), charset };
}
