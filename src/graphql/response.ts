import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Outgoing } from '../http/exchange.ts';
import type { FormatError } from './format-error.ts';

/** The HTTP response for the result of an execution. INVARIANT: Apollo Server would send exactly the same bytes for the same result. */
export function responseTo({ data, errors }: ExecutionResult, type: string, format: FormatError): Outgoing {
  const headers: Record<string, string> = {};
  let status = 200;
  const formatted = errors?.map((error) => {
    const { http, ...extensions } = error.extensions as { http?: HttpHead };
    status = http?.status ?? status;
    for (const [name, value] of http?.headers ?? []) headers[name] = value;
    return format(enriched(error, extensions), error);
  });
  headers['content-type'] = `${type}; charset=utf-8`;
  return { status, headers, body: `${JSON.stringify({ errors: formatted, data })}\n` };
}

/** The HTTP status and the HTTP headers that an error sets for the whole response. */
interface HttpHead {
  readonly status?: number;
  readonly headers?: ReadonlyMap<string, string>;
}

function enriched(error: GraphQLError, extensions: Record<string, unknown>) {
  return { ...error.toJSON(), extensions: { ...extensions, code: extensions.code ?? 'INTERNAL_SERVER_ERROR' } };
}
