import type { Locator, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { b, startConsole, w } from '../support/console.ts';
import type { SomeUser } from '../support/world.ts';

const NAME = 'tracking_webhook_key_of_the_post_office_username';
let ann: SomeUser;
let page: Page;

startConsole();
beforeAll(async () => {
  ann = await w.user('ann');
  await w.secret(NAME);
  await w.grant(ann.id, 'READ', NAME);
  ({ page } = await b.signedIn('admin', w.adminPassword, { width: 390, height: 780 }));
});

/** The part of a DOM element that these tests use. */
interface InPage {
  childNodes: Iterable<{ nodeType: number; textContent: string | null }>;
  ownerDocument: {
    createRange(): { selectNodeContents(node: unknown): void; getClientRects(): { length: number } };
    getSelection(): { selectAllChildren(element: unknown): void; toString(): string } | null;
  };
}

/** Returns the text nodes of an element, and the number of lines that each text node occupies. */
const linesOf = (shown: Locator) =>
  shown.evaluate((element: unknown) =>
    [...(element as InPage).childNodes]
      .filter((node) => node.nodeType === 3)
      .map((node) => {
        const range = (element as InPage).ownerDocument.createRange();
        range.selectNodeContents(node);
        return `${node.textContent} ${range.getClientRects().length}`;
      }),
  );
const WHOLE = NAME.split(/(?<=_)/).map((word) => `${word} 1`);

test('on a phone, a long name wraps only between its words, and neither a copy of the name nor a screen reader contains additional characters', async () => {
  const link = page.getByRole('link', { name: NAME, exact: true });
  await link.waitFor();
  // The layout may still change while the page is loading.
  await expect.poll(() => linesOf(link), { timeout: 10_000 }).toEqual(WHOLE);
  const selected = await link.evaluate((element: unknown) => {
    const selection = (element as InPage).ownerDocument.getSelection();
    selection?.selectAllChildren(element);
    return selection?.toString();
  });
  expect(selected).toBe(NAME);

  await link.tap();
  const heading = page.getByRole('heading', { name: NAME, exact: true });
  await heading.waitFor();
  await expect.poll(() => linesOf(heading), { timeout: 10_000 }).toEqual(WHOLE);
  await page.getByRole('tab', { name: 'Access' }).tap();
  await page.getByRole('table', { name: `Who can access ${NAME}` }).waitFor();
});

test('on a phone, the access review never wraps a name within a word', async () => {
  await page.getByRole('button', { name: 'Open navigation' }).tap();
  await page.getByRole('link', { name: 'Access review' }).tap();
  await page.getByRole('combobox', { name: 'Secret' }).fill(NAME);
  await page.keyboard.press('Enter');
  const who = page.getByRole('cell').getByRole('link', { name: 'Administrator' });
  await who.waitFor();
  await expect.poll(() => linesOf(who), { timeout: 10_000 }).toEqual(['Administrator 1']);
});
