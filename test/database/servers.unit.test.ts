import { describe, expect, test } from 'vitest';
import { DatabaseServers, databaseUrlProblem } from '../../src/database/servers.ts';

const urlsOf = (url: string) => new DatabaseServers(url).urls;

describe('the servers of a database URL', () => {
  test('a URL with several hosts names one server for each host', () => {
    expect(
      urlsOf('postgresql://u:p@h1:5432,h2:5433,[::1]/db?sslmode=verify-full&target_session_attrs=read-write'),
    ).toEqual([
      'postgresql://u:p@h1:5432/db?sslmode=verify-full',
      'postgresql://u:p@h2:5433/db?sslmode=verify-full',
      'postgresql://u:p@[::1]/db?sslmode=verify-full',
    ]);
  });

  test('the parameters `host` and `port` can name several servers', () => {
    expect(urlsOf('postgresql:///db?host=h1,h2&port=5432,5433')).toEqual([
      'postgresql:///db?host=h1&port=5432',
      'postgresql:///db?host=h2&port=5433',
    ]);
    expect(urlsOf('postgresql://h1,h2/db?port=6432')).toEqual([
      'postgresql://h1/db?port=6432',
      'postgresql://h2/db?port=6432',
    ]);
  });

  test.each([
    'postgresql:///db?host=%2Frun%2Fpostgresql',
    'postgresql://u:p@%2Frun%2Fpostgresql/db',
    'postgresql://u:p@127.0.0.1:4711/db?host=%2Frun%2Fpostgresql',
    'postgresql://u:p@/db?host=%2Frun%2Fpostgresql',
    'postgres://u:p@h/db',
  ])('a URL with one server stays unchanged: %s', (url) => {
    expect(urlsOf(url)).toEqual([url]);
  });

  test('a gateway with several servers uses only a server that accepts writes, unless the URL says `any`', () => {
    expect(new DatabaseServers('postgresql://h1,h2/db').mustWrite).toBe(true);
    expect(new DatabaseServers('postgresql://h1,h2/db?target_session_attrs=any').mustWrite).toBe(false);
    expect(new DatabaseServers('postgresql://h1/db').mustWrite).toBe(false);
    expect(new DatabaseServers('postgresql://h1/db?target_session_attrs=primary').mustWrite).toBe(true);
  });

  test('after the last server, new connections use the first server again', () => {
    const servers = new DatabaseServers('postgresql://h1,h2/db');
    const [first, second] = servers.urls as [string, string];
    servers.failed(second); // new connections already use another server
    expect(servers.current).toBe(first);
    servers.failed(first);
    expect(servers.current).toBe(second);
    servers.failed(second);
    expect(servers.current).toBe(first);
  });
});

test.each([
  'postgresql://u:hunter2@h1,/db',
  'postgresql://u:hunter2@h1,h2',
  'postgresql://u:hunter2@h1,h2/db?target_session_attrs=standby',
  'postgresql://u:hunter2@h1,h2/db?port=1,2,3',
  'postgresql://u:hunter2@h1:x,h2/db',
])('the URL %s is invalid, and its problem contains no part of the URL', (url) => {
  const problem = databaseUrlProblem(url);
  expect(problem).toEqual(expect.any(String));
  expect(problem).not.toMatch(/hunter2|h1/);
});
