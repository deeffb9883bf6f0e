// The command `npm run screenshots` takes pictures of each page of the console and saves the pictures in docs/console/. The pictures show a wide
// screen and a phone, in light and dark colours.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { gatewayClient } from '../bench/beside/gateway-client.ts';
import { startServer } from '../bench/beside/server-process.ts';
import { cleaningUp } from '../bench/cleanup.ts';
import { progressOn } from '../src/commands/progress.ts';
import { chromiumPath, launchChromium } from './chromium.ts';
import { consolePages, makeConsoleWorld } from './console-world.ts';
import { keepSession } from './kept-session.ts';

const INTO = join(import.meta.dirname, '../docs/console');
const LOOKS = [
  { name: 'light', width: 1280, height: 800, scheme: 'light' },
  { name: 'dark', width: 1280, height: 800, scheme: 'dark' },
  { name: 'phone-light', width: 390, height: 780, scheme: 'light' },
  { name: 'phone-dark', width: 390, height: 780, scheme: 'dark' },
] as const;
type Look = (typeof LOOKS)[number];

await cleaningUp(async (undo) => {
  const dir = mkdtempSync(join(tmpdir(), 'gateway-screenshots-'));
  undo(async () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const text = () => randomBytes(12).toString('base64url');
  const password = text();
  const gateway = await startServer({
    name: 'gateway',
    args: [join(import.meta.dirname, '../src/main.ts'), 'serve'],
    env: { PORT: '0', DATA_DIR: join(dir, 'data'), ADMIN_PASSWORD: password, CONSOLE: 'explorer' },
    dir,
    undo,
  });
  const signIn = 'mutation ($p: SecretValue!) { signIn(username: "admin", password: $p) { token } }';
  const { token } = (await gatewayClient(gateway.url)(signIn, { p: password })).signIn;
  const pages = consolePages(await makeConsoleWorld(gatewayClient(gateway.url, token), text));

  const browser = await launchChromium(await chromiumPath());
  undo(() => browser.close());
  mkdirSync(INTO, { recursive: true });
  const all = LOOKS.flatMap((look) => [
    { look, name: 'sign-in', path: '/' },
    ...Object.entries(pages).map(([name, path]) => ({ look, name, path })),
  ]);
  const progress = progressOn(process.stderr);
  for (const [i, { look, name, path }] of all.entries()) {
    const page = await open(browser, gateway.url, look, name === 'sign-in' ? undefined : token);
    await page.goto(path);
    await settled(page);
    await keep(page, join(INTO, `${name}-${look.name}.webp`));
    await page.context().close();
    progress.update(i + 1, all.length);
  }
  progress.end();
});

async function open(browser: Browser, url: string, look: Look, token: string | undefined): Promise<Page> {
  const { width, height, scheme } = look;
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width, height },
    colorScheme: scheme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  if (token !== undefined) await keepSession(context, token);
  return context.newPage();
}

async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForLoadState('networkidle');
  await page.locator('main [aria-busy=true]').first().waitFor({ state: 'hidden' });
}

/** Saves a picture of the page in the WebP format. A WebP file has a fifth of the size of a PNG file. */
async function keep(page: Page, file: string): Promise<void> {
  const browser = await page.context().newCDPSession(page);
  const { data } = await browser.send('Page.captureScreenshot', { format: 'webp', quality: 80 });
  writeFileSync(file, Buffer.from(data, 'base64'));
}
