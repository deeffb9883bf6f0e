import { Problem, wordsFor } from '../api/problem.ts';
import { notify } from './notify.tsx';

/** Copies a text. A promised text goes only to the clipboard. Shows an error as a notification. Resolves to whether the copy succeeded. */
export async function copy(text: string | (() => Promise<string>)): Promise<boolean> {
  const coming = typeof text === 'string' ? Promise.resolve(text) : text();
  // Handled once, below.
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
