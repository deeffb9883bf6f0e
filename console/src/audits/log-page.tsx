import { Affix, Button, Group, Switch, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconArrowUp } from '@tabler/icons-react';
import { useMemo } from 'react';
import { usePages } from '../api/queries.ts';
import { LogEvents, type LogEventsQuery } from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { notify } from '../parts/notify.tsx';
import { Page } from '../parts/page.tsx';
import { PagedTable } from '../parts/paged-table.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { readsAll, useViewer } from '../session/viewer.ts';
import { CsvButton } from './csv-button.tsx';
import { EventDialog } from './event-dialog.tsx';
import { useLiveLog } from './live-log.ts';
import { useLogCheck } from './log-check.tsx';
import { logColumns } from './log-columns.tsx';
import { logAsCsv, MOST_ROWS } from './log-csv.ts';
import { filterOf, WHOLE_LOG } from './log-filter.ts';
import { LogFilters } from './log-filters.tsx';
import { OnlyAuditors } from './only-auditors.tsx';
import { saveFile } from './save-file.ts';

const pick = ({ auditEvents }: LogEventsQuery) => auditEvents;

export function LogPage() {
  return readsAll(useViewer()) ? <Log /> : <OnlyAuditors title="Audit log" />;
}

function Log() {
  const [state, change] = useUrlState(WHOLE_LOG);
  const filterText = JSON.stringify(filterOf(state));
  const [settled] = useDebouncedValue(filterText, 250);
  const filter = useMemo(() => JSON.parse(settled) as ReturnType<typeof filterOf>, [settled]);
  const narrowed = settled !== '{}';
  const live = state.live === 'on';
  const { pages, waiting, showWaiting, problem } = useLiveLog(filter, usePages(LogEvents, { filter }, pick), live);
  const columns = useMemo(() => logColumns(({ id }) => change({ event: id })), [change]);
  const check = useLogCheck((event) => change({ event }));

  const save = async () => {
    const { csv, complete } = await logAsCsv(filter);
    saveFile(csv, 'audit-log.csv');
    if (!complete)
      notify(
        `The file contains the newest ${MOST_ROWS.toLocaleString()} events. To download older events, filter the list by time.`,
      );
  };
  return (
    <Page
      title="Audit log"
      about="The audit log records every reveal, every change and every refused action. The newest events come first."
      actions={
        <>
          {check.button}
          <CsvButton make={save} />
        </>
      }
    >
      {check.outcome}
      <LogFilters state={state} onChange={change} />
      <Group justify="space-between" mih={30}>
        <Group gap="sm">
          <Switch
            label="Live"
            checked={live}
            onChange={({ currentTarget }) => change({ live: currentTarget.checked ? 'on' : '' })}
          />
          {live && (
            <Text size="sm" c="dimmed" role="status">
              {problem == null
                ? 'The list shows new events automatically.'
                : 'The console cannot reach the gateway, and retries automatically.'}
            </Text>
          )}
        </Group>
        {narrowed && (
          <Button variant="subtle" size="xs" onClick={() => change({ ...WHOLE_LOG, live: state.live })}>
            Clear filters
          </Button>
        )}
      </Group>
      <PagedTable
        caption="Audit events, newest first"
        columns={columns}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title={narrowed ? 'No events match' : 'No events'}>
            {narrowed
              ? 'Remove some filters to see more events.'
              : 'The audit log records the actions of users and applications.'}
          </EmptyState>
        }
      />
      {waiting > 0 && (
        <Affix position={{ top: 70, left: '50%' }} aria-live="polite">
          <Button size="xs" leftSection={<IconArrowUp size={14} aria-hidden />} onClick={showWaiting}>
            {waiting === 1 ? 'One new event' : `${waiting} new events`}
          </Button>
        </Affix>
      )}
      <EventDialog id={state.event} onFilter={change} onClose={() => change({ event: '' })} />
    </Page>
  );
}
