// Reads the body of a request that can contain definitions. Several steps need the same body: the check, the conversion of HTTP tasks, and the tags.
import { HttpError, type Incoming } from '../../http/exchange.ts';
import { type Json, parseJson, withoutMark } from '../../primitives/json.ts';
import { LONGEST_JSON } from '../body.ts';

/** A body of at most `LONGEST_JSON` bytes. */
export class DefinitionsBody {
  /** The decoded body without a byte order mark. */
  readonly text: string;
  #json: { readonly parsed: Json | undefined } | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** The parsed body. Undefined if the body is not JSON. The body is parsed at the first use, because some requests only need the text. */
  get json(): Json | undefined {
    this.#json ??= { parsed: jsonOf(this.text) };
    return this.#json.parsed;
  }
}

/** Returns the body. Returns undefined if the body has more than `LONGEST_JSON` bytes. @throws HttpError 400, 415 */
export type ReadDefinitions = () => Promise<DefinitionsBody | undefined>;

/** Returns a function that decodes the body at the first call, and returns the same result at every call. */
export function definitionsReader(incoming: Incoming): ReadDefinitions {
  const read = async () => {
    const bytes = await incoming.readShortBody(LONGEST_JSON);
    return bytes && new DefinitionsBody(withoutMark(utf8()(bytes)));
  };
  let body: ReturnType<ReadDefinitions> | undefined;
  return () => {
    body ??= read();
    return body;
  };
}

const notUtf8 = () =>
  new HttpError(415, 'BAD_REQUEST', 'Workflow definitions and task definitions must be JSON in UTF-8.');

/**
 * Returns a function that decodes a body chunk by chunk. The decoder refuses a NUL character. JSON never contains NUL, but UTF-16 without a byte
 * order mark can be valid UTF-8 that contains NUL. @throws HttpError 415
 */
export function utf8(): (bytes: Buffer, options?: { stream: boolean }) => string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return (bytes, options) => {
    let text: string;
    try {
      text = decoder.decode(bytes, options);
    } catch {
      throw notUtf8();
    }
    if (text.includes('\0')) throw notUtf8();
    return text;
  };
}

function jsonOf(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
