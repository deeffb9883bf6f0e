import { Problem, wordsFor } from '../api/problem.ts';
import { notify } from './notify.tsx';

/** Copies a text, or one that is yet to come, which stands in nothing but the clipboard then. Tells what went wrong. False if it did. */
export async function copy(text: string | (() => Promise<string>)): Promise<boolean> {
  const coming = typeof text === 'string' ? Promise.resolve(text) : text();
  // Told below, once.
  coming.catch(() => {});
  try {
    // Given to the clipboard before it is there: some browsers let a page write only while a click is being handled.
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
