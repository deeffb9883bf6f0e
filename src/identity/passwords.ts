// Passwords are stored as argon2id hashes, in the PHC string format:
//   $argon2id$v=19$m=47104,t=1,p=1$<salt>$<hash>     (unpadded base64)
// The settings are 46 MiB of memory, one pass and one lane. These settings are the first that are recommended in OWASP's Password Storage Cheat Sheet
// (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id).

import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { BadInput, Unavailable } from '../errors.ts';
import { unlimited, type WaitBudget } from '../primitives/wait-budget.ts';
import type { Sensitive } from '../sensitive.ts';

interface Cost {
  memory: number;
  passes: number;
  parallelism: number;
}

const CURRENT_COST: Cost = { memory: 47_104, passes: 1, parallelism: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** Maximum cost that a stored hash may have. Without this limit, a manipulated database row could make the process allocate too much memory. */
const MAX_COST: Cost = { memory: 131_072, passes: 4, parallelism: 4 };

/** If the account of a sign-in does not exist or has no password, the gateway hashes the entered password with this salt. */
const NO_SALT = Buffer.alloc(SALT_BYTES);

/**
 * The limits for concurrent password hashing. Hashing uses the four threads of libuv's pool, which file access and DNS lookups need as well. At most
 * two hashes are computed at a time, which needs 92 MiB of memory. Further calls wait in the order in which they were made. If 200 calls (about ten
 * seconds of work) are waiting, a new call throws Unavailable.
 */
const MAX_RUNNING = 2;
const MAX_WAITING = 200;
const waiting: (() => void)[] = [];
let running = 0;

/** Returns the PHC string to store for `password`. @throws Unavailable if too many calls are waiting, or when `budget` is spent */
export async function hashPassword(password: Sensitive, budget = unlimited()): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, HASH_BYTES, CURRENT_COST, budget);
  const { memory, passes, parallelism } = CURRENT_COST;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(hash)}`;
}

/**
 * Returns whether `password` matches the stored hash `phc`.
 * INVARIANT: a missing hash (`null`) and a malformed hash are checked in the time that a wrong password takes. Therefore the response time does not
 * reveal which accounts exist.
 * @throws Unavailable if too many calls are waiting, or when `budget` is spent
 */
export async function verifyPassword(password: Sensitive, phc: string | null, budget = unlimited()): Promise<boolean> {
  const stored = phc === null ? null : parse(phc);
  if (stored === null) {
    await derive(password, NO_SALT, HASH_BYTES, CURRENT_COST, budget);
    return false;
  }
  const hash = await derive(password, stored.salt, stored.hash.length, stored.cost, budget);
  return timingSafeEqual(hash, stored.hash);
}

/**
 * Returns whether the stored hash `phc` was made with other settings than the current settings. If the result is true, the next sign-in must hash the
 * password again.
 */
export function needsRehash(phc: string): boolean {
  const stored = parse(phc);
  if (stored === null || stored.salt.length !== SALT_BYTES || stored.hash.length !== HASH_BYTES) return true;
  const { memory, passes, parallelism } = stored.cost;
  return memory !== CURRENT_COST.memory || passes !== CURRENT_COST.passes || parallelism !== CURRENT_COST.parallelism;
}

export const MIN_PASSWORD_LENGTH = 8;
const MAX_PASSWORD_LENGTH = 1_024;

/**
 * Checks that a new password has 8 to 1024 Unicode code points. There are no rules about the characters of a password, because NIST SP 800-63B
 * (section 5.1.1.2) advises against rules about characters. Rules about characters would also reject many generated passwords.
 * @throws BadInput at `field`
 */
export function checkNewPassword(password: Sensitive, field: string): void {
  const text = prepared(password);
  // UTF-8 cannot encode a lone surrogate. The encoder would replace each lone surrogate with U+FFFD, so different passwords with lone surrogates
  // would have the same hash.
  if (!text.isWellFormed()) throw new BadInput(field, 'well-formed Unicode');
  const { length } = [...text];
  if (password.length > MAX_TYPED_LENGTH || length < MIN_PASSWORD_LENGTH || length > MAX_PASSWORD_LENGTH)
    throw new BadInput(field, `${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters`);
}

/**
 * Normalizes a password to NFC, as the profile OpaqueString of RFC 8265 requires, because different keyboards encode the same letter differently. The
 * function does not normalize to NFKC, because NFKC would make different passwords equal. The function does not apply the other rules of
 * OpaqueString: spaces and control characters stay unchanged.
 */
function prepared(password: Sensitive): string {
  // A string that is too long for a password is not normalized, because the time of normalization grows with the square of the number of combining
  // marks.
  return password.length > MAX_TYPED_LENGTH ? '' : password.expose().normalize('NFC');
}

/** Maximum length of a password before normalization, in UTF-16 code units. The limit is higher than the length of 1024 decomposed characters. */
const MAX_TYPED_LENGTH = 4_096;

/** Only the wait for a turn uses the budget, because the gateway does not wait while it hashes. */
async function derive(
  password: Sensitive,
  salt: Uint8Array,
  tagLength: number,
  cost: Cost,
  budget: WaitBudget,
): Promise<Buffer> {
  await budget.within(takeSlot, releaseSlot);
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      argon2('argon2id', { message: prepared(password), nonce: salt, tagLength, ...cost }, (error, hash) =>
        error ? reject(error) : resolve(hash),
      );
    });
  } finally {
    releaseSlot();
  }
}

/** If a call is waiting, this call starts immediately, so that a new call cannot start before the waiting calls. */
function releaseSlot(): void {
  const next = waiting.shift();
  if (next) next();
  else running -= 1;
}

async function takeSlot(): Promise<void> {
  if (running < MAX_RUNNING) {
    running += 1;
    return;
  }
  if (waiting.length >= MAX_WAITING) throw new Unavailable();
  await new Promise<void>((resolve) => waiting.push(resolve));
}

const PHC =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86})$/;

/** Returns the parts of a PHC string. Returns null if the string is malformed, or costs more than `MAX_COST`. */
function parse(phc: string): { cost: Cost; salt: Buffer; hash: Buffer } | null {
  const match = PHC.exec(phc);
  if (!match) return null;
  const [, memory, passes, parallelism, salt, hash] = match;
  const cost: Cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  if (cost.memory > MAX_COST.memory || cost.passes > MAX_COST.passes || cost.parallelism > MAX_COST.parallelism)
    return null;
  if (cost.memory < 8 * cost.parallelism) return null;
  return { cost, salt: Buffer.from(salt!, 'base64'), hash: Buffer.from(hash!, 'base64') };
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
