import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { requestLines } from '../../src/http/request-lines.ts';

const served = fc.record(
  {
    method: fc.constantFrom('GET', 'POST', 'M-SEARCH'),
    path: fc.oneof(fc.webPath(), fc.string({ unit: 'binary' })),
    status: fc.integer({ min: 200, max: 599 }),
    ms: fc.nat().map((tenths) => tenths / 10),
    requestId: fc.uuid(),
    principal: fc.base64String({ minLength: 1 }),
    aborted: fc.constant(true as const),
  },
  { requiredKeys: ['method', 'path', 'status', 'ms', 'requestId'] },
);

test.each([[null], [{ worker: 3 }]])(
  'the line of a request is the one that the logger itself writes, with %j',
  (base) => {
    fc.assert(
      fc.property(served, (of) => {
        const lines: string[] = [];
        const log = pino({ base }, { write: (line: string) => void lines.push(line) });
        log.info(of, 'request');
        requestLines(log)(of);
        const [its, ours] = lines.map((line) => line.replace(/"time":\d{13}/, '"time":0'));
        expect(ours).toBe(its);
        expect(JSON.parse(lines[1]!)).toMatchObject({ ...of, time: expect.any(Number), msg: 'request' });
      }),
    );
  },
);

test('a logger that is to be silent about requests is', () => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  requestLines(log)({ method: 'GET', path: '/', status: 200, ms: 1, requestId: 'r' });
  expect(lines).toEqual([]);
});
