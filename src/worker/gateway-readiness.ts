// Finds out for the health checks whether the worker can use its gateway.
import { SecretsGatewayError } from '../client/secrets-client.ts';
import type { ObservedConnection } from './connection.ts';
import type { Gateway } from './gateway.ts';

/** The maximum duration of a check. The probe of the Helm chart waits for two seconds. */
const CHECK_MS = 1_500;
/** The result of a check counts for this time. */
const RESULT_MS = 3_000;
/**
 * The result of a check counts for this time if the gateway refused the access key. Each further sign-in would fill the sign-in throttle of the gateway,
 * which drains one failed sign-in in 30 seconds. A full throttle would also refuse other workers with the same access key.
 */
const REFUSAL_MS = 60_000;

const UNREACHABLE = 'the gateway is unreachable';
const SILENT = 'the gateway does not answer';
const REFUSED = 'the gateway refused the access key of the worker';
const UNEXPECTED = 'the gateway sent an unexpected answer';

interface Result {
  /** The reason why the worker cannot use the gateway, or undefined. */
  problem: string | undefined;
  /** The time of the result in milliseconds, by the monotonic clock. */
  at: number;
}

/**
 * Returns a function that returns the reason why the worker cannot use the gateway, or undefined. The function sends a request to the gateway if the
 * last result is too old, because a worker without tasks sends no other request.
 */
export function gatewayReadiness(
  gateway: Pick<Gateway, 'check'>,
  status: Pick<ObservedConnection, 'isDown'>,
): () => Promise<string | undefined> {
  let last: Result | undefined;
  let checking: Promise<string | undefined> | undefined;

  async function check(): Promise<string | undefined> {
    const problem = await Promise.race([gateway.check().then(() => undefined, problemOf), silence()]);
    last = { problem, at: performance.now() };
    checking = undefined;
    return problem;
  }

  return async () => {
    if (last !== undefined && counts(last, status.isDown())) return last.problem;
    checking ??= check();
    return checking;
  };
}

/** @param isDown whether the last request of the worker failed, because the gateway was unreachable or issued no token */
function counts({ problem, at }: Result, isDown: boolean): boolean {
  // A task found after the check that the gateway is unreachable.
  if (problem === undefined && isDown) return false;
  // A task can sign in after the check, so a refusal counts for the long time only if no later request succeeded.
  return performance.now() - at < (problem === REFUSED && isDown ? REFUSAL_MS : RESULT_MS);
}

function problemOf(error: unknown): string {
  if (!(error instanceof SecretsGatewayError)) return UNEXPECTED;
  if (error.code === 'UNAUTHENTICATED') return REFUSED;
  return error.isTemporary || error.code === 'RATE_LIMITED' ? UNREACHABLE : UNEXPECTED;
}

function silence(): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, CHECK_MS, SILENT).unref());
}
