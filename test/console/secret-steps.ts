// Steps with secrets in the console that several tests share.
import type { Page } from 'playwright-core';

/** Adds a secret on the page with the list of secrets. */
export async function addSecret(
  page: Page,
  { name, value, tags = [] }: { name: string; value: string; tags?: string[] },
): Promise<void> {
  await page.getByRole('link', { name: 'Secrets', exact: true }).click();
  await page.getByRole('button', { name: 'Add secret' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Secret name').fill(name);
  await dialog.getByRole('textbox', { name: 'Secret value' }).fill(value);
  for (const tag of tags) {
    await dialog.getByRole('combobox', { name: 'Tags' }).fill(tag);
    await page.keyboard.press('Enter');
  }
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('link', { name, exact: true }).waitFor();
}

/** Reveals a secret value on the page with the list of secrets, and returns the displayed text. */
export async function shownValue(page: Page, name: string): Promise<string | null> {
  await page.getByRole('link', { name: 'Secrets', exact: true }).click();
  await page.getByRole('button', { name: `Reveal value of ${name}` }).click();
  return page
    .getByRole('dialog', { name: `Value of ${name}` })
    .locator('pre')
    .textContent();
}
