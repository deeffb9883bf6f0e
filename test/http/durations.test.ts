import fc from 'fast-check';
import { AggregatorRegistry, Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createDurations } from '../../src/http/durations.ts';

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** As it is told where it comes from several processes. */
async function summed(registry: Registry): Promise<string> {
  const snapshot = await registry.getMetricsAsJSON();
  return AggregatorRegistry.aggregate([snapshot, snapshot]).metrics();
}

test('how long requests took is told as the library’s own histogram tells it, alone and added up', async () => {
  const seconds = fc.oneof(fc.constantFrom(0, ...BUCKETS), fc.double({ min: 0, max: 20, noNaN: true }));
  const requests = fc.array(fc.tuple(fc.constantFrom('/graphql', '/api/secrets/{key}', 'none'), seconds));
  await fc.assert(
    fc.asyncProperty(requests, async (all) => {
      const [ours, its] = [new Registry(), new Registry()];
      const durations = createDurations(ours);
      const histogram = new Histogram({
        name: 'http_request_duration_seconds',
        help: 'Time from the first line of a request to the end of its answer, by route.',
        labelNames: ['route'],
        buckets: BUCKETS,
        registers: [its],
      });
      for (const [route, took] of all) {
        durations.took(route, took);
        histogram.observe({ route }, took);
      }
      expect(await ours.metrics()).toBe(await its.metrics());
      expect(await summed(ours)).toBe(await summed(its));
    }),
  );
});
