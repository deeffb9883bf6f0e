import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** What trusted proxies say about the client of a request. */
export interface ClientReader {
  /** The address of the client. */
  addressOf(req: IncomingMessage): string;
  /** Whether the client uses HTTPS. A client without a trusted proxy never uses HTTPS, because the gateway speaks plain HTTP. */
  usesHttps(req: IncomingMessage): boolean;
}

/** The list `trusted` contains the trusted proxies. @throws Error if an item of `trusted` is neither an address nor a network */
export function clientReader(trusted: readonly string[]): ClientReader {
  const proxies = new BlockList();
  for (const entry of trusted) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(prefix), family);
  }
  const isTrusted = (address: string) => proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

  const usesHttps = (req: IncomingMessage) => {
    const scheme = String(req.headers['x-forwarded-proto'] ?? '')
      .split(',')
      .at(-1);
    return scheme?.trim().toLowerCase() === 'https' && isTrusted(normalized(req.socket.remoteAddress ?? ''));
  };
  const addressOf = (req: IncomingMessage) => {
    let address = normalized(req.socket.remoteAddress ?? '');
    const forwarded = req.headers['x-forwarded-for'];
    if (trusted.length === 0 || forwarded === undefined || isIP(address) === 0) return address;
    // INVARIANT: the function uses an address in X-Forwarded-For only if a trusted proxy added the address. The address of this proxy is the next
    // address to the right.
    const entries = String(forwarded).split(',');
    while (isTrusted(address)) {
      const entry = normalized(entries.pop()?.trim() ?? '');
      if (isIP(entry) === 0) break;
      address = entry;
    }
    return address;
  };
  return { addressOf, usesHttps };
}

const PLAIN = /^[\d.]+$/;

/** Removes a port and brackets from an address. Removes the IPv6 prefix `::ffff:` from an IPv4 address. */
function normalized(address: string): string {
  if (PLAIN.test(address)) return address;
  const bare = address.replace(/^\[([^\]]*)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  return bare.replace(/^::ffff:(\d+\.\d+\.\d+\.\d+)$/i, '$1');
}
