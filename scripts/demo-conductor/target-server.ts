// Starts one HTTP server that simulates all external services of the demo: a service with a bearer token, a post office, a token service and a label
// printer. The server records every request.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Received {
  method: string;
  /** The path of the request, including the query string. */
  path: string;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

export interface TargetServer {
  url: string;
  /** The requests since the last call of `takeReceived`. */
  takeReceived(): Received[];
  /** All tokens that the token service issued. Only the newest token is valid. */
  issued: readonly string[];
  close(): Promise<void>;
}

/** The user name and password that the token service accepts. */
export interface Login {
  keyId: string;
  keySecret: string;
}

export async function startTargetServer(login: Login): Promise<TargetServer> {
  const issued: string[] = [];
  let received: Received[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    const body = await text(request);
    received.push({ method, path, headers, body });
    const answer = (status: number, json: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));

    if (path === '/token') {
      const { keyId, keySecret } = parsed(body);
      if (keyId !== login.keyId || keySecret !== login.keySecret) return answer(401, { message: 'Wrong login.' });
      issued.push(`tok-${randomBytes(24).toString('base64url')}`);
      return answer(200, { token: issued.at(-1), expires_in: 600 });
    }
    if (path === '/parcels') {
      const isValid = issued.length > 0 && headers.authorization === `Bearer ${issued.at(-1)}`;
      return isValid ? answer(200, { parcels: 2 }) : answer(401, { message: 'The token has expired.' });
    }
    // The other services repeat the received request in the response, like many test servers and error pages.
    return answer(200, {
      received: { path, authorization: headers.authorization ?? null, name: headers['x-name'] ?? null },
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    issued,
    takeReceived() {
      const taken = received;
      received = [];
      return taken;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function parsed(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}
