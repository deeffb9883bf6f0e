// Compares the secrets of a file with the gateway, and stores them. The comparison changes nothing.
import { type Secret, type SecretsClient, SecretsGatewayError } from '../../client/secrets-client.ts';
import type { NamedValue } from '../../formats/format.ts';
import { storedSecrets } from './chosen-secrets.ts';
import { inParallel } from './in-parallel.ts';
import { revealValues } from './reveal-values.ts';

/**
 * `NEW`: the gateway has no such secret, as far as the caller can see. `SAME` and `CHANGED`: the stored value is equal or different. `UNKNOWN`: the
 * secret exists, and its value was not compared.
 */
export type ImportState = 'NEW' | 'SAME' | 'CHANGED' | 'UNKNOWN';

export interface ImportItem extends NamedValue {
  readonly line: number;
}

export interface PlannedImport extends ImportItem {
  readonly state: ImportState;
  /** The current version. Undefined for a new secret. */
  readonly version: number | undefined;
  /** The requested tags that the secret does not have. */
  readonly missingTags: readonly string[];
}

/** Compares secrets with the gateway. With `isCompared`, the gateway records a reveal of each existing secret that the caller can read. */
export async function planImport(
  client: SecretsClient,
  items: readonly ImportItem[],
  {
    tags,
    isCompared,
    onProgress,
  }: { tags: readonly string[]; isCompared: boolean; onProgress?(done: number, total: number): void },
): Promise<PlannedImport[]> {
  const names = items.map(({ name }) => name);
  const stored = await storedSecrets(client, names, onProgress);
  const readable = [...stored.values()].filter(({ viewerAccess }) => isCompared && viewerAccess.includes('READ'));
  const values = await revealValues(
    client,
    readable.map(({ name }) => name),
  );
  return items.map((item) => {
    const secret = stored.get(item.name);
    if (secret === undefined) return { ...item, state: 'NEW', version: undefined, missingTags: tags };
    const revealed = values.get(item.name);
    const state =
      revealed === undefined || 'code' in revealed ? 'UNKNOWN' : revealed.value === item.value ? 'SAME' : 'CHANGED';
    return { ...item, state, version: secret.version, missingTags: missingTags(secret, tags) };
  });
}

const missingTags = ({ tags }: Secret, wanted: readonly string[]) => wanted.filter((tag) => !tags.includes(tag));

/** `NOT_TRIED`: the import stopped before this secret, because the gateway became unavailable. */
export type ImportOutcome = 'CREATED' | 'ROTATED' | 'SAME' | 'FAILED' | 'NOT_TRIED';

export interface ImportResult {
  readonly name: string;
  readonly line: number;
  readonly outcome: ImportOutcome;
  readonly tagged: readonly string[];
  /** The code and the message of the error, if the outcome is `FAILED`. */
  readonly code?: string;
  readonly message?: string;
}

/**
 * Stores the planned secrets. An error of one secret does not stop the import. An import that stopped continues when it runs again, because the
 * comparison then finds the stored secrets. @throws SecretsGatewayError if the caller is not signed in
 */
export async function runImport(
  client: SecretsClient,
  plan: readonly PlannedImport[],
  onProgress: (done: number, total: number) => void = () => {},
): Promise<ImportResult[]> {
  let isStopped = false;
  let done = 0;
  return inParallel(plan, async (item) => {
    const { name, line } = item;
    if (isStopped) return { name, line, outcome: 'NOT_TRIED', tagged: [] };
    try {
      return { name, line, ...(await store(client, item)) };
    } catch (error) {
      if (!(error instanceof SecretsGatewayError) || error.code === 'UNAUTHENTICATED') throw error;
      isStopped ||= error.isTemporary;
      return { name, line, outcome: 'FAILED', tagged: [], code: error.code, message: error.message };
    } finally {
      onProgress(++done, plan.length);
    }
  });
}

async function store(
  client: SecretsClient,
  { name, value, state, version, missingTags }: PlannedImport,
): Promise<Pick<ImportResult, 'outcome' | 'tagged'>> {
  if (state === 'NEW') {
    await client.create(name, value, { tags: missingTags });
    return { outcome: 'CREATED', tagged: missingTags };
  }
  // INVARIANT: the import never replaces a version that the comparison did not see.
  const expected = version === undefined ? {} : { expectedVersion: version };
  const isChanged = state !== 'SAME' && (await client.rotate(name, { value, ...expected })).changed;
  if (missingTags.length > 0) await client.tag(name, missingTags);
  return { outcome: isChanged ? 'ROTATED' : 'SAME', tagged: missingTags };
}
