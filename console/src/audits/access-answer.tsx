import { Stack, Text, Title } from '@mantine/core';
import { AccessPaths } from '../access/access-paths.tsx';
import type { Subject } from '../access/subjects.ts';
import type { Pages } from '../api/queries.ts';
import type { AccessRowFragment } from '../generated/operations.ts';
import { AccessBadges } from '../parts/access.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { NameText } from '../parts/name-text.tsx';
import { useNarrow } from '../parts/narrow.ts';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { inWords } from '../parts/time.tsx';
import { SecretLink, SubjectLink } from './links.tsx';
import { missingSecret } from './missing-secret.ts';

const who = (width: string): Column<AccessRowFragment> => ({
  key: 'who',
  header: 'Principal',
  width,
  cell: ({ principal }) => <SubjectLink subject={principal} />,
});
const what = (width: string): Column<AccessRowFragment> => ({
  key: 'secret',
  header: 'Secret',
  width,
  cell: ({ secret }) => <SecretLink secret={secret} />,
});
const HOW: Column<AccessRowFragment> = {
  key: 'how',
  header: 'Access and paths',
  cell: ({ access, paths }) => (
    <Stack gap={4}>
      <AccessBadges access={access} />
      <AccessPaths paths={paths} />
    </Stack>
  ),
};

/**
 * Lists the results of an access review: principals, secrets and access paths. If the query names a principal, the table has no column for
 * principals. If the query names a secret, the table has no column for secrets.
 */
export function AccessAnswer({
  subject,
  secret,
  access,
  at,
  pages,
}: {
  subject: Subject | null;
  secret: string;
  access: string;
  at: string;
  pages: Pages<AccessRowFragment>;
}) {
  const title = titleOf({ subject, secret, access, at });
  const narrow = useNarrow();
  // On a phone, this table column is wide enough for a name of one word.
  const width = narrow ? '9.5rem' : '36%';
  const columns = [...(subject === null ? [who(width)] : []), ...(secret === '' ? [what(width)] : []), HOW];
  return (
    <section aria-label="Results">
      <Stack gap="xs">
        <Title order={2} size="h4">
          <NameText>{title}</NameText>
        </Title>
        {subject !== null && secret !== '' && access === '' && (
          <Text size="sm" c="dimmed">
            Choose an access in the query to see why the access is allowed or refused.
          </Text>
        )}
        <PagedTable
          caption={title}
          columns={columns}
          pages={pages}
          words={at === '' ? {} : missingSecret(pages.problem)}
          rowKey={({ principal, secret }) => `${principal.id} ${secret.id}`}
          empty={<EmptyState title="No access">{noneOf({ subject, access, at })}</EmptyState>}
        />
      </Stack>
    </section>
  );
}

interface Asked {
  subject: Subject | null;
  secret: string;
  access: string;
  at: string;
}

function titleOf({ subject, secret, access, at }: Asked): string {
  const [can, has] = at === '' ? ['can', 'has'] : ['could', 'had'];
  const when = at === '' ? '' : ` on ${inWords(at)}`;
  if (subject === null) return `Who ${access === '' ? `${has} access to` : `${can} ${access}`} ${secret}${when}`;
  if (secret === '') return `What ${subject.name} ${can} ${access || 'access'}${when}`;
  return `How ${subject.name} ${access === '' ? `${has} access to` : `${can} ${access}`} ${secret}${when}`;
}

function noneOf({ subject, access, at }: Omit<Asked, 'secret'>): string {
  const [has, was] = at === '' ? ['has', ''] : ['had', ' at that time'];
  const what = access === '' ? 'access' : `${access} access`;
  return subject === null ? `Nobody ${has} ${what} to this secret${was}.` : `${subject.name} ${has} no ${what}${was}.`;
}
