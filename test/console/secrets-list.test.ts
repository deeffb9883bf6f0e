import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { b, button, startConsole, w } from '../support/console.ts';
import { manySecrets } from '../support/many-secrets.ts';
import type { SomeUser } from '../support/world.ts';

/** The timeout in milliseconds. The browser uses the same timeout. */
const SOON = { timeout: 15_000 };

let root: SomeUser;

const DAY = 86_400_000;
const inDays = (days: number) => new Date(w.clock.now().getTime() + days * DAY).toISOString();

startConsole();
beforeAll(async () => {
  root = await w.user('root', { roles: ['ADMIN'] });
});

/** The secret names in the table, in their order. */
const names = (page: Page) => page.locator('tbody a').allInnerTexts();

test('a user sees exactly the secrets to which the user has access, with masked values', async () => {
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

test('a user filters secrets by name, tag, access and expiry, sorts them in each order, and shares the list through a link', async () => {
  await w.secret('find_a', { tags: ['team:pay', 'list:x,y'], expiresAt: inDays(3) });
  await w.secret('find_b', { tags: ['team:pay'], expiresAt: inDays(-2) });
  await w.secret('find_c', { tags: ['team:pay'] });
  const dan = await w.user('dan');
  await w.grant(dan.id, 'EXECUTE', 'team:pay');
  await w.grant(dan.id, ['READ', 'UPDATE'], 'find_b');
  const { page } = await b.signedIn('dan', dan.password);
  await expect.poll(() => names(page), SOON).toEqual(['find_a', 'find_b', 'find_c']);
  expect(await page.getByRole('row').filter({ hasText: 'find_a' }).innerText()).toContain('soon');
  expect(await page.getByRole('row').filter({ hasText: 'find_b' }).innerText()).toContain('expired');
  expect(await page.getByRole('row').filter({ hasText: 'find_c' }).innerText()).toContain('never');

  await button(page, 'Name').click();
  await expect.poll(() => names(page), SOON).toEqual(['find_c', 'find_b', 'find_a']);
  expect(await page.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('descending');
  await button(page, 'Expires').click();
  await expect.poll(() => names(page), SOON).toEqual(['find_b', 'find_a', 'find_c']);
  await button(page, 'Updated').click();
  await expect.poll(() => names(page), SOON).toEqual(['find_c', 'find_b', 'find_a']);

  // The test types faster than a person. The input loses no letter, and the URL contains the complete text.
  const search = page.getByLabel('Search');
  await search.pressSequentially('FIND_a');
  expect(await search.inputValue()).toBe('FIND_a');
  await expect.poll(() => names(page), SOON).toEqual(['find_a']);
  await page.waitForURL(/q=FIND_a/);
  await search.fill('');
  await expect.poll(() => names(page), SOON).toEqual(['find_c', 'find_b', 'find_a']);

  await page.getByRole('combobox', { name: 'My access' }).click();
  await page.getByRole('option', { name: 'UPDATE' }).click();
  await expect.poll(() => names(page), SOON).toEqual(['find_b']);
  await page.keyboard.press('Backspace');
  await expect.poll(() => names(page), SOON).toEqual(['find_c', 'find_b', 'find_a']);
  await page.keyboard.press('Escape');

  await page.getByRole('combobox', { name: 'Expires' }).click();
  await page.getByRole('option', { name: /^Within 7 days/ }).click();
  await expect.poll(() => names(page), SOON).toEqual(['find_b', 'find_a']);
  await page.getByRole('combobox', { name: 'Tags' }).fill('list:x');
  await page.getByRole('option', { name: 'list:x,y' }).click();
  await expect.poll(() => names(page), SOON).toEqual(['find_a']);
  await page.keyboard.press('Tab');

  const link = new URL(page.url());
  const again = await b.signedIn('dan', dan.password, { path: link.pathname + link.search });
  await expect.poll(() => names(again.page), SOON).toEqual(['find_a']);
  expect(await again.page.getByText('list:x,y').count()).toBeGreaterThan(0);

  await again.page.getByLabel('Search').fill('nothing of that name');
  await button(again.page, 'Clear filters').click();
  await expect.poll(() => names(again.page), SOON).toEqual(['find_c', 'find_b', 'find_a']);
  expect(await again.page.getByLabel('Search').inputValue()).toBe('');
});

test('if the list of secrets is empty, the page explains how to add a secret, or who can grant access', async () => {
  const eve = await w.user('eve');
  const { page } = await b.signedIn('eve', eve.password);
  await page.getByRole('heading', { name: 'No secrets yet' }).waitFor();
  await page.getByText('An administrator can add you to a group').waitFor();
  const may = await w.user('may', { roles: ['USER'] });
  const { page: hers } = await b.signedIn('may', may.password);
  await button(hers, 'Add first secret').click();
  await hers.getByLabel('Secret name').waitFor();
});

test('a disabled button does nothing when clicked or activated by keyboard, and shows the reason why it is disabled', async () => {
  await w.secret('seen', { tags: ['kind:limits'] });
  const reader = await w.user('reader');
  await w.grant(reader.id, 'READ', 'kind:limits');
  const runner = await w.user('runner');
  await w.grant(runner.id, 'EXECUTE', 'kind:limits');

  const { page } = await b.signedIn('reader', reader.password);
  await button(page, 'Reveal value of seen').waitFor();
  const closed = async (page: Page, names: string[]) => {
    for (const name of names) expect(await button(page, name).getAttribute('aria-disabled')).toBe('true');
  };
  expect(await button(page, 'Reveal value of seen').getAttribute('aria-disabled')).toBe(null);
  await closed(page, ['Rotate seen', 'Edit tags of seen', 'Delete seen']);
  await button(page, 'Copy value of seen').focus();
  await page.keyboard.press('Tab');
  await page.getByRole('tooltip').filter({ hasText: 'UPDATE' }).waitFor();
  await page.keyboard.press('Enter');
  expect(await page.getByRole('dialog').count()).toBe(0);
  await closed(page, ['Add secret']);

  const { page: other, traffic } = await b.signedIn('runner', runner.password);
  await button(other, 'Reveal value of seen').waitFor();
  await closed(other, ['Reveal value of seen', 'Copy value of seen', 'Rotate seen', 'Delete seen']);
  await button(other, 'Reveal value of seen').click({ force: true });
  await other.reload();
  expect(traffic.some(({ sent }) => sent.includes('RevealSecret'))).toBe(false);

  // On a phone, a menu contains the same actions.
  const { page: phone } = await b.signedIn('runner', runner.password, { width: 390 });
  await button(phone, 'Actions for seen').click();
  const item = phone.getByRole('menuitem', { name: /^Delete seen/ });
  expect(await item.getAttribute('aria-disabled')).toBe('true');
  expect(await item.innerText()).toContain('DELETE');
  expect(await phone.evaluate('document.documentElement.scrollWidth')).toBe(390);
});

test('a list of a thousand secrets renders only a few rows at once, and shows the last secret after scrolling', async () => {
  await manySecrets(w, 'many_', 999);
  await w.secret('many_0999');
  const { page } = await b.signedIn('root', root.password, { path: '/secrets?q=many_' });
  await page.getByRole('link', { name: 'many_0000' }).waitFor();
  let most = 0;
  await expect
    .poll(
      async () => {
        await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
        most = Math.max(most, await page.locator('tbody tr').count());
        return page.getByRole('link', { name: 'many_0999' }).count();
      },
      { timeout: 45_000, interval: 50 },
    )
    .toBe(1);
  expect(most).toBeLessThan(80);
  expect(await page.getByRole('table', { name: 'Secrets' }).getAttribute('aria-rowcount')).toBe('1001');
  await page.getByText('End of list').waitFor();

  // After a secret changes, the console does not fetch a long list again, but the list shows the change.
  await button(page, 'Delete many_0999').click();
  await button(page, 'Delete').click();
  await expect.poll(() => page.getByRole('link', { name: 'many_0999' }).count(), SOON).toBe(0);
  expect(await page.getByRole('link', { name: 'many_0998' }).count()).toBe(1);
});
