import { useDebouncedValue } from '@mantine/hooks';
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

interface Found {
  /** Options of the selection field, grouped under headings. The options include the selected subjects. */
  data: { group: string; items: { value: string; label: string }[] }[];
  /** Returns the subject with the ID `id`. The name of the subject is the label of its option. */
  subjectOf: (id: string) => Subject;
  /** Help text for a viewer who may not list all users; otherwise undefined. */
  hint: string | undefined;
}

/**
 * Searches users, groups and applications whose name contains `search`. A viewer who may not list all users finds only visible users, and
 * the subject whose ID the viewer entered.
 */
export function useSubjects(kinds: readonly SubjectKind[], search: string, chosen: readonly Subject[]): Found {
  const viewer = useViewer();
  const [typed] = useDebouncedValue(chosen.some(({ name }) => name === search) ? '' : search.trim(), 200);
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
    ...chosen.filter(({ id }) => !known.has(id)).map(({ id, name }) => ({ value: id, label: name })),
    ...(ID.test(typed) && !known.has(typed) && chosen.every(({ id }) => id !== typed)
      ? [{ value: typed, label: typed }]
      : []),
  ];
  if (others.length > 0) data.push({ group: 'Other principals', items: others });
  return {
    data,
    subjectOf: (id) => ({ id, name: known.get(id) ?? chosen.find((one) => one.id === id)?.name ?? id }),
    hint:
      kinds.includes('user') && !readsAll(viewer)
        ? 'You are not allowed to search for other users. Enter the ID of a user instead (usr_…). Each user can copy their user ID from the account menu.'
        : undefined,
  };
}
