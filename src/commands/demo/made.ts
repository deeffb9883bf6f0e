import type { Sensitive } from '../../sensitive.ts';
import type { Json } from './pretty.ts';
import type { Actor } from './stage.ts';

/** Something a story made, and how to take it away. */
export interface Made {
  what: string;
  by: Actor;
  query: string;
  variables: Record<string, Json>;
}

/** The gateway it is told on, and its administrator. */
export interface Cast {
  /** Without a slash at the end. */
  url: string;
  username: string;
  password: Sensitive;
  /** Told when nobody wants to hear more. */
  stopped: AbortSignal;
}
