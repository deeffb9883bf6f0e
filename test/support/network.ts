// A simulated network between the gateway and its database. A test can break this network.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Network {
  /** Returns a URL that reaches `target` through this network. */
  url: string;
  /** Resets all existing and all new connections. */
  cut(): void;
  /** From now on, drops all packets. The network accepts new connections and never answers them. */
  swallow(): void;
  /** From now on, forwards new connections. Connections that were broken stay broken. */
  mend(): void;
  close(): void;
}

export async function networkTo(target: string): Promise<Network> {
  const { hostname, port } = new URL(target);
  const links = new Set<Link>();
  let state: 'open' | 'cut' | 'swallowing' = 'open';

  const server = createServer((from) => {
    if (state === 'cut') return void from.resetAndDestroy();
    const link: Link = { from, to: connect(Number(port), hostname), dead: state === 'swallowing' };
    links.add(link);
    for (const [here, there] of [
      [link.from, link.to],
      [link.to, link.from],
    ] as const) {
      here.on('error', () => {});
      here.on('data', (chunk) => link.dead || there.write(chunk));
      here.on('close', () => {
        links.delete(link);
        if (!link.dead) there.destroy();
      });
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);

  const end = () => {
    for (const { from, to } of links) {
      from.resetAndDestroy();
      to.destroy();
    }
  };
  return {
    url: url.href,
    cut() {
      state = 'cut';
      end();
    },
    swallow() {
      state = 'swallowing';
      for (const link of links) link.dead = true;
    },
    mend() {
      state = 'open';
    },
    close() {
      server.close();
      end();
    },
  };
}

interface Link {
  from: Socket;
  to: Socket;
  dead: boolean;
}
