import { Alert, Badge, List, Loader, Stack, Text, Title } from '@mantine/core';
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { describePath } from '../access/access-paths.tsx';
import type { Subject } from '../access/subjects.ts';
import { useAsk } from '../api/queries.ts';
import { type Access, ExplainAccess, type NearMissReason } from '../generated/operations.ts';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { inWords } from '../parts/time.tsx';

const REASONS = {
  OTHER_ACCESS: 'The grant gives other access',
  EXPIRED: 'The grant has expired',
  SECRET_LACKS_TAG: 'The secret does not have the tag',
  NOT_A_MEMBER: 'The principal is not in the group',
  PRINCIPAL_INACTIVE: 'The principal is inactive',
} satisfies Record<NearMissReason, string>;

/** Explains why a principal has a certain access to a secret, or why the principal does not have the access. */
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
              The secret expired on {inWords(expiresAt)}. Nobody can reveal or use the value of an expired secret.
            </Text>
          )}
          {allowed && (
            <Text size="sm">
              {paths.length === 1
                ? 'One access path allows this action.'
                : `${paths.length} access paths allow this action. If you remove one access path, the other access paths still allow the action.`}
            </Text>
          )}
          {!allowed && principalActive && <Text size="sm">No role and no grant allows this action.</Text>}
        </Alert>
        {paths.length > 0 && (
          <div>
            <Title order={2} size="h4" mb={4}>
              Access paths that allow the access
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
        {!allowed && nearMisses.length === 0 && (
          <Text size="sm">The gateway found no similar grant that would allow this action after a small change.</Text>
        )}
      </Stack>
    </section>
  );
}
