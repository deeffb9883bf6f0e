import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { type Extension, Prec } from '@codemirror/state';
import { drawSelection, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { typedOver } from './typed-over.ts';

/**
 * CodeMirror extensions for an editor in which the user can type. Ctrl-Enter or Cmd-Enter calls `run`. The user leaves the editor with the
 * Escape key and then the Tab key.
 */
export function editing(run: () => void): Extension {
  const running = {
    key: 'Mod-Enter',
    run: () => {
      run();
      return true;
    },
  };
  return [
    Prec.highest(keymap.of([running])),
    lineNumbers(),
    history(),
    drawSelection(),
    highlightActiveLine(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    autocompletion(),
    typedOver,
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
  ];
}
