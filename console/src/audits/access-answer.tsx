import { Stack, Text, Title } from '@mantine/core';
import type { Subject } from '../access/subjects.ts';
import { Ways } from '../access/ways.tsx';
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
  header: 'Who',
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
  header: 'Access, and by which ways',
  cell: ({ access, paths }) => (
    <Stack gap={4}>
      <AccessBadges access={access} />
      <Ways paths={paths} />
    </Stack>
  ),
};

/** Who, with what, and how: what is in the question is not told again in each row. */
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
  // On a phone so wide that a name of one word has room.
  const width = narrow ? '9.5rem' : '36%';
  const columns = [...(subject === null ? [who(width)] : []), ...(secret === '' ? [what(width)] : []), HOW];
  return (
    <section aria-label="The answer">
      <Stack gap="xs">
        <Title order={2} size="h4">
          <NameText>{title}</NameText>
        </Title>
        {subject !== null && secret !== '' && access === '' && (
          <Text size="sm" c="dimmed">
            Choose an access to be told why, or why not.
          </Text>
        )}
        <PagedTable
          caption={title}
          columns={columns}
          pages={pages}
          words={at === '' ? {} : missingSecret(pages.problem)}
          rowKey={({ principal, secret }) => `${principal.id} ${secret.id}`}
          empty={
            <EmptyState title={subject === null ? 'Nobody' : 'Nothing'}>{noneOf({ subject, access, at })}</EmptyState>
          }
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
  const can = at === '' ? 'can' : 'could';
  const when = at === '' ? '' : ` on ${inWords(at)}`;
  if (subject === null) return `Who ${can} ${access || 'do something'}${access === '' ? ' with' : ''} ${secret}${when}`;
  if (secret === '') return `What ${subject.name} ${can} ${access || 'do'}${when}`;
  return `How ${subject.name} ${can} ${access || 'do something'}${access === '' ? ' with' : ''} ${secret}${when}`;
}

function noneOf({ subject, access, at }: Omit<Asked, 'secret'>): string {
  const [has, was] = at === '' ? ['has', 'now'] : ['had', 'then'];
  const what = access === '' ? 'any access' : access;
  return subject === null
    ? `Nobody ${has} ${what} to it ${was}.`
    : `${subject.name} ${has} no way to ${what} here ${was}.`;
}
