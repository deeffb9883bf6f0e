// Unless the user reveals a secret value, the value must not be in the page, in browser storage, in the URL or in
// network traffic.
import { beforeAll, expect, test } from 'vitest';
import type { Visit } from '../support/browser.ts';
import { b, button, startConsole, w } from '../support/console.ts';
import { sentinel } from '../support/sentinel.ts';
import type { SomeUser } from '../support/world.ts';

/** The timeout in milliseconds. The browser uses the same timeout. */
const SOON = { timeout: 15_000 };

let ann: SomeUser;

startConsole();
beforeAll(async () => {
  ann = await w.user('ann', { roles: ['ADMIN'] });
});

/** Returns the places in the browser that contain the text. */
async function places({ page }: Visit, text: string): Promise<string[]> {
  const inputs = await page
    .locator('input, textarea')
    .evaluateAll((all) => all.map((one) => (one as { value?: string }).value));
  const found = {
    html: await page.content(),
    text: await page.locator('body').innerText(),
    inputs: inputs.join('\n'),
    storage: await page.evaluate<string>(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])',
    ),
    history: await page.evaluate<string>('JSON.stringify(history.state) + location.href'),
  };
  return Object.entries(found)
    .filter(([, content]) => content.includes(text))
    .map(([place]) => place);
}

const onNetwork = ({ traffic }: Visit, text: string) =>
  traffic.filter(({ url, sent, came }) => `${url} ${sent} ${came}`.includes(text)).length;

test('a secret value is in the browser for only half a minute after the user presses the reveal button', async () => {
  const before = sentinel();
  const { value } = await w.secret('db', { value: `${before}\n   two spaces  and\ttabs` });
  await w.secret('other', { value: before });
  const visit = await b.signedIn('ann', ann.password);
  const { page } = visit;
  await button(page, 'Reveal value of db').waitFor();
  expect(await places(visit, before)).toEqual([]);
  expect(onNetwork(visit, before)).toBe(0);

  await page.clock.install();
  await button(page, 'Reveal value of db').click();
  const shown = page.getByRole('dialog', { name: 'Value of db' });
  await shown.waitFor();
  expect(await shown.locator('pre').textContent()).toBe(value);
  expect(await shown.locator('pre').innerText()).toBe(value);
  expect(await places(visit, before)).toEqual(['html', 'text']);
  await page.clock.fastForward(29_000);
  await shown.getByText('The console masks the value in 1 s').waitFor();
  await page.clock.fastForward(1_500);
  await shown.waitFor({ state: 'detached' });
  expect(await places(visit, before)).toEqual([]);
  await expect
    .poll(() => page.evaluate('document.activeElement.getAttribute("aria-label")'), SOON)
    .toBe('Reveal value of db');

  // Both the button and the Escape key mask the value.
  await page.keyboard.press('Enter');
  await shown.waitFor();
  await button(page, 'Mask').press('Enter');
  await shown.waitFor({ state: 'detached' });
  await button(page, 'Reveal value of db').press('Enter');
  await shown.waitFor();
  await page.keyboard.press('Escape');
  await shown.waitFor({ state: 'detached' });
  expect(await places(visit, before)).toEqual([]);

  // Each reveal sent a request and recorded an audit event.
  expect(onNetwork(visit, before)).toBe(3);
  const { auditEvents } = await w.admin.get(
    '{ auditEvents(filter: { secret: "db", actions: [SECRET_REVEAL] }) { nodes { actor { name } outcome } } }',
  );
  expect(auditEvents.nodes).toEqual(Array(3).fill({ actor: { name: 'ann' }, outcome: 'DONE' }));
});

test('the console masks a revealed value when a dialog about its secret opens', async () => {
  const value = sentinel();
  await w.secret('seen', { value });
  const visit = await b.signedIn('ann', ann.password);
  const { page } = visit;
  const shown = page.getByRole('dialog', { name: 'Value of seen', exact: true });
  for (const [does, title] of [
    ['Rotate seen', 'Rotate seen'],
    ['Edit tags of seen', 'Edit tags of seen'],
    ['Delete seen', 'Delete seen?'],
  ] as const) {
    await button(page, 'Reveal value of seen').click();
    await shown.waitFor();
    await button(page, does).click();
    const dialog = page.getByRole('dialog', { name: title, exact: true });
    await dialog.waitFor();
    await shown.waitFor({ state: 'detached' });
    expect(await places(visit, value)).toEqual([]);
    await expect.poll(() => dialog.locator(':focus').count(), SOON).toBe(1);
    await button(page, 'Cancel').click();
    await dialog.waitFor({ state: 'detached' });
  }
});

test('a user can copy a secret value without showing it', async () => {
  const value = `${sentinel()}\r\nsecond line\n`;
  await w.secret('copied', { value });
  const visit = await b.signedIn('ann', ann.password);
  const { page } = visit;
  await button(page, 'Copy value of copied').click();
  await button(page, 'Copied').waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(value);
  expect(await places(visit, value.trim())).toEqual([]);
  expect(await places(visit, value.slice(0, 20))).toEqual([]);
});

test('if the gateway refuses to reveal or copy a value, the console shows the reason', async () => {
  await w.secret('late', { expiresAt: new Date(w.clock.now().getTime() + 3_600_000).toISOString() });
  const visit = await b.signedIn('ann', ann.password);
  const { page } = visit;
  await button(page, 'Reveal value of late').waitFor();
  await w.admin.get(
    'mutation ($e: DateTime!) { updateSecret(input: { name: "late", expiresAt: $e }) { secret { id } } }',
    { e: new Date(w.clock.now().getTime() - 1_000).toISOString() },
  );
  await button(page, 'Reveal value of late').click();
  const dialog = page.getByRole('dialog', { name: 'Value of late' });
  await dialog.getByRole('alert').filter({ hasText: 'Secret expired' }).waitFor();
  await button(page, 'Close').click();
  await dialog.waitFor({ state: 'detached' });
  await button(page, 'Copy value of late').click();
  await page.getByText(/The console copied nothing.*Secret expired/).waitFor();
});

test('only the input field contains an entered value, and the value disappears from the browser after the user saves it', async () => {
  const visit = await b.signedIn('ann', ann.password);
  const { page } = visit;
  const value = sentinel();
  await button(page, 'Add secret').click();
  await page.getByLabel('Secret name').fill('entered');
  await page.getByRole('textbox', { name: 'Secret value' }).fill(value);
  expect(await places(visit, value)).toEqual(['inputs']);
  await button(page, 'Add').click();
  await page.getByText('Added entered.').waitFor();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await places(visit, value)).toEqual([]);
  const answers = visit.traffic.map(({ came }) => came).join('\n');
  expect(answers).not.toContain(value);
  expect(onNetwork(visit, value)).toBe(1);
});
