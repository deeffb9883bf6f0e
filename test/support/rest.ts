// A REST client of the gateway, like clients of Conductor.
import { checkExchange } from './openapi.ts';
import { overhear } from './sentinel.ts';

export interface RestAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; undefined if it is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
  json: any;
}

export interface RestOptions {
  headers?: Record<string, string>;
  /** The answer may contain a value, and the leak test does not search it. */
  revealing?: boolean;
  /** The answer is from another server. */
  passedOn?: boolean;
  /** Not checked against openapi.yaml, for requests that deviate from it on purpose. */
  undocumented?: boolean;
}

export interface RestClient {
  /**
   * Sends a request to `/api` + `path`. A body that is a string or bytes is sent unchanged (`content-type` from `headers`), other bodies as
   * JSON; undefined sends neither body nor content type.
   */
  send(method: string, path: string, body?: unknown, options?: RestOptions): Promise<RestAnswer>;
}

/** With `token` in `X-Authorization`; undefined sends none. Requests and answers are checked against openapi.yaml. */
export function restClient(url: string, token: string | undefined): RestClient {
  return {
    async send(method, path, body, { headers = {}, revealing = false, passedOn = false, undocumented = false } = {}) {
      const raw = typeof body === 'string' || body instanceof Uint8Array;
      const requestBody = raw || body === undefined ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body);
      const requestHeaders = {
        ...(token !== undefined && { 'x-authorization': token }),
        ...(body !== undefined && !raw && { 'content-type': 'application/json' }),
        ...headers,
      };
      const response = await fetch(`${url}/api${path}`, {
        method,
        headers: requestHeaders,
        ...(body !== undefined && { body: requestBody }),
      });
      const text = await response.text();
      overhear(revealing ? JSON.stringify([...response.headers]) : `${text} ${JSON.stringify([...response.headers])}`);
      if (!undocumented) {
        const { status, headers: responseHeaders } = response;
        const exchange = { method, path: `/api${path}`, requestHeaders, requestBody, passedOn };
        checkExchange({ ...exchange, status, responseHeaders, responseText: text });
      }
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
