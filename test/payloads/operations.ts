// Runs GraphQL operations on payloads. Each function returns the complete answer.
import type { Answer, Client } from '../support/app.ts';

const REFERENCE = 'name pointers resolvable problem';

/** The answer is allowed to contain secret values, so the leak test does not search it. */
export const resolve = (who: Client, payload: unknown, input?: unknown): Promise<Answer> =>
  who.askRevealing(
    `query ($p: JSON!, $i: JSON) { resolveReferences(payload: $p, input: $i) { payload references { ${REFERENCE} } } }`,
    { p: payload, i: input },
  );

export const check = (who: Client, payload: unknown, principalId?: string): Promise<Answer> =>
  who.ask(`query ($p: JSON!, $w: ID) { checkReferences(payload: $p, principalId: $w) { ${REFERENCE} } }`, {
    p: payload,
    w: principalId,
  });

export const mask = (
  who: Client,
  payload: unknown,
  { definition, maskedFields }: { definition?: unknown; maskedFields?: string[] } = {},
): Promise<Answer> =>
  who.ask(
    'query ($p: JSON!, $d: JSON, $f: [String!]! = []) { maskPayload(payload: $p, definition: $d, maskedFields: $f) }',
    { p: payload, d: definition, f: maskedFields },
  );

export const archive = (who: Client, payload: unknown, maskedFields: string[] = []): Promise<Answer> =>
  who.ask('query ($p: JSON!, $f: [String!]!) { archivePayload(payload: $p, maskedFields: $f) }', {
    p: payload,
    f: maskedFields,
  });

export const updateSecretTask = (who: Client, input: unknown): Promise<Answer> =>
  who.ask('mutation ($i: JSON!) { runUpdateSecretTask(input: $i) { secret { name version } } }', { i: input });

/** Returns a reference to a secret in the notation of workflow definitions. */
export const ref = (path: string) => `\${workflow.secrets.${path}}`;
