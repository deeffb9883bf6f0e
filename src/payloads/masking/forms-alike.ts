// Forms that begin alike, of which the longest that stands at a place is found in a few comparisons, however many they are.
import type { Form } from './hidden-texts.ts';

/** The part of `units` from `start` up to `end`. */
export interface Units {
  readonly units: Uint16Array;
  readonly start: number;
  readonly end: number;
}

export const PLUS = 0x2b;
export const SPACE = 0x20;
/** Forms of browsers have the one for the other. */
export const folded = (unit: number) => (unit === PLUS ? SPACE : unit);
const foldedText = (text: string) => text.replaceAll('+', ' ');

/** One of them, in their order. */
interface Alike {
  /** With `+` as a space. */
  readonly text: string;
  /** The longest of the others that it begins with. */
  readonly beginning: Alike | undefined;
  /** Of it and all that it begins with the form that hides most; and of those that may be cut. */
  readonly most: Form;
  readonly mostCut: Form | undefined;
}

export type FormsAlike = readonly Alike[];

export function formsAlike(forms: readonly Form[]): FormsAlike {
  const sorted = forms.map((form) => ({ form, text: foldedText(form.text) }));
  if (sorted.length > 1) sorted.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  const all: Alike[] = [];
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

/** What one comparison costs besides the units that it compares. */
const COMPARISON = 8;

/** The form that hides most of those that stand at `at`, or of those that may be `cut`; `effort.left` is less by what it took. */
export function standing(alike: FormsAlike, text: Units, at: number, cut: boolean, effort: { left: number }) {
  // The last one that is not behind what stands there begins with each that stands there.
  let [low, high] = [0, alike.length];
  let [inLow, inHigh] = [0, 0];
  while (low < high) {
    const middle = (low + high) >> 1;
    const form = (alike[middle] as Alike).text;
    // What both its neighbours have in common with the text, it has as well.
    const from = Math.min(inLow, inHigh);
    const common = commonUnits(form, text, at, from);
    effort.left -= COMPARISON + common - from;
    const end = at + common;
    const isBehind =
      common < form.length && (end >= text.end || form.charCodeAt(common) > folded(text.units[end] as number));
    if (isBehind) [high, inHigh] = [middle, common];
    else [low, inLow] = [middle + 1, common];
  }
  let found = alike[low - 1];
  while (found !== undefined && found.text.length > inLow) {
    effort.left--;
    found = found.beginning;
  }
  return cut ? found?.mostCut : found?.most;
}

/** How many units both have in common, of which the first `from` are known to be. */
function commonUnits(form: string, { units, end }: Units, at: number, from: number): number {
  const most = Math.min(form.length, end - at);
  let common = from;
  while (common < most && form.charCodeAt(common) === folded(units[at + common] as number)) common++;
  return common;
}
