import type { EventActor } from '../audit/audit-event.ts';
import { type AuditLogDeps, auditLogFor } from '../audit/audit-log.ts';
import { streamOfRequest } from '../audit/audit-stream.ts';
import { type Fact, factsBegin, factsEnd, userFact } from '../audit/facts.ts';
import { batcher } from '../concurrency/batcher.ts';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database, Transaction } from '../database/client.ts';
import { SignInRefused } from '../errors.ts';
import { toGlobalId, toUuid, type Uuid, ZERO_UUID } from '../primitives/ids.ts';
import { nameKey, oneNamed } from '../primitives/name-key.ts';
import type { WaitBudget } from '../primitives/wait-budget.ts';
import type { Sensitive } from '../sensitive.ts';
import { accessKeyHmacKey, keySecretHash, sameHash } from './access-key-secret.ts';
import { issueToken, type TokenSubject } from './jwt.ts';
import { hashPassword, needsRehash, verifyPassword } from './passwords.ts';
import type { SigningKeys } from './signing-keys.ts';
import { Throttled } from './throttle.ts';
import type { PendingAttempt, WaitingThrottle } from './waiting-throttle.ts';

export interface SignedIn {
  token: Sensitive;
  expiresAt: Date;
  principal: { kind: 'USER' | 'APPLICATION'; id: Uuid };
}

export interface From {
  requestId: string;
  address: string;
  budget: WaitBudget;
}

/**
 * Checks credentials and issues tokens. For an unknown username and for a wrong password, the gateway does equal work and throws an equal error. Both
 * methods throw SignInRefused, RateLimited and Unavailable.
 */
export interface SignIn {
  user(username: string, password: Sensitive, from: From): Promise<SignedIn>;
  application(keyId: string, keySecret: Sensitive, from: From): Promise<SignedIn>;
}

export interface SignInDeps extends AuditLogDeps {
  database: Database;
  keys: SigningKeys;
  keyring: Keyring;
  throttle: WaitingThrottle;
  /** Seconds. */
  tokenTtl: number;
}

/** A principal whose credentials were correct. */
interface Recognized {
  actor: EventActor;
  subject: TokenSubject;
  /** The expiry time of the credentials. The token does not expire later than the credentials. Null if the credentials never expire. */
  until: Date | null;
  /**
   * Saves the database changes that the sign-in causes. `save` runs in the transaction that records the sign-in's audit event. `save` is null if the
   * sign-in changes no rows.
   */
  save: ((tx: Transaction) => Promise<void>) | null;
}

const ANONYMOUS: EventActor = { kind: 'ANONYMOUS', id: '', name: '' };

export function signIn({ database, stream, keys, keyring, throttle, clock, tokenTtl }: SignInDeps): SignIn {
  const accessKeys = batcher<Uuid, KeyRow | undefined>({
    maxSize: MOST_KEYS_AT_ONCE,
    async send(ids) {
      const rows = await database.prepared.query<KeyRow>(ACCESS_KEYS, [[...new Set(ids)]]);
      const found = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => found.get(id));
    },
  });
  const auditFor = (actor: EventActor, { requestId, address, budget }: From) =>
    auditLogFor({ actor, requestId, address }, { stream: streamOfRequest(stream, budget), clock });

  /**
   * Checks the credentials of one sign-in. `recognize` returns the account of the credentials, with `recognized: null` if the credentials are wrong.
   */
  const attempt = async (
    account: string,
    from: From,
    recognize: () => Promise<{ account: EventActor | null; recognized: Recognized | null }>,
  ): Promise<SignedIn> => {
    const anonymous = auditFor(ANONYMOUS, from);
    const refuse = (subject: EventActor | null, code: string) =>
      anonymous.record({ action: 'SIGN_IN', subject, changes: { code } }, 'REFUSED');

    let reserved: PendingAttempt;
    try {
      reserved = await from.budget.within(
        () => throttle.attempt(account, from.address),
        (late) => late.abandoned(),
      );
    } catch (error) {
      // The audit log records only the first rejection by the throttle, so that a throttled client cannot fill the audit log.
      if (error instanceof Throttled && error.first) await refuse(null, error.code);
      throw error;
    }
    try {
      const { account: owner, recognized } = await recognize();
      if (recognized === null) {
        await refuse(owner, 'UNAUTHENTICATED');
        throw new SignInRefused();
      }
      const key = await from.budget.within(keys.current);
      const now = clock.now();
      const { token, expiresAt } = issueToken(recognized.subject, {
        key,
        now,
        ttlSeconds: tokenTtl,
        until: recognized.until,
      });
      const { actor, save } = recognized;
      const audit = auditFor(actor, from);
      const event = { action: 'SIGN_IN', subject: actor } as const;
      if (save === null) await audit.record(event, 'DONE');
      else await audit.change(event, async (tx) => ({ result: await save(tx), event }));
      reserved.succeeded();
      return {
        token,
        expiresAt,
        principal: { kind: recognized.subject.principalKind, id: recognized.subject.principalId },
      };
    } catch (error) {
      if (error instanceof SignInRefused) reserved.failed();
      else reserved.abandoned();
      throw error;
    }
  };

  return {
    user: (username, password, from) =>
      // INVARIANT: for the throttle, all spellings of a username are the same account.
      attempt(`user:${nameKey(username)}`, from, async () => {
        const rows = await from.budget.within(() =>
          database.query<UserRow>(
            `SELECT id, username, name_key AS "nameKey", active, password_hash AS "passwordHash",
               token_generation AS "generation" FROM users WHERE name_key = $1 AND deleted_at IS NULL`,
            [nameKey(username)],
          ),
        );
        const row = oneNamed(rows, username, (user) => user.username);
        const actor: EventActor | null = row
          ? { kind: 'USER', id: toGlobalId('USER', row.id), name: row.username }
          : null;
        const usableHash = row?.active ? row.passwordHash : null;
        const isCorrect = await verifyPassword(password, usableHash, from.budget);
        if (!isCorrect || row === undefined || actor === null || usableHash === null)
          return { account: actor, recognized: null };
        const rehashed = needsRehash(usableHash) ? await hashPassword(password, from.budget) : null;
        const save = async (tx: Transaction) => {
          // The update changes the row only if the row still has the values that were checked. Therefore the update cannot overwrite a password that
          // was changed in the meantime.
          const { generation: tokenGeneration, ...rest } = row;
          const asRead = { ...rest, active: true, passwordHash: usableHash, tokenGeneration };
          const { count } = await tx.prisma.user.updateMany({
            where: { ...asRead, deletedAt: null },
            data: { passwordHash: rehashed },
          });
          if (count === 0) return;
          factsEnd(tx, [userFact(asRead)]);
          factsBegin(tx, [userFact({ ...asRead, passwordHash: rehashed })]);
        };
        const subject: TokenSubject = { principalKind: 'USER', principalId: row.id, generation: row.generation };
        return { account: actor, recognized: { actor, subject, until: null, save: rehashed === null ? null : save } };
      }),

    application: (keyId, keySecret, from) =>
      attempt(`key:${keyId}`, from, async () => {
        const id = toUuid(keyId, 'ACCESS_KEY') ?? ZERO_UUID;
        const now = clock.now();
        const row = await from.budget.within(() => accessKeys.load(id));
        const actor: EventActor | null = row
          ? { kind: 'APPLICATION', id: toGlobalId('APPLICATION', row.applicationId), name: row.name }
          : null;
        const current = keyring.current();
        const keyringKey = row && keyring.has(row.keyringKey) ? row.keyringKey : current;
        const hash = keySecretHash(keySecret, accessKeyHmacKey(keyring, keyringKey));
        const isCorrect = sameHash(hash, row?.secretHash ?? NO_HASH);
        const isUsable = row?.active && (row.expiresAt === null || row.expiresAt > now);
        if (!isCorrect || !isUsable || row === undefined || actor === null) return { account: actor, recognized: null };
        const isRecent = row.lastUsedAt !== null && Math.abs(now.getTime() - row.lastUsedAt.getTime()) < LAST_USED_MS;
        const save = async (tx: Transaction) => {
          // A hash that was made under an older encryption key is replaced with a hash under the current encryption key. The operator can then remove
          // the older encryption key.
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
          recognized: { actor, subject, until: row.expiresAt, save: isRecent && keyringKey === current ? null : save },
        };
      }),
  };
}

/** Minimum time between two updates of an access key's `lastUsedAt`. The audit log records every use of the access key, even within this time. */
const LAST_USED_MS = 60_000;

const NO_HASH = Buffer.alloc(32);

/** Maximum number of access keys that one SQL statement reads. */
const MOST_KEYS_AT_ONCE = 100;
/**
 * SQL for the access keys with the ids `$1`. The subquery hides the number of ids from PostgreSQL's planner. The planner would otherwise plan the
 * statement again for each number of ids.
 */
const ACCESS_KEYS = `SELECT k.id, k.active, k.secret_hash AS "secretHash", k.key_id AS "keyringKey", k.token_generation AS "generation",
    k.expires_at AS "expiresAt", k.last_used_at AS "lastUsedAt", a.id AS "applicationId", a.name
  FROM access_keys k JOIN applications a ON a.id = k.application_id
  WHERE k.id = ANY((SELECT $1::uuid[])::uuid[]) AND k.deleted_at IS NULL AND a.deleted_at IS NULL`;

interface UserRow {
  id: Uuid;
  username: string;
  nameKey: string;
  active: boolean;
  passwordHash: string | null;
  generation: number;
}

interface KeyRow {
  id: Uuid;
  active: boolean;
  secretHash: Uint8Array;
  keyringKey: string;
  generation: number;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  applicationId: Uuid;
  name: string;
}
