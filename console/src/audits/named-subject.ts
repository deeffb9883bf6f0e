import { subjectName } from '../access/subject-name.ts';
import type { Subject } from '../access/subjects.ts';
import { useAsk } from '../api/queries.ts';
import { NamedSubject } from '../generated/operations.ts';
import { useViewer } from '../session/viewer.ts';

/** The subject with this id, under the name shown in selections; under its id if it is deleted or hidden. Null for an empty id. */
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
