import { Center, Loader } from '@mantine/core';
import { type ComponentType, useEffect, useState } from 'react';
import { Problem } from '../api/problem.ts';
import { ProblemAlert } from '../parts/problem-alert.tsx';

const early: (() => Promise<unknown>)[] = [];

/**
 * Loads the code of all pages while the browser is idle, so that the user can open the pages even if the gateway becomes unreachable. If
 * the user has set the browser to save data, the function loads nothing.
 */
export function loadEarly(): () => void {
  if ((navigator as { connection?: { saveData?: boolean } }).connection?.saveData) return () => undefined;
  // Some browsers do not support `requestIdleCallback`.
  if (typeof requestIdleCallback !== 'function') {
    const timer = setTimeout(loadAll, 3_000);
    return () => clearTimeout(timer);
  }
  const waiting = requestIdleCallback(loadAll);
  return () => cancelIdleCallback(waiting);
}

async function loadAll(): Promise<void> {
  // If the code of a page fails to load now, the console requests the code again when the user opens the page.
  for (const load of early.splice(0)) await load().catch(() => undefined);
}

/**
 * Returns a page component whose code the console loads when the user opens the page. `loadEarly` can load the code before. If the code
 * fails to load, the component shows an error.
 */
export function latePage<Name extends string>(
  load: () => Promise<Record<Name, ComponentType>>,
  name: Name,
  { isEarly = true }: { isEarly?: boolean } = {},
): ComponentType {
  let known: ComponentType | undefined;
  if (isEarly)
    early.push(async () => {
      known ??= (await load())[name];
    });
  return function LatePage() {
    const [Loaded, setLoaded] = useState(() => known);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (known !== undefined) return;
      let here = true;
      load().then(
        (loaded) => {
          known = loaded[name];
          if (here) setLoaded(() => known);
        },
        () => here && setFailed(true),
      );
      return () => {
        here = false;
      };
    }, []);
    if (Loaded !== undefined) return <Loaded />;
    // The retry reloads the console, because a browser does not request a failed script again within the same document.
    if (failed) return <ProblemAlert problem={FAILED} words={WORDS} onRetry={() => location.reload()} />;
    return (
      <Center p="xl">
        <Loader aria-label="Loading the page" />
      </Center>
    );
  };
}

const FAILED = new Problem('UNREACHABLE', 'The console could not load the code of the page.');
const WORDS = {
  UNREACHABLE: {
    title: 'The console could not load this page',
    text: 'The gateway is unreachable, or the gateway has a newer version of the console. If you try again, the browser reloads the console. Save your work first. After the reload, you may have to sign in again.',
  },
};
