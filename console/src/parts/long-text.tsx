import { Anchor, Text } from '@mantine/core';
import { useState } from 'react';

/** Number of characters shown at first. */
const SHOWN = 300;

/** A text that shows its beginning, and the rest on demand. */
export function LongText({ text }: { text: string }) {
  const [expanded, setExpanded] = useState(false);
  if (text.length <= SHOWN + 60) return text;
  return (
    <>
      <Text inherit>{expanded ? text : `${text.slice(0, SHOWN).trimEnd()}…`}</Text>
      <Anchor
        component="button"
        type="button"
        size="sm"
        aria-expanded={expanded}
        onClick={() => setExpanded(!expanded)}
      >
        {expanded ? 'Show less' : 'Show all'}
      </Anchor>
    </>
  );
}
