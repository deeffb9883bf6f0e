// Where the gateway listens, and what a person is told if it cannot.
import { once } from 'node:events';
import { createServer } from 'node:net';

export interface Address {
  host: string;
  /** 0: any free one. */
  port: number;
}

/** A port in use is told before anything is made or started. */
export async function requireFreePort(address: Address): Promise<void> {
  if (address.port === 0) return;
  const probe = createServer();
  probe.listen(address.port, address.host);
  await once(probe, 'listening').catch((error) => {
    throw cannotListen(address, error);
  });
  probe.close();
  await once(probe, 'close');
}

export function cannotListen(address: Address, cause: NodeJS.ErrnoException): Error {
  const what = `Cannot listen on ${inUrl(address)}`;
  if (cause.code === 'EADDRINUSE') {
    return new Error(`${what}: another program does. Stop it, or set PORT (0: any free one).`, { cause });
  }
  return new Error(`${what} (${cause.message}). Set HOST and PORT to what this machine has and allows.`, { cause });
}

/** `http://127.0.0.1:4000`. */
export function urlOf(address: Address): string {
  return `http://${inUrl(address)}`;
}

function inUrl({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
