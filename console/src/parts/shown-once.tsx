import { Code, Group, Text } from '@mantine/core';
import { useEffect, useId } from 'react';
import { CopyButton } from './copy-button.tsx';

/** Shows a secret text with a copy button. The console cannot show the text again. */
export function ShownOnce({ label, text }: { label: string; text: string }) {
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

/**
 * While the console shows a secret that it cannot show again, the browser asks the user for a confirmation before the browser leaves the
 * page.
 */
export function useAskBeforeLeaving(showing: boolean): void {
  useEffect(() => {
    if (!showing) return;
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', stay);
    return () => removeEventListener('beforeunload', stay);
  }, [showing]);
}
