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

let state: SessionState = { session: kept(), ended: false };
const listeners = new Set<() => void>();

function set(next: SessionState): void {
  state = next;
  for (const listener of listeners) listener();
}

export const session = {
  current: (): Session | undefined => state.session,
  begin(next: Session, keep: boolean): void {
    if (keep) sessionStorage.setItem(KEPT, JSON.stringify(next));
    else sessionStorage.removeItem(KEPT);
    set({ session: next, ended: false });
  },
  /** The gateway refuses its token, or its time is over. Nothing if another has begun meanwhile. */
  lost(which: Session): void {
    if (state.session !== which || state.ended) return;
    sessionStorage.removeItem(KEPT);
    set({ session: which, ended: true });
  },
  end(): void {
    sessionStorage.removeItem(KEPT);
    set({ session: undefined, ended: false });
  },
  /** Whether the tab keeps it. */
  isKept: (): boolean => sessionStorage.getItem(KEPT) !== null,
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

/** A session of a token. How long it holds is taken from what the token says of itself, so that the two clocks need not agree. */
export function sessionOf(token: string, username: string): Session {
  const { iat, exp } = JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')));
  const lifetime = (exp - iat) * 1_000;
  return { token, username, endsAt: Date.now() + lifetime, lifetime };
}

function kept(): Session | undefined {
  try {
    const found: Session | null = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
    return found !== null && found.endsAt > Date.now() ? found : undefined;
  } catch {
    return undefined;
  }
}
