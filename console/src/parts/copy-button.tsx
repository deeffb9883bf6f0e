import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { copy } from './copy.ts';
import { IconAction } from './icon-action.tsx';

/**
 * A button that copies a text to the clipboard. `text` is the text itself, or a function that returns a promise of the text. The button
 * calls the function only after a click. If `why` is defined, the button is disabled and shows the reason `why`.
 */
export function CopyButton({
  text,
  label,
  why,
}: {
  text: string | (() => Promise<string>);
  label: string;
  why?: string | undefined;
}) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1_500);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <IconAction
      label={done ? 'Copied' : label}
      icon={done ? <IconCheck size={18} stroke={1.5} /> : <IconCopy size={18} stroke={1.5} />}
      onClick={() => void copy(text).then(setDone)}
      why={why}
    />
  );
}
