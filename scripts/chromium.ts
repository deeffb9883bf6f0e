// A real Chromium that came as a package, for tests, measurements and pictures of the console.
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as engine } from 'playwright-core';

/** Unpacked the first time. `CHROMIUM` names another, for machines that the package has none for. */
export async function chromiumPath(): Promise<string> {
  return process.env.CHROMIUM ?? chromium.executablePath();
}

/** It loads nothing from anywhere by itself. It has no sandbox, as that cannot be had everywhere: it is for pages that one trusts. */
export function launchChromium(executablePath: string): Promise<Browser> {
  const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return engine.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...quiet] });
}
