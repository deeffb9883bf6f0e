// Measures in a real browser the time until the console's first page is usable. The reference is an empty page of the same process.
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, launchChromium } from '../scripts/chromium.ts';
import { keepSession } from '../scripts/kept-session.ts';
import { table } from '../src/commands/table.ts';
import { readArguments } from './arguments.ts';
import { startGateway } from './beside/gateway.ts';
import { gatewayClient } from './beside/gateway-client.ts';
import { spread } from './beside/results.ts';
import { cleaningUp, type Undo } from './cleanup.ts';
import { openWorld, PASSWORD } from './world.ts';

const SECRETS = 100_000;
const MOST_MS = 1_000;
const MOST_KILOBYTES = 350;

const USAGE = `npm run bench -- console [--rounds N]

Opens pages in a browser in turn, N times each (default 9): an empty page, the sign-in page, and the first page of a user who sees ${SECRETS.toLocaleString('en-US')} secrets.
Prints how long each page takes until it is usable. Fails if the first page takes more than ${MOST_MS} ms, or more than ${MOST_KILOBYTES} KB of JavaScript.`;

export async function run(args: readonly string[] = []): Promise<void> {
  const asked = readArguments(USAGE, args, { numbers: { rounds: [9, 1, 100] } });
  if (asked !== undefined) await cleaningUp((undo) => measure(asked.numbers.rounds, undo));
}

/** A page, and a function that waits until the page is usable. */
interface Opened {
  name: string;
  path: string;
  usable: (page: Page) => Promise<void>;
  /** True if the browser's cache already contains the files of the page. */
  warm?: boolean;
  signedIn?: boolean;
}

const firstRow = (page: Page) => page.locator('tbody a').first().waitFor();

const OPENED: readonly Opened[] = [
  { name: 'empty page', path: '/healthz', usable: (page) => page.getByText('ok').waitFor() },
  { name: 'sign-in page', path: '/', usable: (page) => page.getByLabel('Username').waitFor() },
  { name: 'first page', path: '/secrets', usable: firstRow, signedIn: true },
  { name: 'first page, cached', path: '/secrets', usable: firstRow, signedIn: true, warm: true },
];

async function measure(rounds: number, undo: Undo): Promise<void> {
  const size = { secrets: SECRETS, events: 0, principals: 1_000, groups: 200, grants: 2_000 };
  const world = await openWorld(size, { undo });
  const gateway = await startGateway(world, { undo });
  const signIn = 'mutation ($p: SecretValue!) { signIn(username: "admin", password: $p) { token } }';
  const { token } = (await gatewayClient(gateway.url)(signIn, { p: PASSWORD })).signIn;
  const browser = await launchChromium(await chromiumPath());
  undo(() => browser.close());

  const took = OPENED.map((): number[] => []);
  let kilobytes = 0;
  // The first round warms up the gateway and the browser. The benchmark does not measure the first round.
  for (let round = -1; round < rounds; round += 1) {
    for (const [i, opened] of OPENED.entries()) {
      const { ms, script } = await open(browser, gateway.url, opened, token);
      if (round >= 0) took[i]?.push(ms);
      if (opened.signedIn && !opened.warm) kilobytes = script / 1_000;
    }
  }

  const medians = took.map(spread).map(({ median }) => median);
  const rows = OPENED.map(({ name }, i) => {
    const { least, median, most } = spread(took[i] ?? []);
    return [name, ...[median, least, most].map((ms) => ms.toFixed(0)), (median - (medians[0] ?? 0)).toFixed(0)];
  });
  console.log(
    `${rounds} rounds in turn, ${SECRETS.toLocaleString('en-US')} secrets. Milliseconds until the page is usable:\n`,
  );
  console.log(table(['page', 'median', 'minimum', 'maximum', 'above the empty page'], rows, [1, 2, 3, 4]));
  console.log(`\nJavaScript of the first page: ${kilobytes.toFixed(0)} KB, compressed`);
  const first = medians[2] ?? Number.NaN;
  if (first <= MOST_MS && kilobytes <= MOST_KILOBYTES) return;
  console.error(
    `The first page takes too long or loads too much JavaScript: the limits are ${MOST_MS} ms and ${MOST_KILOBYTES} KB`,
  );
  process.exitCode = 1;
}

/** Returns the milliseconds until the page is usable, and the number of script bytes that the browser received over the network. */
async function open(
  browser: Browser,
  url: string,
  { path, usable, warm = false, signedIn = false }: Opened,
  token: string,
): Promise<{ ms: number; script: number }> {
  const context = await browser.newContext({ baseURL: url });
  if (signedIn) await keepSession(context, token);
  const page = await context.newPage();
  let script = 0;
  page.on('response', (response) => {
    if (/\.js$/.test(response.url())) script += Number(response.headers()['content-length'] ?? 0);
  });
  if (warm) {
    await page.goto(path);
    await usable(page);
    script = 0;
  }
  const began = performance.now();
  await page.goto(path, { waitUntil: 'commit' });
  await usable(page);
  const ms = performance.now() - began;
  await context.close();
  return { ms, script };
}
