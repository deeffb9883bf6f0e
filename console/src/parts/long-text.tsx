import { Anchor, Text } from '@mantine/core';
import { useState } from 'react';

/** Number of characters that are visible before the user expands a long text. */
const SHOWN = 300;

/** Shows the beginning of a long text. A click on a button shows the complete text. */
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
