// A server that workflow tasks call. The server records its requests and responds as the test specifies.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Asked {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface TargetServer {
  url: string;
  /** The requests that arrived since the last call of `answer`. */
  asked: Asked[];
  /** Sets the answer of the server: JSON, or a function that returns the answer. */
  answer(how: unknown | ((asked: Asked, response: ServerResponse) => void)): void;
  close(): Promise<void>;
}

export async function targetServer(): Promise<TargetServer> {
  let how: unknown = {};
  const listener: RequestListener = async (request, response) => {
    const { method = '', url = '', headers } = request;
    const asked = { method, path: url, headers, body: await text(request).catch(() => '') };
    target.asked.push(asked);
    if (typeof how === 'function') how(asked, response);
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(how));
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target: TargetServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    answer(next) {
      target.asked = [];
      how = next;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return target;
}
