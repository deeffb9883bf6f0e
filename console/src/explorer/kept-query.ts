// Keeps the text of the explorer's query in memory until the user signs out or the page closes. The console keeps neither variables nor
// responses, because they may contain secret values.
import { session } from '../session/session.ts';

const FIRST = `# Ctrl-Enter or Cmd-Enter runs the query. Ctrl-Space shows hints.
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

/** Returns the last query of the user with the id `viewer`. */
export const keptQuery = (viewer: string): string => (kept?.of === viewer ? kept.text : FIRST);

export function keepQuery(viewer: string, text: string): void {
  kept = { of: viewer, text };
}
