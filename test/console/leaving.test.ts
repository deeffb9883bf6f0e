// Tests that the console removes secret data after the user signs out, after half a minute, or when the user opens
// another page.
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { signIn } from '../support/browser.ts';
import { b, button, startConsole, w } from '../support/console.ts';
import { remember, sentinel } from '../support/sentinel.ts';
import type { SomeUser } from '../support/world.ts';

let ann: SomeUser;

startConsole({ console: 'explorer' });
beforeAll(async () => {
  ann = await w.user('ann', { roles: ['ADMIN'] });
});

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByLabel('Username').waitFor();
}

/** Returns whether the memory of the page contains the text after garbage collection. */
async function inMemory(page: Page, text: string): Promise<boolean> {
  const engine = await page.context().newCDPSession(page);
  let heap = '';
  engine.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => {
    heap += chunk;
  });
  await engine.send('HeapProfiler.enable');
  await engine.send('HeapProfiler.collectGarbage');
  await engine.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  await engine.detach();
  return heap.includes(text);
}

/** Replaces the query by typing a new query. */
async function writeQuery(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Query' }).click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(text);
}

test('the console removes revealed values, entered values and queries from the memory of the page', async () => {
  const { value } = await w.secret('remembered');
  const { page } = await b.signedIn('ann', ann.password);
  expect(await inMemory(page, ann.password)).toBe(false);
  await button(page, 'Reveal value of remembered').click();
  await page.getByRole('dialog').locator('pre').waitFor();
  expect(await inMemory(page, value)).toBe(true);
  await button(page, 'Mask').click();
  await expect.poll(() => inMemory(page, value), { timeout: 15_000 }).toBe(false);

  const entered = sentinel();
  await button(page, 'Rotate remembered').click();
  await page.getByRole('textbox', { name: 'New value' }).fill(entered);
  await button(page, 'Save').click();
  await page.getByText('Rotated remembered to version').waitFor();
  await expect.poll(() => inMemory(page, entered), { timeout: 15_000 }).toBe(false);

  const { value: late } = await w.secret('late');
  const { page: slow } = await b.signedIn('ann', ann.password);
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await slow.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('RevealSecret')) await held;
    await route.continue().catch(() => {});
  });
  await button(slow, 'Reveal value of late').click();
  await signOut(slow);
  answer();
  await slow.waitForTimeout(500);
  expect(await inMemory(slow, late)).toBe(false);

  const written = sentinel();
  await page.getByRole('link', { name: 'GraphQL explorer' }).click();
  await writeQuery(page, `{ secret(name: "${written}") { id } }`);
  await writeQuery(page, '{ secret(name: "late") { value(reveal: true) } }');
  await button(page, 'Run').click();
  await page.getByText(/^The gateway answered in/).waitFor();
  await button(page, 'Clear answer').click();
  await expect.poll(() => inMemory(page, late), { timeout: 15_000 }).toBe(false);
  await writeQuery(page, `{ secret(name: "${written}") { id } }`);
  await signOut(page);
  await expect.poll(() => inMemory(page, written), { timeout: 15_000 }).toBe(false);
});

test('the console masks a revealed value when the session ends, and after half a minute even if browser timers were suspended', async () => {
  const { value } = await w.secret('asleep');
  const { page } = await b.visit('/secrets');
  await page.clock.install();
  await signIn(page, 'ann', ann.password);
  const shown = page.getByRole('dialog', { name: 'Value of asleep' });
  await button(page, 'Reveal value of asleep').click();
  await shown.waitFor();
  await page.clock.pauseAt(new Date(Date.now() + 10_000));
  expect(await page.content()).toContain(value);
  // The clock jumps ahead, as it does on a computer that wakes up.
  await page.clock.setFixedTime(new Date(Date.now() + 120_000));
  await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
  await shown.waitFor({ state: 'detached' });

  const { page: other } = await b.visit('/secrets');
  await other.clock.install();
  await signIn(other, 'ann', ann.password);
  await other.clock.fastForward('59:50');
  await button(other, 'Reveal value of asleep').click();
  await other.getByRole('dialog', { name: 'Value of asleep' }).waitFor();
  await other.clock.fastForward(11_000);
  await other.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
  await expect.poll(() => other.content()).not.toContain(value);
});

test('after a second user signs in, the console shows no notification and no Undo button of the first user', async () => {
  await w.secret('taken_away');
  const { page } = await b.signedIn('ann', ann.password);
  await button(page, 'Delete taken_away').click();
  await button(page, 'Delete').click();
  await button(page, 'Undo').waitFor();
  await signOut(page);
  await button(page, 'Undo').waitFor({ state: 'detached' });
  expect(await page.content()).not.toContain('taken_away');
});

test('after the Back button, the console never shows or sends data of an application or user on the page of a different application or user', async () => {
  const [first, second] = [await w.application('first'), await w.application('second')];
  const { page } = await b.signedIn('ann', ann.password, { path: `/applications/${first.id}` });
  const go = (path: string) => page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)})`);
  const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
  await heading('first');
  await go(`/applications/${second.id}`);
  await heading('second');
  await button(page, 'Create access key').click();
  await button(page, 'Create').click();
  const secret = (await page.getByRole('group', { name: 'Key secret' }).innerText()).trim();
  remember(secret);
  await page.goBack();
  await heading('first');
  expect(await page.content()).not.toContain(secret);

  const [bea, cay] = [await w.user('bea'), await w.user('cay')];
  await go(`/users/${bea.id}`);
  await heading('bea');
  await go(`/users/${cay.id}`);
  await heading('cay');
  await button(page, 'Set password').click();
  await page.goBack();
  await heading('bea');
  expect(await page.getByRole('dialog').count()).toBe(0);
});

test('a user cannot add a permission before the console has shown a preview of exactly this permission', async () => {
  const ops = await w.group('ops');
  await w.secret('previewed', { tags: ['env:prod'] });
  const { page } = await b.signedIn('ann', ann.password, { path: `/groups/${ops}` });
  let answer = () => {};
  const held = () => new Promise<void>((resolve) => (answer = resolve));
  let wait = held();
  await page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('simulateAccess')) await wait;
    await route.continue();
  });
  await page.getByRole('tab', { name: 'Permissions' }).click();
  await button(page, 'Add permission').first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'Tag' }).fill('env:prod');
  const add = dialog.getByRole('button', { name: 'Add permission', exact: true });
  await dialog.getByLabel('Calculating').waitFor();
  expect(await add.isDisabled()).toBe(true);
  answer();
  await expect.poll(() => add.isEnabled()).toBe(true);
  wait = held();
  await dialog.getByRole('checkbox', { name: 'DELETE' }).check();
  expect(await add.isDisabled()).toBe(true);
  await dialog.getByRole('combobox', { name: 'Tag' }).press('Enter');
  answer();
  await expect.poll(() => add.isEnabled()).toBe(true);
  expect(
    (await w.admin.get('query ($id: ID!) { permissions(subjectId: $id) { nodes { id } } }', { id: ops })).permissions
      .nodes,
  ).toEqual([]);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});

test('the console works with a URL that has unknown parameters', async () => {
  const { page } = await b.signedIn('ann', ann.password, {
    path: '/secrets?expires=toString&order=constructor&can=__proto__&tags=%5C&__proto__=x',
  });
  await page.getByRole('heading', { level: 1, name: 'Secrets' }).waitFor();
  await page.getByLabel('Search').waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);
});

test('the console works if the browser blocks session storage or if session storage contains invalid data', async () => {
  const { page } = await b.visit('/secrets');
  for (const text of ['{"endsAt":1e99}', '{"endsAt":9e15,"token":1,"username":{}}', '[]', '"x"', '{']) {
    await page.evaluate(`sessionStorage.setItem('secrets-gateway.session', ${JSON.stringify(text)})`);
    await page.reload();
    await page.getByLabel('Username').waitFor();
  }
  await page.addInitScript(() =>
    Object.defineProperty(globalThis, 'sessionStorage', {
      get() {
        throw new DOMException('Blocked.', 'SecurityError');
      },
    }),
  );
  await page.reload();
  await page.getByLabel('Stay signed in while this tab is open').check();
  await signIn(page, 'ann', ann.password);
  await signOut(page);
});
