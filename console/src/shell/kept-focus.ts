import { useEffect } from 'react';

/**
 * Scroll distance in pixels at which a long list removes rows from the DOM. After such a distance the focus is not moved, because moving
 * the focus would scroll the page.
 */
const SCROLLED_AWAY = 300;

/**
 * When the focused element is removed, for example the button of a deleted row, this moves the focus to the nearest heading instead of the
 * start of the page. The focus also moves if an element is removed after a dialog has returned the focus to this element. A temporarily
 * disabled element regains the focus when it is enabled.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    /** The element of the page that had the focus last, and its ancestors; empty after the user has left this element. */
    let path: Element[] = [];
    let scrolled = 0;

    const onFocus = ({ target }: FocusEvent) => {
      if (!isOfThePage(target)) return;
      path = withAncestors(target);
      scrolled = scrollY;
    };
    const onBlur = ({ target }: FocusEvent) => {
      // The check runs after the event, because during the event it is unknown whether the user left the element or the element was
      // removed.
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

/** Whether the element is in the content of the page. Dialogs and menus are outside of the content. */
const isOfThePage = (target: EventTarget | null): target is Element =>
  target instanceof Element && target.closest('#content') !== null;

function withAncestors(of: Element): Element[] {
  const found: Element[] = [];
  for (let at: Element | null = of; at !== null; at = at.parentElement) found.push(at);
  return found;
}

/** The first heading in the innermost connected ancestor that contains a heading. Without a heading, the content element. */
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
