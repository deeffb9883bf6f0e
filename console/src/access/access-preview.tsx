import { Alert, Loader, Stack, Table, Text, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect } from 'react';
import { useAsk } from '../api/queries.ts';
import { type AccessChange, type AccessRowFragment, SimulateAccess } from '../generated/operations.ts';
import { AccessBadges } from '../parts/access.tsx';
import { ProblemAlert } from '../parts/problem-alert.tsx';

/**
 * Who would gain and who would lose access by these changes, before they are made. `onShown` is called with them once that stands there, or why it
 * cannot be told.
 */
export function AccessPreview({
  changes: asked,
  onShown,
}: {
  changes: readonly AccessChange[];
  onShown?: (changes: readonly AccessChange[]) => void;
}) {
  const [changes] = useDebouncedValue(asked, 300);
  const { data, error, isFetching, refetch } = useAsk(
    SimulateAccess,
    { changes: [...changes] },
    { enabled: changes.length > 0, keepPrevious: true },
  );
  const shown = asked === changes && changes.length > 0 && !isFetching && (data !== undefined || error !== null);
  useEffect(() => {
    if (shown) onShown?.(changes);
  }, [shown, changes, onShown]);
  if (asked.length === 0) return null;
  return (
    <section aria-label="What this would change" aria-live="polite" aria-busy={isFetching}>
      <Stack gap="xs">
        <Title order={3} size="h5">
          What this would change {isFetching && <Loader size="xs" aria-label="Working it out" />}
        </Title>
        <ProblemAlert problem={error} onRetry={() => void refetch()} />
        {data && error === null && <Outcome {...data.simulateAccess} />}
      </Stack>
    </section>
  );
}

function Outcome({
  gained,
  lost,
  complete,
}: {
  gained: readonly AccessRowFragment[];
  lost: readonly AccessRowFragment[];
  complete: boolean;
}) {
  if (gained.length === 0 && lost.length === 0)
    return (
      <Text size="sm">
        {complete ? 'Nobody gains or loses access.' : 'Nobody of those looked at gains or loses access.'}
      </Text>
    );
  return (
    <>
      <Side title="Gains" rows={gained} color="green" />
      <Side title="Loses" rows={lost} color="red" />
      {!complete && (
        <Text size="sm" c="dimmed">
          There are more: these are the first.
        </Text>
      )}
    </>
  );
}

function Side({ title, rows, color }: { title: 'Gains' | 'Loses'; rows: readonly AccessRowFragment[]; color: string }) {
  if (rows.length === 0) return null;
  return (
    <Alert color={color} title={`${title === 'Gains' ? 'Gain' : 'Lose'} access (${rows.length})`} role="group">
      <Table aria-label={`Who ${title.toLowerCase()} access`} layout="fixed" style={{ overflowWrap: 'anywhere' }}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Who</Table.Th>
            <Table.Th scope="col">Secret</Table.Th>
            <Table.Th scope="col">{title}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ principal, secret, access }) => (
            <Table.Tr key={`${principal.id} ${secret.id}`}>
              <Table.Td>{principal.name}</Table.Td>
              <Table.Td>{secret.name}</Table.Td>
              <Table.Td>
                <AccessBadges access={access} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Alert>
  );
}
