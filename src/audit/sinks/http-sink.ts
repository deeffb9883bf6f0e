// Sends audit events to an HTTP server: one POST request for each batch, with one line of JSON for each event.
import type { Sensitive } from '../../sensitive.ts';
import { lineOf } from '../audit-file.ts';
import { type Sink, SinkFault } from './sink.ts';

export interface HttpSinkOptions {
  url: URL;
  token: Sensitive | undefined;
}

/** The sink has a batch if the server answers with a status from 200 to 299. The gateway follows no redirect, because the request has the token. */
export function httpSink({ url, token }: HttpSinkOptions): Sink {
  return {
    name: 'http',
    async send(events, signal) {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-ndjson',
          ...(token !== undefined && { authorization: `Bearer ${token.expose()}` }),
        },
        body: events.map((event) => lineOf({ event })).join(''),
        signal,
        redirect: 'manual',
      });
      await response.body?.cancel();
      if (!response.ok) throw new SinkFault(`HTTP ${response.status}`);
    },
  };
}
