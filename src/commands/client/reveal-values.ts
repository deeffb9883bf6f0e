// Reveals many values for a command. The gateway records each reveal.
import { type SecretsClient, SecretsGatewayError } from '../../client/secrets-client.ts';

/** The number of secrets between two reports of progress. The client combines the reveals of one step into few requests. */
const STEP = 100;

/** The value of a secret, or the code of the error with which the gateway refused the reveal. */
export type Revealed = { readonly value: string } | { readonly code: string };

/** Reveals values by name. @throws SecretsGatewayError if the gateway is unavailable, or the caller is not signed in */
export async function revealValues(
  client: SecretsClient,
  names: readonly string[],
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Map<string, Revealed>> {
  const revealed = new Map<string, Revealed>();
  for (let at = 0; at < names.length; at += STEP) {
    onProgress(at, names.length);
    const step = names.slice(at, at + STEP);
    const settled = await Promise.allSettled(step.map((name) => client.get(name)));
    for (const [i, result] of settled.entries()) revealed.set(step[i] as string, revealedOf(result));
  }
  if (names.length > 0) onProgress(names.length, names.length);
  return revealed;
}

function revealedOf(result: PromiseSettledResult<string>): Revealed {
  if (result.status === 'fulfilled') return { value: result.value };
  const error: unknown = result.reason;
  if (!(error instanceof SecretsGatewayError) || error.isTemporary || error.code === 'UNAUTHENTICATED') throw error;
  return { code: error.code };
}
