import { Box, Button, MultiSelect, Select, SimpleGrid } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFilter } from '@tabler/icons-react';
import { SubjectSelect } from '../access/subject-select.tsx';
import { instantOf } from '../parts/instant.ts';
import { MomentField } from '../parts/moment-field.tsx';
import { SecretSelect } from '../secrets/secret-select.tsx';
import { ACTIONS, everyAction, everyOutcome, OUTCOMES } from './actions.ts';
import { actionsOf, type LogState, outcomeOf } from './log-filter.ts';
import { useSubject } from './named-subject.ts';

const ACTION_CHOICES = everyAction.map((value) => ({ value, label: ACTIONS[value] }));
const OUTCOME_CHOICES = [
  { value: '', label: 'Any outcome' },
  ...everyOutcome.map((value) => ({ value, label: OUTCOMES[value] })),
];

/** The input fields for the filters of the audit log. */
export function LogFilters({ state, onChange }: { state: LogState; onChange: (change: Partial<LogState>) => void }) {
  const actor = useSubject(state.actor);
  const [opened, { toggle }] = useDisclosure();
  const set = ['actor', 'secret', 'actions', 'outcome', 'from', 'until'] as const;
  const count = set.filter((name) => state[name] !== '').length;
  return (
    <section aria-label="Filters">
      <Button
        variant="default"
        fullWidth
        hiddenFrom="sm"
        aria-expanded={opened}
        onClick={toggle}
        leftSection={<IconFilter size={16} stroke={1.5} aria-hidden />}
        mb={opened ? 'sm' : 0}
      >
        {count === 0 ? 'Filters' : `Filters (${count})`}
      </Button>
      <Box {...(!opened && { visibleFrom: 'sm' as const })}>
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm">
          <SubjectSelect
            label="Actor"
            kinds={['user', 'application']}
            value={actor}
            onChange={(next) => onChange({ actor: next?.id ?? '' })}
          />
          <SecretSelect value={state.secret} onChange={(secret) => onChange({ secret })} />
          <MultiSelect
            label="Action"
            placeholder={state.actions === '' ? 'Any action' : ''}
            data={ACTION_CHOICES}
            value={actionsOf(state)}
            onChange={(actions) => onChange({ actions: actions.join(',') })}
            searchable
            clearable
            // Finds an action by a part of its label, or by a part of its name in the API.
            filter={({ options, search }) => {
              const part = search.trim().toLowerCase();
              return options.filter(
                (option) =>
                  'value' in option &&
                  (option.label.toLowerCase().includes(part) || option.value.toLowerCase().includes(part)),
              );
            }}
            nothingFoundMessage="No matches"
          />
          <Select
            label="Outcome"
            data={OUTCOME_CHOICES}
            value={outcomeOf(state) ?? ''}
            onChange={(outcome) => onChange({ outcome: outcome ?? '' })}
            allowDeselect={false}
          />
          <MomentField
            label="From"
            value={instantOf(state.from)}
            max={instantOf(state.until)}
            onChange={(from) => onChange({ from })}
          />
          <MomentField
            label="Until"
            value={instantOf(state.until)}
            min={instantOf(state.from)}
            onChange={(until) => onChange({ until })}
          />
        </SimpleGrid>
      </Box>
    </section>
  );
}
