import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { handsIn } from '../audit/tampering.ts';
import { hasFocus } from '../support/browser.ts';
import { b, startConsole, w } from '../support/console.ts';
import { csvObjects } from '../support/csv.ts';
import type { SomeUser } from '../support/world.ts';

let ann: SomeUser;
let page: Page;

startConsole();
beforeAll(async () => {
  ann = await w.user('ann');
  const bob = await w.user('=bob()');
  await w.secret('db', { tags: ['env:prod'] });
  await w.secret('mail');
  await w.grant(ann.id, 'READ', 'env:prod');
  await w.grant(bob.id, 'EXECUTE', 'db');
  await w.reveal(ann, 'db');
  await w.reveal(bob, 'db');
  ({ page } = await b.signedIn('admin', w.adminPassword, { path: '/audits/log' }));
});

const events = () => page.getByRole('table', { name: 'Audit events, newest first' }).getByRole('button');
const open = (name: string | RegExp) => page.getByRole('button', { name });

const choose = async (label: string, name: string, part = name) => {
  const box = page.getByRole('combobox', { name: label });
  await box.click();
  if (await box.isEditable()) await box.fill(part);
  await page.getByRole('option', { name, exact: true }).click();
  await page.keyboard.press('Escape');
};

test('a user filters the audit log by actor, action, secret, outcome and time, opens an audit event, and downloads a CSV file', async () => {
  await open('Revealed value, db, by ann').waitFor();
  await choose('Action', 'Revealed value', 'SECRET_REV');
  await open('Created secret, db, by admin').waitFor({ state: 'detached' });
  expect(await events().count()).toBe(2);
  await choose('Outcome', 'Refused');
  await open('Revealed value, db, by ann').waitFor({ state: 'detached' });
  expect(await events().count()).toBe(1);
  expect(new URL(page.url()).searchParams.get('actions')).toBe('SECRET_REVEAL');
  expect(new URL(page.url()).searchParams.get('outcome')).toBe('REFUSED');

  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download CSV' }).click(),
  ]);
  expect(file.suggestedFilename()).toBe('audit-log.csv');
  expect(csvObjects(await readFile(await file.path(), 'utf8'))).toMatchObject([
    // The CSV file escapes a name that starts with an equals sign, so that no spreadsheet evaluates the name as a
    // formula.
    { Action: 'SECRET_REVEAL', Outcome: 'REFUSED', By: "'=bob()", On: 'db', Changes: '{"code":"FORBIDDEN"}' },
  ]);

  await open('Revealed value, db, by =bob()').click();
  const dialog = page.getByRole('dialog', { name: 'Revealed value' });
  await dialog.getByText('"code": "FORBIDDEN"').waitFor();
  expect(new URL(page.url()).searchParams.get('event')).toMatch(/^aud_/);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await hasFocus(open('Revealed value, db, by =bob()'))).toBe(true);

  await page.getByRole('button', { name: 'Clear filters' }).click();
  await open('Created secret, mail, by admin').waitFor();
  await page.getByRole('combobox', { name: 'Secret' }).fill('mail');
  await open('Created secret, db, by admin').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await page.getByRole('combobox', { name: 'Secret' }).fill('');
  await choose('Actor', 'ann');
  await open('Created secret, mail, by admin').waitFor({ state: 'detached' });
  await open('Revealed value, db, by ann').waitFor();
  expect(new URL(page.url()).searchParams.get('actor')).toBe(ann.id);
  await page.getByLabel('From').fill('2099-01-01T00:00');
  await page.getByRole('heading', { name: 'No events match' }).waitFor();
  await page.getByRole('button', { name: 'Clear filters' }).click();
});

test('for the audit event of a grant, the audit log shows the subject of the grant', async () => {
  const row = page.getByRole('row').filter({ has: open('Granted permission, db, by admin') });
  await row.getByText('to =bob()', { exact: true }).waitFor();
});

test('the live audit log shows new events immediately, but while a user reads older events it delays new events', async () => {
  await open('Revealed value, db, by ann').waitFor();
  await page.getByRole('switch', { name: 'Live' }).click();
  await page.getByText('The list shows new events automatically.').waitFor();
  const many = [...'abcdefghijkl'];
  for (const name of many) await w.secret(`new_${name}`);
  await open('Created secret, new_l, by admin').waitFor();
  const names = await Promise.all((await events().all()).map((one) => one.getAttribute('aria-label')));
  expect(names.slice(0, many.length)).toEqual(many.reverse().map((name) => `Created secret, new_${name}, by admin`));

  // Below the header of the table.
  await page.evaluate('scrollTo(0, 400)');
  const place = await page.evaluate('scrollY');
  await w.secret('newest');
  await page.getByRole('button', { name: 'One new event' }).waitFor();
  expect(await open('Created secret, newest, by admin').count()).toBe(0);
  expect(await page.evaluate('scrollY')).toBe(place);
  await page.getByRole('button', { name: 'One new event' }).click();
  await open('Created secret, newest, by admin').waitFor();
});

test('the console shows whether verification found the audit log intact, or which audit event was altered', async () => {
  await page.getByRole('button', { name: 'Verify log' }).click();
  await page.getByRole('alert', { name: 'The log is intact' }).waitFor();
  await page.getByText(/\d+ events checked\. No event is altered or missing/).waitFor();

  const hands = await handsIn(w.databaseUrl);
  try {
    await hands.do("UPDATE audit_events SET actor_name = 'nobody' WHERE action = 'SECRET_REVEAL' AND outcome = 'DONE'");
  } finally {
    await hands.end();
  }
  await page.getByRole('button', { name: 'Verify log' }).click();
  const broken = page.getByRole('alert', { name: 'The log was altered' });
  await broken.getByRole('button', { name: 'Show event' }).click();
  await page.getByRole('dialog', { name: 'Revealed value' }).getByText('nobody', { exact: true }).waitFor();
});
