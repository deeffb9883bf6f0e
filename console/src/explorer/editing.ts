import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { type Extension, Prec } from '@codemirror/state';
import { drawSelection, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { typedOver } from './typed-over.ts';

/** Key bindings and helpers of an editable editor. Escape, then Tab leaves the editor; Ctrl-Enter or Cmd-Enter calls `run`. */
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
