import { Anchor, Center, Loader } from '@mantine/core';
import { IconArrowLeft, IconFileText, IconHistory, IconTerminal2, IconUsersGroup } from '@tabler/icons-react';
import { Link, useParams } from 'wouter';
import { Problem } from '../api/problem.ts';
import { useAsk } from '../api/queries.ts';
import { SecretByName, type WholeSecretFragment } from '../generated/operations.ts';
import { RESTORABLE_DAYS } from '../limits.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Page } from '../parts/page.tsx';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { UrlTabs } from '../parts/url-tabs.tsx';
import { useViewer } from '../session/viewer.ts';
import { SecretAccess } from './secret-access.tsx';
import { SecretActions } from './secret-actions.tsx';
import { SecretDetails } from './secret-details.tsx';
import { SecretEvents } from './secret-events.tsx';
import classes from './secret-page.module.css';
import { onlyAudits, secretPlace } from './secret-place.ts';
import { SecretUsage } from './secret-usage.tsx';
import { SecretVersions } from './secret-versions.tsx';

/** The page of a secret: details, versions, access, audit events and usage. */
export function SecretPage() {
  const { name = '' } = useParams();
  return <SecretAt key={name} name={name} />;
}

function SecretAt({ name }: { name: string }) {
  const { data, error, isFetching, refetch } = useAsk(SecretByName, { name });
  // The page sends no query if the name in the URL is invalid, because a secret with an invalid name cannot exist.
  const unnamed = error instanceof Problem && error.code === 'BAD_USER_INPUT';
  if (data?.secret != null) return <Found secret={data.secret} problem={error} onRetry={() => void refetch()} />;
  if (unnamed || (data?.secret === null && !isFetching)) return <Missing name={name} />;
  return (
    <Page title={name} about={<Back />}>
      {error === null ? (
        <Center p="xl">
          <Loader aria-label="Loading the secret" />
        </Center>
      ) : (
        <ProblemAlert problem={error} onRetry={() => void refetch()} />
      )}
    </Page>
  );
}

function Back() {
  return (
    <Anchor component={Link} href="/secrets" size="sm" className={classes.back}>
      <IconArrowLeft size={14} stroke={1.5} aria-hidden /> All secrets
    </Anchor>
  );
}

/**
 * INVARIANT: the page looks the same for a secret that the viewer may not see and for a secret that does not exist. Therefore nobody can
 * find out the names of hidden secrets.
 */
function Missing({ name }: { name: string }) {
  const viewer = useViewer();
  if (onlyAudits(viewer))
    return (
      <Page title={name} about={<Back />}>
        <EmptyState
          title="Secret not found, or not visible to you"
          action={
            <Anchor component={Link} href={secretPlace(viewer, name)}>
              Review access to this secret
            </Anchor>
          }
        >
          As an auditor, you see only the pages of secrets to which a grant gives you access. The pages under Audits
          show the access and the audit events of all secrets.
        </EmptyState>
      </Page>
    );
  return (
    <Page title={name} about={<Back />}>
      <EmptyState title="Secret not found">
        No secret has this name, or you are not allowed to see the secret. To get access, ask a user with UPDATE access
        to share the secret with you. If the secret was deleted, a user with DELETE access can restore the secret within{' '}
        {RESTORABLE_DAYS} days after the deletion.
      </EmptyState>
    </Page>
  );
}

function Found({ secret, problem, onRetry }: { secret: WholeSecretFragment; problem: unknown; onRetry: () => void }) {
  return (
    <Page title={secret.name} about={<Back />} actions={<SecretActions secret={secret} />}>
      <ProblemAlert problem={problem} onRetry={onRetry} />
      <SecretDetails secret={secret} />
      <UrlTabs
        label={`Details of ${secret.name}`}
        tabs={{
          versions: { name: 'Versions', icon: IconHistory, panel: <SecretVersions secret={secret} /> },
          access: { name: 'Access', icon: IconUsersGroup, panel: <SecretAccess secret={secret} /> },
          events: { name: 'Audit events', icon: IconFileText, panel: <SecretEvents secret={secret} /> },
          use: { name: 'Usage', icon: IconTerminal2, panel: <SecretUsage name={secret.name} /> },
        }}
      />
    </Page>
  );
}
