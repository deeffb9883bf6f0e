import { subjectName } from '../access/subject-name.ts';
import type { Subject } from '../access/subjects.ts';
import { useAsk } from '../api/queries.ts';
import { NamedSubject } from '../generated/operations.ts';
import { useViewer } from '../session/viewer.ts';

/** Whoever has this id, by the name under which it is chosen; by the id where it is gone or one does not see it. Null for no id. */
export function useSubject(id: string): Subject | null {
  const viewer = useViewer();
  const isOwn = id === viewer.id;
  const { data } = useAsk(NamedSubject, { id }, { enabled: id !== '' && !isOwn });
  if (id === '') return null;
  if (isOwn) return { id, name: subjectName(viewer) };
  const node = data?.node;
  if (node == null || !('name' in node)) return { id, name: id };
  return { id, name: subjectName(node) };
}
