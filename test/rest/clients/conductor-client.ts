// The published JavaScript client, in both of its majors, as a program would use it.
import * as three from 'conductor-javascript-3';
import * as four from 'conductor-javascript-4';
import { vi } from 'vitest';
import { checkedFetch } from '../../support/openapi.ts';

/** By version. What is used of them here has the same types. */
export const MAJORS = { '3.1.0': three, '4.0.0': four as unknown as typeof three };
export type Major = keyof typeof MAJORS;

export interface ConductorClient {
  secrets: three.SecretClient;
  authorization: three.AuthorizationClient;
  applications: three.ApplicationClient;
  /** Ends the timer that renews the token. */
  close(): void;
}

export interface ConductorOptions {
  serverUrl: string;
  keyId: string;
  keySecret: string;
  /** In place of the client's own. */
  fetch?: typeof globalThis.fetch;
  /** With the client's own fetch, and not held against openapi.yaml: for a server that is no gateway. */
  undocumented?: boolean;
}

/**
 * Signs in. What is sent and answered is held against openapi.yaml. Wrong credentials take the client some two minutes, in which it tries
 * again and again.
 */
export async function connectConductor(
  major: Major,
  { fetch, undocumented = false, ...config }: ConductorOptions,
): Promise<ConductorClient> {
  const sdk = MAJORS[major];
  // The environment goes before what a client is given, and the older major speaks of it past its logger.
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
