// Tests groups, applications, users and permissions in the console. Some users may change these objects, and some
// users may only read them.
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import type { Visit } from '../support/browser.ts';
import { b, startConsole, w } from '../support/console.ts';
import { remember, sentinel } from '../support/sentinel.ts';

let admin: Visit;

startConsole();
beforeAll(async () => {
  admin = await b.signedIn('admin', w.adminPassword, { path: '/groups' });
});

const dialog = (page: Page) => page.getByRole('dialog');
const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text });
const gone = (page: Page) => dialog(page).waitFor({ state: 'hidden' });

/** Opens a page by a click on a link, which preserves the session. */
async function go(page: Page, path: string): Promise<void> {
  await page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)})`);
}

test('the console shows the secret of a new access key once, and then no page, browser storage or answer contains this secret', async () => {
  const { page, context, traffic } = admin;
  const robot = await w.application('robot');
  await go(page, `/applications/${robot.id}`);
  await page.getByRole('button', { name: 'Create access key' }).click();
  await dialog(page).getByLabel('Expires').fill('2031-05-06T07:08');
  await dialog(page).getByRole('button', { name: 'Create' }).click();
  const secret = (await dialog(page).getByRole('group', { name: 'Key secret' }).innerText()).trim();
  const id = (await dialog(page).getByRole('group', { name: 'Key ID' }).innerText()).trim();
  remember(secret);

  // Neither the Escape key nor a click outside closes the dialog.
  await page.keyboard.press('Escape');
  await page.mouse.click(5, 400);
  expect(await dialog(page).getByText(secret).isVisible()).toBe(true);
  expect(await dialog(page).getByRole('button', { name: 'Close' }).count()).toBe(0);

  await dialog(page).getByRole('button', { name: "I've saved it" }).click();
  await gone(page);
  await row(page, id).waitFor();
  expect(await row(page, id).innerText()).toContain('in 4 years');
  const answers = traffic.length;
  await page.getByRole('tab', { name: 'Permissions' }).click();
  await page.getByRole('tab', { name: 'Access keys' }).click();
  await row(page, id).waitFor();
  const kept = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href])');
  expect(`${await page.content()} ${kept} ${JSON.stringify(await context.storageState())}`).not.toContain(secret);
  expect(traffic.filter(({ came }) => came.includes(secret))).toHaveLength(1);
  expect(traffic.slice(answers).some(({ came }) => came.includes(secret))).toBe(false);

  await row(page, id)
    .getByRole('button', { name: `Deactivate ${id}` })
    .click();
  await row(page, id).getByText('Inactive').locator('visible=true').waitFor();
  const signIn = async () =>
    (
      await w.anonymous.askRevealing(
        'mutation ($k: String!, $s: SecretValue!) { signInApplication(keyId: $k, keySecret: $s) { token } }',
        { k: id, s: secret },
      )
    ).code;
  expect(await signIn()).toBe('UNAUTHENTICATED');
  await row(page, id)
    .getByRole('button', { name: `Activate ${id}` })
    .click();
  await row(page, id)
    .getByRole('button', { name: `Deactivate ${id}` })
    .waitFor();
  expect(await signIn()).toBeUndefined();
  await row(page, id)
    .getByRole('button', { name: `Delete ${id}` })
    .click();
  await dialog(page).getByRole('button', { name: 'Delete' }).click();
  await gone(page);
  await row(page, id).waitFor({ state: 'hidden' });
  expect(await signIn()).toBe('UNAUTHENTICATED');
});

test('before a user adds a permission, the console shows which secrets the permission affects; the user can set an expiry and later revoke a part of it', async () => {
  const { page } = admin;
  const cleo = await w.user('cleo');
  const team = await w.group('team', [cleo.id]);
  await w.secret('alpha', { tags: ['area:north'] });
  await w.secret('beta', { tags: ['area:north'] });
  await go(page, `/groups/${team}?tab=permissions`);
  await page.getByText('No permissions yet').waitFor();

  await page.getByRole('button', { name: 'Add permission' }).click();
  const tag = dialog(page).getByRole('combobox', { name: 'Tag' });
  await tag.fill('area');
  await dialog(page).getByRole('button', { name: 'Add permission' }).click();
  await dialog(page).getByText('has no colon').waitFor();
  await tag.fill('area:south');
  await dialog(page).getByText('No secret has the tag area:south yet').waitFor();
  await dialog(page).getByText('Nobody gains or loses access').waitFor();
  await tag.fill('area:n');
  await page.getByRole('option', { name: 'area:north' }).click();
  await dialog(page).getByText('Gives access to 2 secrets now').waitFor();
  const gains = dialog(page).getByRole('table', { name: 'Who gains access' });
  for (const name of ['alpha', 'beta']) await gains.getByRole('row').filter({ hasText: name }).waitFor();
  expect(await gains.innerText()).toContain('cleo');
  await dialog(page).getByRole('checkbox', { name: 'DELETE' }).check();
  await dialog(page).getByLabel('Expires').fill('2031-05-06T07:08');
  expect(await w.sees(cleo, 'alpha')).toBe(false);
  await dialog(page).getByRole('button', { name: 'Add permission' }).click();
  await gone(page);
  const { permissions } = await w.admin.get(
    'query ($s: ID!) { permissions(subjectId: $s) { nodes { access expiresAt target { ... on Tag { id } } } } }',
    { s: team },
  );
  expect(permissions.nodes).toEqual([
    { access: ['READ', 'DELETE'], expiresAt: '2031-05-06T07:08:00Z', target: { id: 'area:north' } },
  ]);
  expect(await w.sees(cleo, 'alpha')).toBe(true);

  await row(page, 'area:north').getByRole('button', { name: 'Revoke area:north' }).click();
  await dialog(page).getByRole('checkbox', { name: 'READ' }).uncheck();
  const loses = dialog(page).getByRole('table', { name: 'Who loses access' });
  await loses.getByRole('row').filter({ hasText: 'beta' }).filter({ hasText: 'DELETE' }).waitFor();
  await loses.getByText('READ').first().waitFor({ state: 'hidden' });
  await w.grant(team, 'UPDATE', 'not_there', { expiresAt: '2020-01-01T00:00:00Z' });
  await w.admin.get('mutation ($i: PermissionInput!) { grantPermission(input: $i) { permission { id } } }', {
    i: { subjectId: team, target: { resource: { type: 'WORKFLOW_DEF', name: 'nightly' } }, access: ['EXECUTE'] },
  });
  await dialog(page).getByRole('button', { name: 'Revoke' }).click();
  await gone(page);
  await row(page, 'area:north').getByText('DELETE').waitFor({ state: 'hidden' });
  expect(await row(page, 'area:north').innerText()).toContain('READ');

  await row(page, 'not_there').getByText('Expired').locator('visible=true').waitFor();
  await row(page, 'nightly').getByText('WORKFLOW_DEF: a permission for a workflow engine').waitFor();

  await page.getByRole('button', { name: 'Delete' }).click();
  const lost = dialog(page).getByRole('table', { name: 'Who loses access' });
  await lost.getByRole('row').filter({ hasText: 'alpha' }).filter({ hasText: 'cleo' }).waitFor();
  await dialog(page).getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { level: 1, name: 'Groups' }).waitFor();
  expect(await w.sees(cleo, 'alpha')).toBe(false);
});

test('before a user adds or removes a group member, the console shows the access that the member gains or loses', async () => {
  const { page } = admin;
  const dora = await w.user('dora');
  const readers = await w.group('readers');
  await w.secret('gamma');
  await w.grant(readers, 'READ', 'gamma');
  await go(page, `/groups/${readers}`);
  await page.getByText('No members yet').waitFor();
  await page.getByRole('button', { name: 'Add members' }).click();
  await dialog(page).getByRole('combobox', { name: 'Users and applications' }).fill('dor');
  await page.getByRole('option', { name: 'dora' }).click();
  await dialog(page).getByRole('table', { name: 'Who gains access' }).getByText('gamma').waitFor();
  await dialog(page).getByRole('button', { name: 'Add' }).click();
  await gone(page);
  expect(await w.sees(dora, 'gamma')).toBe(true);
  await page.getByRole('button', { name: 'Remove dora' }).click();
  await dialog(page).getByRole('table', { name: 'Who loses access' }).getByText('gamma').waitFor();
  await dialog(page).getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No members yet').waitFor();
  expect(await w.sees(dora, 'gamma')).toBe(false);
});

test('a user can add several members to a group at once after a preview of their access, and cannot select current members', async () => {
  const { page } = admin;
  const people = [await w.user('hugo'), await w.user('hulda')];
  const robot = await w.application('hubot');
  const hunters = await w.group('hunters');
  await w.secret('lambda');
  await w.grant(hunters, 'READ', 'lambda');
  await go(page, `/groups/${hunters}`);
  await page.getByRole('button', { name: 'Add members' }).click();
  const choice = dialog(page).getByRole('combobox', { name: 'Users and applications' });
  for (const name of ['hugo', 'hulda', 'hubot']) {
    await choice.fill(name);
    await page.getByRole('option', { name }).click();
  }
  await choice.fill('nobody has this');
  await page.getByText('No matches').waitFor();
  await choice.press('Tab');
  const gains = dialog(page).getByRole('table', { name: 'Who gains access' });
  for (const name of ['hugo', 'hulda', 'hubot']) await gains.getByRole('row').filter({ hasText: name }).waitFor();
  await dialog(page).getByRole('button', { name: 'Add' }).click();
  await page.getByText('Added 3 members to hunters.').waitFor();
  for (const one of [...people, robot]) expect(await w.sees(one, 'lambda')).toBe(true);

  await page.getByRole('button', { name: 'Add members' }).click();
  await choice.fill('hugo');
  const already = page.getByRole('option', { name: 'hugo: already a member' });
  await already.waitFor();
  expect(await already.getAttribute('data-combobox-disabled')).toBe('true');
  await choice.press('Tab');
  await dialog(page).getByRole('button', { name: 'Cancel' }).click();
  await gone(page);
});

test('the URL of a list contains the search text, and a form preserves its input after an error', async () => {
  const { page } = admin;
  await w.group('quartz');
  await w.group('quarry');
  await go(page, '/groups');
  await row(page, 'quarry').waitFor();
  await page.getByLabel('Search groups').fill('quartz');
  await row(page, 'quarry').waitFor({ state: 'hidden' });
  await row(page, 'quartz').waitFor();
  expect(page.url()).toContain('?q=quartz');
  await page.getByLabel('Search groups').fill('nothing of that name');
  await page.getByText('No groups match').waitFor();

  await page.getByRole('button', { name: 'Add group' }).click();
  await dialog(page).getByRole('textbox', { name: 'Name' }).fill('quartz');
  await dialog(page).getByRole('textbox', { name: 'Description' }).fill('Of stone.');
  await dialog(page).getByRole('checkbox', { name: 'WORKER', exact: true }).check();
  expect(await dialog(page).getByRole('checkbox', { name: 'USER_READ_ONLY' }).isDisabled()).toBe(true);
  await dialog(page).getByRole('button', { name: 'Add' }).click();
  await dialog(page).getByText('Name already taken').waitFor();
  expect(await dialog(page).getByRole('textbox', { name: 'Description' }).inputValue()).toBe('Of stone.');
  await dialog(page).getByRole('textbox', { name: 'Name' }).fill('quartzite');
  await dialog(page).getByRole('button', { name: 'Add' }).click();
  await page.getByRole('heading', { level: 1, name: 'quartzite' }).waitFor();
  await page.getByText('Of stone.').waitFor();
  expect(await page.getByRole('definition').filter({ hasText: 'WORKER' }).count()).toBe(1);
});

test('an administrator creates a user with roles and a generated password, and a deactivated user cannot sign in; the last administrator cannot lose the role', async () => {
  const { page } = admin;
  await go(page, '/users');
  await page.getByRole('button', { name: 'Add user' }).click();
  await dialog(page).getByRole('textbox', { name: 'Username' }).fill('emil');
  await dialog(page).getByRole('textbox', { name: 'Name', exact: true }).fill('Emil');
  await dialog(page).getByRole('checkbox', { name: 'AUDITOR' }).check();
  await dialog(page).getByRole('button', { name: 'Add' }).click();
  const password = (await dialog(page).getByRole('group', { name: 'Password' }).innerText()).trim();
  remember(password);
  expect(password).toHaveLength(24);
  await page.keyboard.press('Escape');
  await dialog(page).getByRole('button', { name: "I've saved it" }).click();
  await page.getByRole('heading', { level: 1, name: 'Emil' }).waitFor();
  expect(await page.content()).not.toContain(password);
  expect(await page.getByRole('definition').filter({ hasText: 'AUDITOR' }).innerText()).toContain('USER');
  await w.signIn('emil', password);

  await page.getByRole('button', { name: 'Set password' }).click();
  await dialog(page).getByRole('radio', { name: 'Enter a password' }).check();
  const typed = sentinel('password');
  await dialog(page).getByRole('textbox', { name: 'New password' }).fill(typed);
  expect(await page.content()).not.toContain(typed);
  await dialog(page).getByRole('button', { name: 'Set password' }).click();
  await gone(page);
  await w.signIn('emil', typed);

  await page.getByRole('button', { name: 'Deactivate' }).click();
  await dialog(page).getByRole('button', { name: 'Deactivate' }).click();
  await page.getByRole('definition').filter({ hasText: 'Inactive' }).waitFor();
  const stopped = await b.visit();
  await stopped.page.getByLabel('Username').fill('emil');
  await stopped.page.locator('input[autocomplete="current-password"]').fill(typed);
  await stopped.page.getByRole('button', { name: 'Sign in' }).click();
  await stopped.page.getByText('Sign-in failed').waitFor();
  await page.getByRole('button', { name: 'Activate' }).click();
  await page.getByRole('button', { name: 'Deactivate' }).waitFor();
  await w.signIn('emil', typed);

  const { viewer } = await w.admin.get('{ viewer { id } }');
  await go(page, `/users/${viewer.id}`);
  await page.getByText('You see your own user.').waitFor();
  await page.getByRole('button', { name: 'Edit' }).click();
  await dialog(page).getByRole('checkbox', { name: 'ADMIN' }).uncheck();
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await dialog(page).getByText('The gateway needs an administrator').waitFor();
  expect(await dialog(page).getByRole('checkbox', { name: 'ADMIN' }).isChecked()).toBe(false);
  await dialog(page).getByRole('button', { name: 'Cancel' }).click();
});

test('an auditor sees groups, applications and users in the console, without any button to change them', async () => {
  const frida = await w.user('frida', { roles: ['AUDITOR'] });
  const app = await w.application('audited');
  const group = await w.group('watched', [frida.id]);
  await w.grant(group, 'READ', 'watched_secret');
  const { page } = await b.signedIn('frida', frida.password, { path: '/groups' });
  const changes = page.getByRole('button', {
    name: /^(Add|Create|Edit|Delete|Remove|Revoke|Deactivate|Activate|Set|Rotate)/,
  });
  const looksAt = async (path: string, shows: string) => {
    await go(page, path);
    await page.getByRole('main').getByText(shows).first().waitFor();
    expect(await changes.count()).toBe(0);
  };
  await looksAt('/groups', 'watched');
  await looksAt(`/groups/${group}`, 'frida');
  await looksAt(`/groups/${group}?tab=permissions`, 'watched_secret');
  await looksAt('/applications', 'audited');
  await looksAt(`/applications/${app.id}`, app.keyId);
  await looksAt('/users', 'frida');
  await looksAt(`/users/${frida.id}?tab=groups`, 'watched');
});

test("a user with UPDATE can share only the user's own access to a secret, and can give an application only roles that the user may give", async () => {
  const gus = await w.user('gus', { roles: ['USER'] });
  await w.secret('delta');
  await w.secret('epsilon');
  await w.grant(gus.id, ['READ', 'UPDATE'], 'delta');
  await w.grant(gus.id, 'READ', 'epsilon');
  const { page } = await b.signedIn('gus', gus.password, { path: '/applications' });
  await page.getByText('No applications yet').waitFor();
  await page.getByRole('button', { name: 'Add application' }).click();
  await dialog(page).getByRole('textbox', { name: 'Name' }).fill('helper');
  expect(await dialog(page).getByRole('checkbox', { name: 'ADMIN' }).isDisabled()).toBe(true);
  await dialog(page).getByRole('checkbox', { name: 'WORKER', exact: true }).check();
  await dialog(page).getByRole('button', { name: 'Add' }).click();
  await page.getByRole('heading', { level: 1, name: 'helper' }).waitFor();
  await page.getByRole('tab', { name: 'Permissions' }).click();
  await page.getByRole('button', { name: 'Add permission' }).click();
  await dialog(page).getByText('Only administrators can grant access to tags').waitFor();
  expect(await dialog(page).getByRole('radio', { name: 'Tag' }).count()).toBe(0);
  const secret = dialog(page).getByRole('combobox', { name: 'Secret' });
  await secret.fill('epsilon');
  await dialog(page).getByText('To share this secret, you need UPDATE access').waitFor();
  await secret.fill('delta');
  await dialog(page).getByRole('table', { name: 'Who gains access' }).getByText('helper').waitFor();
  expect(await dialog(page).getByRole('checkbox', { name: 'DELETE' }).isDisabled()).toBe(true);
  await dialog(page).getByRole('button', { name: 'Add permission' }).click();
  await gone(page);
  await row(page, 'delta').waitFor();

  await go(page, '/users');
  await page.getByText('Only administrators and auditors can see all users').waitFor();
});

test('on a phone, the pages for groups, applications, users and permissions fit the width of the screen', async () => {
  const name = 'a-name-that-somebody-made-as-long-as-names-of-machines-are_and_then_some_more';
  const app = await w.application(name, { roles: ['WORKER', 'METADATA_API', 'APPLICATION_CREATOR'] });
  const group = await w.group(`${name}-group`, [app.id], { roles: ['APPLICATION_CREATOR', 'METADATA_MANAGER'] });
  await w.secret(name, { tags: [`${name}:${name}`] });
  await w.grant(group, ['READ', 'UPDATE', 'CREATE', 'EXECUTE', 'DELETE'], `${name}:${name}`);
  const { page } = await b.signedIn('admin', w.adminPassword, { path: '/groups', width: 390, height: 800 });
  const fits = async () =>
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  const at = async (path: string, shows: string) => {
    await go(page, path);
    await page.getByRole('main').getByText(shows).locator('visible=true').first().waitFor();
    await fits();
  };
  await at('/groups', `${name}-group`);
  await at('/applications', name);
  await at('/users', 'admin');
  await at(`/applications/${app.id}`, app.keyId);
  await at(`/applications/${app.id}?tab=groups`, `${name}-group`);
  await at(`/groups/${group}`, 'Application');
  await at(`/groups/${group}?tab=permissions`, `${name}:${name}`);
  await page.getByRole('button', { name: `Revoke ${name}:${name}` }).click();
  await dialog(page).getByRole('table', { name: 'Who loses access' }).waitFor();
  await fits();
  expect(
    await dialog(page).evaluate(
      (node: { scrollWidth: number; clientWidth: number }) => node.scrollWidth - node.clientWidth,
    ),
  ).toBeLessThanOrEqual(0);
});
