// An audit log as long as one likes, written by the product's own code and verified by it, in a world of a tenth as many secrets.
import { verifyLog } from '../src/audit/audit-verification.ts';
import { newId, outsideId } from '../src/ids.ts';
import type { Undo } from './cleanup.ts';
import { openWorld } from './world.ts';

/** Events in the smaller log. */
export const LOG = 20_000;

const AT_ONCE = 500;

export interface Verified {
  events: number;
  /** Events a second. */
  written: number;
  verified: number;
}

interface Value {
  id: string;
  name: string;
  valueHash: string;
}

/** Has a log of so many events written and verified; tells how many of each a second. @throws Error if the log does not pass */
export async function verified(events: number, undo: Undo): Promise<Verified> {
  const secrets = events / 10;
  const size = { secrets, principals: 1_000, groups: 50, grants: 1_000 };
  const { database, keyring, stream, clock } = await openWorld(size, { undo, sealed: secrets });
  const values = await database.query<Value>(
    `SELECT s.id, s.name, COALESCE(encode(sha256(v.ciphertext), 'hex'), '') AS "valueHash"
     FROM secrets s LEFT JOIN secret_versions v ON v.secret_id = s.id ORDER BY s.id`,
  );
  /** Each secret is created, or purged, and then revealed again and again. */
  const append = async (n: number) => {
    const { id, name, valueHash } = values[n % values.length] as Value;
    const action = n >= values.length ? 'SECRET_REVEAL' : valueHash === '' ? 'SECRET_DELETE' : 'SECRET_CREATE';
    await stream.append({
      id: newId(),
      at: clock.now(),
      action,
      outcome: 'DONE',
      actor: { kind: 'USER', id: outsideId('USER', id), name: 'somebody@example.com' },
      subject: { kind: 'SECRET', id: outsideId('SECRET', id), name },
      version: 1,
      changes: null,
      requestId: id,
      address: '127.0.0.1',
      ...(action === 'SECRET_REVEAL' ? {} : { valueHash }),
    });
  };
  const began = performance.now();
  for (let n = 0; n < events; n += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, events - n) }, (_, i) => append(n + i)));
  }
  const written = performance.now();
  const { intact, eventsChecked, problem } = await verifyLog({ database, keyring });
  if (!intact || eventsChecked < events) throw new Error(`The log does not pass: ${problem}`);
  const perSecond = (ms: number) => Math.round((events / ms) * 1_000);
  return { events, written: perSecond(written - began), verified: perSecond(performance.now() - written) };
}
