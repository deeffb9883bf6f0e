import { readdir } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { command } from '../support/command.ts';
import { freshDatabase } from '../support/database.ts';
import {
  type Caller,
  cleanUp,
  createSecret,
  reveal,
  signedIn,
  startGateway,
  temporaryDir,
  until,
} from '../support/gateway-process.ts';
import { sentinel } from '../support/sentinel.ts';

// These tests start real processes, and the processes need more time on a busy machine.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

afterAll(cleanUp);

const LAST = 'Every step had the expected result.';

/** Text that must not remain in the scroll history of a terminal. */
function expectNothingSecret(said: string): void {
  expect(said).not.toMatch(/eyJ[\w-]{10}/);
  expect(said.match(/"(password|token|keySecret)": (?!"\*\*\*")/g)).toBeNull();
}

test('the demo starts a gateway, succeeds in every step, and deletes everything that it created', async () => {
  const tmp = await temporaryDir();
  const { code, out, said } = await command(['demo'], { TMPDIR: tmp });
  expect(said).toBe(out);
  expect(code, said).toBe(0);
  expect(out).toContain(LAST);
  expect(out.match(/^ ?\d+ {2}/gm)).toHaveLength(11);
  expect(out).not.toContain('\x1b');
  expectNothingSecret(out);
  expect(await readdir(tmp)).toEqual([]);
  await cleanUp();
});

test('if the demo is stopped before its end, it deletes everything that it created', async () => {
  const tmp = await temporaryDir();
  const running = startGateway({ TMPDIR: tmp }, { args: ['demo'] });
  await until(() => running.printed().includes(' 2  A secret'));
  expect(await running.end('SIGINT')).toBe(130);
  expect(await readdir(tmp)).toEqual([]);
  await cleanUp();
});

describe('the demo against a running gateway', () => {
  const password = sentinel('password');
  let url: string;
  let admin: Caller;
  let drop: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    const database = await freshDatabase(inject('databaseUrl'));
    drop = database.drop;
    const settings = { DATA_DIR: await temporaryDir(), DATABASE_URL: database.url, ADMIN_USERNAME: 'chief' };
    url = await startGateway({ ...settings, ADMIN_PASSWORD: password }).ready();
    admin = await signedIn(url, password, 'chief');
  });
  afterAll(async () => {
    await cleanUp();
    await drop?.();
  });

  const demo = () => command(['demo'], { GATEWAY_URL: url, ADMIN_USERNAME: 'chief', ADMIN_PASSWORD: password });
  const things = () =>
    admin.get(
      '{ secrets { nodes { name } } users { nodes { username } } groups { nodes { name } } applications { nodes { name } } permissions { nodes { id } } }',
    );

  test('the demo succeeds twice in sequence, because it deletes everything that it created', async () => {
    const before = await things();
    for (const time of ['first', 'second']) {
      const { code, out, said } = await demo();
      expect(code, `${time}: ${said}`).toBe(0);
      expect(out).toContain('"name": "post_office_username"');
      expectNothingSecret(said);
      expect(await things()).toEqual(before);
    }
  });

  test('if the secret of the demo already exists, the demo uses a different name and leaves the existing secret unchanged', async () => {
    const value = sentinel();
    await createSecret(admin, 'post_office_username', value);
    const { code, out } = await demo();
    expect(code).toBe(0);
    expect(out).toMatch(/"name": "post_office_username_[0-9a-f]{6}"/);
    expect(await reveal(admin, 'post_office_username')).toBe(value);
  });

  test('if the password is wrong, the demo stops at its first step', async () => {
    const { code, said } = await command(['demo'], { GATEWAY_URL: url, ADMIN_PASSWORD: sentinel('wrong') });
    expect(code).toBe(1);
    expect(said).toContain('UNAUTHENTICATED');
    expect(said).toContain('Expected: a token');
    expect(said).not.toContain(' 2  ');
  });
});

describe('the demo against a server that is not a gateway', () => {
  let close: (() => void) | undefined;
  afterEach(() => close?.());

  async function answering(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await new Promise((ready) => server.once('listening', ready));
    close = () => {
      server.closeAllConnections();
      server.close();
    };
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const json =
    (body: unknown): RequestListener =>
    (_, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    };

  test.each<[string, RequestListener]>([
    ['text', (_, response) => void response.end('<html>')],
    ['an empty object', json({})],
    ['a list', json([])],
    ['null', json(null)],
    ['a user who is no administrator', json({ data: { signIn: { token: 'x', principal: { name: 'x', roles: [] } } } })],
    ['no token', json({ data: { signIn: { principal: { roles: ['ADMIN'] } } } })],
    ['a redirect', (_, response) => void response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end()],
    ['nothing', (request) => void request.socket.destroy()],
  ])(
    'if the server answers with %s, the demo exits with 1 and prints the answer that it expected',
    async (_, listener) => {
      const url = await answering(listener);
      const { code, said } = await command(['demo'], { GATEWAY_URL: url, ADMIN_PASSWORD: sentinel('password') });
      expect(code).toBe(1);
      expect(said).toContain('Expected');
      expect(said).not.toContain(LAST);
    },
  );

  test('if the server shows a secret value in a masked read, the demo stops at this step and exits with 1', async () => {
    // The server answers correctly until the demo checks the masked read. Then the server returns the secret value.
    const url = await answering(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const { query } = JSON.parse(text);
      const data = query.includes('signIn(')
        ? { signIn: { token: 'x', principal: { name: 'x', roles: ['ADMIN'] } } }
        : query.includes('createSecret(')
          ? { createSecret: { secret: { name: 'x', version: 1, value: 'postmaster-pat' } } }
          : { secret: null, user: null, group: null };
      json({ data })(request, response);
    });
    const { code, said } = await command(['demo'], { GATEWAY_URL: url, ADMIN_PASSWORD: sentinel('password') });
    expect(code).toBe(1);
    expect(said).toContain(' 2  A secret');
    expect(said).not.toContain(' 3  ');
    expect(said).not.toContain('postmaster-pat');
  });
});

test.each([
  [{ GATEWAY_URL: 'localhost:4000', ADMIN_PASSWORD: 'long enough' }, ['GATEWAY_URL']],
  [{ GATEWAY_URL: 'ftp://user:x@localhost' }, ['GATEWAY_URL', 'ADMIN_PASSWORD']],
  [{ GATEWAY_URL: 'http://localhost' }, ['ADMIN_PASSWORD']],
])('the demo reports all invalid settings at once: %o', async (settings, names) => {
  const { code, said } = await command(['demo'], settings);
  expect(code).toBe(2);
  for (const name of names) expect(said).toContain(name);
});
