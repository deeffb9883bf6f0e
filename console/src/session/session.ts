// Who is signed in. The token is kept in memory, and for as long as the browser's tab lives only if that was asked for.
import { useSyncExternalStore } from 'react';

export interface Session {
  readonly token: string;
  readonly username: string;
  /** When the token ends, by the clock of this browser, in milliseconds. */
  readonly endsAt: number;
  /** For how long it held when it was given, in milliseconds. */
  readonly lifetime: number;
}

/** `ended`: the token holds no more, and whoever had it may sign in again and go on. */
export interface SessionState {
  readonly session: Session | undefined;
  readonly ended: boolean;
}

const KEPT = 'secrets-gateway.session';

/** What the tab keeps: nothing where the browser lets pages keep nothing, or where it is no session that was kept. */
function kept(): Session | undefined {
  try {
    const found: Partial<Session> | null = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
    const { token, username, endsAt, lifetime } = found ?? {};
    if (typeof token !== 'string' || typeof username !== 'string') return undefined;
    if (typeof endsAt !== 'number' || typeof lifetime !== 'number' || endsAt <= Date.now()) return undefined;
    return { token, username, endsAt, lifetime };
  } catch {
    return undefined;
  }
}

function keep(session: Session | undefined): void {
  try {
    if (session === undefined) sessionStorage.removeItem(KEPT);
    else sessionStorage.setItem(KEPT, JSON.stringify(session));
  } catch {
    // The page has it all the same, for as long as it lives.
  }
}

let state: SessionState = { session: kept(), ended: false };
const listeners = new Set<() => void>();

function set(next: SessionState): void {
  state = next;
  for (const listener of listeners) listener();
}

export const session = {
  current: (): Session | undefined => state.session,
  begin(next: Session, inTab: boolean): void {
    keep(inTab ? next : undefined);
    set({ session: next, ended: false });
  },
  /** The gateway refuses its token, or its time is over. Nothing if another has begun meanwhile. */
  lost(which: Session): void {
    if (state.session !== which || state.ended) return;
    keep(undefined);
    set({ session: which, ended: true });
  },
  end(): void {
    keep(undefined);
    set({ session: undefined, ended: false });
  },
  /** Whether the tab keeps it. */
  isKept: (): boolean => kept() !== undefined,
  /** Calls `forget` each time that somebody signs out. */
  onEnd(forget: () => void): void {
    listeners.add(() => {
      if (state.session === undefined) forget();
    });
  },
};

export function useSession(): SessionState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}

/** When the gateway signed a token, and when it ends, by the gateway's clock: seconds since 1970. */
export function timesOf(token: string): { iat: number; exp: number } {
  return JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')));
}

/** A session of a token. How long it holds is taken from what the token says of itself, so that the two clocks need not agree. */
export function sessionOf(token: string, username: string): Session {
  const { iat, exp } = timesOf(token);
  const lifetime = (exp - iat) * 1_000;
  return { token, username, endsAt: Date.now() + lifetime, lifetime };
}
