// Sends audit events to a syslog server, as messages of RFC 5424 over TCP, TLS (RFC 5425) or UDP (RFC 5426).
import { createSocket } from 'node:dgram';
import { connect as connectTcp, isIP, isIPv6, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { ChainedEvent } from '../audit-chain.ts';
import { lineOf } from '../audit-file.ts';
import { type Sink, SinkFault } from './sink.ts';

export interface SyslogAddress {
  transport: 'udp' | 'tcp' | 'tcp+tls';
  host: string;
  port: number;
}

const DEFAULT_PORTS = { udp: 514, tcp: 601, 'tcp+tls': 6514 } as const;

/** Parses an address such as `tcp+tls://logs.example:6514`. Returns undefined if the text is no such address. */
export function parseSyslogAddress(text: string): SyslogAddress | undefined {
  if (!/^(udp|tcp|tcp\+tls):\/\/[^/?#@]+$/.test(text) || !URL.canParse(text)) return undefined;
  const { protocol, hostname: host, port } = new URL(text);
  const transport = protocol.slice(0, -1) as SyslogAddress['transport'];
  return { transport, host: host.replace(/^\[|\]$/g, ''), port: port === '' ? DEFAULT_PORTS[transport] : Number(port) };
}

export function syslogSink(address: SyslogAddress): Sink {
  return {
    name: 'syslog',
    send: (events, signal) =>
      address.transport === 'udp'
        ? sendDatagrams(address, events.map(shortMessage), signal)
        : sendStream(address, events.map(syslogMessage), signal),
  };
}

/** The facility "log audit" of RFC 5424. */
const FACILITY = 13;
const SEVERITIES: Readonly<Record<string, number>> = { DONE: 6, REFUSED: 4, FAILED: 3 };
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;

/** Maximum size of a message in a datagram, in bytes. */
const MOST_DATAGRAM_BYTES = 65_000;

/** Returns the message for an event: a header of RFC 5424, and the line of an exported audit log as JSON with only ASCII characters. */
export function syslogMessage(event: ChainedEvent): Buffer {
  return message(event, lineOf({ event }).trimEnd());
}

/** Returns the message for an event. If the message does not fit into a datagram, the message contains only the place and the hash of the event. */
function shortMessage(event: ChainedEvent): Buffer {
  const complete = syslogMessage(event);
  if (complete.length <= MOST_DATAGRAM_BYTES) return complete;
  const { stream, seq, hash } = event;
  return message(event, JSON.stringify({ omitted: { stream, seq, hash } }));
}

function message(event: ChainedEvent, json: string): Buffer {
  const priority = FACILITY * 8 + (SEVERITIES[event.outcome] ?? 5);
  const time = TIME.test(event.at) ? event.at : '-';
  const header = [`<${priority}>1`, time, field(hostname(), 255), 'secrets-gateway', '-', field(event.action, 32), '-'];
  // A message with characters outside of ASCII would have to begin with a byte order mark, which is no JSON.
  const ascii = json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return Buffer.from(`${header.join(' ')} ${ascii}`, 'ascii');
}

/** Returns a text as a header field of RFC 5424. */
function field(text: string, most: number): string {
  return text.replace(/[^\x21-\x7e]/g, '').slice(0, most) || '-';
}

/**
 * The gateway keeps its side of the connection open for this time and one connection time, after the batch left the process. A server or a proxy that
 * ends the connection without reading the batch then does so before the gateway's end.
 */
const OPEN_MS = 100;

/**
 * Sends messages over one connection, each message after its length in bytes (RFC 6587, section 3.4.1). Syslog has no acknowledgement. Therefore the
 * gateway ends its side of the connection after the batch, and waits for the server's end. A server that reads the batch to its end sends its own end
 * last. A server's end before the gateway's end means that the server can lack audit events.
 */
function sendStream(
  { transport, host, port }: SyslogAddress,
  messages: readonly Buffer[],
  signal: AbortSignal,
): Promise<void> {
  const bytes = Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.length} `), message]));
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const tcp = connectTcp({ host, port, allowHalfOpen: true });
    const socket = transport === 'tcp' ? tcp : tlsOver(tcp, host);
    const abort = () => socket.destroy(new SinkFault('timeout'));
    signal.addEventListener('abort', abort, { once: true });
    let openMs = OPEN_MS;
    let timer: NodeJS.Timeout | undefined;
    let gatewayEnded = false;
    let isAccepted = false;
    tcp.once('connect', () => {
      openMs += performance.now() - startedAt;
    });
    socket.on('error', reject);
    socket.once('end', () => {
      isAccepted = gatewayEnded;
      if (!gatewayEnded) socket.destroy(new SinkFault('the server ended the connection early'));
    });
    socket.once('close', () => {
      signal.removeEventListener('abort', abort);
      clearTimeout(timer);
      if (isAccepted) resolve();
      else reject(new SinkFault('the server closed the connection early'));
    });
    socket.resume();
    const end = () => {
      gatewayEnded = true;
      socket.end();
    };
    socket.write(bytes, (error) => {
      // After a delay of the process, `setImmediate` lets the process read the server's end before the gateway's end.
      if (!error) timer = setTimeout(() => setImmediate(end), openMs);
    });
    if (signal.aborted) abort();
  });
}

/**
 * Returns a TLS connection to `host` over a TCP connection. Node reports a TCP end without close_notify as an ordinary end of the TLS connection,
 * although an attacker can send a TCP end.
 * INVARIANT: The TLS layer never reads the TCP end. Therefore only close_notify ends the TLS connection.
 */
function tlsOver(tcp: Socket, host: string): TLSSocket {
  const bytes = new Duplex({
    read: () => void tcp.resume(),
    write: (chunk: Buffer, encoding, done) => void tcp.write(chunk, encoding, done),
    final: (done) => void tcp.end(done),
    destroy: (error, done) => {
      tcp.destroy();
      done(error);
    },
  });
  tcp.on('data', (chunk) => {
    if (!bytes.push(chunk)) tcp.pause();
  });
  const tls = connectTls({ socket: bytes, host, ...(isIP(host) === 0 && { servername: host }) });
  const fail = () => tls.destroy(new SinkFault('the server ended the connection without a TLS close_notify alert'));
  tcp.on('error', (error) => void tls.destroy(error));
  // The TLS layer first processes the bytes that arrived before the TCP end.
  tcp.once('end', () => setImmediate(() => tls.readableEnded || fail()));
  return tls;
}

/** Sends one datagram for each message. The network and the server can lose datagrams without an error. */
async function sendDatagrams(
  { host, port }: SyslogAddress,
  messages: readonly Buffer[],
  signal: AbortSignal,
): Promise<void> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  try {
    for (const message of messages) {
      if (signal.aborted) throw new SinkFault('timeout');
      await new Promise<void>((resolve, reject) => {
        socket.send(message, port, host, (error) => (error ? reject(error) : resolve()));
      });
    }
  } finally {
    socket.close();
  }
}
