// Declares the types that the benchmark uses from separately installed packages, so that the type check works without these packages.

declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  interface Request {
    method: string;
    path: string;
    headers?: Record<string, string>;
    body?: string;
  }
  export interface Client extends EventEmitter {
    readonly reqsMade: number;
    /** The client ends after this number of requests and answers. The client checks the number after each answer. The option is undocumented. */
    responseMax: number | undefined;
    setRequests(requests: Request[]): void;
    on(event: 'response', listener: (status: number, bytes: number, milliseconds: number) => void): this;
  }
  interface Options {
    url: string;
    connections: number;
    duration: number;
    sampleInt: number;
    idReplacement: boolean;
    setupClient: (client: Client) => void;
    verifyBody: (body: string) => boolean;
  }
  interface Result {
    non2xx: number;
    mismatches: number;
    errors: number;
    timeouts: number;
  }
  export default function autocannon(options: Options): EventEmitter & PromiseLike<Result>;
}

declare module 'postgraphile' {
  import type { Server } from 'node:http';

  interface Serv {
    addTo(server: Server): Promise<void>;
  }
  type CreateServ = (config: unknown) => Serv;
  export function postgraphile(preset: {
    extends: unknown[];
    pgServices: unknown[];
    grafast: {
      context: (of: { node?: { req: import('node:http').IncomingMessage } }) => { pgSettings: Record<string, string> };
    };
    grafserv: Record<string, unknown>;
  }): { createServ(grafserv: CreateServ): Serv };
}
declare module 'postgraphile/adaptors/pg' {
  export function makePgService(options: { pool: unknown; schemas: string[]; pubsub: boolean }): unknown;
}
declare module 'postgraphile/grafserv/node' {
  export const grafserv: (config: unknown) => { addTo(server: import('node:http').Server): Promise<void> };
}
declare module 'postgraphile/presets/amber' {
  export const PostGraphileAmberPreset: unknown;
}
