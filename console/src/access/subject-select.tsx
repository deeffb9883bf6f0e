import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useAsk } from '../api/queries.ts';
import { SubjectApplications, SubjectGroups, SubjectUsers } from '../generated/operations.ts';
import { readsAll, useViewer } from '../session/viewer.ts';
import { subjectName } from './subject-name.ts';

export type SubjectKind = 'user' | 'group' | 'application';

export interface Subject {
  id: string;
  name: string;
}

const ID = /^(usr|grp|app)_\S+$/;

/**
 * A choice of a user, a group or an application, found by a part of the name. Who may not list them chooses among what they see, and may enter
 * an id that they were told.
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
  const viewer = useViewer();
  const [search, setSearch] = useState(value?.name ?? '');
  const [typed] = useDebouncedValue(search === value?.name ? '' : search.trim(), 200);
  const name = typed === '' ? null : typed;
  const asks = (kind: SubjectKind) => ({ enabled: kinds.includes(kind), keepPrevious: true });
  const groups = useAsk(SubjectGroups, { name }, asks('group'));
  const applications = useAsk(SubjectApplications, { name }, asks('application'));
  const users = useAsk(
    SubjectUsers,
    { name },
    { ...asks('user'), enabled: kinds.includes('user') && readsAll(viewer) },
  );

  const found = {
    Users: readsAll(viewer)
      ? (users.data?.users.nodes ?? []).map(({ id, name, username }) => ({
          id,
          name: subjectName({ name, username }),
        }))
      : kinds.includes('user') && viewer.id.startsWith('usr_')
        ? [{ id: viewer.id, name: subjectName(viewer) }]
        : [],
    Groups: groups.data?.groups.nodes ?? [],
    Applications: applications.data?.applications.nodes ?? [],
  };
  const known = new Map(Object.values(found).flatMap((list) => list.map(({ id, name }) => [id, name] as const)));
  const data = Object.entries(found)
    .filter(([, list]) => list.length > 0)
    .map(([group, list]) => ({ group, items: list.map(({ id, name }) => ({ value: id, label: name })) }));
  const others = [
    ...(value !== null && !known.has(value.id) ? [{ value: value.id, label: value.name }] : []),
    ...(ID.test(typed) && !known.has(typed) && typed !== value?.id ? [{ value: typed, label: typed }] : []),
  ];
  if (others.length > 0) data.push({ group: 'Others', items: others });
  return (
    <Select
      label={label}
      description={
        description ??
        (kinds.includes('user') && !readsAll(viewer)
          ? 'Other users are not listed to you. Enter the id that they copy from the menu of their account: usr_…'
          : undefined)
      }
      placeholder="Part of a name"
      searchable
      clearable={!required}
      required={required}
      data={data}
      filter={({ options }) => options}
      value={value?.id ?? null}
      searchValue={search}
      onSearchChange={setSearch}
      onChange={(id, option) => onChange(id === null ? null : { id, name: known.get(id) ?? option?.label ?? id })}
      nothingFoundMessage="Nobody of that name"
      error={error}
    />
  );
}
