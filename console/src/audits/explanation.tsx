import { Alert, Badge, List, Loader, Stack, Text, Title } from '@mantine/core';
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { describePath } from '../access/access-paths.tsx';
import type { Subject } from '../access/subjects.ts';
import { useAsk } from '../api/queries.ts';
import { type Access, ExplainAccess, type NearMissReason } from '../generated/operations.ts';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { inWords } from '../parts/time.tsx';

const REASONS = {
  OTHER_ACCESS: 'Grants other access',
  EXPIRED: 'Expired',
  SECRET_LACKS_TAG: 'The secret lacks the tag',
  NOT_A_MEMBER: 'Not a member of the group',
  PRINCIPAL_INACTIVE: 'Inactive',
} satisfies Record<NearMissReason, string>;

/** Says whether a principal has an access, and why or why not. */
export function Explanation({ subject, secret, access }: { subject: Subject; secret: string; access: Access }) {
  const { data, error, refetch } = useAsk(ExplainAccess, { principalId: subject.id, secret, access });
  if (error !== null) return <ProblemAlert problem={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loader aria-label="Calculating" />;
  const { allowed, principalActive, paths, nearMisses } = data.explainAccess;
  const expiresAt = data.secret?.expiresAt;
  const over = expiresAt != null && new Date(expiresAt) <= new Date() && (access === 'READ' || access === 'EXECUTE');
  return (
    <section aria-label="Results" aria-live="polite">
      <Stack gap="md">
        <Alert
          color={allowed ? 'green' : 'red'}
          icon={allowed ? <IconCircleCheck /> : <IconCircleX />}
          title={`${allowed ? 'Allowed' : 'Not allowed'}: ${subject.name} ${allowed ? 'can' : 'cannot'} ${access} ${secret}`}
        >
          {!principalActive && (
            <Text size="sm">
              {subject.name} is inactive. An inactive principal has no access, even with roles and grants.
            </Text>
          )}
          {allowed && over && (
            <Text size="sm">
              The secret expired on {inWords(expiresAt)}. Its value can no longer be revealed or used.
            </Text>
          )}
          {allowed && (
            <Text size="sm">
              {paths.length === 1
                ? 'There is one access path.'
                : `There are ${paths.length} access paths. Removing one path leaves the others.`}
            </Text>
          )}
          {!allowed && principalActive && <Text size="sm">No role and no grant gives this access.</Text>}
        </Alert>
        {paths.length > 0 && (
          <div>
            <Title order={2} size="h4" mb={4}>
              Why
            </Title>
            <List size="sm">
              {paths.map((path) => (
                <List.Item key={`${path.role}${path.group?.id}${path.tag?.id}${path.permission?.id}`}>
                  {subject.name} {describePath(path)}
                </List.Item>
              ))}
            </List>
          </div>
        )}
        {nearMisses.length > 0 && (
          <div>
            <Title order={2} size="h4" mb={4}>
              Closest grants
            </Title>
            <List size="sm" spacing={6} aria-label="Closest grants">
              {nearMisses.map(({ permission, reason, message }) => (
                <List.Item key={permission.id}>
                  {message}{' '}
                  <Badge variant="default" size="sm" tt="none">
                    {REASONS[reason]}
                  </Badge>
                </List.Item>
              ))}
            </List>
          </div>
        )}
        {!allowed && nearMisses.length === 0 && <Text size="sm">No grant comes close to this access.</Text>}
      </Stack>
    </section>
  );
}
