// Keeps the query text in memory until the user signs out or the page closes. Variables and answers are not kept, because they may contain
// secret values.
import { session } from '../session/session.ts';

const FIRST = `# Press Ctrl-Enter or Cmd-Enter to run, Ctrl-Space to complete.
query Explore {
  viewer {
    name
    roles
  }
  secrets(first: 10) {
    nodes {
      name
      version
      tags {
        id
      }
    }
  }
}
`;

let kept: { of: string; text: string } | undefined;
session.onEnd(() => {
  kept = undefined;
});

/** The query that `viewer` (an id) wrote last. */
export const keptQuery = (viewer: string): string => (kept?.of === viewer ? kept.text : FIRST);

export function keepQuery(viewer: string, text: string): void {
  kept = { of: viewer, text };
}
