import type { Sensitive } from '../../sensitive.ts';
import type { Json } from './pretty.ts';
import type { Actor } from './stage.ts';

/** An object that the story created, and the request that deletes the object. */
export interface Created {
  what: string;
  by: Actor;
  query: string;
  variables: Record<string, Json>;
}

/** The gateway that the story uses, and the administrator of the gateway. */
export interface StoryContext {
  /** The address of the gateway, without a trailing slash. */
  url: string;
  username: string;
  password: Sensitive;
  /** A signal that is aborted when the user stops the demo. */
  stopped: AbortSignal;
}
