// The published JavaScript client for Conductor, in two major versions.
import * as three from 'conductor-javascript-3';
import * as four from 'conductor-javascript-4';
import { vi } from 'vitest';
import { checkedFetch } from '../../support/openapi.ts';

/** The client for each version. Both versions have the types that the tests use. */
export const MAJORS = { '3.1.0': three, '4.0.0': four as unknown as typeof three };
export type Major = keyof typeof MAJORS;

export interface ConductorClient {
  secrets: three.SecretClient;
  authorization: three.AuthorizationClient;
  applications: three.ApplicationClient;
  /** Stops the timer that renews the client's token. */
  close(): void;
}

export interface ConductorOptions {
  serverUrl: string;
  keyId: string;
  keySecret: string;
  /** A function that replaces the fetch function of the client. */
  fetch?: typeof globalThis.fetch;
  /**
   * Uses the fetch function of the client, without checks against openapi.yaml, because the server is not a gateway.
   */
  undocumented?: boolean;
}

/**
 * Signs in and checks requests and responses against openapi.yaml. With wrong credentials, the client retries for
 * about two minutes before it fails.
 */
export async function connectConductor(
  major: Major,
  { fetch, undocumented = false, ...config }: ConductorOptions,
): Promise<ConductorClient> {
  const sdk = MAJORS[major];
  // The environment variables override the client's arguments. The older version writes a message about these
  // variables that its logger does not catch.
  for (const name of ['SERVER_URL', 'AUTH_KEY', 'AUTH_SECRET']) vi.stubEnv(`CONDUCTOR_${name}`, '');
  const warnings = vi.spyOn(console, 'warn').mockImplementation(() => {});
  try {
    const used = undocumented ? fetch : checkedFetch(fetch);
    const client = await sdk.orkesConductorClient({ ...config, logger: sdk.noopLogger }, used);
    return {
      secrets: new sdk.SecretClient(client),
      authorization: new sdk.AuthorizationClient(client),
      applications: new sdk.ApplicationClient(client),
      close: () => (client as { stopBackgroundRefresh?: () => void }).stopBackgroundRefresh?.(),
    };
  } finally {
    warnings.mockRestore();
    vi.unstubAllEnvs();
  }
}
