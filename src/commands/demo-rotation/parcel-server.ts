// A server for the demo. The server represents a typical service outside the gateway. The server issues a token for a valid login, and returns a list
// of parcels for a valid token.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Sensitive } from '../../sensitive.ts';

export interface ParcelServer {
  /** The base address of the server's paths `POST /token` and `GET /parcels`. */
  url: string;
  close(): Promise<void>;
}

/** Starts the server on the loopback address. Before the first login, no token is valid. */
export async function startParcelServer(login: { user: Sensitive; password: Sensitive }): Promise<ParcelServer> {
  let token: string | undefined;
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.method === 'POST' && request.url === '/token') {
      const { user, password } = await json(request)
        .then((body) => body as { user?: unknown; password?: unknown })
        .catch(() => ({ user: undefined, password: undefined }));
      if (!isSame(user, login.user.expose()) || !isSame(password, login.password.expose()))
        return answer(401, { message: 'Wrong login.' });
      token = randomBytes(24).toString('base64url');
      return answer(200, { token, expires_in: 3_600 });
    }
    if (request.method === 'GET' && request.url === '/parcels') {
      if (token === undefined || !isSame(request.headers.authorization, `Bearer ${token}`))
        return answer(401, { message: 'This token is not valid.' });
      return answer(200, { parcels: ['a book', 'a bicycle bell'] });
    }
    return answer(404, { message: 'This path does not exist.' });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function isSame(given: unknown, text: string): boolean {
  const [a, b] = [Buffer.from(String(given)), Buffer.from(text)];
  return a.length === b.length && timingSafeEqual(a, b);
}
