import { Center, Loader } from '@mantine/core';
import { type ComponentType, useEffect, useState } from 'react';
import { Problem } from '../api/problem.ts';
import { ProblemAlert } from '../parts/problem-alert.tsx';

const early: (() => Promise<unknown>)[] = [];

/**
 * Loads the code of pages while the browser is idle, so that the pages open during an outage. Loads no pages if the browser is set to save
 * data.
 */
export function loadEarly(): () => void {
  if ((navigator as { connection?: { saveData?: boolean } }).connection?.saveData) return () => undefined;
  // Not every browser has requestIdleCallback.
  if (typeof requestIdleCallback !== 'function') {
    const timer = setTimeout(loadAll, 3_000);
    return () => clearTimeout(timer);
  }
  const waiting = requestIdleCallback(loadAll);
  return () => cancelIdleCallback(waiting);
}

async function loadAll(): Promise<void> {
  // A page that fails to load now is requested again when the user opens it.
  for (const load of early.splice(0)) await load().catch(() => undefined);
}

/**
 * A page whose code is loaded when the user opens the page, or earlier by `loadEarly`. If loading fails, an error shows in place of the
 * page.
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
    // A browser does not request a failed script again within the same document, so the page must be reloaded.
    if (failed) return <ProblemAlert problem={FAILED} words={WORDS} onRetry={() => location.reload()} />;
    return (
      <Center p="xl">
        <Loader aria-label="Loading the page" />
      </Center>
    );
  };
}

const FAILED = new Problem('UNREACHABLE', 'The page failed to load.');
const WORDS = {
  UNREACHABLE: {
    title: 'This page could not be loaded',
    text: 'The gateway cannot be reached, or it serves a newer version of the console. Save your work, then try again: this reloads the console. You must sign in again unless this tab stays signed in.',
  },
};
