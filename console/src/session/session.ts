// The session of the signed-in user. The token is in memory. The storage of the tab has the token only if the user chose to stay signed in.
import { useSyncExternalStore } from 'react';

export interface Session {
  readonly token: string;
  readonly username: string;
  /** End of the token, by the clock of this browser, in milliseconds. */
  readonly endsAt: number;
  /** Validity of the token when it was issued, in milliseconds. */
  readonly lifetime: number;
}

/** `ended`: the token is no longer valid. The user may sign in again and continue. */
export interface SessionState {
  readonly session: Session | undefined;
  readonly ended: boolean;
}

const KEPT = 'secrets-gateway.session';

/** The session in the storage of the tab; undefined if storage is blocked, or if its content is not a valid session. */
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
    // Storage is blocked: the session lives as long as the page.
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
  /** The gateway rejected the token, or the token has expired. Does nothing if `which` is no longer the current session. */
  lost(which: Session): void {
    if (state.session !== which || state.ended) return;
    keep(undefined);
    set({ session: which, ended: true });
  },
  end(): void {
    keep(undefined);
    set({ session: undefined, ended: false });
  },
  /** Whether the tab stores the session. */
  isKept: (): boolean => kept() !== undefined,
  /** Calls `forget` each time the user signs out. */
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

/** Issue and expiry time of a token, by the gateway's clock: seconds since 1970. */
export function timesOf(token: string): { iat: number; exp: number } {
  return JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')));
}

/**
 * The session of a token. The lifetime of the session comes from the two times in the token, so the clocks of browser and gateway need not
 * agree.
 */
export function sessionOf(token: string, username: string): Session {
  const { iat, exp } = timesOf(token);
  const lifetime = (exp - iat) * 1_000;
  return { token, username, endsAt: Date.now() + lifetime, lifetime };
}
