import { afterAll, beforeAll, expect, test } from 'vitest';
import { browser, type TestBrowser } from '../support/browser.ts';
import { type World, world } from '../support/world.ts';

let w: World;
let b: TestBrowser;

beforeAll(async () => {
  w = await world({ console: 'on' });
  b = await browser(w.url);
});
afterAll(async () => {
  await b.close();
  await w.close();
});

test('whoever signs in sees the secrets that they may see, masked', async () => {
  await w.secret('db', { tags: ['env:prod'] });
  await w.secret('hidden');
  const ann = await w.user('ann');
  await w.grant(ann.id, 'READ', 'env:prod');
  const { page } = await b.signedIn('ann', ann.password);
  const row = page.getByRole('row').filter({ hasText: 'db' });
  await row.waitFor();
  expect(await row.innerText()).toContain('***');
  expect(await page.getByText('hidden').count()).toBe(0);
});
