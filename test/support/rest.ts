// Somebody who speaks REST to the gateway, as clients of Conductor do.
import { overhear } from './sentinel.ts';

export interface RestAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; undefined if it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever the server said
  json: any;
}

export interface RestOptions {
  headers?: Record<string, string>;
  /** The answer is to hold a value, and is not searched by the leak test. */
  revealing?: boolean;
}

export interface RestClient {
  /**
   * Sends a request to `/api` + `path`. A body that is a string or bytes goes as it is (`content-type` from `headers`), anything else as
   * JSON; undefined sends neither body nor content type.
   */
  send(method: string, path: string, body?: unknown, options?: RestOptions): Promise<RestAnswer>;
}

/** With `token` in `X-Authorization`; undefined sends none. */
export function restClient(url: string, token: string | undefined): RestClient {
  return {
    async send(method, path, body, { headers = {}, revealing = false } = {}) {
      const raw = typeof body === 'string' || body instanceof Uint8Array;
      const response = await fetch(`${url}/api${path}`, {
        method,
        headers: {
          ...(token !== undefined && { 'x-authorization': token }),
          ...(body !== undefined && !raw && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: raw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
      });
      const text = await response.text();
      overhear(revealing ? JSON.stringify([...response.headers]) : `${text} ${JSON.stringify([...response.headers])}`);
      return { status: response.status, headers: response.headers, text, json: jsonOf(text) };
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
