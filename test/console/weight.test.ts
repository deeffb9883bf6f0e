import { beforeAll, expect, test } from 'vitest';
import { signIn } from '../support/browser.ts';
import { b, startConsole, w } from '../support/console.ts';

const MOST_BYTES = 350_000;

startConsole({ console: 'explorer' });
beforeAll(async () => {
  await w.secret('db');
});

test('the browser loads at most 350 KB of JavaScript for the first page of the console and its preloaded pages', async () => {
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
