import type { Sensitive } from '../../sensitive.ts';
import type { Json } from './pretty.ts';
import type { Actor } from './stage.ts';

/** An object that the story created, and the request that deletes it. */
export interface Created {
  what: string;
  by: Actor;
  query: string;
  variables: Record<string, Json>;
}

/** The gateway on which the story is shown, and its administrator. */
export interface StoryContext {
  /** Without a trailing slash. */
  url: string;
  username: string;
  password: Sensitive;
  /** Aborted when the user stops the demo. */
  stopped: AbortSignal;
}
