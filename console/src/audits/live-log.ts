// Polls the audit log, and adds new audit events at the top of the list.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ask } from '../api/ask.ts';
import type { Pages } from '../api/queries.ts';
import { type AuditFilter, LogEvents, type LogEventsQuery, type LogRowFragment } from '../generated/operations.ts';

export const LIVE_MS = 2_000;
const PER_PAGE = 100;
/**
 * Maximum number of pages of new audit events that one poll adds to the list. If more pages are new, the console loads the list again from
 * its first page.
 */
const MOST_PAGES = 10;
/**
 * Scroll position in pixels. If the page is scrolled below this position, the console assumes that the user is reading older audit events.
 */
const AT_TOP_PX = 80;

export interface LiveLog {
  pages: Pages<LogRowFragment>;
  /**
   * Number of new audit events that the list does not show yet. While the user reads older audit events, the list does not show new audit
   * events, because new rows would move the visible rows.
   */
  waiting: number;
  showWaiting: () => void;
  /** The error of the last poll of the audit log. */
  problem: unknown;
}

interface NewEvents {
  /** The audit log filter as JSON. All audit events in this object match the filter. */
  key: string;
  shown: readonly LogRowFragment[];
  waiting: readonly LogRowFragment[];
}

/** Polls the audit log every two seconds while `on` is true and the browser tab is visible. */
export function useLiveLog(filter: AuditFilter, pages: Pages<LogRowFragment>, on: boolean): LiveLog {
  const client = useQueryClient();
  const key = JSON.stringify(filter);
  const [state, setNewEvents] = useState<NewEvents>({ key, shown: [], waiting: [] });
  const [problem, setProblem] = useState<unknown>();
  const newEvents = useMemo(() => (state.key === key ? state : { key, shown: [], waiting: [] }), [state, key]);
  const known = useMemo(
    () => new Set([...newEvents.shown, ...newEvents.waiting, ...pages.rows].map(({ id }) => id)),
    [newEvents, pages.rows],
  );
  const latest = useRef({ known, filter });
  latest.current = { known, filter };
  const ready = on && !pages.loading && !pages.outdated;
  const looking = useVisible();

  useEffect(() => {
    setProblem(undefined);
    if (!ready || !looking) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      try {
        const { known, filter } = latest.current;
        const found = await newer(filter, known, stop.signal);
        setProblem(undefined);
        if (found === undefined) {
          setNewEvents({ key, shown: [], waiting: [] });
          await client.resetQueries({ queryKey: ['pages', LogEvents.name] });
        } else if (found.length > 0) {
          const atTop = window.scrollY <= AT_TOP_PX;
          setNewEvents((before) => {
            const { shown, waiting } = before.key === key ? before : { shown: [], waiting: [] };
            return atTop
              ? { key, shown: [...found, ...waiting, ...shown], waiting: [] }
              : { key, shown, waiting: [...found, ...waiting] };
          });
        }
      } catch (error) {
        if (!stop.signal.aborted) setProblem(error);
      }
      if (!stop.signal.aborted) timer = setTimeout(look, LIVE_MS);
    };
    timer = setTimeout(look, 0);
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [ready, looking, key, client]);

  const showWaiting = useCallback(() => {
    window.scrollTo({ top: 0 });
    setNewEvents(({ key, shown, waiting }) => ({ key, shown: [...waiting, ...shown], waiting: [] }));
  }, []);
  const rows = useMemo(() => merged(newEvents.shown, pages.rows), [newEvents.shown, pages.rows]);
  return { pages: { ...pages, rows }, waiting: newEvents.waiting.length, showWaiting, problem };
}

/**
 * Fetches the audit events that are not in `known`, newest first. Returns undefined if more than `MOST_PAGES` pages of audit events are
 * new. @throws Problem
 */
async function newer(
  filter: AuditFilter,
  known: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<LogRowFragment[] | undefined> {
  const found: LogRowFragment[] = [];
  let after: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer: LogEventsQuery = await ask(LogEvents, { filter, first: PER_PAGE, after }, { signal });
    const { nodes, pageInfo } = answer.auditEvents;
    const unknown = nodes.filter(({ id }) => !known.has(id));
    found.push(...unknown);
    if (unknown.length < nodes.length || !pageInfo.hasNextPage) return found;
    after = pageInfo.endCursor;
  }
  return undefined;
}

/**
 * Merges two lists of audit events, and sorts the audit events by time, newest first. An audit event that the database committed late may
 * belong between older rows.
 */
function merged(shown: readonly LogRowFragment[], rows: readonly LogRowFragment[]): readonly LogRowFragment[] {
  if (shown.length === 0) return rows;
  const byId = new Map([...shown, ...rows].map((row) => [row.id, row]));
  return [...byId.values()].sort(
    (a, b) => new Date(b.at).getTime() - new Date(a.at).getTime() || (a.id < b.id ? 1 : -1),
  );
}

function useVisible(): boolean {
  const [visible, setVisible] = useState(() => document.visibilityState === 'visible');
  useEffect(() => {
    const look = () => setVisible(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
  return visible;
}
