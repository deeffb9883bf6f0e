import { expect, test } from 'vitest';
import { progressBar, progressOn, progressText } from '../../src/commands/progress.ts';

/** The output of a command after ten steps of 400 ms, on a terminal or in a file. */
function shown(screen: { isTTY: boolean; columns?: number }): string[] {
  const written: string[] = [];
  let now = 0;
  const progress = progressOn({ ...screen, write: (text) => written.push(text) }, () => now);
  for (let done = 0; done <= 10; done += 1) {
    progress.update(done, 10);
    now += 400;
  }
  progress.end();
  return written;
}

test('on a terminal, a command shows its progress in a single line, which it overwrites and which never wraps', () => {
  const written = shown({ isTTY: true, columns: 50 });
  expect(written.length).toBeGreaterThan(10);
  expect(written.at(-1)).toBe('\n');
  for (const text of written.slice(0, -1)) {
    expect(text.replace('\x1b[K', '$')).toMatch(/^\r[^\n\r\p{Cc}]{1,49}\$$/u);
  }
});

test('if the output is not a terminal, a command prints a progress line every few seconds and at the end', () => {
  const written = shown({ isTTY: false });
  expect(written).toHaveLength(2);
  for (const text of written) expect(text).toMatch(/^\P{Cc}+\n$/u);
  expect(written[1]).toContain('100 %  10 of 10');
});

test('a command without any step prints no progress line', () => {
  const written: string[] = [];
  progressOn({ write: (text) => written.push(text) }).end();
  expect(written).toEqual([]);
});

test.each([
  [0, 10, 0, '  0 %  0 of 10'],
  [6_420, 12_345, 1_000, ' 52 %  6,420 of 12,345  6,420/s  1 s left'],
  [12_344, 12_345, 1_000, ' 99 %  12,344 of 12,345  12,344/s  1 s left'],
  [10, 1_000_000, 1_000, '  0 %  10 of 1,000,000  10/s  28 h left'],
  [0, 0, 1_000, '100 %  0 of 0'],
])(
  'the progress line shows the correct share and remaining time for step %i of %i after %i ms',
  (done, total, elapsed, text) => {
    expect(progressText(done, total, elapsed)).toBe(text);
  },
);

test('the progress bar is full only after the last step', () => {
  expect(progressBar(999_999, 1_000_000)).toContain('░');
  expect(progressBar(10, 10)).not.toContain('░');
  expect(progressBar(0, 10)).not.toContain('█');
});
