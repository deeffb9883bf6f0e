import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { b, button, startConsole, w } from '../support/console.ts';
import { sentinel } from '../support/sentinel.ts';
import type { SomeUser } from '../support/world.ts';

let ann: SomeUser;

startConsole();
beforeAll(async () => {
  ann = await w.user('ann', { roles: ['USER'] });
});

const tags = (page: Page) => page.getByRole('dialog').getByRole('combobox', { name: 'Tags' });
const value = (page: Page) => page.getByRole('textbox', { name: 'Secret value' });

test('a user adds a secret with value, description, tags and expiry time, and the gateway stores every byte of the value unchanged', async () => {
  const { page } = await b.signedIn('ann', ann.password);
  await button(page, 'Add secret').click();
  await page.getByLabel('Secret name').fill('tls_key');
  const text = `-----BEGIN KEY-----\r\n${sentinel()}\r\n-----END KEY-----\r\n\n`;
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  await value(page).focus();
  await page.keyboard.press('Control+V');
  await page.getByText(/lines \(mixed line ends\), ends with a line break/).waitFor();
  await page.getByLabel('Description').fill('What the proxy serves with');
  await tags(page).fill('env:prod');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByLabel('Expires').fill('2030-01-31T09:30');
  await button(page, 'Add').click();
  await page.getByRole('status').filter({ hasText: 'Added tls_key.' }).waitFor();
  const row = page.getByRole('row').filter({ hasText: 'tls_key' });
  await row.waitFor();
  expect(await row.innerText()).toContain('env:prod');
  expect(await w.reveal(ann, 'tls_key')).toBe(text);
  const { secret } = await ann.get('{ secret(name: "tls_key") { description expiresAt tags { id } version } }');
  expect(secret).toEqual({
    description: 'What the proxy serves with',
    expiresAt: '2030-01-31T09:30:00Z',
    tags: [{ id: 'env:prod' }],
    version: 1,
  });
});

test('the console loads a secret value from a file without changing any byte', async () => {
  const { page } = await b.signedIn('ann', ann.password);
  await button(page, 'Add secret').click();
  const text = `\uFEFF${sentinel()}\r\n\tend\r`;
  const file = { mimeType: 'text/plain', buffer: Buffer.from(text) };
  await page.locator('input[type=file]').setInputFiles({ ...file, name: 'key.pem' });
  await page.getByText(/2 lines \(mixed line ends\)/).waitFor();
  await page
    .locator('input[type=file]')
    .setInputFiles({ ...file, name: 'key.der', buffer: Buffer.from([0xff, 0xfe, 0]) });
  await page.getByText('The file does not contain UTF-8 text').waitFor();
  await page.getByLabel('Secret name').fill('from_file');
  await button(page, 'Add').click();
  await page.getByText('Added from_file.').waitFor();
  expect(await w.reveal(ann, 'from_file')).toBe(text);
});

test('the notification about a new secret links to the page of the secret, even if the filters of the list hide the secret', async () => {
  const { page } = await b.signedIn('ann', ann.password, { path: '/secrets?q=tls' });
  await button(page, 'Add secret').click();
  await page.getByLabel('Secret name').fill('aside');
  await value(page).fill(sentinel());
  await button(page, 'Add').click();
  const notification = page.getByRole('status').filter({ hasText: 'Added aside.' });
  await notification.waitFor();
  expect(await page.getByRole('link', { name: 'aside' }).count()).toBe(0);
  await notification.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('heading', { level: 1, name: 'aside' }).waitFor();
  await notification.waitFor({ state: 'detached' });
});

test('the browser can generate the value of a new secret, and switching to generation does not discard an entered value', async () => {
  const { page, traffic } = await b.signedIn('ann', ann.password);
  await button(page, 'Add secret').click();
  await page.getByLabel('Secret name').fill('made');
  const entered = `${sentinel()}\nsecond line`;
  await value(page).fill(entered);
  await page.getByText('Generate a value').click();
  await page.getByText('190 bits').waitFor();
  await page.getByText('Enter a value').click();
  expect(await value(page).inputValue()).toBe(entered);
  await page.getByText('Generate a value').click();
  // If the requested length exceeds the maximum, no value is generated, regardless of how the user submits the form.
  await page.getByLabel('Length').fill('9999999999');
  await page.getByLabel('Length').press('Enter');
  await page.getByLabel('Length').fill('40');
  await page.getByRole('combobox', { name: 'Characters' }).click();
  await page.getByRole('option', { name: /^Hexadecimal/ }).click();
  await button(page, 'Add').click();
  await page.getByText('Added made.').waitFor();
  const made = await w.reveal(ann, 'made');
  expect(made).toMatch(/^[0-9a-f]{40}$/);
  expect(await page.content()).not.toContain(made);
  expect(traffic.filter(({ sent, came }) => `${sent} ${came}`.includes(made!))).toHaveLength(1);
  expect(traffic.some(({ sent }) => sent.includes(entered.slice(0, 20)))).toBe(false);
});

test('after an error, the form preserves all input and shows the error at the invalid field', async () => {
  await w.secret('taken');
  const { page, context } = await b.signedIn('ann', ann.password);
  await button(page, 'Add secret').click();
  const name = page.getByLabel('Secret name');
  await name.fill('not a name');
  await value(page).fill(sentinel());
  const entered = await value(page).inputValue();
  await tags(page).fill('nocolon');
  await page.getByLabel('Description').fill('kept');
  await page.getByText(/has no colon/).waitFor();
  expect(await name.getAttribute('aria-invalid')).toBe('true');
  expect(await button(page, 'Add').isDisabled()).toBe(true);
  await tags(page).press('Backspace');

  const kept = async () => {
    expect(await value(page).inputValue()).toBe(entered);
    expect(await page.getByLabel('Description').inputValue()).toBe('kept');
  };
  await name.fill('taken');
  await button(page, 'Add').click();
  await page.getByText('A secret with this name already exists').waitFor();
  expect(await name.getAttribute('aria-invalid')).toBe('true');
  await kept();

  await name.fill('fine');
  await context.setOffline(true);
  await button(page, 'Add').click();
  await page.getByRole('alert').filter({ hasText: 'Cannot reach the gateway' }).waitFor();
  await kept();
  await context.setOffline(false);
  await button(page, 'Add').dblclick();
  await page.getByText('Added fine.').waitFor();
  expect(await w.reveal(ann, 'fine')).toBe(entered);
});

test('if a user may create only secrets with a certain tag, the form shows this limit and rejects a secret without the tag', async () => {
  const bob = await w.user('bob');
  await w.grant(bob.id, ['CREATE', 'READ'], 'team:pay');
  const { page } = await b.signedIn('bob', bob.password);
  await button(page, 'Add first secret').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Secrets with the tag team:pay').waitFor();
  await page.getByLabel('Secret name').fill('hers');
  const text = sentinel();
  await value(page).fill(text);
  // The form initially contains the tag.
  await tags(page).press('Backspace');
  await button(page, 'Add').click();
  await dialog.locator('input[aria-invalid=true]').waitFor();
  expect(await page.getByLabel('Secret name').getAttribute('aria-invalid')).toBe('true');
  expect(await value(page).inputValue()).toBe(text);
  await tags(page).fill('team:pay');
  await page.keyboard.press('Enter');
  await button(page, 'Add').click();
  await page.getByText('Added hers.').waitFor();
  await page.getByRole('link', { name: 'hers' }).waitFor();
});
