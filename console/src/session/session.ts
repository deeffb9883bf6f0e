// The session of the signed-in user. The console keeps the token in memory. If the user chose to stay signed in, the session storage of the
// browser tab also contains the token.
import { useSyncExternalStore } from 'react';

export interface Session {
  readonly token: string;
  readonly username: string;
  /** Expiry time of the token by the browser's clock, in milliseconds since 1970. */
  readonly endsAt: number;
  /** Number of milliseconds between the issue time and the expiry time of the token. */
  readonly lifetime: number;
}

/** `ended` is true if the token is no longer valid. The user can then sign in again without leaving the page. */
export interface SessionState {
  readonly session: Session | undefined;
  readonly ended: boolean;
}

const KEPT = 'secrets-gateway.session';

/**
 * Reads the session from the session storage of the browser tab. Returns undefined if the browser blocks the storage, or if the storage
 * contains no valid session.
 */
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
    // If the browser blocks the session storage, the session ends when the page closes.
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
  /**
   * The console calls this function when the gateway has rejected the token, or when the token has expired. The function does nothing if
   * `which` is no longer the current session.
   */
  lost(which: Session): void {
    if (state.session !== which || state.ended) return;
    keep(undefined);
    set({ session: which, ended: true });
  },
  end(): void {
    keep(undefined);
    set({ session: undefined, ended: false });
  },
  /** Returns true if the session storage of the browser tab contains a valid session. */
  isKept: (): boolean => kept() !== undefined,
  /** Registers a function that the console calls each time the user signs out. */
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

/** Returns the issue time and the expiry time of a token by the gateway's clock, in seconds since 1970. */
export function timesOf(token: string): { iat: number; exp: number } {
  return JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')));
}

/**
 * Creates the session for a new token. The lifetime of the session is the difference between the two times in the token. Therefore the
 * browser's clock may differ from the gateway's clock.
 */
export function sessionOf(token: string, username: string): Session {
  const { iat, exp } = timesOf(token);
  const lifetime = (exp - iat) * 1_000;
  return { token, username, endsAt: Date.now() + lifetime, lifetime };
}
