// Makes secret values that look like the secret values of the field. The values come from a seed, so each run has the same values.
import { createHash } from 'node:crypto';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
export const ALPHANUMERIC = `${LETTERS}0123456789`;
const WORDS =
  'correct horse battery staple winter summer secret admin orders payment production cobalt river lantern velvet anchor'.split(
    ' ',
  );

/** Each shape makes one value from random bytes. */
const SHAPES: readonly ((bytes: (size: number) => Buffer) => string)[] = [
  (bytes) => bytes(20).toString('hex'),
  (bytes) => bytes(32).toString('base64'),
  (bytes) => bytes(24).toString('base64url'),
  (bytes) => textOf(bytes(24), `${ALPHANUMERIC}!$%&*+-_.:;?@^~#`),
  (bytes) => textOf(bytes(16), ALPHANUMERIC),
  (bytes) => `sk_live_${textOf(bytes(24), ALPHANUMERIC)}`,
  (bytes) => `ghp_${textOf(bytes(36), ALPHANUMERIC)}`,
  (bytes) => `AKIA${textOf(bytes(16), LETTERS.slice(0, 26))}`,
  (bytes) => `postgresql://app:${textOf(bytes(20), ALPHANUMERIC)}@db.internal:5432/orders?sslmode=require`,
  (bytes) => `https://hooks.slack.com/services/T${textOf(bytes(8), ALPHANUMERIC)}/${textOf(bytes(24), ALPHANUMERIC)}`,
  (bytes) => `${[...bytes(5)].map((byte) => WORDS[byte % WORDS.length]).join(' ')} ${bytes(1)[0]}`,
  (bytes) => `${word(bytes)}-${word(bytes)}-${bytes(1)[0]}!`,
  (bytes) => `${word(bytes)}2026!`,
  (bytes) =>
    bytes(16)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
  (bytes) => textOf(bytes(16), '0123456789'),
  (bytes) => JSON.stringify({ user: 'admin', password: textOf(bytes(20), ALPHANUMERIC), host: 'localhost', pin: 2026 }),
  (bytes) =>
    `NODE_ENV=production\nDATABASE_PASSWORD=${textOf(bytes(24), ALPHANUMERIC)}\nAPI_KEY="${bytes(24).toString('base64')}"\n`,
  (bytes) => `-----BEGIN PRIVATE KEY-----\n${lines(bytes(1_216))}-----END PRIVATE KEY-----\n`,
  (bytes) => `Server=tcp:db.example.net,1433;Database=orders;User ID=app;Password=${textOf(bytes(18), ALPHANUMERIC)};`,
  (bytes) =>
    ['{"alg":"ES256","typ":"JWT"}', `{"sub":"${bytes(6).toString('hex')}","aud":"orders","exp":1893456000}`]
      .map((part) => Buffer.from(part).toString('base64url'))
      .concat(bytes(64).toString('base64url'))
      .join('.'),
  (bytes) => `deployer:$2y$10$${textOf(bytes(53), `./${ALPHANUMERIC}`)}`,
  (bytes) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${bytes(32).toString('base64').slice(0, 43)} deployer@example.org`,
  (bytes) =>
    JSON.stringify({
      type: 'service_account',
      project_id: 'orders',
      private_key_id: bytes(20).toString('hex'),
      private_key: `-----BEGIN PRIVATE KEY-----\n${lines(bytes(1_216))}-----END PRIVATE KEY-----\n`,
      client_email: 'deployer@orders.iam.gserviceaccount.com',
      auth_uri: 'https://accounts.google.com/o/oauth2/auth',
      token_uri: 'https://oauth2.googleapis.com/token',
    }),
  (bytes) =>
    `apiVersion: v1\nkind: Config\nclusters:\n- name: default\n  cluster:\n    server: https://127.0.0.1:6443\nusers:\n- name: default\n  user:\n    token: ${textOf(bytes(64), ALPHANUMERIC)}\n`,
];

/** Returns a character of `alphabet` for each byte. */
export const textOf = (bytes: Buffer, alphabet: string): string =>
  [...bytes].map((byte) => alphabet[byte % alphabet.length]).join('');
const word = (bytes: (size: number) => Buffer) => WORDS[(bytes(1)[0] as number) % WORDS.length] as string;
const lines = (bytes: Buffer) => bytes.toString('base64').replace(/.{1,64}/g, '$&\n');

/** Returns random bytes that depend only on the seed. */
export function randomBytesOf(seed: string): (size: number) => Buffer {
  let block = 0;
  return (size) => {
    const blocks: Buffer[] = [];
    for (let have = 0; have < size; have += 32) blocks.push(createHash('sha256').update(`${seed} ${block++}`).digest());
    return Buffer.concat(blocks).subarray(0, size);
  };
}

/** Returns `count` different values. The shapes take turns. */
export function realLookingSecrets(count: number, seed = 'secrets'): string[] {
  const bytes = randomBytesOf(seed);
  const values = new Set<string>();
  for (let i = 0; values.size < count; i++) values.add((SHAPES[i % SHAPES.length] as (typeof SHAPES)[number])(bytes));
  return [...values];
}
