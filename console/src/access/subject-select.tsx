import { Select } from '@mantine/core';
import { useState } from 'react';
import { type Subject, type SubjectKind, useSubjects } from './subjects.ts';

/**
 * A field in which the user selects a user, a group or an application by a part of the name. A viewer who may not list all users selects a
 * visible user, or enters the ID of a user.
 */
export function SubjectSelect({
  label,
  description,
  kinds = ['user', 'group', 'application'],
  value,
  onChange,
  error,
  required = false,
}: {
  label: string;
  description?: string;
  kinds?: readonly SubjectKind[];
  value: Subject | null;
  onChange: (value: Subject | null) => void;
  error?: string | undefined;
  required?: boolean;
}) {
  const [search, setSearch] = useState(value?.name ?? '');
  const { data, subjectOf, hint } = useSubjects(kinds, search, value === null ? [] : [value]);
  return (
    <Select
      label={label}
      description={description ?? hint}
      placeholder="Enter a part of the name"
      searchable
      clearable={!required}
      required={required}
      data={data}
      filter={({ options }) => options}
      value={value?.id ?? null}
      searchValue={search}
      onSearchChange={setSearch}
      onChange={(id) => onChange(id === null ? null : subjectOf(id))}
      nothingFoundMessage="No matches"
      error={error}
    />
  );
}
