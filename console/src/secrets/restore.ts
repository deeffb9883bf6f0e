import { wordsFor } from '../api/problem.ts';
import { useChange } from '../api/queries.ts';
import { RestoreSecret } from '../generated/operations.ts';
import { notify } from '../parts/notify.tsx';

/**
 * Restores a deleted secret and reports the result as a notification. Also works after the page has closed. Resolves to true if the secret
 * was restored.
 */
export function useRestore(): (secret: { id: string; name: string }) => Promise<boolean> {
  const { mutateAsync } = useChange(RestoreSecret, { restarts: ['Secrets', 'DeletedSecrets'], filledIn: false });
  return async ({ id, name }) => {
    try {
      await mutateAsync({ id });
      notify(`Restored ${name}.`);
      return true;
    } catch (error) {
      const { title, text } = wordsFor(error);
      notify(`Could not restore ${name}. ${title}: ${text}`);
      return false;
    }
  };
}
