import { EditorState, type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { Box, Text } from '@mantine/core';
import { useEffect, useId, useRef } from 'react';
import { nonce } from '../shell/settings.ts';
import { look } from './editor-look.ts';

/**
 * A text editor that uses CodeMirror. The editor ignores changes of `extensions` after the first render. `onView` receives the
 * CodeMirror view, through which the caller can change the editor.
 */
export function CodeEditor({
  label,
  description,
  initial,
  height,
  extensions,
  onChange,
  onView,
}: {
  label: string;
  description?: string;
  initial: string;
  /** The height of the editor in any CSS unit. `base` is the height on a phone. */
  height: string | { base: string; md: string };
  extensions: Extension;
  onChange?: (text: string) => void;
  onView?: (view: EditorView) => void;
}) {
  const id = useId();
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef({ onChange, onView });
  latest.current = { onChange, onView };

  useEffect(() => {
    if (place.current === null) return;
    const view = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: initial,
        extensions: [
          EditorView.cspNonce.of(nonce),
          EditorView.contentAttributes.of({
            'aria-labelledby': `${id}-label`,
            ...(description !== undefined && { 'aria-describedby': `${id}-description` }),
          }),
          EditorView.updateListener.of(({ docChanged, state }) => {
            if (docChanged) latest.current.onChange?.(state.doc.toString());
          }),
          EditorView.lineWrapping,
          look,
          extensions,
        ],
      }),
    });
    latest.current.onView?.(view);
    return () => view.destroy();
  }, []);

  return (
    <div>
      <Text size="sm" fw={500} id={`${id}-label`}>
        {label}
      </Text>
      {description !== undefined && (
        <Text size="xs" c="dimmed" id={`${id}-description`}>
          {description}
        </Text>
      )}
      <Box ref={place} h={height} mt={4} />
    </div>
  );
}
