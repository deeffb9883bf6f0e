// Closes connections that the primary process handed over to a worker process that was killed before it accepted them. Node's cluster module
// keeps such a connection open forever, so its client would wait forever.
import type { Worker } from 'node:cluster';

/** The fields used here of the cluster module's internal messages. Their format is not documented, so messages of any other form are ignored. */
interface HandoverMessage {
  act?: unknown;
  seq?: unknown;
  ack?: unknown;
}

interface Closable {
  close?: () => void;
}

/** When `worker` ends, closes the connections that it did not accept, so that their clients can connect again. */
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
