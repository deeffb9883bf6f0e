import { Anchor, Skeleton, Stack } from '@mantine/core';
import { Link } from 'wouter';
import { EmptyState } from './empty-state.tsx';
import { Page } from './page.tsx';
import { ProblemAlert } from './problem-alert.tsx';

/** Replaces the page of an object that is loading, deleted or hidden. `kind` is `Group`, `User`, … */
export function Absent({
  kind,
  list,
  loading,
  problem,
  onRetry,
}: {
  kind: string;
  /** Path of the list of all objects of this kind. */
  list: string;
  loading: boolean;
  problem: unknown;
  onRetry: () => void;
}) {
  return (
    <Page title={kind}>
      {problem != null ? (
        <ProblemAlert problem={problem} onRetry={onRetry} />
      ) : loading ? (
        <Stack aria-busy="true" aria-label="Loading" role="status">
          <Skeleton height={60} />
          <Skeleton height={200} />
        </Stack>
      ) : (
        <EmptyState
          title={`${kind} not found`}
          action={
            <Anchor component={Link} href={list}>
              All {kind.toLowerCase()}s
            </Anchor>
          }
        >
          The {kind.toLowerCase()} may have been deleted, or you can no longer see it.
        </EmptyState>
      )}
    </Page>
  );
}
