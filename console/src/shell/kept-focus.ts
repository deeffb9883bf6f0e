import { useEffect } from 'react';

/**
 * Scroll distance in pixels after which a long list may remove the focused row from the DOM. After such a scroll distance, the hook does
 * not move the focus, because moving the focus would scroll the page.
 */
const SCROLLED_AWAY = 300;

/**
 * When the focused element disappears from the page, the hook moves the focus to the nearest heading. An example is the Delete button of a
 * row that the user deletes. Without the hook, the browser would move the focus to the start of the page. When a focused element is
 * disabled, the hook focuses the element again after the element is enabled.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    /**
     * The element of the page that had the focus last, and its ancestors. The array is empty after the user has moved the focus away from
     * the element.
     */
    let path: Element[] = [];
    let scrolled = 0;

    const onFocus = ({ target }: FocusEvent) => {
      if (!isOfThePage(target)) return;
      path = withAncestors(target);
      scrolled = scrollY;
    };
    const onBlur = ({ target }: FocusEvent) => {
      // The check runs after the `focusout` event. During the event, the hook cannot know whether the user moved the focus away or the
      // element disappeared.
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

/** Returns true if the element is in the content element of the page. Dialogs and menus are outside the content element. */
const isOfThePage = (target: EventTarget | null): target is Element =>
  target instanceof Element && target.closest('#content') !== null;

function withAncestors(of: Element): Element[] {
  const found: Element[] = [];
  for (let at: Element | null = of; at !== null; at = at.parentElement) found.push(at);
  return found;
}

/**
 * Returns the heading that is nearest to a removed element: the first heading in the innermost ancestor that is still in the DOM and
 * contains a heading. If there is no heading, returns the content element.
 */
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
