// Passwords are kept as argon2id, in the PHC string format:
//   $argon2id$v=19$m=47104,t=1,p=1$<salt>$<hash>     (unpadded base64)
// 46 MiB, one pass, one lane: the first of the equivalent settings in OWASP's Password Storage Cheat Sheet
// (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id).

import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { BadInput, Unavailable } from '../errors.ts';
import type { Sensitive } from '../sensitive.ts';

interface Cost {
  memory: number;
  passes: number;
  parallelism: number;
}

const COST: Cost = { memory: 47_104, passes: 1, parallelism: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** What a stored string may ask for at most, so that a hostile row cannot have the process allocate without end. */
const MOST: Cost = { memory: 131_072, passes: 4, parallelism: 4 };

/** Stands in for the salt of an account that there is not, or that has no password. */
const NO_SALT = Buffer.alloc(SALT_BYTES);

/**
 * Hashing runs on libuv's pool, four threads that file access and DNS need as well; at most two of them, 92 MiB, at a time.
 * Further ones wait in order. Of more than 200 waiting (some ten seconds of work) the rest are told to try again.
 */
const MOST_RUNNING = 2;
const MOST_WAITING = 200;
const waiting: (() => void)[] = [];
let running = 0;

/** The PHC string to store for `password`. @throws Unavailable if too many are waiting */
export async function hashPassword(password: Sensitive): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, HASH_BYTES, COST);
  const { memory, passes, parallelism } = COST;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(hash)}`;
}

/**
 * Whether `password` is the one that `phc` was made of.
 * INVARIANT: `null` (no such account, or one without a password) and a string that is none of ours do the same work as a
 * wrong password, so the time taken does not say which names exist.
 * @throws Unavailable if too many are waiting
 */
export async function verifyPassword(password: Sensitive, phc: string | null): Promise<boolean> {
  const stored = phc === null ? null : parse(phc);
  if (stored === null) {
    await derive(password, NO_SALT, HASH_BYTES, COST);
    return false;
  }
  const hash = await derive(password, stored.salt, stored.hash.length, stored.cost);
  return timingSafeEqual(hash, stored.hash);
}

/** Whether `phc` was made with other settings than today's: hash again at the next sign-in, while the password is at hand. */
export function needsRehash(phc: string): boolean {
  const stored = parse(phc);
  if (stored === null || stored.salt.length !== SALT_BYTES || stored.hash.length !== HASH_BYTES) return true;
  const { memory, passes, parallelism } = stored.cost;
  return memory !== COST.memory || passes !== COST.passes || parallelism !== COST.parallelism;
}

/**
 * 8 to 1024 characters, counted as Unicode code points, and nothing more: rules on composition make people choose `Passw0rd!` and
 * programs that generate passwords fail, and NIST SP 800-63B (section 5.1.1.2) says not to impose them.
 * @throws BadInput at `field`
 */
export function checkNewPassword(password: Sensitive, field: string): void {
  const text = prepared(password);
  // Half of a surrogate pair becomes U+FFFD in UTF-8, and then different passwords would be one.
  if (!text.isWellFormed()) throw new BadInput(field, 'a password is well-formed Unicode');
  const { length } = [...text];
  if (password.length > LONGEST_AS_TYPED || length < 8 || length > 1024)
    throw new BadInput(field, 'a password has 8 to 1024 characters');
}

/**
 * NFC, as RFC 8265 (OpaqueString) asks: an é typed on one keyboard is the é typed on another. Not NFKC, which would make
 * different passwords one. Nothing else of that profile: spaces and control characters count as they come.
 */
function prepared(password: Sensitive): string {
  // Putting combining marks in order takes time by the square of their number: what no password can be is not normalised.
  return password.length > LONGEST_AS_TYPED ? '' : password.expose().normalize('NFC');
}

/** UTF-16 code units: 1024 characters, decomposed, and some. */
const LONGEST_AS_TYPED = 4_096;

async function derive(password: Sensitive, salt: Uint8Array, tagLength: number, cost: Cost): Promise<Buffer> {
  await turn();
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      argon2('argon2id', { message: prepared(password), nonce: salt, tagLength, ...cost }, (error, hash) =>
        error ? reject(error) : resolve(hash),
      );
    });
  } finally {
    // The next one takes this one's place, so that nobody who comes in between can take it.
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

async function turn(): Promise<void> {
  if (running < MOST_RUNNING) {
    running += 1;
    return;
  }
  if (waiting.length >= MOST_WAITING) throw new Unavailable();
  await new Promise<void>((resolve) => waiting.push(resolve));
}

const PHC =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86})$/;

/** The parts of a PHC string, or null for one that is not of this kind or asks for more than `MOST`. */
function parse(phc: string): { cost: Cost; salt: Buffer; hash: Buffer } | null {
  const match = PHC.exec(phc);
  if (!match) return null;
  const [, memory, passes, parallelism, salt, hash] = match;
  const cost: Cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  if (cost.memory > MOST.memory || cost.passes > MOST.passes || cost.parallelism > MOST.parallelism) return null;
  if (cost.memory < 8 * cost.parallelism) return null;
  return { cost, salt: Buffer.from(salt!, 'base64'), hash: Buffer.from(hash!, 'base64') };
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
