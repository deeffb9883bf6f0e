import { afterAll, beforeAll, expect, test } from 'vitest';
import { browser, signIn, type TestBrowser } from '../support/browser.ts';
import { type World, world } from '../support/world.ts';

const MOST_BYTES = 350_000;

let w: World;
let b: TestBrowser;

beforeAll(async () => {
  w = await world({ console: 'explorer' });
  b = await browser(w.url);
  await w.secret('db');
});
afterAll(async () => {
  await b.close();
  await w.close();
});

test('the first page and its preloaded pages transfer at most 350 KB of JavaScript', async () => {
  const scripts: { url: string; bytes: number; encoding: string | undefined }[] = [];
  const { page, idle } = await b.visit('/healthz');
  page.on('response', (response) => {
    const headers = response.headers();
    if (headers['content-type']?.startsWith('text/javascript'))
      scripts.push({
        url: response.url(),
        bytes: Number(headers['content-length']),
        encoding: headers['content-encoding'],
      });
  });
  await page.goto('/');
  await signIn(page, 'admin', w.adminPassword);
  await page.getByRole('link', { name: 'db' }).waitFor();
  await expect.poll(() => scripts.some(({ url }) => url.includes('log-page'))).toBe(true);
  await idle();
  expect(scripts.length).toBeGreaterThan(0);
  expect(scripts.map(({ encoding }) => encoding)).not.toContain(undefined);
  expect(scripts.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(MOST_BYTES);
  const first = scripts.length;
  await page.getByRole('link', { name: 'GraphQL explorer' }).click();
  await page.getByRole('heading', { level: 1, name: 'GraphQL explorer' }).waitFor();
  await idle();
  expect(scripts.length).toBeGreaterThan(first);
});
