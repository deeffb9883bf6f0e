import { ActionIcon, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { notify } from './notify.tsx';

/** Copies a text, or what `text` finds out once it is asked for. */
export function CopyButton({ text, label }: { text: string | (() => Promise<string>); label: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1_500);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : await text());
      setDone(true);
    } catch {
      notify('It could not be copied: the browser does not let this page write to the clipboard.');
    }
  };
  return (
    <Tooltip label={done ? 'Copied' : label}>
      <ActionIcon variant="subtle" color="gray" aria-label={done ? 'Copied' : label} onClick={() => void copy()}>
        {done ? <IconCheck size={18} stroke={1.5} /> : <IconCopy size={18} stroke={1.5} />}
      </ActionIcon>
    </Tooltip>
  );
}
