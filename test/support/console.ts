// The objects that the tests in each console test file share: one gateway with the console, and one browser.
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import type { TestAppOptions } from './app.ts';
import { browser, type TestBrowser } from './browser.ts';
import { type World, world } from './world.ts';

/** The gateway of the test file that is running. */
export let w: World;
/** The browser of the test file that is running. */
export let b: TestBrowser;

/**
 * Call once, at the top of a test file. Starts `w` and `b` before the tests of the file, and closes them after these
 * tests.
 */
export function startConsole(options: TestAppOptions = {}): void {
  beforeAll(async () => {
    w = await world({ console: 'on', ...options });
    b = await browser(w.url);
  });
  afterAll(async () => {
    await b.close();
    await w.close();
  });
}

export const button = (within: Page | Locator, name: string | RegExp) =>
  within.getByRole('button', { name, exact: true });
