import { MultiSelect } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { type Subject, type SubjectKind, useSubjects } from './subjects.ts';

/** Maximum number of changes in one simulation. */
const MOST = 50;

/**
 * A field in which the user selects several subjects (users, groups or applications). The user cannot select a subject in `taken`; the
 * option of the subject shows the reason `why`.
 */
export function SubjectsSelect({
  label,
  kinds,
  taken,
  why,
  value,
  onChange,
  error,
}: {
  label: string;
  kinds: readonly SubjectKind[];
  taken: readonly Subject[];
  why: string;
  value: readonly Subject[];
  onChange: (value: readonly Subject[]) => void;
  error?: string | undefined;
}) {
  const [search, setSearch] = useState('');
  const [opened, { open, close }] = useDisclosure();
  const { data, subjectOf, hint } = useSubjects(kinds, search, value);
  const not = new Set(taken.map(({ id }) => id));
  return (
    <MultiSelect
      label={label}
      description={hint}
      placeholder={value.length === 0 ? 'Enter a part of the name' : ''}
      searchable
      clearable
      hidePickedOptions
      maxValues={MOST}
      data={data.map(({ group, items }) => ({
        group,
        items: items.map((item) =>
          not.has(item.value) ? { ...item, label: `${item.label}: ${why}`, disabled: true } : item,
        ),
      }))}
      // If the user has already selected every option under a heading, the list omits the heading.
      filter={({ options }) => options.filter((one) => !('items' in one) || one.items.length > 0)}
      value={value.map(({ id }) => id)}
      onChange={(ids) => {
        onChange(ids.map(subjectOf));
        // Closes the list of options after a selection. The open list would cover the access preview.
        close();
      }}
      dropdownOpened={opened}
      onDropdownOpen={open}
      onDropdownClose={close}
      searchValue={search}
      onSearchChange={setSearch}
      nothingFoundMessage="No matches"
      error={error}
    />
  );
}
