import { Badge } from '@mantine/core';
import type { AuditOutcome } from '../generated/operations.ts';
import { OUTCOMES } from './actions.ts';

const COLORS = { DONE: 'gray', REFUSED: 'orange', FAILED: 'red' } satisfies Record<AuditOutcome, string>;

/** Shows the outcome of an audit event as a coloured badge. */
export function Outcome({ outcome }: { outcome: AuditOutcome }) {
  return (
    <Badge variant="outline" color={COLORS[outcome]} size="sm" tt="none" c="var(--mantine-color-text)">
      {OUTCOMES[outcome]}
    </Badge>
  );
}
