import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const shade = (color: string) => `light-dark(var(--mantine-color-${color}-9), var(--mantine-color-${color}-3))`;
const border = '1px solid var(--mantine-color-default-border)';

const theme = EditorView.theme({
  '&': {
    height: '100%',
    fontSize: '13px',
    border,
    borderRadius: 'var(--mantine-radius-md)',
    backgroundColor: 'var(--mantine-color-default)',
    color: 'var(--mantine-color-text)',
    overflow: 'hidden',
  },
  '&.cm-focused': { outline: '2px solid var(--mantine-primary-color-filled)', outlineOffset: '1px' },
  '.cm-scroller': { fontFamily: 'var(--mantine-font-family-monospace)', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--mantine-color-text)' },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-gutters': {
    backgroundColor: 'transparent',
    color: 'var(--mantine-color-dimmed)',
    borderRight: border,
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--mantine-color-default-hover)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'light-dark(var(--mantine-color-cyan-1), var(--mantine-color-cyan-9))',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--mantine-color-body)',
    color: 'var(--mantine-color-text)',
    border,
    borderRadius: 'var(--mantine-radius-sm)',
    maxWidth: '32rem',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--mantine-primary-color-filled)',
    color: 'var(--mantine-color-white)',
  },
  '.cm-tooltip.cm-completionInfo, .cm-docs': { padding: '6px 10px', whiteSpace: 'pre-wrap' },
  // These styles replace the default marks of errors. The default marks are images with `data:` URLs, which the content security policy of
  // the page blocks.
  '.cm-lintRange-error, .cm-lintRange-warning, .cm-lintRange-info, .cm-lintRange-hint': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy 1px',
    textUnderlineOffset: '3px',
  },
  '.cm-lintRange-error': { textDecorationColor: 'var(--mantine-color-error)' },
  '.cm-diagnostic': { padding: '6px 10px' },
});

const colors = HighlightStyle.define([
  { tag: [tags.keyword, tags.definitionKeyword, tags.modifier], color: shade('grape') },
  { tag: [tags.propertyName, tags.attributeName], color: shade('blue') },
  { tag: tags.variableName, color: shade('orange') },
  { tag: tags.string, color: shade('green') },
  { tag: [tags.integer, tags.float, tags.number, tags.bool, tags.null], color: shade('red') },
  { tag: tags.lineComment, color: 'var(--mantine-color-dimmed)', fontStyle: 'italic' },
]);

/** The theme of the code editors. The editors have light colours on a light page and dark colours on a dark page. */
export const look: Extension = [theme, syntaxHighlighting(colors)];
