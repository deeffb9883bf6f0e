import fc from 'fast-check';
import { expect, test } from 'vitest';
import { edited, shownOf } from '../../console/src/secrets/exact-text.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r', '\r\n', 'é', '🔑'), maxLength: 12 });
/** A string, and a selected range in the text that a text area shows for the string. */
const selected = text.chain((exact) => {
  const place = fc.nat({ max: shownOf(exact).length });
  return fc.tuple(fc.constant(exact), place, place).map(([exact, a, b]) => ({
    exact,
    start: Math.min(a, b),
    end: Math.max(a, b),
  }));
});
const replaced = ({ exact, start, end }: { exact: string; start: number; end: number }, by: string) =>
  shownOf(exact).slice(0, start) + by + shownOf(exact).slice(end);

test('after any edit, the stored string differs from the displayed text only in line ends', () => {
  fc.assert(
    fc.property(selected, text, (place, typed) => {
      const shown = replaced(place, shownOf(typed));
      expect(shownOf(edited(place.exact, shown))).toBe(shown);
    }),
  );
});

test('if a user pastes text into the value editor, the editor stores every byte of the text', () => {
  fc.assert(
    fc.property(text, (pasted) => {
      expect(edited('', shownOf(pasted), { start: 0, end: 0, text: pasted })).toBe(pasted);
    }),
  );
});

test('if a user pastes text into the value editor, the stored text before and after the insertion does not change', () => {
  fc.assert(
    fc.property(text, text, text, (before, pasted, after) => {
      // The test skips a paste between CR and LF, because splitting the line end changes the text around the
      // insertion.
      fc.pre(
        !(before.endsWith('\r') && /^\n/.test(pasted)) && !(/\r$/.test(before + pasted) && after.startsWith('\n')),
      );
      fc.pre(!(before.endsWith('\r') && after.startsWith('\n')));
      const start = shownOf(before).length;
      const paste = { start, end: start, text: pasted };
      const shown = shownOf(before) + shownOf(pasted) + shownOf(after);
      expect(edited(before + after, shown, paste)).toBe(before + pasted + after);
    }),
  );
});

test('if a user types a new line, its line end equals the existing line ends', () => {
  expect(edited('a\r\nb\r\n', 'a\nb\nc\n')).toBe('a\r\nb\r\nc\r\n');
  expect(edited('a\nb', 'a\nx\nb')).toBe('a\nx\nb');
  expect(edited('a\r\nb\nc', 'a\nb\nc\n')).toBe('a\r\nb\nc\n');
});

test('the editor ignores a paste event that does not match the text in the text area', () => {
  expect(edited('', 'other\n', { start: 0, end: 0, text: 'text\r\n' })).toBe('other\n');
});
