import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { signIn } from '../support/browser.ts';
import { b, startConsole, w } from '../support/console.ts';
import { sentinel } from '../support/sentinel.ts';

startConsole();

/** Creates a secret with a version for each of these values, oldest value first. */
async function versioned(name: string, values: string[]): Promise<void> {
  const [first = '', ...others] = values;
  await w.secret(name, { value: first });
  for (const value of others)
    await w.admin.get('mutation ($i: RotateSecretInput!) { rotateSecret(input: $i) { changed } }', {
      i: { name, value },
    });
}

const events = async (secret: string, action: string) => {
  const { auditEvents } = await w.admin.get(
    'query ($f: AuditFilter) { auditEvents(filter: $f) { nodes { version actor { name } } } }',
    { f: { secret, actions: [action] } },
  );
  return auditEvents.nodes.map((node: { version: number; actor: { name: string } }) => [node.actor.name, node.version]);
};

const version = (page: Page, number: number) =>
  page.getByRole('row').filter({ has: page.getByRole('cell', { name: new RegExp(`^${number}\\b`) }) });
const sideways = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');

test('a user reveals one version at a time, rolls the secret back to an earlier version, and destroys a version', async () => {
  const values = [sentinel(), sentinel(), sentinel()];
  await versioned('walked', values);
  const ann = await w.user('ann');
  await w.grant(ann.id, ['READ', 'UPDATE', 'DELETE'], 'walked');
  const { page, traffic } = await b.signedIn('ann', ann.password, { path: '/secrets/walked' });
  await version(page, 3).waitFor();
  const all = async () => `${await page.content()} ${traffic.map(({ sent, came }) => sent + came).join()}`;
  for (const value of values) expect(await all()).not.toContain(value);

  await page.clock.install();
  await page.getByRole('button', { name: 'Reveal version 1' }).click();
  await page.getByText(values[0] ?? '').waitFor();
  await page.getByRole('button', { name: 'Reveal version 2' }).click();
  await page.getByText(values[1] ?? '').waitFor();
  expect(await page.content()).not.toContain(values[0]);
  expect(await events('walked', 'SECRET_REVEAL')).toEqual([
    ['ann', 2],
    ['ann', 1],
  ]);
  await page.clock.fastForward(30_000);
  await page.getByText(values[1] ?? '').waitFor({ state: 'detached' });
  expect(await page.content()).not.toContain(values[1]);

  await page.getByRole('button', { name: 'Copy version 1' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(values[0]);
  expect(await page.content()).not.toContain(values[0]);

  const current = page.getByRole('row').filter({ hasText: 'Current' });
  expect(await current.getByRole('button').count()).toBe(2);
  await page.getByRole('button', { name: 'Roll back to version 1' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Roll back to version 1' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
  await version(page, 4).filter({ hasText: 'Current' }).waitFor();
  expect(await w.reveal(w.admin, 'walked')).toBe(values[0]);

  await page.getByRole('button', { name: 'Destroy version 2' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Destroy' }).click();
  await version(page, 2).filter({ hasText: 'Destroyed' }).waitFor();
  expect(await version(page, 2).getByRole('button').count()).toBe(0);
  expect(await w.reveal(w.admin, 'walked', 2)).toBe('CONFLICT');
});

test('the console shows the current value after a click, masks it after half a minute, and can copy the value without showing it', async () => {
  const value = `${sentinel()}\n  <b>& more`;
  await w.secret('shown', { value });
  const { page } = await b.signedIn('admin', w.adminPassword, { path: '/secrets/shown' });
  await page.getByRole('button', { name: 'Copy value of shown' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(value);
  expect(await page.getByText(value.slice(0, 20)).count()).toBe(0);

  await page.clock.install();
  const eye = page.getByRole('button', { name: 'Reveal value of shown' });
  await eye.focus();
  await page.keyboard.press('Enter');
  const place = page.getByRole('textbox', { name: 'Value of shown' });
  await place.waitFor();
  expect(await place.textContent()).toBe(value);
  await page.clock.fastForward(30_000);
  await place.waitFor({ state: 'detached' });
  await eye.waitFor();
  expect(await events('shown', 'SECRET_REVEAL')).toEqual([
    ['admin', 1],
    ['admin', 1],
  ]);
});

test('the page of a secret shows no button for an action that the user may not perform, and names the access that the user lacks', async () => {
  await versioned('looked-at', [sentinel(), sentinel()]);
  await w.secret('used', { value: sentinel() });
  const bea = await w.user('bea');
  await w.grant(bea.id, 'READ', 'looked-at');
  await w.grant(bea.id, 'EXECUTE', 'used');
  const { page } = await b.signedIn('bea', bea.password, { path: '/secrets/looked-at' });
  await version(page, 2).waitFor();
  for (const name of ['Rotate', 'Edit tags', 'Edit', 'Delete', 'Roll back to version 1', 'Destroy version 1'])
    expect(await page.getByRole('button', { name, exact: true }).count(), name).toBe(0);
  await page.getByText('rolling back needs UPDATE, destroying needs DELETE').waitFor();
  await page.getByRole('tab', { name: 'Audit events' }).click();
  await page.getByText('you need the role ADMIN or AUDITOR').waitFor();

  await page.getByRole('link', { name: 'All secrets' }).click();
  await page.getByRole('link', { name: 'used' }).click();
  await page.getByText('You need READ access to this secret').waitFor();
  await version(page, 1).waitFor();
  expect(await page.getByRole('button', { name: /^(Reveal|Copy)/ }).count()).toBe(0);
});

test('a user can change and clear the description and the expiry of a secret, and the form preserves its input after an error', async () => {
  await w.secret('described', { value: sentinel() });
  const kept = async () =>
    (await w.admin.get('{ secret(name: "described") { description expiresAt } }')).secret as {
      description: string | null;
      expiresAt: string | null;
    };
  const { page } = await b.signedIn('admin', w.adminPassword, { path: '/secrets/described' });
  const dialog = page.getByRole('dialog');
  const description = dialog.getByRole('textbox', { name: 'Description' });
  const expires = dialog.getByLabel('Expires', { exact: true });
  const save = dialog.getByRole('button', { name: 'Save' });

  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  expect(await save.isDisabled()).toBe(true);
  await description.fill('What letters are handed in with');
  await expires.fill('2031-05-06T07:08');
  await page.route('**/graphql', (route) => route.abort());
  await save.click();
  await dialog.getByText('Cannot reach the gateway').waitFor();
  expect([await description.inputValue(), await expires.inputValue()]).toEqual([
    'What letters are handed in with',
    '2031-05-06T07:08',
  ]);
  expect(await kept()).toEqual({ description: null, expiresAt: null });
  await page.unroute('**/graphql');
  await save.click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('What letters are handed in with').waitFor();
  await page.getByText('6 May 2031, 07:08').waitFor();
  expect(await kept()).toEqual({
    description: 'What letters are handed in with',
    expiresAt: '2031-05-06T07:08:00Z',
  });

  // The console sends only the changed fields.
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await description.fill('');
  await save.click();
  await dialog.waitFor({ state: 'detached' });
  expect(await kept()).toEqual({ description: null, expiresAt: '2031-05-06T07:08:00Z' });
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await dialog.getByRole('button', { name: 'Never expire' }).click();
  await save.click();
  await dialog.waitFor({ state: 'detached' });
  expect(await kept()).toEqual({ description: null, expiresAt: null });
});

test('the page of an expired secret shows that the secret has expired and why the user cannot reveal its value', async () => {
  await w.secret('over', { value: sentinel(), expiresAt: w.clock.in({ days: -1 }) });
  const { page } = await b.signedIn('admin', w.adminPassword, { path: '/secrets/over' });
  await page.getByText('Expired', { exact: true }).waitFor();
  const eye = page.getByRole('button', { name: 'Reveal value of over' });
  expect(await eye.getAttribute('aria-disabled')).toBe('true');
  expect(await eye.getAttribute('aria-description')).toContain('has expired');
});

test('a user can rotate and delete a secret on its page, and the Undo button returns to the page', async () => {
  await w.secret('changed', { value: sentinel() });
  const { page } = await b.signedIn('admin', w.adminPassword, { path: '/secrets/changed?tab=use' });
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'Rotate' }).click();
  await dialog.getByText('Generate a value').click();
  await dialog.getByRole('button', { name: 'Generate' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: 'Versions' }).click();
  await version(page, 2).filter({ hasText: 'Current' }).waitFor();
  expect(new URL(page.url()).search).toBe('');

  await page.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { name: 'Secrets', level: 1 }).waitFor();
  expect(await w.sees(w.admin, 'changed')).toBe(false);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('heading', { name: 'changed', level: 1 }).waitFor();
  await version(page, 2).filter({ hasText: 'Current' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/secrets/changed');
  expect(await w.sees(w.admin, 'changed')).toBe(true);
});

test('the page of a hidden secret and the page of a missing secret look the same', async () => {
  await w.secret('concealed', { value: sentinel() });
  const carl = await w.user('carl');
  const { page, traffic } = await b.visit('/');
  await page.getByLabel('Stay signed in').check();
  await signIn(page, 'carl', carl.password);
  const shown = async (name: string) => {
    traffic.length = 0;
    await page.goto(`/secrets/${name}`);
    await page.getByRole('heading', { name: 'Secret not found' }).waitFor();
    const asked = traffic.filter(({ sent }) => sent.includes('SecretByName'));
    return { text: (await page.getByRole('main').innerText()).replaceAll(name, 'NAME'), asked: asked.length };
  };
  const hidden = await shown('concealed');
  expect(await shown('not-there-at-all')).toEqual(hidden);
  expect(await shown('no%20name')).toMatchObject({ text: hidden.text.replaceAll('NAME', 'no name') });
});

test('on a phone, the page of a secret does not scroll horizontally', async () => {
  const name = `a_name_that_is_as_long_as_one_may_be_${'x'.repeat(200)}`;
  const value = 'long'.repeat(50);
  await w.secret(name, { value, tags: [`env:${'prod'.repeat(30)}`] });
  const dora = await w.user('dora-whose-username-is-long');
  await w.group('a group with a name that is long', [dora.id], { roles: ['ADMIN'] });
  const { page } = await b.signedIn('dora-whose-username-is-long', dora.password, {
    path: `/secrets/${name}`,
    width: 390,
    height: 844,
  });
  await page.getByRole('button', { name: 'Reveal version 1' }).click();
  await page.getByText(value).waitFor();
  expect(await sideways(page)).toBe(0);
  for (const tab of ['Access', 'Audit events', 'Usage']) {
    await page.getByRole('tab', { name: tab }).click();
    await page.getByRole('tabpanel', { name: tab }).waitFor();
    await page
      .getByText(/^(Granted on|Revealed value.*|In a workflow)$/)
      .first()
      .waitFor();
    expect(await sideways(page), tab).toBe(0);
  }
});
