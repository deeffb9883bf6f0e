import { Anchor, Center, Loader } from '@mantine/core';
import { IconArrowLeft, IconFileText, IconHistory, IconTerminal2, IconUsersGroup } from '@tabler/icons-react';
import { Link, useParams } from 'wouter';
import { Problem } from '../api/problem.ts';
import { useAsk } from '../api/queries.ts';
import { SecretByName, type WholeSecretFragment } from '../generated/operations.ts';
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

/** One secret: what it is, its versions, who can reach it, what happened to it, and how to use it. */
export function SecretPage() {
  const { name = '' } = useParams();
  return <SecretAt key={name} name={name} />;
}

function SecretAt({ name }: { name: string }) {
  const { data, error, isFetching, refetch } = useAsk(SecretByName, { name });
  // What can be no name is none.
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

/** The same for one that is hidden and for one that is not there: nobody finds out by asking. */
function Missing({ name }: { name: string }) {
  const viewer = useViewer();
  if (onlyAudits(viewer))
    return (
      <Page title={name} about={<Back />}>
        <EmptyState
          title="No such secret, or not for you"
          action={
            <Anchor component={Link} href={secretPlace(viewer, name)}>
              Who can do what with it
            </Anchor>
          }
        >
          As an auditor you see the secrets that were granted to you. Who can do what with any other, and what happened
          to it, is told under Audits.
        </EmptyState>
      </Page>
    );
  return (
    <Page title={name} about={<Back />}>
      <EmptyState title="No such secret">
        There is no secret of this name, or none that you may see. If you need it, ask whoever keeps it to share it with
        you; if it was deleted within the last 30 days, whoever may delete it can restore it.
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
        label={`More about ${secret.name}`}
        tabs={{
          versions: { name: 'Versions', icon: IconHistory, panel: <SecretVersions secret={secret} /> },
          access: { name: 'Who can reach it', icon: IconUsersGroup, panel: <SecretAccess secret={secret} /> },
          events: { name: 'Audit events', icon: IconFileText, panel: <SecretEvents secret={secret} /> },
          use: { name: 'How to use it', icon: IconTerminal2, panel: <SecretUsage name={secret.name} /> },
        }}
      />
    </Page>
  );
}
