// Closes connections that the primary process handed over to a worker process, if the worker process was killed before it accepted the connections.
// Node's cluster module would keep such a connection open, and its client would wait forever.
import type { Worker } from 'node:cluster';

/**
 * The fields of the cluster module's internal messages that this file uses. The messages are not documented, so messages of any other form are
 * ignored.
 */
interface HandoverMessage {
  act?: unknown;
  seq?: unknown;
  ack?: unknown;
}

interface Closable {
  close?: () => void;
}

/** When the worker process `worker` ends, closes the connections that the worker process did not accept. Their clients can then connect again. */
export function closeUnacceptedConnections(worker: Worker): void {
  const unaccepted = new Map<unknown, Closable>();
  const close = () => {
    for (const handle of unaccepted.values()) handle.close?.();
    unaccepted.clear();
  };
  let hasEnded = false;
  const { process: child } = worker;
  const send = child.send.bind(child) as (...args: unknown[]) => boolean;
  child.send = ((...args: unknown[]) => {
    const [message, handle] = args as [HandoverMessage | null, Closable | undefined];
    if (message?.act === 'newconn' && handle) unaccepted.set(message.seq, handle);
    const sent = send(...args);
    if (hasEnded) close();
    return sent;
  }) as typeof child.send;
  child.on('internalMessage', (message: HandoverMessage | null) => unaccepted.delete(message?.ack));
  child.once('exit', () => {
    hasEnded = true;
    close();
  });
}
