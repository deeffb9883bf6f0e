import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { b, button, startConsole, w } from '../support/console.ts';
import { sentinel } from '../support/sentinel.ts';
import type { SomeUser } from '../support/world.ts';

let ann: SomeUser;

startConsole();
beforeAll(async () => {
  ann = await w.user('ann', { roles: ['ADMIN'] });
});

const entry = (page: Page) => page.getByRole('textbox', { name: 'New value' });
const ROTATE = 'mutation ($v: SecretValue!) { rotateSecret(input: { name: "db", value: $v }) { secret { version } } }';

test('a user rotates a secret to an entered value, and then to a generated value', async () => {
  await w.secret('api');
  const { page } = await b.signedIn('ann', ann.password);
  const value = `${sentinel()}\nsecond line`;
  await button(page, 'Rotate api').click();
  expect(await button(page, 'Save').isDisabled()).toBe(true);
  await entry(page).fill(value);
  await button(page, 'Save').click();
  await page.getByText('Rotated api to version 2.').waitFor();
  expect(await w.reveal(w.admin, 'api')).toBe(value);
  await page.getByRole('cell', { name: '2', exact: true }).waitFor();

  await button(page, 'Rotate api').click();
  await entry(page).fill(value);
  await button(page, 'Save').click();
  await page.getByText('version 2 stays current').waitFor();

  await button(page, 'Rotate api').click();
  await page.getByText('Generate a value').click();
  await page.getByText('190 bits').waitFor();
  await page.getByLabel('Length').fill('20');
  await page.getByRole('combobox', { name: 'Characters' }).click();
  await page.getByRole('option', { name: /^Hexadecimal/ }).click();
  await page.getByText('80 bits').waitFor();
  await button(page, 'Generate').click();
  await page.getByText('Rotated api to version 3.').waitFor();
  expect(await w.reveal(w.admin, 'api')).toMatch(/^[0-9a-f]{20}$/);
  await expect
    .poll(() => page.evaluate('document.activeElement.getAttribute("aria-label")'), { timeout: 5_000 })
    .toBe('Rotate api');
});

test('if someone else rotates the secret at the same time, the dialog names this user, and the first user can still confirm the rotation', async () => {
  await w.secret('db');
  const bob = await w.user('bob');
  await w.grant(bob.id, ['READ', 'UPDATE'], 'db');
  const { page } = await b.signedIn('ann', ann.password);
  await button(page, 'Rotate db').click();
  const hers = sentinel();
  await entry(page).fill(hers);
  const his = sentinel();
  await bob.get(ROTATE, { v: his });
  // The page behind the dialog fetches the secret again. The dialog still uses the version that was current when the
  // dialog opened.
  await page.evaluate('window.dispatchEvent(new Event("visibilitychange"))');
  await button(page, 'Save').click();
  const alert = page.getByRole('alert').filter({ hasText: 'Someone else changed this' });
  await alert.getByText(/changed by bob/).waitFor();
  expect(await w.reveal(w.admin, 'db')).toBe(his);
  expect(await entry(page).inputValue()).toBe(hers);

  // A second client rotates the secret while the dialog is open.
  await bob.get(ROTATE, { v: sentinel() });
  await button(page, 'Replace version 2').click();
  await button(page, 'Replace version 3').click();
  await page.getByText('Rotated db to version 4.').waitFor();
  expect(await w.reveal(w.admin, 'db')).toBe(hers);
});

test('if the gateway refuses a value, the value remains in the input', async () => {
  const eve = await w.user('eve');
  await w.secret('shared');
  await w.grant(eve.id, ['READ', 'UPDATE'], 'shared');
  const { page } = await b.signedIn('eve', eve.password);
  await button(page, 'Rotate shared').click();
  const value = sentinel();
  await entry(page).fill(value);
  await w.revoke(eve.id, 'shared', ['UPDATE']);
  await button(page, 'Save').click();
  await page.getByRole('alert').filter({ hasText: 'Permission denied' }).waitFor();
  expect(await entry(page).inputValue()).toBe(value);
  await w.grant(eve.id, ['UPDATE'], 'shared');
  await button(page, 'Save').click();
  await page.getByText('Rotated shared to version 2.').waitFor();
  expect(await w.reveal(eve, 'shared')).toBe(value);
});
