import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Outgoing } from '../http/exchange.ts';
import type { FormatError } from './format-error.ts';

/** The answer of an operation that was executed: what Apollo Server makes of it, to the byte. */
export function answerTo({ data, errors }: ExecutionResult, type: string, format: FormatError): Outgoing {
  const headers: Record<string, string> = {};
  let status = 200;
  const told = errors?.map((error) => {
    const { http, ...extensions } = error.extensions as { http?: Head };
    status = http?.status ?? status;
    for (const [name, value] of http?.headers ?? []) headers[name] = value;
    return format(enriched(error, extensions), error);
  });
  headers['content-type'] = `${type}; charset=utf-8`;
  return { status, headers, body: `${JSON.stringify({ errors: told, data })}\n` };
}

/** What an error may say of the answer as a whole. */
interface Head {
  readonly status?: number;
  readonly headers?: ReadonlyMap<string, string>;
}

function enriched(error: GraphQLError, extensions: Record<string, unknown>) {
  return { ...error.toJSON(), extensions: { ...extensions, code: extensions.code ?? 'INTERNAL_SERVER_ERROR' } };
}
