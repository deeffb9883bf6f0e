import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type ConsoleWorld, consolePages, makeConsoleWorld } from '../../scripts/console-world.ts';
import type { Visit } from '../support/browser.ts';
import { b, startConsole, w } from '../support/console.ts';
import { sentinel } from '../support/sentinel.ts';

let pages: Record<string, string>;

startConsole({ console: 'explorer' });
beforeAll(async () => {
  pages = consolePages(await makeConsoleWorld(w.admin.get, sentinel));
});

const nobody: ConsoleWorld = { groupId: '', applicationId: '', userId: '' };
const NAMES = Object.keys(consolePages(nobody));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Opens a page by a click on a link, which preserves the session. */
async function go({ page, idle }: Visit, path: string): Promise<void> {
  await page.evaluate(
    `history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate'))`,
  );
  await page.getByRole('heading', { level: 1 }).waitFor();
  await idle();
  await page.locator('main [aria-busy=true], main .mantine-Skeleton-root').first().waitFor({ state: 'hidden' });
}

/** Returns the serious and critical violations that axe finds on the page. */
async function barriers(page: Page): Promise<string[]> {
  // The test evaluates the script through the browser's debugging protocol, which the content security policy does
  // not restrict.
  await page.evaluate(AXE);
  const found = await page.evaluate<
    { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[]
  >('axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)');
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

// On a busy machine, this test needs more time.
vi.setConfig({ testTimeout: 240_000 });

describe.each([
  { scheme: 'light', width: 1280 },
  { scheme: 'dark', width: 390 },
] as const)('the console with $scheme colours at a width of $width pixels', ({ scheme, width }) => {
  test('each page of the console has one heading, no serious accessibility violation and no horizontal scrolling', async () => {
    const visit = await b.signedIn('admin', w.adminPassword, { scheme, width, height: 800 });
    const { page } = visit;
    const found: Record<string, unknown> = {};
    for (const name of NAMES) {
      await go(visit, pages[name] ?? '');
      const wrong = await barriers(page);
      const headings = await page.getByRole('heading', { level: 1 }).count();
      const beyond = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      if (wrong.length > 0 || headings !== 1 || beyond > 0) found[name] = { wrong, headings, beyond };
    }
    expect(found).toEqual({});
  });
});

test('a user can reach every control on each page by keyboard, and the focused control is visibly marked', async () => {
  const visit = await b.signedIn('admin', w.adminPassword);
  const { page } = visit;
  const found: Record<string, unknown> = {};
  for (const name of NAMES) {
    await go(visit, pages[name] ?? '');
    // Moves the keyboard focus to the start of the page.
    await page.evaluate(`document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)`);
    const REACHABLE =
      'a[href], button:not([disabled]):not([tabindex="-1"]), input:not([type=hidden]):not([disabled]):not([tabindex="-1"]), textarea:not([disabled]), [role=tab][tabindex="0"], [contenteditable=true]';
    await page.evaluate(
      `window.left = new Set([...document.querySelectorAll(${JSON.stringify(REACHABLE)})].filter((one) => one.checkVisibility({ visibilityProperty: true }) && !(one.type === 'radio' && !one.checked)))`,
    );
    const unseen: string[] = [];
    for (let n = 0; n < 200; n += 1) {
      await page.keyboard.press('Tab');
      const { left, hidden } = await page.evaluate<{ left: number; hidden: string }>(`(() => {
        const one = document.activeElement;
        left.delete(one);
          // The border of a field with several parts shows that one of the parts has the focus.
        const shown = one.matches(':focus-visible, input:focus-within') && one.getClientRects().length > 0;
        return { left: left.size, hidden: shown || one === document.body ? '' : one.outerHTML.slice(0, 200) };
      })()`);
      if (hidden !== '') unseen.push(hidden);
      if (left === 0) break;
      // In an editor that uses the Tab key, the user presses Escape and then Tab to leave the editor. The accessible
      // description of the editor explains these keys.
      if (await page.evaluate<boolean>(`document.activeElement.isContentEditable`)) await page.keyboard.press('Escape');
    }
    const missed = await page.evaluate<string[]>(`[...left].map((one) => one.outerHTML.slice(0, 200))`);
    if (missed.length > 0 || unseen.length > 0) found[name] = { missed, unseen };
  }
  expect(found).toEqual({});
});
