import { Alert, Loader, Stack, Table, Text, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { useAsk } from '../api/queries.ts';
import { type AccessChange, type AccessRowFragment, type Role, SimulateAccess } from '../generated/operations.ts';
import { AccessBadges } from '../parts/access.tsx';
import { NameText } from '../parts/name-text.tsx';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { sameRoles } from '../parts/roles.tsx';
import { readsAll, useViewer } from '../session/viewer.ts';

/** Tracks whether the access preview has shown the effect of exactly `changes`. The caller passes the returned `onShown` to the preview. */
export function useSeen(changes: readonly AccessChange[]): {
  seen: boolean;
  onShown: (shown: readonly AccessChange[]) => void;
} {
  const [text, setText] = useState<string>();
  return { seen: text === JSON.stringify(changes), onShown: (shown) => setText(JSON.stringify(shown)) };
}

/**
 * Shows who would gain access and who would lose access through `changes`. The changes are not made yet. When the result or the error is
 * visible, the preview calls `onShown` with the changes. While the preview is loading, the preview calls `onShown` with an empty list.
 */
export function AccessPreview({
  changes: asked,
  onShown,
}: {
  changes: readonly AccessChange[];
  onShown?: (changes: readonly AccessChange[]) => void;
}) {
  const viewer = useViewer();
  const [changes] = useDebouncedValue(asked, 300);
  const { data, error, isFetching, refetch } = useAsk(
    SimulateAccess,
    { changes: [...changes] },
    { enabled: changes.length > 0, keepPrevious: true },
  );
  const settled = asked === changes || JSON.stringify(asked) === JSON.stringify(changes);
  const shown = settled && changes.length > 0 && !isFetching && (data !== undefined || error !== null);
  useEffect(() => {
    onShown?.(shown ? changes : []);
    // `onShown` is not a dependency of this React effect, because the caller may pass a new function on each render.
  }, [shown, changes]);
  if (asked.length === 0) return null;
  return (
    <section aria-label="Effect on access" aria-live="polite" aria-busy={!shown}>
      <Stack gap="xs">
        <Title order={3} size="h5">
          Effect on access {!shown && <Loader size="xs" aria-label="Calculating" />}
        </Title>
        <ProblemAlert problem={error} onRetry={() => void refetch()} />
        {data && error === null && (
          <>
            <Outcome {...data.simulateAccess} all={readsAll(viewer)} />
            {!readsAll(viewer) && <HiddenGroupsNote />}
          </>
        )}
      </Stack>
    </section>
  );
}

/** Shows who would gain and who would lose access if the subject had `roles` instead of its present roles. */
export function RolesPreview({ subject, roles }: { subject: { id: string; roles: Role[] }; roles: Role[] }) {
  const changed = !sameRoles(roles, subject.roles);
  return <AccessPreview changes={changed ? [{ setRoles: { subjectId: subject.id, roles } }] : []} />;
}

/**
 * If the viewer is neither an administrator nor an auditor, the gateway omits access through groups that do not contain the viewer.
 */
export function HiddenGroupsNote() {
  return (
    <Text size="sm" c="dimmed">
      Access through a group is shown only if you are a member of the group.
    </Text>
  );
}

function Outcome({
  gained,
  lost,
  complete,
  all,
}: {
  gained: readonly AccessRowFragment[];
  lost: readonly AccessRowFragment[];
  complete: boolean;
  /** True if the viewer sees the access through every group. */
  all: boolean;
}) {
  if (gained.length === 0 && lost.length === 0)
    return (
      <Text size="sm">
        {complete
          ? `Nobody ${all ? '' : 'that you can see '}gains or loses access.`
          : 'None of the checked principals gains or loses access. The gateway did not check every principal and secret, because there are too many.'}
      </Text>
    );
  return (
    <>
      <Side title="Gains" rows={gained} color="green" />
      <Side title="Loses" rows={lost} color="red" />
      {!complete && (
        <Text size="sm" c="dimmed">
          This list of principals is incomplete. Further principals may gain or lose access.
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
            <Table.Th scope="col" w="30%">
              Principal
            </Table.Th>
            <Table.Th scope="col" w="42%">
              Secret
            </Table.Th>
            <Table.Th scope="col">{title}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ principal, secret, access }) => (
            <Table.Tr key={`${principal.id} ${secret.id}`}>
              <Table.Td>
                <NameText>{principal.name}</NameText>
              </Table.Td>
              <Table.Td>
                <NameText>{secret.name}</NameText>
              </Table.Td>
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
