import { plainOperation } from './body.ts';
import { withCurrentRequest } from './current-request.ts';
import type { DocumentCache } from './document-cache.ts';
import type { FormatError } from './format-error.ts';
import { answerType } from './media-types.ts';
import { responseTo } from './response.ts';
import type { Route } from './routes.ts';

/**
 * Executes operations from the document cache with graphql-js, without Apollo Server. INVARIANT: Apollo Server would send exactly the same bytes as
 * an answer to the same request.
 */
export function cachedRoute<Context>(documents: DocumentCache, formatError: FormatError): Route<Context> {
  return {
    async answer(request) {
      const { incoming, body } = request;
      const operation = incoming.method === 'POST' && !body.problem ? plainOperation(body.json) : undefined;
      const prepared = operation && documents.prepared(operation.query, operation.operationName);
      const mediaType = answerType(incoming);
      if (!operation || !prepared || mediaType === undefined) return undefined;

      const context = await request.context().catch(() => undefined);
      const { values, problems } = prepared.coerce(operation.variables);
      if (context === undefined || problems.length > 0 || !prepared.isAffordable(values)) return undefined;

      const result = await prepared.execute(context, operation.variables, values);
      // A result without errors is formatted without AsyncLocalStorage, because AsyncLocalStorage is slow, and only the formatting of errors reads
      // the current request.
      if (result.errors === undefined) return responseTo(result, mediaType, formatError);
      return withCurrentRequest(request, () => responseTo(result, mediaType, formatError));
    },
  };
}
