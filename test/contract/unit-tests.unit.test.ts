import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';

test.each<[string, () => unknown]>([
  ['start a process', () => spawn('true')],
  ['start a process and wait for it', () => execFileSync('true')],
  ['open a connection', () => connect(5432)],
  ['listen for connections', () => createServer().listen()],
])('a unit test that tries to %s fails', (_, act) => {
  expect(act).toThrow(/unit test/);
});
