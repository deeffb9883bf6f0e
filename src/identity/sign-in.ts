import type { EventActor } from '../audit/audit-event.ts';
import { type AuditLogDeps, auditLogFor } from '../audit/audit-log.ts';
import { type Fact, factsBegin, factsEnd, userFact } from '../audit/facts.ts';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database, Transaction } from '../database/client.ts';
import { SignInRefused } from '../errors.ts';
import { insideId, outsideId, ZERO_UUID } from '../primitives/ids.ts';
import { nameKey, oneNamed } from '../primitives/name-key.ts';
import type { Sensitive } from '../sensitive.ts';
import { accessKeyHmacKey, keySecretHash, sameHash } from './access-key-secret.ts';
import { issueToken, type TokenSubject } from './jwt.ts';
import { hashPassword, needsRehash, verifyPassword } from './passwords.ts';
import type { SigningKeys } from './signing-keys.ts';
import { Throttled } from './throttle.ts';
import type { PatientAttempt, PatientThrottle } from './waiting-throttle.ts';

export interface SignedIn {
  token: Sensitive;
  expiresAt: Date;
  principal: { kind: 'USER' | 'APPLICATION'; id: string };
}

export interface From {
  requestId: string;
  address: string;
}

/**
 * Turns credentials into tokens. An unknown name does the same work as a wrong password or secret, and gets the same answer.
 * All throw SignInRefused, RateLimited, Unavailable.
 */
export interface SignIn {
  user(username: string, password: Sensitive, from: From): Promise<SignedIn>;
  application(keyId: string, keySecret: Sensitive, from: From): Promise<SignedIn>;
}

export interface SignInDeps extends AuditLogDeps {
  database: Database;
  keys: SigningKeys;
  keyring: Keyring;
  throttle: PatientThrottle;
  /** Seconds. */
  tokenTtl: number;
}

/** Somebody whose credentials were right. */
interface Recognized {
  actor: EventActor;
  subject: TokenSubject;
  /** When the credentials expire. No token is valid for longer. Null: never. */
  until: Date | null;
  /** Part of the transaction that records the sign-in. Null if there is nothing to remember: the event is all there is to write. */
  remember: ((tx: Transaction) => Promise<void>) | null;
}

const ANONYMOUS: EventActor = { kind: 'ANONYMOUS', id: '', name: '' };

export function signIn({ database, stream, keys, keyring, throttle, clock, tokenTtl }: SignInDeps): SignIn {
  const auditFor = (actor: EventActor, from: From) => auditLogFor({ actor, ...from }, { stream, clock });

  /** `recognize` tells whose account it is, and who was recognized, if the credentials were right. */
  const attempt = async (
    account: string,
    from: From,
    recognize: () => Promise<{ account: EventActor | null; who: Recognized | null }>,
  ): Promise<SignedIn> => {
    const anonymous = auditFor(ANONYMOUS, from);
    const refuse = (subject: EventActor | null, code: string) =>
      anonymous.record({ action: 'SIGN_IN', subject, changes: { code } }, 'REFUSED');

    let reserved: PatientAttempt;
    try {
      reserved = await throttle.attempt(account, from.address);
    } catch (error) {
      // Once for as long as it lasts: whoever may not sign in may not fill the log either.
      if (error instanceof Throttled && error.first) await refuse(null, error.code);
      throw error;
    }
    try {
      const { account: owner, who } = await recognize();
      if (who === null) {
        await refuse(owner, 'UNAUTHENTICATED');
        throw new SignInRefused();
      }
      const key = await keys.current();
      const now = clock.now();
      const { token, expiresAt } = issueToken(who.subject, { key, now, ttlSeconds: tokenTtl, until: who.until });
      const { actor, remember } = who;
      const audit = auditFor(actor, from);
      const event = { action: 'SIGN_IN', subject: actor } as const;
      if (remember === null) await audit.record(event, 'DONE');
      else await audit.change(event, async (tx) => ({ result: await remember(tx), event }));
      reserved.succeeded();
      return { token, expiresAt, principal: { kind: who.subject.principalKind, id: who.subject.principalId } };
    } catch (error) {
      if (error instanceof SignInRefused) reserved.failed();
      else reserved.abandoned();
      throw error;
    }
  };

  return {
    user: (username, password, from) =>
      // INVARIANT: failed sign-ins with any spelling of a username count against the same account.
      attempt(`user:${nameKey(username)}`, from, async () => {
        const rows = await database.query<UserRow>(
          `SELECT id, username, name_key AS "nameKey", key_clash AS "keyClash", active, password_hash AS "passwordHash",
             token_generation AS "generation" FROM users WHERE name_key = $1 AND deleted_at IS NULL`,
          [nameKey(username)],
        );
        const row = oneNamed(rows, username, (user) => user.username);
        const actor: EventActor | null = row
          ? { kind: 'USER', id: outsideId('USER', row.id), name: row.username }
          : null;
        const usable = row?.active ? row.passwordHash : null;
        const right = await verifyPassword(password, usable);
        if (!right || row === undefined || actor === null || usable === null) return { account: actor, who: null };
        const rehashed = needsRehash(usable) ? await hashPassword(password) : null;
        const remember = async (tx: Transaction) => {
          // Updates only the row that was checked, so that a password changed meanwhile is not overwritten.
          const { generation: tokenGeneration, ...rest } = row;
          const asRead = { ...rest, active: true, passwordHash: usable, tokenGeneration };
          const { count } = await tx.prisma.user.updateMany({
            where: { ...asRead, deletedAt: null },
            data: { passwordHash: rehashed },
          });
          if (count === 0) return;
          factsEnd(tx, [userFact(asRead)]);
          factsBegin(tx, [userFact({ ...asRead, passwordHash: rehashed })]);
        };
        const subject: TokenSubject = { principalKind: 'USER', principalId: row.id, generation: row.generation };
        return { account: actor, who: { actor, subject, until: null, remember: rehashed === null ? null : remember } };
      }),

    application: (keyId, keySecret, from) =>
      attempt(`key:${keyId}`, from, async () => {
        const id = insideId(keyId, 'ACCESS_KEY') ?? ZERO_UUID;
        const now = clock.now();
        const [row] = await database.query<KeyRow>(
          `SELECT k.id, k.active, k.secret_hash AS "secretHash", k.key_id AS "keyringKey", k.token_generation AS "generation",
             k.expires_at AS "expiresAt", k.last_used_at AS "lastUsedAt", a.id AS "applicationId", a.name
           FROM access_keys k JOIN applications a ON a.id = k.application_id
           WHERE k.id = $1::uuid AND k.deleted_at IS NULL AND a.deleted_at IS NULL`,
          [id],
        );
        const actor: EventActor | null = row
          ? { kind: 'APPLICATION', id: outsideId('APPLICATION', row.applicationId), name: row.name }
          : null;
        const current = keyring.current();
        const keyringKey = row && keyring.has(row.keyringKey) ? row.keyringKey : current;
        const hash = keySecretHash(keySecret, accessKeyHmacKey(keyring, keyringKey));
        const right = sameHash(hash, row?.secretHash ?? NO_HASH);
        const usable = row?.active && (row.expiresAt === null || row.expiresAt > now);
        if (!right || !usable || row === undefined || actor === null) return { account: actor, who: null };
        const isKnown = row.lastUsedAt !== null && Math.abs(now.getTime() - row.lastUsedAt.getTime()) < LAST_USED_MS;
        const remember = async (tx: Transaction) => {
          // Once the keyring has a newer key, the secret is kept under that: old keys can be removed one day.
          const { id, applicationId, secretHash, generation: tokenGeneration, expiresAt } = row;
          if (keyringKey === current) {
            await tx.prisma.accessKey.update({ where: { id }, data: { lastUsedAt: now } });
            return;
          }
          const moved = keySecretHash(keySecret, accessKeyHmacKey(keyring, current));
          const asRead = { keyId: keyringKey, secretHash: new Uint8Array(secretHash), active: true, tokenGeneration };
          const { count } = await tx.prisma.accessKey.updateMany({
            where: { id, ...asRead, deletedAt: null },
            data: { lastUsedAt: now, secretHash: new Uint8Array(moved), keyId: current },
          });
          if (count === 0) return;
          const factOf = (hash: Uint8Array, keyId: string): Fact => {
            const ends = expiresAt?.getTime() ?? null;
            return [
              'access-key',
              id,
              applicationId,
              Buffer.from(hash).toString('hex'),
              keyId,
              true,
              tokenGeneration,
              ends,
            ];
          };
          factsEnd(tx, [factOf(secretHash, keyringKey)]);
          factsBegin(tx, [factOf(moved, current)]);
        };
        const subject: TokenSubject = {
          principalKind: 'APPLICATION',
          principalId: row.applicationId,
          generation: row.generation,
          accessKeyId: row.id,
        };
        return {
          account: actor,
          who: { actor, subject, until: row.expiresAt, remember: isKnown && keyringKey === current ? null : remember },
        };
      }),
  };
}

/** When a key was last used is kept to the minute. Each use has its event. */
const LAST_USED_MS = 60_000;

const NO_HASH = Buffer.alloc(32);

interface UserRow {
  id: string;
  username: string;
  nameKey: string;
  keyClash: number;
  active: boolean;
  passwordHash: string | null;
  generation: number;
}

interface KeyRow {
  id: string;
  active: boolean;
  secretHash: Uint8Array;
  keyringKey: string;
  generation: number;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  applicationId: string;
  name: string;
}
