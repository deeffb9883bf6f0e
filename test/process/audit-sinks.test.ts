// Kills a gateway with SIGKILL while the gateway sends audit events to an HTTP server, several times.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { command } from '../support/command.ts';
import { freshDatabase } from '../support/database.ts';
import { cleanUp, createSecret, reveal, signedIn, startGateway, until } from '../support/gateway-process.ts';
import { overhear, sentinel } from '../support/sentinel.ts';

afterAll(cleanUp);

interface Event {
  stream: string;
  seq: number;
}
const idOf = ({ stream, seq }: Event) => `${stream} ${seq}`;

test('after five times SIGKILL, an HTTP server has every audit event, and the events of each stream are in order', async () => {
  const database = await freshDatabase(inject('databaseUrl'), { migrated: false });
  const received: string[] = [];
  let answered = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push(...body.trimEnd().split('\n'));
    // Some answers are late or lost, so that the gateway dies between the delivery and the new position.
    answered += 1;
    if (answered % 2 === 1) setTimeout(() => response.writeHead(200).end(), 300);
    else response.writeHead(200).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const password = sentinel('password');
  const settings = {
    DATABASE_URL: database.url,
    KEYRING: randomBytes(32).toString('base64'),
    ADMIN_PASSWORD: password,
    AUDIT_SINK_HTTP: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
  const db = new pg.Client({ connectionString: database.url });
  try {
    for (let round = 0; round < 6; round += 1) {
      const gateway = startGateway(settings);
      const admin = await signedIn(await gateway.ready(), password);
      // The lease of a killed gateway expires after 30 seconds. The test does not wait for the end of this time.
      if (round === 0) await db.connect();
      else await db.query(`UPDATE audit_sinks SET expires_at = '-infinity'`);
      await createSecret(admin, `secret-${round}`, sentinel());
      const before = received.length;
      const reads = (async () => {
        for (let i = 0; i < 40; i += 1) await reveal(admin, `secret-${round}`);
      })().catch(() => {});
      await until(() => received.length > before);
      if (round < 5) await gateway.end('SIGKILL');
      await reads;
      if (round === 5) expect(await gateway.end('SIGTERM')).toBe(0);
    }
    const listed = await command(['audit', 'sinks', '--json'], settings);
    expect(listed.code).toBe(0);
    const [sink] = JSON.parse(listed.out);
    expect(sink).toMatchObject({ sink: 'http', lagEvents: 0, sender: null });
    expect(sink.streams.length).toBeGreaterThanOrEqual(6);
    const text = await command(['audit', 'sinks'], settings);
    expect(text.out).toMatch(/^SINK +POSITION +LAG +OLDEST +LAST SENT +SENDER\nhttp /);

    const exported = await command(['audit', 'export'], settings);
    const lines = exported.out.split('\n').filter((line) => line.startsWith('{"event"'));
    overhear(received.join('\n'));
    const distinct = new Set(received);
    expect(lines.filter((line) => !distinct.has(line))).toEqual([]);
    expect(lines.length).toBeGreaterThan(100);

    // A batch can arrive twice. Without the repetitions, the numbers of each stream are 1, 2, 3, ….
    const newest = new Map<string, number>();
    const seen = new Set<string>();
    for (const { event } of received.map((line) => JSON.parse(line) as { event: Event })) {
      if (seen.has(idOf(event))) continue;
      seen.add(idOf(event));
      expect(event.seq).toBe((newest.get(event.stream) ?? 0) + 1);
      newest.set(event.stream, event.seq);
    }
    const verified = await command(['audit', 'verify'], settings);
    expect(verified.said).toContain('Intact');
  } finally {
    await db.end().catch(() => {});
    server.close();
    await database.drop();
  }
}, 180_000);
