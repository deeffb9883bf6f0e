// Parses request bodies. Conductor's clients send JSON with various content types or without a content type, so the parser does not require a content
// type for JSON.
import { BadInput } from '../errors.ts';
import { HttpError, type Incoming } from '../http/exchange.ts';
import { valueProblem } from '../primitives/input.ts';
import { isJsonObject, parseJson, withoutMark } from '../primitives/json.ts';
import { Sensitive } from '../sensitive.ts';

/** The maximum size of a JSON body in bytes. A secret value of maximum length fits, even if each of its characters is escaped. */
export const LONGEST_JSON = 1_048_576;
/** The maximum number of characters of a JSON field name in an error message. */
const LONGEST_NAME = 100;
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Parses a JSON body of at most `limit` bytes. Returns undefined if the body is empty. @throws HttpError 400, 413, 415 */
export async function jsonBody(incoming: Incoming, limit = LONGEST_JSON): Promise<unknown> {
  const text = withoutMark(decode(await incoming.readBody(limit)));
  if (text.trim() === '') return undefined;
  try {
    return parseJson(text);
  } catch {
    throw new HttpError(400, 'BAD_USER_INPUT', 'The request body is not valid JSON.');
  }
}

/** Parses a body that must be a JSON object. @throws HttpError 400, 413, 415; BadInput if the body is another kind of JSON */
export async function fieldsBody(incoming: Incoming, limit = LONGEST_JSON): Promise<Fields> {
  return fieldsOf(await jsonBody(incoming, limit), 'body');
}

/**
 * Reads a request body that contains a value. If the content type is JSON and the body is one JSON string, the value is the content of this string.
 * In all other cases, the value is the unchanged body. Because of this rule, every client of Conductor stores exactly the value that its user passed.
 * See docs/conductor.md.
 * @throws HttpError 400, 413, 415; BadInput
 */
export async function valueBody(incoming: Incoming): Promise<Sensitive> {
  const type = contentType(incoming);
  if (!isUtf8Charset(type.charset)) {
    throw new HttpError(415, 'BAD_REQUEST', 'The value in the request body must be UTF-8.');
  }
  const text = decode(await incoming.readBody(LONGEST_JSON));
  const isJson = type.media === 'application/json' || type.media.endsWith('+json');
  const value = isJson ? (jsonString(text) ?? text) : text;
  const problem = valueProblem(value);
  if (problem !== undefined) throw new BadInput('value', problem);
  return new Sensitive(value);
}

/** Reads the fields of a JSON object. Each method checks the type of a field. @throws BadInput for the field */
export interface Fields {
  /** Returns whether the object contains the field, and the value of the field is not null. */
  has(name: string): boolean;
  /** Returns the value of a field that must be a string. */
  text(name: string): string;
  optionalText(name: string): string | undefined;
  /**
   * Returns the value of a field that must be a list of strings. A single string counts as a list with one string. Returns undefined if the field is
   * missing or null.
   */
  texts(name: string): string[] | undefined;
  /** Returns the value of a field that must be an object. */
  fields(name: string): Fields;
  /**
   * Refuses fields whose names are not in `names`. Without this check, the gateway would ignore a field with a misspelled name. @throws BadInput for
   * the unknown field
   */
  only(...names: string[]): Fields;
  /**
   * Refuses the fields in `names`, because the gateway cannot apply these fields on this path. @throws BadInput for the field, with `advice` as the
   * message
   */
  without(advice: string, ...names: string[]): Fields;
  /** Returns the value of the field. The method does not check the type of the value. Returns null if the field is missing. */
  raw(name: string): unknown;
}

/** Returns the fields of a JSON value that must be an object. @throws BadInput for the path `at` */
export function fieldsOf(json: unknown, at: string): Fields {
  if (!isJsonObject(json)) throw new BadInput(at, 'a JSON object');
  const raw = (name: string): unknown => (Object.hasOwn(json, name) ? json[name] : null);
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
      const shortened = other.length > LONGEST_NAME ? `${other.slice(0, LONGEST_NAME)}…` : other;
      throw new BadInput(within(shortened), `unknown field; the allowed fields are ${names.join(', ')}`);
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
      if (value === undefined) throw new BadInput(within(name), 'a required string');
      return value;
    },
    texts: (name) => (raw(name) === null ? undefined : textsOf(raw(name), within(name))),
    fields: (name) => fieldsOf(raw(name), within(name)),
  };
  return fields;
}

/** Converts JSON to a list of strings. A single string counts as a list with one string. @throws BadInput for the path `at` */
export function textsOf(json: unknown, at: string): string[] {
  const list = typeof json === 'string' ? [json] : json;
  if (!Array.isArray(list)) throw new BadInput(at, 'a list of strings');
  return list.map((item, i) => {
    if (typeof item !== 'string') throw new BadInput(`${at}.${i}`, 'a string');
    return item;
  });
}

/** Parses a request body that contains a list of tags or a single tag. @throws BadInput, HttpError */
export async function tagsBody(incoming: Incoming): Promise<{ key: string; value: string }[]> {
  const json = await jsonBody(incoming);
  if (json === undefined) throw new BadInput('tags', 'a list of tags');
  return tagsOf(json, 'tags');
}

/**
 * Parses a list of tags or a single tag. The field `type` of a tag must be a string. The gateway ignores the value of `type` and all unknown fields
 * of a tag.
 * @throws BadInput for the path `at`
 */
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
    throw new HttpError(400, 'BAD_USER_INPUT', 'The request body is not valid UTF-8.');
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
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/i.exec(parameter)?.[1])
    .find(Boolean);
  return { media: media.trim().toLowerCase(), charset };
}

/** Whether a body with this charset is UTF-8. A body without a charset must be UTF-8. */
export const isUtf8Charset = (charset: string | undefined): boolean =>
  charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset);
