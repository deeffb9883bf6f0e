import { Box, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { SHOWN_MS } from './reveal.ts';
import classes from './secret-page.module.css';

/**
 * Shows a revealed value and the number of seconds until the value is masked again. The value is only in the text content of this element,
 * not in an HTML attribute.
 */
export function ValueText({ value, label }: { value: string; label: string }) {
  return (
    <div>
      {value === '' ? (
        <Text size="sm" fs="italic">
          The value is empty.
        </Text>
      ) : (
        <Box className={classes.value} tabIndex={0} role="textbox" aria-readonly aria-multiline aria-label={label}>
          {value}
        </Box>
      )}
      <Left key={value} />
    </div>
  );
}

function Left() {
  const [seconds, setSeconds] = useState(SHOWN_MS / 1_000);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => Math.max(1, before - 1)), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <Text size="xs" c="dimmed">
      The console masks the value in {seconds} s
    </Text>
  );
}
