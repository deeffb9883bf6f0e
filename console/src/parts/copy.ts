import { Problem, wordsFor } from '../api/problem.ts';
import { notify } from './notify.tsx';

/**
 * Copies a text to the clipboard. If `text` is a promise, the console does not store the text. If copying fails, a notification shows the
 * error. The returned promise resolves to true if the text was copied.
 */
export async function copy(text: string | (() => Promise<string>)): Promise<boolean> {
  const coming = typeof text === 'string' ? Promise.resolve(text) : text();
  // This handler prevents the browser from reporting an unhandled rejection. The code below handles the rejection.
  coming.catch(() => {});
  try {
    // The clipboard must receive the promise immediately, because some browsers allow clipboard access only while they handle a click.
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
    if (error instanceof Problem) return `The console copied nothing. ${title}: ${text}`;
  }
  return 'The console copied nothing, because the browser does not allow this page to write to the clipboard.';
}
