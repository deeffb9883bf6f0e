import { Checkbox, FileButton, Group, Text, Textarea, UnstyledButton } from '@mantine/core';
import { useLayoutEffect, useRef, useState } from 'react';
import { MAX_VALUE_LENGTH } from '../limits.ts';
import { edited, lineEnd, type Paste, shownOf } from './exact-text.ts';
import classes from './value-field.module.css';

/** Maximum size of a file that the user loads as a secret value, in bytes. In UTF-8, a character has at most 4 bytes. */
const MAX_FILE_BYTES = 4 * MAX_VALUE_LENGTH;

/**
 * An input field for a secret value with any number of lines. The field masks the value until the user reveals the value, and preserves
 * every byte. React does not control the text area, because React would write the value of a controlled text area into the HTML of the
 * page.
 */
export function ValueField({
  label,
  value,
  onChange,
  error,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
}) {
  const [shows, setShows] = useState(false);
  const [problem, setProblem] = useState<string>();
  const area = useRef<HTMLTextAreaElement>(null);
  const paste = useRef<Paste>(undefined);
  // Fills the text area with the entered value when the user switches back from a generated value.
  useLayoutEffect(() => {
    if (area.current) area.current.value = shownOf(value);
    // After the first render, this component no longer stores the initial value; the text area contains the value.
  }, []);
  const take = async (file: File | null) => {
    if (file === null) return;
    const text = await textOf(file);
    setProblem(text === undefined ? 'The file does not contain UTF-8 text, or the file is too large.' : undefined);
    if (text === undefined) return;
    if (area.current) area.current.value = shownOf(text);
    onChange(text);
  };
  return (
    <div>
      <Textarea
        ref={area}
        label={label}
        required
        withAsterisk
        rows={3}
        resize="vertical"
        classNames={{ input: shows ? '' : classes.masked }}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        autoComplete="off"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        data-1p-ignore
        data-lpignore="true"
        error={error ?? problem}
        onPaste={({ currentTarget: { selectionStart: start, selectionEnd: end }, clipboardData }) => {
          paste.current = { start, end, text: clipboardData.getData('text/plain') };
        }}
        onChange={({ currentTarget }) => {
          onChange(edited(value, currentTarget.value, paste.current));
          paste.current = undefined;
          setProblem(undefined);
        }}
      />
      <Group mt={6} gap="md" justify="space-between">
        <Group gap="md">
          <Checkbox
            size="xs"
            label={`Show ${label.toLowerCase()}`}
            checked={shows}
            onChange={({ currentTarget }) => setShows(currentTarget.checked)}
          />
          <FileButton onChange={(file) => void take(file)}>
            {(props) => (
              <UnstyledButton {...props} fz="xs" c="var(--mantine-color-anchor)">
                Load from file
              </UnstyledButton>
            )}
          </FileButton>
        </Group>
        <Text size="xs" c="dimmed" aria-live="polite">
          {shapeOf(value)}
        </Text>
      </Group>
    </div>
  );
}

const ENDS: Record<string, string> = { '\r\n': ' (CRLF)', '\r': ' (CR)' };

/** Describes a masked value in words, so that the user notices mistakes, for example a line break at the end. */
function shapeOf(value: string): string {
  if (value === '') return '';
  const { length } = [...value];
  const lines = shownOf(value).replace(/\n$/, '').split('\n').length;
  const end = lineEnd(value);
  const parts = [`${length} ${length === 1 ? 'character' : 'characters'}`];
  if (lines > 1) parts.push(`${lines} lines${end === undefined ? ' (mixed line ends)' : (ENDS[end] ?? '')}`);
  if (/[\r\n]$/.test(value)) parts.push('ends with a line break');
  else if (value !== value.trim()) parts.push('with leading or trailing whitespace');
  return parts.join(', ');
}

async function textOf(file: File): Promise<string | undefined> {
  if (file.size > MAX_FILE_BYTES) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer());
  } catch {
    return undefined;
  }
}
