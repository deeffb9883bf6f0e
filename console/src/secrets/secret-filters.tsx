import { Box, Button, Group, MultiSelect, Select, SimpleGrid } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFilter } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { everyAccess } from '../parts/access-names.ts';
import { SearchField } from '../parts/search-field.tsx';
import { TagsField } from '../parts/tags.tsx';
import {
  accessOf,
  accessText,
  EXPIRIES,
  filtersOf,
  type ListState,
  ORDERS,
  orderOf,
  tagsOf,
  tagsText,
} from './list-state.ts';

/** The search field and the filters of the list of secrets. On a phone, the filters are hidden until the user presses a button. */
export function SecretFilters({ state, change }: { state: ListState; change: (to: Partial<ListState>) => void }) {
  const [opened, { toggle }] = useDisclosure();
  const count = filtersOf(state);
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }} spacing="sm" role="search" aria-label="Secrets">
      <SearchField value={state.q} onChange={(q) => change({ q })} />
      <Group hiddenFrom="sm">
        <Button
          variant="default"
          size="xs"
          leftSection={<IconFilter size={16} stroke={1.5} />}
          aria-expanded={opened}
          onClick={toggle}
        >
          {count === 0 ? 'Filters and order' : `Filters and order (${count} active)`}
        </Button>
      </Group>
      <Filter opened={opened}>
        <TagsField description="" value={tagsOf(state)} onChange={(tags) => change({ tags: tagsText(tags) })} />
      </Filter>
      <Filter opened={opened}>
        <MultiSelect
          label="My access"
          placeholder={accessOf(state).length === 0 ? 'Any access' : ''}
          data={everyAccess}
          clearable
          value={accessOf(state)}
          onChange={(can) => change({ can: accessText(can) })}
        />
      </Filter>
      <Filter opened={opened}>
        <Select
          label="Expires"
          placeholder="Any expiry time"
          clearable
          data={Object.entries(EXPIRIES).map(([value, label]) => ({ value, label }))}
          value={Object.hasOwn(EXPIRIES, state.expires) ? state.expires : null}
          onChange={(expires) => change({ expires: expires ?? '' })}
        />
      </Filter>
      {opened && (
        <Select
          hiddenFrom="sm"
          label="Order"
          allowDeselect={false}
          data={Object.entries(ORDERS).map(([value, label]) => ({ value, label }))}
          value={orderOf(state)}
          onChange={(order) => change({ order: order ?? '' })}
        />
      )}
    </SimpleGrid>
  );
}

function Filter({ opened, children }: { opened: boolean; children: ReactNode }) {
  return <Box visibleFrom={opened ? undefined : 'sm'}>{children}</Box>;
}
