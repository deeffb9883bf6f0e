import { Code, Group, Text } from '@mantine/core';
import { useEffect, useId } from 'react';
import { CopyButton } from './copy-button.tsx';

/** A text to be taken along, by a click. */
export function Keepsake({ label, text }: { label: string; text: string }) {
  const id = useId();
  return (
    <div>
      <Text id={id} size="sm" fw={500}>
        {label}
      </Text>
      <Group gap="xs" wrap="nowrap" role="group" aria-labelledby={id}>
        <Code block flex={1} miw={0} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {text}
        </Code>
        <CopyButton text={text} label={`Copy ${label.charAt(0).toLowerCase()}${label.slice(1)}`} />
      </Group>
    </div>
  );
}

/** While it shows what is shown once, the browser asks before the page is left. */
export function useAskBeforeLeaving(showing: boolean): void {
  useEffect(() => {
    if (!showing) return;
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', stay);
    return () => removeEventListener('beforeunload', stay);
  }, [showing]);
}
