// A gateway that only forwards requests, a server behind the gateway, and a client that neither decodes answers nor
// follows redirects.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type RequestListener, request } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createHttpServer } from '../../src/http/http-server.ts';
import { createUpstream, type UpstreamOptions } from '../../src/http/upstream.ts';
import { keepingLog } from '../support/tiny-server.ts';

export interface Behind extends AsyncDisposable {
  /** The TCP port of the gateway. */
  port: number;
  /** The number of connections from the gateway to the server. */
  connections: () => number;
  logged: () => string;
  closeGateway: (graceMs: number) => Promise<void>;
  closeUpstream: () => Promise<void>;
}

export type Settings = Partial<UpstreamOptions> & { path?: string; caller?: { id: string; name: string } };

/** Starts a gateway that forwards requests to a server. The server responds with `answer`. */
export async function behind(answer: RequestListener, settings: Settings = {}): Promise<Behind> {
  const server = createServer({ keepAliveTimeout: 60_000 }, answer);
  const world = await before(server, settings);
  const close = world[Symbol.asyncDispose];
  world[Symbol.asyncDispose] = async () => {
    await close();
    server.closeAllConnections();
  };
  return world;
}

/** Starts a gateway that forwards requests to a server. The server runs `say` on every connection. */
export const behindBytes = (say: (socket: Socket) => void, settings: Settings = {}): Promise<Behind> =>
  before(
    createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => say(socket));
    }),
    settings,
  );

export async function before(server: Server, { path = '', caller, ...options }: Settings): Promise<Behind> {
  let count = 0;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    count += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  const { log, logged } = keepingLog();
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  const upstream = createUpstream({ url, timeoutMs: 120_000, log, ...options });
  const who = caller ?? { id: 'usr_1', name: 'ann' };
  const gateway = createHttpServer({
    routes: [{ path: '/api/*', methods: { '*': (incoming) => upstream.forward(incoming, who) } }],
    log,
  });
  const closeGateway = (graceMs: number) => gateway.close({ graceMs });
  return {
    port: await gateway.listen('127.0.0.1', 0),
    connections: () => count,
    logged,
    closeGateway,
    closeUpstream: upstream.close,
    async [Symbol.asyncDispose]() {
      await closeGateway(0);
      await upstream.close();
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export interface Asking {
  method?: string;
  path?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}

export interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  rawHeaders: string[];
  body: Buffer;
  text: string;
}

/** Sends a request to the gateway. Rejects if the connection closes before the end of the answer. */
export async function ask({ port }: { port: number }, asking: Asking = {}): Promise<Answered> {
  const { method = 'GET', path = '/api/x', headers = {}, body } = asking;
  const req = request({ port, host: '127.0.0.1', agent: false, method, path, headers });
  req.end(body);
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  const bytes = await buffer(res);
  return {
    ...{ status: res.statusCode ?? 0, headers: res.headers, rawHeaders: res.rawHeaders },
    ...{ body: bytes, text: bytes.toString() },
  };
}

/** Sends raw bytes. Resolves with the received bytes after the server closes the connection. */
export async function raw({ port }: { port: number }, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes, 'latin1');
  return (await buffer(socket)).toString('latin1');
}

/** Waits until `count` stops increasing, and returns the value of `count`. */
export async function settled(count: () => number): Promise<number> {
  for (let last = -1, still = 0; still < 8; ) {
    still = count() === last ? still + 1 : 0;
    last = count();
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  return count();
}
