// Checks the address on which the gateway listens, and explains a failure to listen.
import { once } from 'node:events';
import { createServer } from 'node:net';

export interface Address {
  host: string;
  /** The port number. With 0, the operating system chooses a free port. */
  port: number;
  /** The setting with the number of the port. The default is `PORT`. */
  setting?: string;
}

/** The addresses on which a gateway with these settings listens. */
export interface Addresses extends Address {
  conductor?: { uiPort?: number | undefined } | undefined;
}

/**
 * Checks that all ports of the gateway are free. The gateway calls this function before the gateway creates files or starts processes. @throws Error
 * if a port is in use
 */
export async function requireFreePorts(addresses: Addresses): Promise<void> {
  await requireFreePort(addresses);
  const ui = uiAddressOf(addresses);
  if (ui !== undefined) await requireFreePort(ui);
}

/** The address of the Conductor server's web interface. Undefined if the gateway does not serve this web interface. */
export function uiAddressOf({ host, conductor }: Addresses): Address | undefined {
  return conductor?.uiPort === undefined ? undefined : { host, port: conductor.uiPort, setting: 'CONDUCTOR_UI_PORT' };
}

async function requireFreePort(address: Address): Promise<void> {
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
  const problem = `Cannot listen on ${inUrl(address)}`;
  const { setting = 'PORT' } = address;
  if (cause.code === 'EADDRINUSE') {
    return new Error(
      `${problem}: another program uses the port. Stop that program, or set ${setting} to another port.${setting === 'PORT' ? ' With PORT=0, the gateway chooses a free port.' : ''}`,
      { cause },
    );
  }
  return new Error(
    `${problem} (${cause.message}). Set HOST to an address of this machine, and ${setting} to a port that this user may use.`,
    { cause },
  );
}

/** Returns the URL of an address, such as `http://127.0.0.1:4000`. */
export function urlOf(address: Address): string {
  return `http://${inUrl(address)}`;
}

function inUrl({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
