import { Problem, wordsFor } from '../api/problem.ts';
import { notify } from './notify.tsx';

/**
 * Copies a text to the clipboard. If a promise provides the text, the page does not keep the text. An error shows as a notification.
 * Resolves to true if the text was copied.
 */
export async function copy(text: string | (() => Promise<string>)): Promise<boolean> {
  const coming = typeof text === 'string' ? Promise.resolve(text) : text();
  // The rejection is handled below. This handler only prevents a report of an unhandled rejection.
  coming.catch(() => {});
  try {
    // Pass the promise to the clipboard at once: some browsers allow writing only while they handle a click.
    await navigator.clipboard.write([
      new ClipboardItem({ 'text/plain': coming.then((found) => new Blob([found], { type: 'text/plain' })) }),
    ]);
    return true;
  } catch {
    notify(await failure(coming));
    return false;
  }
}

async function failure(coming: Promise<string>): Promise<string> {
  try {
    await coming;
  } catch (error) {
    const { title, text } = wordsFor(error);
    if (error instanceof Problem) return `Nothing was copied. ${title}: ${text}`;
  }
  return 'Copying failed: the browser does not let this page write to the clipboard.';
}
