import { EditorView } from '@codemirror/view';

/**
 * When the user types over a selection, the editor itself inserts the text. If Chromium inserted the text, Chromium would add style
 * attributes to the text. The content security policy of the page blocks style attributes.
 */
export const typedOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { from, to, empty } = view.state.selection.main;
    const { inputType, data } = event;
    if (inputType !== 'insertText' || data === null || empty || view.composing || view.state.readOnly) return false;
    const insert = () =>
      view.state.update(view.state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true });
    const handled = view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, data, insert));
    if (!handled) view.dispatch(insert());
    event.preventDefault();
    return true;
  },
});
