import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { b, startConsole, w } from '../support/console.ts';
import type { SomeApplication, SomeUser } from '../support/world.ts';

let ann: SomeUser;
let bob: SomeUser;
let pay: SomeApplication;

startConsole();
beforeAll(async () => {
  ann = await w.user('ann');
  bob = await w.user('bob');
  pay = await w.application('pay');
  await w.secret('db', { tags: ['env:prod'] });
  await w.group('ops', [ann.id]).then((ops) => w.grant(ops, ['READ', 'EXECUTE'], 'env:prod'));
  await w.grant(bob.id, ['READ', 'UPDATE'], 'db');
  await w.grant(pay.id, 'EXECUTE', 'env:prod', { expiresAt: '2031-05-06T07:08:00Z' });
  // This grant gives no access to the secret.
  await w.grant(ann.id, 'DELETE', 'env:test');
});

const PATH = '/secrets/db?tab=access';
const row = (page: Page, who: string) =>
  page.getByRole('row').filter({ has: page.getByRole('cell', { name: new RegExp(`^${who}`) }) });
/** The principals in the table, with their accesses and access paths. */
const table = async (page: Page): Promise<Record<string, { access: string[]; how: string[] }>> => {
  await page.getByRole('table', { name: 'Who can access db' }).waitFor();
  const rows = await page.getByRole('table', { name: 'Who can access db' }).locator('tbody tr').all();
  return Object.fromEntries(
    await Promise.all(
      rows.map(async (one) => {
        const [who = '', access = '', how = ''] = await one.getByRole('cell').allInnerTexts();
        return [
          who.split('\n')[0] ?? '',
          { access: access.split(/\s+/), how: how.split('\n').filter((line) => line !== '' && line !== 'Revoke') },
        ];
      }),
    ),
  );
};
/** The labels of the nodes in the access graph. */
const pictured = async (page: Page) =>
  (await page.locator('svg[role=img]').locator('g > title').allTextContents()).sort();

const ALL = ['READ', 'UPDATE', 'CREATE', 'EXECUTE', 'DELETE'];
const READERS = {
  ann: {
    access: ['READ', 'EXECUTE'],
    how: ['READ, EXECUTE: is a member of ops, which has a grant on the tag env:prod'],
  },
  bob: { access: ['READ', 'UPDATE'], how: ['READ, UPDATE: has a grant on the name of this secret'] },
  pay: { access: ['EXECUTE'], how: ['EXECUTE: has a grant on the tag env:prod, expires 6 May 2031, 07:08'] },
};

test('a table and a graph show which principals can access a secret and through which access paths, and omit revoked access', async () => {
  const { page } = await b.signedIn('admin', w.adminPassword, { path: PATH });
  const rows = await table(page);
  expect(rows).toEqual({
    Administrator: {
      access: ALL,
      how: [
        `${ALL.join(', ')}: has the role ADMIN`,
        // The creator of a secret automatically receives a grant on the secret.
        `${ALL.join(', ')}: has a grant on the name of this secret`,
      ],
    },
    ...READERS,
  });
  const { accessEntries } = await w.admin.get(
    '{ accessEntries(secret: "db") { nodes { principal { name } access } } }',
  );
  expect(
    Object.entries(rows).map(([name, { access }]) => [name, access.toSorted()]),
    'in the order and with the accesses of accessEntries',
  ).toEqual(
    accessEntries.nodes.map(({ principal, access }: { principal: { name: string }; access: string[] }) => [
      principal.name,
      access.toSorted(),
    ]),
  );
  expect(await pictured(page)).toEqual(
    ['Administrator', 'ann', 'bob', 'pay', 'ops', 'env:prod', 'ADMIN', 'name of this secret', 'db'].sort(),
  );
  expect(await page.locator('svg[role=img]').getAttribute('aria-label')).toContain(
    '3 users and one application can access db, through one group, one tag, the role ADMIN and grants on the name of the secret.',
  );

  await page.getByRole('combobox', { name: 'Access' }).click();
  await page.getByRole('option', { name: 'UPDATE' }).click();
  await row(page, 'ann').waitFor({ state: 'detached' });
  expect(Object.keys(await table(page)).sort()).toEqual(['Administrator', 'bob']);
  expect(await pictured(page)).toEqual(['ADMIN', 'Administrator', 'bob', 'db', 'name of this secret']);
  expect(new URL(page.url()).searchParams.get('access')).toBe('UPDATE');

  await w.revoke(bob.id, 'db', ['UPDATE']);
  await page.getByRole('combobox', { name: 'Access' }).click();
  await page.getByRole('option', { name: 'READ' }).click();
  await row(page, 'ann').waitFor();
  expect((await table(page)).bob).toEqual({ access: ['READ'], how: ['READ: has a grant on the name of this secret'] });
  await w.grant(bob.id, 'UPDATE', 'db');
});

test("a user with UPDATE sees all access to a secret except access through hidden groups, and a user without UPDATE sees only the user's own access", async () => {
  const owner = await b.signedIn('bob', bob.password, { path: PATH });
  await owner.page.getByText('Access through a group is shown only if you are a member of the group').waitFor();
  expect(Object.keys(await table(owner.page)).sort()).toEqual(['Administrator', 'bob', 'pay']);

  const { page, traffic } = await b.signedIn('ann', ann.password, { path: PATH });
  await page.getByText('You see only your own access').waitFor();
  expect(await table(page)).toEqual({ ann: READERS.ann });
  expect(await pictured(page)).toEqual(['ann', 'db', 'env:prod', 'ops']);
  const came = traffic.filter(({ url }) => url.endsWith('/graphql')).map((one) => one.came);
  expect(came.join()).not.toContain(pay.id);
});

test('an auditor can read the audit events of a secret, newest first, with the names of the changed fields', async () => {
  await w.admin.get('mutation { updateSecret(input: { name: "db", description: "Orders" }) { secret { id } } }');
  await w.reveal(pay, 'db');
  const eve = await w.user('eve', { roles: ['AUDITOR'] });
  await w.grant(eve.id, 'EXECUTE', 'db');
  const { page } = await b.signedIn('eve', eve.password, { path: '/secrets/db?tab=events' });
  const events = page.getByRole('table', { name: 'Audit events of db' });
  await events.waitFor();
  const rows = await events.locator('tbody tr').allInnerTexts();
  const { auditEvents } = await w.admin.get(
    '{ auditEvents(filter: { secret: "db" }) { nodes { actor { name } outcome } } }',
  );
  expect(rows.length).toBe(auditEvents.nodes.length);
  for (const [index, { actor, outcome }] of auditEvents.nodes.entries()) {
    expect(rows[index]).toContain(actor.name);
    expect(rows[index]?.toUpperCase()).toContain(outcome);
  }
  expect(rows[1]).toMatch(/^Revealed value, version 1\s+pay\s/);
  expect(rows.at(-1)).toMatch(/^Created secret, version 1\s+admin\s/);

  const changed = page.getByRole('button', { name: 'Changed description or expiry' });
  await changed.click();
  const dialog = page.getByRole('dialog', { name: 'Changed description or expiry' });
  await dialog.getByText('"description"').waitFor();
  expect(new URL(page.url()).searchParams.get('event')).toMatch(/^aud_/);
  await dialog.getByRole('button', { name: 'Show all events by admin' }).click();
  await page.getByRole('heading', { name: 'Audit log' }).waitFor();
  await page.getByRole('button', { name: 'Created secret, db, by admin' }).waitFor();
});

test('on the page of a secret, a user shares the secret after a preview of the gained access, and revokes grants on its name', async () => {
  const { page } = await b.signedIn('admin', w.adminPassword, { path: PATH });
  const carl = await w.user('carl');
  await table(page);
  await page.getByRole('button', { name: 'Share' }).click();
  const dialog = page.getByRole('dialog', { name: 'Share db' });
  await dialog.getByRole('button', { name: 'Share' }).click();
  await dialog.getByText('Choose a user, a group or an application').waitFor();
  await dialog.getByRole('combobox', { name: 'Share with' }).fill('carl');
  await page.getByRole('option', { name: 'carl' }).click();
  await dialog.getByRole('checkbox', { name: 'DELETE' }).check();
  await dialog.getByLabel('Expires').fill('2031-05-06T07:08');
  const gains = dialog.getByRole('table', { name: 'Who gains access' });
  await gains.getByRole('row').filter({ hasText: 'carl' }).filter({ hasText: 'DELETE' }).waitFor();
  expect(await w.sees(carl, 'db')).toBe(false);
  await dialog.getByRole('button', { name: 'Share' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await row(page, 'carl').waitFor();
  expect((await table(page)).carl).toEqual({
    access: ['READ', 'DELETE'],
    how: ['READ, DELETE: has a grant on the name of this secret, expires 6 May 2031, 07:08'],
  });
  expect(await pictured(page)).toContain('carl');
  expect(await w.sees(carl, 'db')).toBe(true);

  // The console revokes the complete grant, even if the table shows only one of its accesses.
  await page.getByRole('combobox', { name: 'Access' }).click();
  await page.getByRole('option', { name: 'DELETE' }).click();
  await row(page, 'bob').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Revoke permission of carl on db' }).click();
  const revoke = page.getByRole('dialog', { name: 'Revoke permission of carl on db' });
  await revoke.getByRole('checkbox', { name: 'READ', checked: true }).waitFor();
  await revoke.getByRole('button', { name: 'Revoke' }).click();
  await revoke.waitFor({ state: 'hidden' });
  await row(page, 'carl').waitFor({ state: 'detached' });
  expect(await w.sees(carl, 'db')).toBe(false);
  // A grant on a tag has no Revoke button on this page, because the grant also applies to all other secrets with the
  // tag.
  expect(await page.getByRole('button', { name: /^Revoke permission of (ann|ops|pay)/ }).count()).toBe(0);
});

test('a user with UPDATE can share access with users whom the user cannot list, and a user without UPDATE sees no Share button', async () => {
  const dora = await w.user('dora');
  const { page } = await b.signedIn('bob', bob.password, { path: PATH, width: 390, height: 844 });
  await table(page);
  await page.getByRole('button', { name: 'Share' }).click();
  const dialog = page.getByRole('dialog', { name: 'Share db' });
  await dialog.getByText('You are not allowed to search for other users').waitFor();
  await dialog.getByText('You do not have this access').first().waitFor();
  expect(await dialog.getByRole('checkbox', { disabled: true }).count()).toBe(3);
  await dialog.getByRole('combobox', { name: 'Share with' }).fill(dora.id);
  await page.getByRole('option', { name: dora.id }).click();
  await dialog.getByRole('checkbox', { name: 'UPDATE' }).check();
  const gains = dialog.getByRole('table', { name: 'Who gains access' });
  await gains.getByRole('row').filter({ hasText: 'dora' }).filter({ hasText: 'UPDATE' }).waitFor();
  await dialog.getByRole('button', { name: 'Share' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await row(page, 'dora').waitFor();
  expect(await w.sees(dora, 'db')).toBe(true);

  const without = await b.signedIn('ann', ann.password, { path: PATH });
  await without.page.getByText('You see only your own access').waitFor();
  await table(without.page);
  expect(await without.page.getByRole('button', { name: /^(Share|Revoke)/ }).count()).toBe(0);
});
