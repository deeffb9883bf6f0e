// An index of encoded forms of hidden texts. All forms in one index begin with the same UTF-16 units. A binary search in the index finds the longest
// form at a position in a text.
import type { Form } from './hidden-texts.ts';

/** The characters of `units` from `start` up to `end`. */
export interface Units {
  readonly units: Uint16Array;
  readonly start: number;
  readonly end: number;
}

export const PLUS = 0x2b;
export const SPACE = 0x20;
/** Converts `+` to a space, because URL-encoded form data contains `+` in place of a space. */
export const folded = (unit: number) => (unit === PLUS ? SPACE : unit);
const foldedText = (text: string) => text.replaceAll('+', ' ');

/** A form in the index. */
interface IndexedForm {
  /** The text of the form. A space replaces each `+`. */
  readonly text: string;
  /** The longest form in the index that is a proper prefix of this form. */
  readonly beginning: IndexedForm | undefined;
  /** The form that hides the most units, among this form and the prefixes of this form in the index. */
  readonly most: Form;
  /**
   * The form that hides the most units, among the forms that may continue on several lines. The candidates are this form and the prefixes of this
   * form in the index.
   */
  readonly mostCut: Form | undefined;
}

export type FormIndex = readonly IndexedForm[];

export function formIndex(forms: readonly Form[]): FormIndex {
  const sorted = forms.map((form) => ({ form, text: foldedText(form.text) }));
  if (sorted.length > 1) sorted.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  const all: IndexedForm[] = [];
  for (const { form, text } of sorted) {
    let beginning = all.at(-1);
    while (beginning !== undefined && !text.startsWith(beginning.text)) beginning = beginning.beginning;
    const cut = form.cut ? form : undefined;
    all.push({
      text,
      beginning,
      most: more(form, beginning?.most),
      mostCut: cut === undefined ? beginning?.mostCut : more(cut, beginning?.mostCut),
    });
  }
  return all;
}

const more = (a: Form, b: Form | undefined) => (b === undefined || a.length >= b.length ? a : b);

/** The fixed cost of one comparison, in addition to the number of compared units. */
const COMPARISON = 8;

/**
 * The form at index `at` that hides the most units. With `cut`, considers only forms that may continue on several lines. Subtracts the cost of the
 * search from `budget.left`.
 */
export function longestFormAt(index: FormIndex, text: Units, at: number, cut: boolean, budget: { left: number }) {
  // The forms are sorted. Take the last form that does not sort after the text at `at`. Every form that matches at `at` is a prefix of this form.
  let [low, high] = [0, index.length];
  let [inLow, inHigh] = [0, 0];
  while (low < high) {
    const middle = (low + high) >> 1;
    const form = (index[middle] as IndexedForm).text;
    // The forms are sorted. If the forms at `low` and `high` both share a prefix with the text, the form in the middle shares at least this prefix
    // with the text.
    const from = Math.min(inLow, inHigh);
    const common = commonUnits(form, text, at, from);
    budget.left -= COMPARISON + common - from;
    const end = at + common;
    const isBehind =
      common < form.length && (end >= text.end || form.charCodeAt(common) > folded(text.units[end] as number));
    if (isBehind) [high, inHigh] = [middle, common];
    else [low, inLow] = [middle + 1, common];
  }
  let found = index[low - 1];
  while (found !== undefined && found.text.length > inLow) {
    budget.left--;
    found = found.beginning;
  }
  return cut ? found?.mostCut : found?.most;
}

/** Returns the number of leading units that `form` and the text at `at` share. The caller guarantees that the first `from` units are equal. */
function commonUnits(form: string, { units, end }: Units, at: number, from: number): number {
  const most = Math.min(form.length, end - at);
  let common = from;
  while (common < most && form.charCodeAt(common) === folded(units[at + common] as number)) common++;
  return common;
}
