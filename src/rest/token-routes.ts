import { BadInput } from '../errors.ts';
import type { SignIn } from '../identity/sign-in.ts';
import { Sensitive } from '../sensitive.ts';
import { fieldsBody } from './body.ts';
import { usersJson } from './principal-json.ts';
import { flag } from './query.ts';
import { get, type RestRoute, type SessionRequest } from './route.ts';

/** The maximum size of a sign-in body in bytes. The limit is small because the sender is not authenticated yet. */
const LONGEST_CREDENTIALS = 16_384;

export const tokenRoutes = (signIn: SignIn): RestRoute[] => [
  {
    method: 'POST',
    path: '/token',
    async open({ incoming }) {
      const fields = await fieldsBody(incoming, LONGEST_CREDENTIALS);
      const keyId = fields.optionalText('keyId');
      if (keyId !== undefined) {
        const { token } = await signIn.application(keyId, new Sensitive(fields.text('keySecret')), incoming);
        return { token: token.expose() };
      }
      const username = fields.optionalText('username') ?? fields.optionalText('email');
      if (username === undefined)
        throw new BadInput('body', 'keyId and keySecret, or username (or email) and password');
      const { token } = await signIn.user(username, new Sensitive(fields.text('password')), incoming);
      return { token: token.expose() };
    },
  },
  get('/token/userInfo', userInfo),
  // Conductor's client for Rust uses this path.
  get('/auth/userInfo', userInfo),
];

async function userInfo({ session, query }: SessionRequest): Promise<object> {
  const withClaims = flag(query, 'claims');
  const [user] = await usersJson(session, [session.authorizer.entitlements.id]);
  if (user === undefined) throw new Error('The principal of a valid token was deleted.');
  return withClaims ? { user, claims: session.token.payload } : user;
}
