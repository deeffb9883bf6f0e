// Closes connections that the primary process handed over to a worker process, if the worker process was killed before it accepted the connections.
// Otherwise, Node's cluster module would keep these connections open, and the clients would wait forever.
import type { Worker } from 'node:cluster';

/** The fields of internal messages of Node's cluster module. The messages are not documented, so the code ignores messages of any other form. */
interface HandoverMessage {
  act?: unknown;
  seq?: unknown;
  ack?: unknown;
}

interface Closable {
  close?: () => void;
}

/**
 * When the worker process `worker` ends, the function closes the connections that the worker process did not accept. The clients can then connect
 * again.
 */
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
