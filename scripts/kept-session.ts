import type { BrowserContext } from 'playwright-core';

/**
 * Signs in to the console with `token`, for all pages of the browser context `context`. The pages behave as if the user had chosen to stay signed in
 * while the tab is open.
 */
export async function keepSession(context: BrowserContext, token: string, username = 'admin'): Promise<void> {
  const { iat, exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const session = JSON.stringify({ token, username, endsAt: exp * 1_000, lifetime: (exp - iat) * 1_000 });
  await context.addInitScript(`sessionStorage.setItem('secrets-gateway.session', ${JSON.stringify(session)})`);
}
