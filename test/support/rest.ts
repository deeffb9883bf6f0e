// A REST client that sends requests to the gateway in the same form as Conductor clients.
import { checkExchange } from './openapi.ts';
import { overhear } from './sentinel.ts';

export interface RestAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The body parsed from JSON, or undefined if the body is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
  json: any;
}

export interface RestOptions {
  headers?: Record<string, string>;
  /** Whether the answer may contain a secret value. If true, the leak test does not search the answer. */
  revealing?: boolean;
  /** Whether a server other than the gateway answers. */
  passedOn?: boolean;
  /**
   * If true, the client does not check the request against openapi.yaml, because the request violates the document on
   * purpose.
   */
  undocumented?: boolean;
}

export interface RestClient {
  /**
   * Sends a request to `/api` + `path`. Sends a string or bytes unchanged, with `content-type` from `headers`. Sends
   * any other body as JSON. If the body is undefined, sends neither a body nor a content type.
   */
  send(method: string, path: string, body?: unknown, options?: RestOptions): Promise<RestAnswer>;
}

/**
 * A client that sends `token` in `X-Authorization`, or no token if `token` is undefined. The client checks requests
 * and responses against openapi.yaml.
 */
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
