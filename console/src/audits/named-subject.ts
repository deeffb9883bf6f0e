import { subjectName } from '../access/subject-name.ts';
import type { Subject } from '../access/subjects.ts';
import { useAsk } from '../api/queries.ts';
import { NamedSubject } from '../generated/operations.ts';
import { useViewer } from '../session/viewer.ts';

/**
 * Returns the subject (user, group or application) with the id `id`, with the name for selection fields. If the subject is deleted or
 * hidden from the viewer, the name is the id. Returns null if the id is empty.
 */
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
