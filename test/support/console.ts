// The objects that each console test file uses: one gateway with the console, and one browser.
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import type { TestAppOptions } from './app.ts';
import { browser, type TestBrowser } from './browser.ts';
import { type World, world } from './world.ts';

/** The gateway of the running test file. */
export let w: World;
/** The browser of the running test file. */
export let b: TestBrowser;

/** Call once, at the top of a test file: starts `w` and `b` before its tests and closes them after its tests. */
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
