import { useEffect } from 'react';

/** Rows of long lists leave the page once one has scrolled that far, in pixels: who scrolls on goes on from there. */
const SCROLLED_AWAY = 300;

/**
 * Where what has the keyboard's focus goes away, such as the button of a row that is deleted, the focus goes to the nearest heading, and not to
 * where the page begins. A dialog that was opened meanwhile gives it back to the page that way too. What is disabled for a while has it again.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    /** What of the page had the focus last, and all that it stood in, from within; empty once one has left it. */
    let path: Element[] = [];
    let scrolled = 0;

    const onFocus = ({ target }: FocusEvent) => {
      if (!isOfThePage(target)) return;
      path = withAncestors(target);
      scrolled = scrollY;
    };
    const onBlur = ({ target }: FocusEvent) => {
      // Only afterwards does it show whether it was left, or went away.
      setTimeout(() => {
        if (target === path[0] && isNowhere() && isOfThePage(target) && !target.matches(':disabled')) path = [];
      });
    };
    const onChange = (wasDisabled: boolean) => {
      const [last] = path;
      if (last === undefined || !isNowhere()) return;
      if (last.isConnected) {
        if (wasDisabled && !last.matches(':disabled')) (last as HTMLElement).focus({ preventScroll: true });
        return;
      }
      const around = path;
      path = [];
      if (Math.abs(scrollY - scrolled) < SCROLLED_AWAY) nearest(around)?.focus({ preventScroll: true });
    };
    const watch = new MutationObserver((changes) =>
      onChange(changes.some(({ type, target }) => type === 'attributes' && target === path[0])),
    );
    document.addEventListener('focusin', onFocus);
    document.addEventListener('focusout', onBlur);
    watch.observe(document.body, { childList: true, subtree: true, attributeFilter: ['disabled'] });
    return () => {
      document.removeEventListener('focusin', onFocus);
      document.removeEventListener('focusout', onBlur);
      watch.disconnect();
    };
  }, []);
}

const isNowhere = () => document.activeElement === null || document.activeElement === document.body;

/** Whether it is there, and neither in a dialog nor in a menu: those stand beside the page. */
const isOfThePage = (target: EventTarget | null): target is Element =>
  target instanceof Element && target.closest('#content') !== null;

function withAncestors(of: Element): Element[] {
  const found: Element[] = [];
  for (let at: Element | null = of; at !== null; at = at.parentElement) found.push(at);
  return found;
}

/** The first heading in the innermost of these that is still there and has one; what holds the content where none has. */
function nearest(around: readonly Element[]): HTMLElement | null {
  for (const one of around) {
    if (!one.isConnected) continue;
    const heading = one.querySelector<HTMLElement>('h1, h2, h3, h4, h5, h6');
    if (heading === null && one.id !== 'content') continue;
    heading?.setAttribute('tabindex', '-1');
    return heading ?? document.getElementById('content');
  }
  return document.getElementById('content');
}
