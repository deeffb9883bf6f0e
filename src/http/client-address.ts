import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** @throws Error if one of `trusted` is neither an address nor a range */
export function addresses(trusted: readonly string[]): (req: IncomingMessage) => string {
  const proxies = new BlockList();
  for (const entry of trusted) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(prefix), family);
  }
  const isTrusted = (address: string) => proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

  return (req) => {
    let address = plain(req.socket.remoteAddress ?? '');
    const forwarded = req.headers['x-forwarded-for'];
    if (trusted.length === 0 || forwarded === undefined || isIP(address) === 0) return address;
    // INVARIANT: an entry is believed only if whoever wrote it, the one to its right, is trusted.
    const entries = String(forwarded).split(',');
    while (isTrusted(address)) {
      const entry = plain(entries.pop()?.trim() ?? '');
      if (isIP(entry) === 0) break;
      address = entry;
    }
    return address;
  };
}

const PLAIN = /^[\d.]+$/;

/** Without a port, without brackets, an IPv4 address as such. */
function plain(address: string): string {
  if (PLAIN.test(address)) return address;
  const bare = address.replace(/^\[([^\]]*)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  return bare.replace(/^::ffff:(\d+\.\d+\.\d+\.\d+)$/i, '$1');
}
