import { subjectName } from '../access/subject-name.ts';
import type { Subject } from '../access/subjects.ts';
import { useAsk } from '../api/queries.ts';
import { NamedSubject } from '../generated/operations.ts';
import { useViewer } from '../session/viewer.ts';

/**
 * The subject with this id, and its name in selection fields. A deleted or hidden subject has its id in place of the name. Null for an
 * empty id.
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
