// Tests which element receives the keyboard focus after the focused element was removed. The tests use only the
// keyboard.
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { hasFocus } from '../support/browser.ts';
import { b, button, startConsole, w } from '../support/console.ts';

startConsole();

/** Presses the Tab key until the element receives the focus. */
async function goTo(page: Page, wanted: Locator): Promise<void> {
  await wanted.waitFor();
  for (let presses = 0; !(await hasFocus(wanted)); presses += 1) {
    expect(presses, `Tab comes to ${wanted}`).toBeLessThan(80);
    await page.keyboard.press('Tab');
  }
}
async function press(page: Page, name: string, within: Page | Locator = page): Promise<void> {
  await goTo(page, button(within, name));
  await page.keyboard.press('Enter');
}
const atHeading = (page: Page, name: string) =>
  page.locator('h1:focus, h2:focus, h3:focus').filter({ hasText: name }).waitFor();

test('if a button removes its own table row, the keyboard focus moves to the nearest heading', async () => {
  const sam = await w.user('sam');
  const team = await w.group('team', [sam.id]);
  const robot = await w.application('robot');
  await w.grant(team, 'READ', 'env:prod');
  await w.grant(sam.id, 'READ', 'db');
  await w.secret('db');
  await w.admin.get('mutation { rotateSecret(input: { name: "db", generate: {} }) { secret { id } } }');
  await w.secret('gone');
  const { page } = await b.signedIn('admin', w.adminPassword);
  const go = (path: string) => page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)})`);
  const confirm = async (asked: string, done: string) => {
    await press(page, asked);
    await page.getByRole('dialog').waitFor();
    await press(page, done, page.getByRole('dialog'));
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await button(page, asked).waitFor({ state: 'detached' });
  };

  await confirm('Delete gone', 'Delete');
  await atHeading(page, 'Secrets');

  await go('/deleted');
  await press(page, 'Restore gone');
  await button(page, 'Restore gone').waitFor({ state: 'detached' });
  await atHeading(page, 'Deleted secrets');

  await go(`/groups/${team}`);
  await confirm('Remove sam', 'Remove');
  await atHeading(page, 'Members');

  await go(`/groups/${team}?tab=permissions`);
  await confirm('Revoke env:prod', 'Revoke');
  await atHeading(page, 'Workflow and Task Permissions');

  await go(`/applications/${robot.id}`);
  await page.getByRole('heading', { name: 'robot' }).waitFor();
  await confirm(`Delete ${robot.keyId}`, 'Delete');
  await atHeading(page, 'Access keys');

  await go('/secrets/db');
  await confirm('Destroy version 1', 'Destroy');
  await atHeading(page, 'db');

  await go('/secrets/db?tab=access');
  await confirm('Revoke permission of sam on db', 'Revoke');
  await atHeading(page, 'db');

  // After the heading, the Tab key moves the focus to the next element.
  await page.keyboard.press('Tab');
  expect(await hasFocus(page.getByRole('link', { name: 'All secrets' }))).toBe(true);
});

test('after the action of a button fails or its dialog closes, the keyboard focus returns to the button', async () => {
  await w.secret('reused');
  await w.admin.get('mutation { deleteSecret(name: "reused") { id } }');
  await w.secret('reused');
  const { page } = await b.signedIn('admin', w.adminPassword, { path: '/deleted' });
  await press(page, 'Restore reused');
  await page.getByText(/The gateway did not restore reused/).waitFor();
  await page.locator('button:focus').and(button(page, 'Restore reused')).waitFor();

  await page.evaluate("history.pushState(null, '', '/secrets')");
  await press(page, 'Delete reused');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('button:focus').and(button(page, 'Delete reused')).waitFor();
});
