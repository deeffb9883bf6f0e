// Connections on their way to a worker. Node's cluster keeps one for as long as the worker does not say that it has it: of a worker that was
// killed in that moment for good, and whoever opened it waits in vain.
import type { Worker } from 'node:cluster';

/** As far as it is used here, of what the cluster sends: not documented, so that whatever has another form is let pass as it is. */
interface Handover {
  act?: unknown;
  seq?: unknown;
  ack?: unknown;
}

interface Closable {
  close?: () => void;
}

/** Has connections that `worker` did not take closed once it has ended, so that whoever opened them can open others. */
export function closeUntaken(worker: Worker): void {
  const untaken = new Map<unknown, Closable>();
  const close = () => {
    for (const handle of untaken.values()) handle.close?.();
    untaken.clear();
  };
  let hasEnded = false;
  const { process: child } = worker;
  const send = child.send.bind(child) as (...args: unknown[]) => boolean;
  child.send = ((...args: unknown[]) => {
    const [message, handle] = args as [Handover | null, Closable | undefined];
    if (message?.act === 'newconn' && handle) untaken.set(message.seq, handle);
    const sent = send(...args);
    if (hasEnded) close();
    return sent;
  }) as typeof child.send;
  child.on('internalMessage', (message: Handover | null) => untaken.delete(message?.ack));
  child.once('exit', () => {
    hasEnded = true;
    close();
  });
}
