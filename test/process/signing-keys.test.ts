import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { command } from '../support/command.ts';
import { freshDatabase } from '../support/database.ts';
import { caller, cleanUp, passwordIn, type Settings, startGateway, temporaryDir } from '../support/gateway-process.ts';
import { sentinel } from '../support/sentinel.ts';

// These tests start real processes, and the processes need more time on a busy machine.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const password = sentinel('password');
let settings: Settings;
let url: string;
let drop: (() => Promise<void>) | undefined;
beforeAll(async () => {
  const database = await freshDatabase(inject('databaseUrl'));
  drop = database.drop;
  settings = { DATA_DIR: await temporaryDir(), DATABASE_URL: database.url };
  url = await startGateway({ ...settings, ADMIN_PASSWORD: password }).ready();
});
afterAll(async () => {
  await cleanUp();
  await drop?.();
});

const run = (...args: string[]) => command(args, settings);

/** Signs in. Returns the token, or the error code if the gateway refuses. */
async function signIn(secret: string): Promise<string> {
  const query = 'mutation ($p: SecretValue!) { signIn(username: "admin", password: $p) { token } }';
  const { data, code } = await caller(url).ask(query, { p: secret });
  return code ?? data.signIn.token;
}

const viewer = async (token: string) => (await caller(url, token).ask('{ viewer { name } }')).code ?? 'holds';

const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;

test('a new signing key signs tokens immediately, and tokens of the older signing key remain valid', async () => {
  const before = await signIn(password);
  const { code, out } = await run('signing-keys', 'rotate');
  expect(code).toBe(0);
  const after = await signIn(password);
  expect(kidOf(after)).not.toBe(kidOf(before));
  expect(out).toContain(kidOf(after));
  expect(await viewer(before)).toBe('holds');
  expect(await viewer(after)).toBe('holds');
});

test('after signing-keys rotate --revoke, the gateway immediately rejects every token of the old signing keys', async () => {
  const before = await signIn(password);
  expect(await viewer(before)).toBe('holds');
  expect((await run('signing-keys', 'rotate', '--revoke')).code).toBe(0);
  expect(await viewer(before)).toBe('UNAUTHENTICATED');
  expect(await viewer(await signIn(password))).toBe('holds');
});

test('signing-keys list shows which signing key signs tokens, and the audit log records each change of signing keys', async () => {
  const { code, out } = await run('signing-keys', 'list');
  expect(code).toBe(0);
  const lines = out.trim().split('\n').slice(1);
  expect(lines.map((line) => / {2}signs$/.test(line))).toEqual([true, false, false]);
  expect(lines.filter((line) => line.includes('revoked'))).toHaveLength(2);

  const token = await signIn(password);
  const query =
    '{ auditEvents(filter: { actions: [SIGNING_KEY_ROTATE] }) { nodes { outcome actor { kind } subject { id } changes } } }';
  const { nodes } = (await caller(url, token).get(query)).auditEvents;
  const changes = nodes.map((event: { changes: unknown }) => event.changes);
  expect(changes).toEqual([{ revoked: true }, { revoked: false }, { first: true }]);
  expect(nodes[0]).toMatchObject({ outcome: 'DONE', actor: { kind: 'OPERATOR' }, subject: { id: kidOf(token) } });
});

test('a password reset prints the new password once, and the gateway then rejects the old password and all existing tokens of the user', async () => {
  const before = await signIn(password);
  const { code, out } = await run('reset-password', 'ADMIN');
  expect(code).toBe(0);
  expect(out).toMatch(/^Sign in as admin with /);
  expect(await viewer(before)).toBe('UNAUTHENTICATED');
  expect(await signIn(password)).toBe('UNAUTHENTICATED');
  expect(await viewer(await signIn(passwordIn(out) ?? ''))).toBe('holds');
});

test('a password reset for an unknown user fails', async () => {
  expect(await run('reset-password', 'nobody')).toMatchObject({ code: 5, out: '' });
});

test.each([
  ['signing-keys'],
  ['signing-keys', 'rotate', '--revoked'],
  ['signing-keys', 'list', '--revoke'],
  ['reset-password'],
  ['reset-password', 'ann', 'bob'],
])('the command %s %s %s prints its usage', async (...args) => {
  const { code, out, said } = await run(...args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(said).toContain('Usage: secrets-gateway');
});

test('a command reports all invalid settings together', async () => {
  const wrong = { KEYRING: 'short', TOKEN_TTL: 'long' };
  const { code, said } = await command(['signing-keys', 'rotate'], { ...settings, ...wrong });
  expect(code).toBe(2);
  expect(said).toContain('KEYRING: every encryption key');
  expect(said).toContain('TOKEN_TTL must');
});
