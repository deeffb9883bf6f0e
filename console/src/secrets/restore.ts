import { wordsFor } from '../api/problem.ts';
import { useChange } from '../api/queries.ts';
import { RestoreSecret } from '../generated/operations.ts';
import { notify } from '../parts/notify.tsx';

/**
 * Restores a deleted secret. A notification shows the result, even if the page has closed in the meantime. The returned promise resolves to
 * true if the gateway restored the secret.
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
      notify(`The gateway did not restore ${name}. ${title}: ${text}`);
      return false;
    }
  };
}
