import { Anchor, Box, Group, Stack, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react';
import { Link } from 'wouter';
import type { SecretOrder, SecretRowFragment } from '../generated/operations.ts';
import { NameText } from '../parts/name-text.tsx';
import type { Column } from '../parts/paged-table.tsx';
import { TagBadges } from '../parts/tags.tsx';
import { Time } from '../parts/time.tsx';
import { Expiry } from './expiry.tsx';
import { type Doing, RowActions } from './row-actions.tsx';

/** Maximum number of tags that the list of secrets shows in a row. The page of the secret shows all tags. */
const MOST_TAGS = 6;

/** Returns the table columns of the list of secrets. A click on the header of a sortable column calls `onOrder`. */
export function secretColumns({
  order,
  onOrder,
  onDo,
}: {
  order: SecretOrder;
  onOrder: (order: SecretOrder) => void;
  onDo: (what: Doing, secret: SecretRowFragment, button: HTMLElement) => void;
}): Column<SecretRowFragment>[] {
  const byName = order === 'NAME_ASC' || order === 'NAME_DESC';
  return [
    {
      key: 'name',
      header: (
        <OrderButton
          label="Name"
          to={order === 'NAME_ASC' ? 'NAME_DESC' : 'NAME_ASC'}
          down={byName ? order === 'NAME_DESC' : undefined}
          onOrder={onOrder}
        />
      ),
      sorted: byName ? (order === 'NAME_ASC' ? 'ascending' : 'descending') : undefined,
      cell: (secret) => <Name secret={secret} />,
    },
    { key: 'tags', header: 'Tags', on: 'wide', cell: ({ tags }) => <TagBadges tags={tags} most={MOST_TAGS} /> },
    {
      key: 'value',
      header: 'Value',
      width: '4.5rem',
      cell: ({ value }) => (
        <Text span ff="monospace">
          {value}
        </Text>
      ),
    },
    { key: 'version', header: 'Version', width: '5rem', on: 'wide', align: 'right', cell: ({ version }) => version },
    {
      key: 'updated',
      header: (
        <OrderButton
          label="Updated"
          to="UPDATED_AT_DESC"
          down={order === 'UPDATED_AT_DESC' || undefined}
          onOrder={onOrder}
        />
      ),
      sorted: order === 'UPDATED_AT_DESC' ? 'descending' : undefined,
      width: '10rem',
      on: 'wide',
      cell: ({ updatedAt, updatedBy }) => (
        <Text size="sm">
          <Time at={updatedAt} />
          {updatedBy && (
            <>
              <br />
              by {updatedBy.name}
            </>
          )}
        </Text>
      ),
    },
    {
      key: 'expires',
      header: (
        <OrderButton
          label="Expires"
          to="EXPIRES_AT_ASC"
          down={order === 'EXPIRES_AT_ASC' ? false : undefined}
          onOrder={onOrder}
        />
      ),
      sorted: order === 'EXPIRES_AT_ASC' ? 'ascending' : undefined,
      width: '9rem',
      on: 'wide',
      cell: ({ expiresAt }) => <Expiry at={expiresAt} />,
    },
    {
      key: 'actions',
      header: <VisuallyHidden>Actions</VisuallyHidden>,
      width: 'var(--actions-width)',
      align: 'right',
      cell: (secret) => <RowActions secret={secret} onDo={(what, button) => onDo(what, secret, button)} />,
    },
  ];
}

/**
 * Shows the name of a secret. On a phone, the cell also shows the tags and the expiry time, because the table has no separate columns for
 * them on a phone.
 */
function Name({ secret: { name, tags, expiresAt } }: { secret: SecretRowFragment }) {
  return (
    <Stack gap={4}>
      <Anchor component={Link} href={`/secrets/${name}`} fw={500} fz="sm">
        <NameText>{name}</NameText>
      </Anchor>
      <Box hiddenFrom="sm">
        <TagBadges tags={tags} most={MOST_TAGS} />
        {expiresAt !== null && (
          <Text size="sm" component="div" mt={4}>
            <Group gap={4} wrap="nowrap" align="flex-start" component="span">
              <span style={{ flex: 'none' }}>Expires:</span> <Expiry at={expiresAt} />
            </Group>
          </Text>
        )}
      </Box>
    </Stack>
  );
}

function OrderButton({
  label,
  to,
  down,
  onOrder,
}: {
  label: string;
  to: SecretOrder;
  /**
   * True if the table is sorted by this column in descending order. False in ascending order. `down` is undefined if the table is sorted by
   * another column.
   */
  down: boolean | undefined;
  onOrder: (order: SecretOrder) => void;
}) {
  const Icon = down === undefined ? IconArrowsSort : down ? IconArrowDown : IconArrowUp;
  return (
    <UnstyledButton fz="inherit" fw="inherit" onClick={() => onOrder(to)}>
      <Group gap={4} wrap="nowrap" component="span">
        {label}
        <Icon size={14} stroke={down === undefined ? 1 : 2} aria-hidden />
      </Group>
    </UnstyledButton>
  );
}
