// Starts a real Chromium from an npm package, for tests, benchmarks and screenshots of the console.
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as engine } from 'playwright-core';

/** The npm package unpacks Chromium on first use. On platforms that the package does not support, the variable `CHROMIUM` names the Chromium program. */
export async function chromiumPath(): Promise<string> {
  return process.env.CHROMIUM ?? chromium.executablePath();
}

/**
 * The options disable background downloads of Chromium. Chromium runs without a sandbox, because some systems do not allow a sandbox. Therefore the
 * caller must open only trusted pages.
 */
export function launchChromium(executablePath: string): Promise<Browser> {
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return engine.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...quiet] });
}
