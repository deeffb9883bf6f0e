import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { command } from '../support/command.ts';
import { cleanUp, startGateway, temporaryDir, until } from '../support/gateway-process.ts';
import { remember, sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';

// These tests start real processes, and the processes need more time on a busy machine.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

afterAll(cleanUp);

const LAST = 'Every step had the expected result.';

test('the rotation demo starts a gateway, succeeds in every step, and deletes everything that it created', async () => {
  const tmp = await temporaryDir();
  const { code, out, said } = await command(['demo:rotation'], { TMPDIR: tmp });
  expect(code, said).toBe(0);
  expect(said).toBe(out);
  expect(out).toContain(LAST);
  expect(out.match(/^ ?\d+ {2}/gm)).toHaveLength(11);
  expect(out).not.toMatch(/eyJ[\w-]{10}/);
  expect(await readdir(tmp)).toEqual([]);
});

test('if the rotation demo is stopped before its end, it deletes everything that it created', async () => {
  const tmp = await temporaryDir();
  const running = startGateway({ TMPDIR: tmp }, { args: ['demo:rotation'] });
  await until(() => running.printed().includes(' 2  Three secrets'));
  expect(await running.end('SIGINT')).toBe(130);
  expect(await readdir(tmp)).toEqual([]);
});

describe('the rotation demo against a running gateway', () => {
  let w: World;
  /** The requests and answers that passed through a proxy, and the URL of the proxy. */
  let heard: { path: string; body: string; answer: string }[] = [];
  let url: string;
  let close: () => void;
  beforeAll(async () => {
    w = await world();
    const server = createServer(async (request, response) => {
      const body = await text(request);
      const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
      const answer = await fetch(`${w.url}${request.url}`, {
        method: request.method ?? 'GET',
        headers: headers as Record<string, string>,
        body,
      });
      const answered = await answer.text();
      heard.push({ path: request.url ?? '', body, answer: answered });
      const type = answer.headers.get('content-type') ?? 'application/json';
      response.writeHead(answer.status, { 'content-type': type }).end(answered);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    close = () => {
      server.closeAllConnections();
      server.close();
    };
  });
  afterEach(() => {
    heard = [];
  });
  afterAll(async () => {
    close();
    await w.close();
  });

  const demo = () => command(['demo:rotation'], { GATEWAY_URL: url, ADMIN_PASSWORD: w.adminPassword });
  const things = () =>
    w.admin.get('{ secrets { nodes { name } } applications { nodes { name } } permissions { nodes { id } } }');

  /** All secret values and credentials that the requests and answers contain. */
  function passed(): string[] {
    return heard.flatMap(({ path, body, answer }) => {
      const sent = JSON.parse(body);
      if (path === '/api/tasks/update-secret') return [sent._secrets.secretValue];
      if (path === '/api/token') return [sent.keySecret, JSON.parse(answer).token];
      if (path === '/api/payloads/resolve') return JSON.parse(answer).payload?.values ?? [];
      return [sent.variables?.input?.value, JSON.parse(answer).data?.createAccessKey?.secret].filter(Boolean);
    });
  }

  test('the rotation demo prints and logs no secret value, and masks all secret values in its output', async () => {
    const before = await things();
    const { code, said } = await demo();
    expect(code, said).toBe(0);
    const values = [...new Set(passed())];
    // The expected values are two values of the login, an old token, a new token, and two access keys with their
    // tokens.
    expect(values).toHaveLength(8);
    for (const value of values) {
      expect(value.length).toBeGreaterThan(15);
      remember(value);
      for (const form of [value, Buffer.from(value).toString('base64').replace(/=+$/, ''), encodeURIComponent(value)]) {
        expect(said).not.toContain(form);
        expect(w.logged()).not.toContain(form);
      }
    }
    const fresh = heard.find(({ path }) => path === '/api/tasks/update-secret');
    expect(said).not.toContain(JSON.parse(fresh?.body ?? '')._secrets.secretValue.slice(0, 12));
    expect(await things()).toEqual(before);
  });

  test('if the secret of the rotation demo already exists, the demo uses different names and leaves the existing secret unchanged', async () => {
    const { value } = await w.secret('parcels_token', { value: sentinel() });
    const { code, out } = await demo();
    expect(code, out).toBe(0);
    expect(out).toMatch(/parcels_token_[0-9a-f]{6}/);
    expect(await w.reveal(w.admin, 'parcels_token')).toBe(value);
  });

  test('if the password is wrong, the rotation demo stops at its first step', async () => {
    const { code, said } = await command(['demo:rotation'], { GATEWAY_URL: url, ADMIN_PASSWORD: sentinel('wrong') });
    expect(code).toBe(1);
    expect(said).toContain('UNAUTHENTICATED');
    expect(said).not.toContain(' 2  ');
  });
});

test('the rotation demo reports all invalid settings at once', async () => {
  const { code, said } = await command(['demo:rotation'], { GATEWAY_URL: 'localhost:4000' });
  expect(code).toBe(2);
  for (const name of ['GATEWAY_URL', 'ADMIN_PASSWORD']) expect(said).toContain(name);
  expect((await command(['demo:rotation', 'now'], {})).code).toBe(2);
});
