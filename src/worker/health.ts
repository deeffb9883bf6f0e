// Answers health checks of the worker over HTTP: `/healthz` while the process runs, and `/readyz` while the worker can run tasks.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface WorkerHealth {
  readonly port: number;
  close(): void;
}

/**
 * @param problem returns the reason why the worker cannot run tasks, or undefined. The promise never rejects.
 * @throws Error with a system code, such as EADDRINUSE
 */
export async function serveHealth(
  { host, port }: { host: string; port: number },
  problem: () => Promise<string | undefined>,
): Promise<WorkerHealth> {
  const server = createServer(async (request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && request.url === '/healthz') {
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('ok');
      return;
    }
    if (!isRead || request.url !== '/readyz') {
      response.writeHead(404).end();
      return;
    }
    const reason = await problem();
    const state = reason === undefined ? { ok: true } : { ok: false, reason };
    response
      .writeHead(state.ok ? 200 : 503, { 'content-type': 'application/json; charset=utf-8' })
      .end(JSON.stringify(state));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
