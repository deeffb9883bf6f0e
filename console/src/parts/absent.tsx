import { Anchor, Skeleton, Stack } from '@mantine/core';
import { Link } from 'wouter';
import { EmptyState } from './empty-state.tsx';
import { Page } from './page.tsx';
import { ProblemAlert } from './problem-alert.tsx';

/** Content of the page while its object is loading, or if its object is deleted or hidden. `kind` is for example `Group` or `User`. */
export function Absent({
  kind,
  list,
  loading,
  problem,
  onRetry,
}: {
  kind: string;
  /** URL path of the page that lists all objects of this kind. */
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
          The {kind.toLowerCase()} may have been deleted, or you may no longer see the {kind.toLowerCase()}.
        </EmptyState>
      )}
    </Page>
  );
}
