import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Recorded {
  method: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/**
 * A server that issues a token to every client, responds to all other requests with an empty body, and records all
 * requests.
 */
export async function recorder(): Promise<{ url: string; requests: Recorded[]; close(): void }> {
  const requests: Recorded[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => {
      const { method = '', url: path = '', headers } = req;
      requests.push({ method, path, headers, body: Buffer.concat(chunks).toString() });
      const isToken = path === '/api/token';
      const body = isToken ? '{"token":"token"}' : '';
      res.writeHead(200, { 'content-length': body.length, ...(isToken && { 'content-type': 'application/json' }) });
      res.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
