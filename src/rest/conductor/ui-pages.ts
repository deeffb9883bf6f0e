// Builds the gateway's sign-in page and sign-out page on the port of the Conductor server's web interface. The pages need no scripts.
import { randomBytes } from 'node:crypto';
import type { Outgoing } from '../../http/exchange.ts';

/** The path prefix of the gateway's own pages on this port. The Conductor server's web interface does not use this path prefix. */
export const PAGES = '/secrets-gateway';
export const SIGN_IN = `${PAGES}/sign-in`;
export const SIGN_OUT = `${PAGES}/sign-out`;

const STYLE = `body{font:16px system-ui,sans-serif;max-width:22rem;margin:12vh auto;padding:0 1rem;color:#1d1d1f;background:#fff}
h1{font-size:1.25rem}label{display:block;margin:.9rem 0 .25rem}input{box-sizing:border-box;width:100%;padding:.5rem;font:inherit}
button{margin-top:1.2rem;padding:.5rem 1rem;font:inherit}p[role=alert]{color:#a40000}
@media(prefers-color-scheme:dark){body{color:#eee;background:#1b1b1d}p[role=alert]{color:#ff8a80}}`;

interface Page {
  status?: number;
  title: string;
  /** The HTML of the page body. */
  content: string;
  headers?: Readonly<Record<string, string>>;
  /** Additional HTML elements for the head of the page. */
  head?: string;
}

function page({ status = 200, title, content, headers = {}, head = '' }: Page): Outgoing {
  const nonce = randomBytes(16).toString('base64');
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      ...headers,
    },
    body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${head}<title>${title}</title><style nonce="${nonce}">${STYLE}</style></head><body><main><h1>${title}</h1>${content}</main></body></html>\n`,
  };
}

export interface SignInPage {
  /** The path that the browser opens after the sign-in. */
  next: string;
  status?: number;
  problem?: string;
  headers?: Readonly<Record<string, string>>;
}

export function signInPage({ next, status = 200, problem, headers = {} }: SignInPage): Outgoing {
  return page({
    ...{ status, headers, title: 'Sign in to Conductor' },
    content: `${problem === undefined ? '' : `<p role="alert">${escaped(problem)}</p>`}<form method="post" action="${SIGN_IN}">
<input type="hidden" name="next" value="${escaped(next)}">
<label for="username">Username</label><input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus>
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button></form>`,
  });
}

export function signOutPage(username: string): Outgoing {
  return page({
    title: 'Signed in',
    content: `<p>Signed in as ${escaped(username)}. <a href="/">Open Conductor</a></p><form method="post" action="${SIGN_OUT}"><button>Sign out</button></form>`,
  });
}

/**
 * Returns a page that makes the browser open `path` again. The browser sends the cookie only with requests that the same site started. If the user
 * follows a link on another site, the first request therefore has no cookie, and this page starts a second request.
 */
export function openAgainPage(path: string): Outgoing {
  const target = escaped(path);
  return page({
    title: 'Opening Conductor',
    head: `<meta http-equiv="refresh" content="0; url=${target}">`,
    content: `<p><a href="${target}">Continue</a></p>`,
  });
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string) => text.replaceAll(/[&<>"']/g, (mark) => ENTITIES[mark] ?? '');
