// Sends requests to the REST API of the gateway, or of the Conductor server itself.

export interface Answered {
  status: number;
  text: string;
  headers: Headers;
  /** The parsed JSON of the response. Undefined if the response contains no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: responses of the Conductor server are untyped JSON
  json: any;
}

/** Sends a JSON body. `url` is the address without `/api`. */
export async function request(
  { url, token }: { url: string; token?: string | undefined },
  method: string,
  path: string,
  body?: unknown,
): Promise<Answered> {
  const response = await fetch(`${url}/api${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(token !== undefined && { 'x-authorization': token }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const { status, headers } = response;
  const text = await response.text();
  const isJson = headers.get('content-type')?.includes('json') && text !== '';
  return { status, headers, text, json: isJson ? JSON.parse(text) : undefined };
}
