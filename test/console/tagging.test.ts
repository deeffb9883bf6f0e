import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { signIn } from '../support/browser.ts';
import { b, button, startConsole, w } from '../support/console.ts';

startConsole();

const tags = (page: Page) => page.getByRole('dialog').getByRole('combobox', { name: 'Tags' });
const who = (page: Page, side: 'gains' | 'loses') =>
  page.getByRole('table', { name: `Who ${side} access` }).locator('tbody td:first-child');

test('a dialog shows who would gain or lose access by a change of tags, and saving the tags has exactly this effect', async () => {
  const ann = await w.user('ann', { roles: ['ADMIN'] });
  const pat = await w.user('pat');
  const dev = await w.user('dev');
  await w.grant(await w.group('operators', [pat.id]), 'READ', 'env:prod');
  await w.grant(await w.group('developers', [dev.id]), ['READ', 'EXECUTE'], 'env:dev');
  await w.secret('db', { tags: ['env:dev'] });

  const { page, traffic } = await b.signedIn('ann', ann.password);
  await button(page, 'Edit tags of db').click();
  expect(await button(page, 'Save tags').isDisabled()).toBe(true);
  await tags(page).press('Backspace');
  await tags(page).fill('env:prod');
  await tags(page).press('Enter');
  await who(page, 'gains').getByText('pat').waitFor();
  await who(page, 'loses').getByText('dev').waitFor();
  expect(await who(page, 'gains').allInnerTexts()).toEqual(['pat']);
  expect(await who(page, 'loses').allInnerTexts()).toEqual(['dev']);
  // The tags of the secret have not changed yet.
  expect([await w.sees(pat, 'db'), await w.sees(dev, 'db')]).toEqual([false, true]);
  expect(traffic.some(({ sent }) => /mutation (Untag|Tag)Secret/.test(sent))).toBe(false);

  // The preview must show the latest input before the user can save the input.
  await tags(page).fill('team:pay');
  await button(page, 'Save tags').click({ force: true });
  await expect.poll(() => button(page, 'Save tags').isEnabled(), { timeout: 10_000 }).toBe(true);
  expect([await w.sees(pat, 'db'), await w.sees(dev, 'db')]).toEqual([false, true]);
  await button(page, 'Save tags').click();
  await page.getByText('Saved the tags of db.').waitFor();
  expect([await w.sees(pat, 'db'), await w.sees(dev, 'db')]).toEqual([true, false]);
  const row = page.getByRole('row').filter({ hasText: 'db' });
  await expect.poll(() => row.innerText(), { timeout: 10_000 }).toContain('team:pay');
  expect(await row.innerText()).not.toContain('env:dev');
});

test('if a tag would give more access to the user who adds it, the user cannot save the tag, and the form shows the reason and preserves its input', async () => {
  const eve = await w.user('eve');
  await w.secret('plain', { tags: ['kind:plain'] });
  await w.grant(eve.id, ['UPDATE'], 'plain');
  await w.grant(eve.id, ['READ'], 'kind:secret');
  const { page } = await b.signedIn('eve', eve.password);
  await button(page, 'Edit tags of plain').click();
  await tags(page).fill('kind:secret');
  await tags(page).press('Enter');
  await who(page, 'gains').getByText('eve').waitFor();
  await button(page, 'Save tags').click();
  const dialog = page.getByRole('dialog');
  await dialog
    .getByRole('alert')
    .filter({ hasText: 'exceed your own access' })
    .or(dialog.locator('[aria-invalid=true]'))
    .first()
    .waitFor();
  await dialog.getByText('kind:secret').first().waitFor();
  const { secret } = await w.admin.get('{ secret(name: "plain") { tags { id } } }');
  expect(secret.tags).toEqual([{ id: 'kind:plain' }]);
});

test('the list of secrets shows the first tags of a secret and the number of its remaining tags, and the page of the secret shows all tags', async () => {
  const names = Array.from({ length: 50 }, (_, i) => `kind-${i + 10}:some` as const);
  await w.secret('labelled', { tags: names });
  const { page } = await b.signedIn('admin', w.adminPassword, { path: '/secrets?q=labelled' });
  const row = page.getByRole('row').filter({ hasText: 'labelled' });
  await row.getByText('and 44 more').locator('visible=true').waitFor();
  expect(await row.getByText('kind-16:some').count()).toBe(0);
  await row.getByRole('link', { name: 'labelled' }).click();
  for (const name of names) await page.getByText(name, { exact: true }).waitFor();
});

test('if a user saves tags, all requests of this action use the session of this user', async () => {
  const joe = await w.user('joe', { roles: ['ADMIN'] });
  const kim = await w.user('kim', { roles: ['ADMIN'] });
  await w.secret('slow', { tags: ['pace:slow'] });
  const { page } = await b.signedIn('joe', joe.password);
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const asked = new Map<string, string | undefined>();
  await page.route('**/graphql', async (route) => {
    const [, name] = /mutation (TagSecret|UntagSecret)/.exec(route.request().postData() ?? '') ?? [];
    if (name !== undefined) asked.set(name, route.request().headers().authorization);
    if (name === 'TagSecret') await held;
    await route.continue();
  });
  await button(page, 'Edit tags of slow').click();
  await tags(page).press('Backspace');
  await tags(page).fill('pace:fast');
  await tags(page).press('Enter');
  await expect.poll(() => button(page, 'Save tags').isEnabled(), { timeout: 10_000 }).toBe(true);
  await button(page, 'Save tags').click();
  await expect.poll(() => asked.has('TagSecret')).toBe(true);
  await page.evaluate(`document.querySelector('[aria-label="Account of joe"]').click()`);
  await page.evaluate(
    `new Promise((done) => setTimeout(done, 0)).then(() => [...document.querySelectorAll('[role=menuitem]')].find((item) => item.textContent === 'Sign out').click())`,
  );
  await signIn(page, 'kim', kim.password);
  answer();
  await expect.poll(() => asked.size).toBe(2);
  expect(asked.get('UntagSecret')).toBe(asked.get('TagSecret'));
});
