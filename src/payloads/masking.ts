import type { Json } from '../json.ts';
import { withoutKeys } from './archive.ts';

export interface Masking {
  readonly definition?: Json | undefined;
  readonly keys: ReadonlySet<string>;
  readonly values: readonly string[];
}

export function maskedPayload(payload: Json, { keys }: Masking): Json {
  return withoutKeys(payload, keys);
}
