import { Anchor, Button, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { usePages } from '../api/queries.ts';
import { type SecretRowFragment, Secrets, type SecretsQuery } from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Page } from '../parts/page.tsx';
import { PagedTable } from '../parts/paged-table.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { useViewer } from '../session/viewer.ts';
import { AddDialog } from './add-dialog.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { filterOf, filtersOf, NOTHING_CHOSEN, orderOf } from './list-state.ts';
import { type Creation, useCreation } from './may-create.ts';
import { NewValueDialog } from './new-value-dialog.tsx';
import type { Doing } from './row-actions.tsx';
import { secretColumns } from './secret-columns.tsx';
import { SecretFilters } from './secret-filters.tsx';
import { onlyAudits } from './secret-place.ts';
import classes from './secrets-page.module.css';
import { TagsDialog } from './tags-dialog.tsx';

const pick = ({ secrets }: SecretsQuery) => secrets;

/** The dialog that is open or was open last. `number` counts how often the page has opened a dialog. */
interface Open {
  what: Doing | undefined;
  secret: SecretRowFragment;
  number: number;
  /** The button that opened the dialog. When the dialog closes, the focus returns to this button. */
  button: HTMLElement;
}

export function SecretsPage() {
  const [state, change] = useUrlState(NOTHING_CHOSEN);
  const variables = useMemo(() => ({ filter: filterOf(state, new Date()), orderBy: orderOf(state) }), [state]);
  const pages = usePages(Secrets, variables, pick);
  const creation = useCreation();
  const audits = onlyAudits(useViewer());
  const [adding, { open: add, close: endAdding }] = useDisclosure();
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen((now) => now && { ...now, what: undefined });
  useEffect(() => {
    if (open === undefined || open.what !== undefined) return;
    open.button.focus();
  }, [open]);
  const columns = useMemo(
    () =>
      secretColumns({
        order: variables.orderBy,
        onOrder: (order) => change({ order }),
        onDo: (what, secret, button) =>
          setOpen((before) => ({ what, secret, button, number: (before?.number ?? 0) + 1 })),
      }),
    [variables.orderBy, change],
  );
  const narrowed = state.q !== '' || filtersOf(state) > 0;
  const addButton = <AddButton creation={creation} onClick={add} />;
  return (
    <Page
      title="Secrets"
      about="The list contains all secrets that you can see. The values are masked. The audit log records every reveal of a value."
      actions={addButton}
    >
      <SecretFilters state={state} change={change} />
      <div className={classes.list}>
        <PagedTable
          caption="Secrets"
          columns={columns}
          pages={pages}
          rowKey={({ id }) => id}
          empty={
            narrowed ? (
              <EmptyState
                title="No secrets match"
                action={
                  <Button variant="default" onClick={() => change({ ...NOTHING_CHOSEN, order: state.order })}>
                    Clear filters
                  </Button>
                }
              >
                No visible secret matches the search and the filters.
              </EmptyState>
            ) : audits && creation.whyNot !== undefined ? (
              <EmptyState
                title="You have no access to secrets"
                action={
                  <Anchor component={Link} href="/audits/access">
                    Access review
                  </Anchor>
                }
              >
                As an auditor, you see only secrets to which a grant gives you access. The pages under Audits show the
                access and the audit events of all secrets.
              </EmptyState>
            ) : (
              <EmptyState
                title="No secrets yet"
                action={creation.whyNot === undefined && <AddButton creation={creation} onClick={add} first />}
              >
                {creation.whyNot === undefined
                  ? 'Add a secret, such as a password, a token or an encryption key. Then add a tag to the secret, and grant principals access to the tag.'
                  : 'You have no access to any secret yet. An administrator can add you to a group or grant you access to a tag.'}
              </EmptyState>
            )
          }
        />
      </div>
      <AddDialog opened={adding} creation={creation} onClose={endAdding} />
      {open && (
        <div key={open.number}>
          <NewValueDialog secret={open.secret} opened={open.what === 'value'} onClose={close} />
          <TagsDialog secret={open.secret} opened={open.what === 'tags'} onClose={close} />
          <DeleteDialog secret={open.secret} opened={open.what === 'delete'} onClose={close} />
        </div>
      )}
    </Page>
  );
}

function AddButton({ creation, onClick, first }: { creation: Creation; onClick: () => void; first?: boolean }) {
  const { whyNot } = creation;
  const refused = whyNot !== undefined && { 'aria-disabled': true, 'data-disabled': true, 'aria-description': whyNot };
  return (
    <Tooltip
      label={whyNot}
      disabled={whyNot === undefined}
      multiline
      maw={280}
      events={{ hover: true, focus: true, touch: true }}
    >
      <Button
        leftSection={<IconPlus size={16} stroke={2} />}
        onClick={whyNot === undefined ? onClick : undefined}
        {...refused}
      >
        {first ? 'Add first secret' : 'Add secret'}
      </Button>
    </Tooltip>
  );
}
