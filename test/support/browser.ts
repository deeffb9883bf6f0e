// Runs a real Chromium against a real gateway.
import type { BrowserContext, Locator, Page, Request } from 'playwright-core';
import { expect, inject } from 'vitest';
import { launchChromium } from '../../scripts/chromium.ts';

export interface Visit {
  page: Page;
  context: BrowserContext;
  /** All requests and responses of the page, in order. */
  traffic: Exchange[];
  /** Resolves when no request is pending and no request has started for 100 ms. */
  idle(): Promise<void>;
}

export interface Exchange {
  url: string;
  method: string;
  /** The headers and the body of the request. */
  sent: string;
  /** The body of the response. The body is empty until the response is complete. */
  came: string;
}

export interface VisitOptions {
  /** The width of the page in pixels. The default is 1280. */
  width?: number;
  height?: number;
  scheme?: 'light' | 'dark';
}

export interface TestBrowser {
  /** Opens a page of the gateway in a new browser context. */
  visit(path?: string, options?: VisitOptions): Promise<Visit>;
  /** Opens a page in a new browser context, and signs in with the sign-in form. */
  signedIn(username: string, password: string, options?: VisitOptions & { path?: string }): Promise<Visit>;
  /**
   * Closes the browser. @throws if a page violated its content security policy, contacted a different host, or threw
   * an error
   */
  close(): Promise<void>;
}

const PHONE = 700;

/** Starts a browser for the gateway at `url`. The test must close the browser in `afterAll`. */
export async function browser(url: string): Promise<TestBrowser> {
  const running = await launchChromium(inject('chromium'));
  const faults: string[] = [];

  const visit: TestBrowser['visit'] = async (path = '/', { width = 1280, height = 900, scheme = 'light' } = {}) => {
    const context = await running.newContext({
      baseURL: url,
      viewport: { width, height },
      colorScheme: scheme,
      reducedMotion: 'reduce',
      hasTouch: width < PHONE,
      locale: 'en-GB',
      timezoneId: 'UTC',
    });
    context.setDefaultTimeout(15_000);
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url });
    const page = await context.newPage();
    const traffic: Exchange[] = [];
    page.on('pageerror', (error) => faults.push(`thrown: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      // Chromium logs failed requests. The page also shows these errors to the user.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        faults.push(`${page.url()}: ${message.text()}`);
    });
    const pending = new Set<Request>();
    let asked = 0;
    page.on('requestfinished', (request) => pending.delete(request));
    page.on('requestfailed', (request) => pending.delete(request));
    page.on('request', (request) => {
      pending.add(request);
      asked += 1;
      if (!request.url().startsWith(`${url}/`) && !/^(blob|data):/.test(request.url()))
        faults.push(`asked elsewhere: ${request.url()}`);
    });
    page.on('response', async (response) => {
      const request = response.request();
      const exchange = {
        url: request.url(),
        method: request.method(),
        sent: `${JSON.stringify(request.headers())} ${request.postData() ?? ''}`,
        came: '',
      };
      traffic.push(exchange);
      exchange.came = await response.text().catch(() => '');
    });
    await page.goto(path);
    const idle = async () => {
      for (let before = -1; before !== asked || pending.size > 0; await page.waitForTimeout(100)) before = asked;
    };
    return { page, context, traffic, idle };
  };

  return {
    visit,
    async signedIn(username, password, { path = '/secrets', ...options } = {}) {
      const visited = await visit(path, options);
      await signIn(visited.page, username, password);
      return visited;
    },
    async close() {
      await running.close();
      expect(faults).toEqual([]);
    },
  };
}

export async function signIn(page: Page, username: string, password: string): Promise<void> {
  await page.getByLabel('Username').fill(username);
  await page.locator('input[autocomplete="current-password"]').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: /^Account of/ }).waitFor();
}

/** Returns whether the element has the keyboard focus. */
export async function hasFocus(place: Locator): Promise<boolean> {
  return (await place.and(place.page().locator(':focus')).count()) === 1;
}
