import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { type Extension, Prec } from '@codemirror/state';
import { drawSelection, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { typedOver } from './typed-over.ts';

/** What one can do in an editor that one writes in. Escape and then Tab leaves it; `run` is Ctrl-Enter, or Cmd-Enter. */
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
