import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { signIn } from '../support/browser.ts';
import { b, startConsole, w } from '../support/console.ts';
import { csvObjects } from '../support/csv.ts';
import type { SomeApplication, SomeUser } from '../support/world.ts';

let ann: SomeUser;
let bob: SomeUser;
let dave: SomeUser;
let shop: SomeApplication;
/** Signs in as an administrator. */
let page: Page;
let payments: string;
/** A time when `bob` was a member of the group. */
let before: Date;

const HOUR_MS = 3_600_000;

// The gateway's clock is hours ahead of the browser's clock.
startConsole({ tokenTtl: 86_400 });
beforeAll(async () => {
  const { clock } = w;
  [ann, bob, dave] = [await w.user('ann'), await w.user('bob'), await w.user('dave')];
  shop = await w.application('shop');
  payments = await w.group('payments', [ann.id, bob.id]);
  await w.secret('card_key', { tags: ['env:prod', 'team:pay'] });
  await w.secret('mail_password', { tags: ['env:prod'] });
  await w.grant(payments, ['READ', 'EXECUTE'], 'team:pay');
  await w.grant(shop.id, 'EXECUTE', 'card_key');
  clock.advance({ hours: 10 });
  before = clock.now();
  await w.grant(dave.id, 'UPDATE', 'card_key', { expiresAt: clock.in({ hours: 1 }) });
  await w.reveal(ann, 'card_key');
  clock.advance({ hours: 2 });
  await w.admin.get(
    'mutation ($g: ID!, $p: [ID!]!) { removeGroupMembers(groupId: $g, principalIds: $p) { group { id } } }',
    {
      g: payments,
      p: [bob.id],
    },
  );
  clock.advance({ hours: 2 });
  page = await staying('admin', w.adminPassword);
});

/** Signs in and stores the session in the tab, so that a test can open a page by its URL. */
async function staying(username: string, password: string): Promise<Page> {
  const { page } = await b.visit('/');
  await page.getByLabel('Stay signed in').check();
  await signIn(page, username, password);
  return page;
}

const choose = async (page: Page, label: string, name: string) => {
  const box = page.getByRole('combobox', { name: label });
  await box.click();
  if (await box.isEditable()) await box.fill(name);
  await page.getByRole('option', { name, exact: true }).click();
};

/** Returns the text of each table row, without the header. */
const rowsOf = (page: Page, name: string | RegExp) =>
  page
    .getByRole('table', { name })
    .getByRole('row')
    .filter({ has: page.getByRole('cell') })
    .allInnerTexts();

const saved = async (page: Page) => {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download CSV' }).click(),
  ]);
  return { name: file.suggestedFilename(), rows: csvObjects(await readFile(await file.path(), 'utf8')) };
};

test('the access review shows which principals had which access at a chosen time and why, on the page, through a link and in a CSV file', async () => {
  await page.goto('/audits/access');
  await page.getByRole('heading', { name: 'Choose a principal or a secret' }).waitFor();
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByText('Choose a user, an application or a secret').waitFor();

  await page.getByRole('combobox', { name: 'Secret' }).fill('card_key');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Who has access to card_key' }).waitFor();
  await page.getByRole('cell', { name: 'shop' }).waitFor();
  const who = await rowsOf(page, 'Who has access to card_key');
  expect(who).toHaveLength(3);
  expect(who.find((row) => row.includes('ann'))).toContain(
    'is a member of payments, which has a grant on the tag team:pay',
  );
  expect(who.find((row) => row.includes('shop'))).toContain('has a grant on the name of this secret');
  const { name, rows } = await saved(page);
  expect(name).toBe('access-entries.csv');
  expect(rows.filter((row) => row['Principal name'] === 'ann').map((row) => row['Via tag'])).toEqual(['team:pay']);

  // The link contains the query of the access review.
  await page.goto(page.url());
  await page.getByRole('cell', { name: 'shop' }).waitFor();

  await page.getByRole('combobox', { name: 'Secret' }).fill('');
  await choose(page, 'User or application', 'ann');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByRole('heading', { name: 'What ann can access' }).waitFor();
  await page.getByRole('link', { name: 'card_key' }).waitFor();
  expect(await rowsOf(page, 'What ann can access')).toHaveLength(1);

  await page.getByRole('combobox', { name: 'Secret' }).fill('card_key');
  await choose(page, 'Access', 'READ');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByText('Allowed: ann can READ card_key').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'ann is a member of payments' }).waitFor();

  await page.getByRole('combobox', { name: 'Secret' }).fill('mail_password');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByText('Not allowed: ann cannot READ mail_password').waitFor();
  const near = page.getByRole('list', { name: 'Closest grants' }).getByRole('listitem');
  expect(await near.count()).toBe(1);
  expect(await near.innerText()).toContain('The secret does not have the tag');
  const explained = await saved(page);
  expect(explained.rows).toMatchObject([{ Allowed: 'no', 'What is missing': 'SECRET_LACKS_TAG' }]);

  await choose(page, 'User or application', 'bob');
  await page.getByRole('combobox', { name: 'Secret' }).fill('card_key');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByText('Not allowed: bob cannot READ card_key').waitFor();
  expect(await near.allInnerTexts()).toEqual([expect.stringContaining('The principal is not in the group')]);
  await page.getByText('In the past', { exact: true }).click();
  await page.getByLabel('Time', { exact: true }).fill(before.toISOString().slice(0, 16));
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByRole('heading', { name: /^How bob could READ card_key on/ }).waitFor();
  await page.getByRole('cell', { name: /member of payments/ }).waitFor();

  await page.goto('/audits/access?secret=card_key&at=2020-01-01T00:00:00Z');
  await page.getByRole('alert', { name: 'The secret did not exist at that time' }).waitFor();
});

test('for each access change in the chosen period, the list of access changes shows the audit event or the expired grant that caused the change', async () => {
  const from = new Date(before.getTime() - HOUR_MS).toISOString();
  await page.goto(`/audits/changes?secret=card_key&from=${from}`);
  const table = 'Access gained and lost';
  await page.getByRole('cell', { name: /bob/ }).waitFor();
  const rows = await rowsOf(page, table);
  expect(rows).toHaveLength(3);
  expect(rows[0]).toMatch(/dave[\s\S]*Gained[\s\S]*UPDATE[\s\S]*Granted permission[\s\S]*admin/);
  expect(rows[1]).toMatch(/dave[\s\S]*Lost[\s\S]*UPDATE[\s\S]*The grant expired/);
  expect(rows[2]).toMatch(/bob[\s\S]*Lost[\s\S]*READ[\s\S]*EXECUTE[\s\S]*Removed member[\s\S]*admin/);
  const { name, rows: csv } = await saved(page);
  expect(name).toBe('access-changes.csv');
  expect(csv.map((row) => row.Action)).toEqual(['PERMISSION_GRANT', '', 'GROUP_MEMBER_REMOVE']);

  await page.getByLabel('Until').fill(new Date(before.getTime() + HOUR_MS / 2).toISOString().slice(0, 16));
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByRole('cell', { name: /bob/ }).waitFor({ state: 'detached' });
  await page.getByRole('cell', { name: /dave/ }).waitFor();
  expect(await rowsOf(page, table)).toHaveLength(1);
  await page.getByLabel('From').fill('2020-01-01T00:00');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByText('At most 366 days before the end').waitFor();

  await page.goto('/audits/changes?secret=never_there');
  await page.getByRole('alert', { name: 'The secret did not exist at that time' }).waitFor();
  await page.goto('/audits/changes?secret=card_key');
  await page.getByRole('link', { name: 'Removed member' }).click();
  await page.getByRole('dialog', { name: 'Removed member' }).getByText('GROUP_MEMBER_REMOVE').waitFor();
});

test('a simulation of several changes shows which principals would gain or lose access, and leaves all access unchanged', async () => {
  await page.goto('/audits/simulation');
  await page.getByRole('button', { name: 'Add to list' }).click();
  await page.getByText('Choose a user, a group or an application').waitFor();
  await choose(page, 'To', 'dave');
  await page.getByRole('combobox', { name: 'Tag' }).fill('env:prod');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Add to list' }).click();
  const gains = page.getByRole('table', { name: 'Who gains access' });
  await gains.getByRole('cell', { name: 'mail_password' }).waitFor();
  expect(await gains.getByRole('row').filter({ hasText: 'dave' }).count()).toBe(2);

  await choose(page, 'Type of change', 'Delete a group');
  await choose(page, 'Group', 'payments');
  await page.getByRole('button', { name: 'Add to list' }).click();
  await page.getByRole('heading', { name: '2 changes, in this order' }).waitFor();
  await page.getByRole('listitem').filter({ hasText: 'Grant READ on env:prod to dave' }).waitFor();
  await page.getByRole('listitem').filter({ hasText: 'Delete the group payments' }).waitFor();
  const loses = page.getByRole('table', { name: 'Who loses access' });
  await loses.getByRole('cell', { name: 'ann' }).waitFor();

  await page.goto(page.url());
  await page.getByRole('table', { name: 'Who loses access' }).getByRole('cell', { name: 'ann' }).waitFor();
  await page.getByRole('button', { name: 'Remove change 2' }).click();
  await page.getByRole('table', { name: 'Who loses access' }).waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'One change' }).waitFor();
  // The simulation left all access unchanged.
  expect(await w.sees(dave, 'mail_password')).toBe(false);
});

test('a user can simulate each kind of change, and a link with invalid changes opens an empty list of changes', async () => {
  await page.goto('/audits/simulation?changes=%5B%7B%22grant%22%3A%7B%7D%7D%2C3%5D');
  await page.getByRole('heading', { name: 'No changes yet' }).waitFor();
  const add = async (words: string) => {
    await page.getByRole('button', { name: 'Add to list' }).click();
    await page.getByRole('listitem').filter({ hasText: words }).waitFor();
  };
  await choose(page, 'Type of change', 'Add tags to a secret');
  await page.getByRole('combobox', { name: 'Secret' }).fill('mail_password');
  await page.getByRole('combobox', { name: 'Tags' }).fill('team:pay');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await add('Add team:pay to mail_password');
  await choose(page, 'Type of change', 'Remove tags from a secret');
  await add('Remove team:pay from mail_password');
  await choose(page, 'Type of change', 'Add a member to a group');
  await choose(page, 'User or application', 'dave');
  await choose(page, 'Group', 'payments');
  await add('Add dave to the group payments');
  await choose(page, 'Type of change', 'Remove a member from a group');
  await choose(page, 'User or application', 'ann');
  await add('Remove ann from the group payments');
  await choose(page, 'Type of change', 'Change roles');
  await choose(page, 'To', 'bob');
  await page.getByRole('checkbox', { name: 'ADMIN' }).check();
  await add('Set the roles of bob to ADMIN');
  await choose(page, 'Type of change', 'Revoke a permission');
  await choose(page, 'From', 'shop');
  await choose(page, 'Target type', 'One secret');
  await page.getByRole('combobox', { name: 'Secret' }).fill('card_key');
  await page.keyboard.press('Escape');
  await page.getByRole('checkbox', { name: 'READ' }).uncheck();
  await add('Revoke all access on card_key from shop');
  await page.getByRole('table', { name: 'Who gains access' }).getByRole('cell', { name: 'bob' }).first().waitFor();
  await page.getByRole('table', { name: 'Who loses access' }).getByRole('cell', { name: 'shop' }).waitFor();
});

test('the console lists unused permissions and downloads them as a CSV file', async () => {
  await page.goto(`/audits/unused?since=${before.toISOString()}`);
  await page.getByRole('link', { name: 'shop' }).waitFor();
  const rows = await rowsOf(page, 'Unused permissions');
  expect(rows.some((row) => row.includes('shop') && row.includes('card_key'))).toBe(true);
  expect(rows.some((row) => row.includes('payments'))).toBe(false);
  const { name, rows: csv } = await saved(page);
  expect(name).toBe('access-unused.csv');
  expect(csv.map((row) => row['Subject name'])).toContain('shop');
});

test("a user without an auditing role can review only the user's own access and secrets on which the user has UPDATE", async () => {
  const eve = await w.user('eve');
  await w.grant(eve.id, ['READ', 'UPDATE'], 'mail_password');
  const page = await staying('eve', eve.password);
  await page.goto('/audits/access');
  await page.getByRole('heading', { name: 'What eve can access' }).waitFor();
  await page.getByRole('link', { name: 'mail_password' }).waitFor();
  const main = page.getByRole('navigation', { name: 'Main' });
  expect(await main.getByRole('link', { name: 'Audit log' }).count()).toBe(0);
  expect(await main.getByRole('link', { name: 'Unused permissions' }).count()).toBe(0);

  await page.getByRole('combobox', { name: 'User or application' }).fill('');
  await page.getByRole('option').first().waitFor();
  expect(await page.getByRole('option').allInnerTexts()).toEqual(['eve']);
  await page.keyboard.press('Escape');
  await page.getByRole('combobox', { name: 'Secret' }).fill('card_key');
  await choose(page, 'Access', 'READ');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByText('Not allowed: eve cannot READ card_key').waitFor();

  await page.goto('/audits/access?secret=mail_password');
  await page.getByRole('cell', { name: 'Administrator' }).waitFor();
  await page.goto('/audits/log');
  await page.getByRole('heading', { name: 'Only administrators and auditors can see this page' }).waitFor();
  await page.goto('/audits/changes');
  await page.getByRole('cell', { name: /Gained/ }).waitFor();
  expect(await page.getByRole('columnheader', { name: 'Cause' }).count()).toBe(0);
});

test('if an auditor has no grant on a secret, the console links to the access review of the secret instead of the page of the secret', async () => {
  const flo = await w.user('flo', { roles: ['AUDITOR'] });
  const page = await staying('flo', flo.password);
  await page.getByRole('heading', { name: 'You have no access to secrets' }).waitFor();
  await page.goto('/secrets/card_key');
  await page.getByRole('link', { name: 'Review access to this secret' }).click();
  await page.getByRole('heading', { name: 'Who has access to card_key' }).waitFor();

  await page.goto(`/audits/access?principal=${ann.id}`);
  await page.getByRole('link', { name: 'card_key' }).click();
  await page.getByRole('heading', { name: 'Who has access to card_key' }).waitFor();

  await page.goto('/audits/log');
  await page.getByRole('button', { name: 'Revealed value, card_key, by ann' }).click();
  await page.getByRole('dialog').getByRole('link', { name: 'card_key' }).click();
  await page.getByRole('heading', { name: 'Who has access to card_key' }).waitFor();
});
