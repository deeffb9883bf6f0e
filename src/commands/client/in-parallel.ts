/** The maximum number of requests that a command sends at the same time. */
const MOST_REQUESTS = 8;

/** Sends the requests of `work` for each item, some at the same time. Returns the results in the order of the items. */
export async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(MOST_REQUESTS, items.length) }, lane));
  return results;
}
