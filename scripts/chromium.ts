// A real Chromium from an npm package, for tests, benches and screenshots of the console.
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as engine } from 'playwright-core';

/** The package unpacks Chromium on first use. `CHROMIUM` names another binary, for platforms that the package does not support. */
export async function chromiumPath(): Promise<string> {
  return process.env.CHROMIUM ?? chromium.executablePath();
}

/**
 * This Chromium loads nothing in the background. Chromium runs without a sandbox, because not every system allows a sandbox. Open only
 * trusted pages with this Chromium.
 */
export function launchChromium(executablePath: string): Promise<Browser> {
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return engine.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...quiet] });
}
