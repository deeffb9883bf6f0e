import { json } from '@codemirror/lang-json';
import { EditorState } from '@codemirror/state';
import { type EditorView, lineNumbers } from '@codemirror/view';
import { useEffect, useState } from 'react';
import { CodeEditor } from './code-editor.tsx';

const EXTENSIONS = [EditorState.readOnly.of(true), lineNumbers(), json()];

/** Shows the response of the gateway in a read-only editor. */
export function AnswerView({ text, height }: { text: string; height: { base: string; md: string } }) {
  const [view, setView] = useState<EditorView>();
  useEffect(() => {
    if (view === undefined || view.state.doc.toString() === text) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
  }, [view, text]);
  return (
    <CodeEditor
      label="Answer"
      description="The console does not store the answer."
      initial=""
      height={height}
      extensions={EXTENSIONS}
      onView={setView}
    />
  );
}
