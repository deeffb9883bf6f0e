import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/**
 * The checkpoints that gateways told in their logs: hashes by number. Other lines are passed over, and of two of one number the first counts.
 * @throws Error if the file cannot be read, or tells none
 */
export async function readAnchors(path: string): Promise<Map<number, string>> {
  const anchors = new Map<number, string>();
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    const at = line.indexOf('{');
    if (at < 0 || !line.includes('"checkpoint"')) continue;
    const { number, hash } = checkpointIn(line.slice(at));
    if (typeof number === 'number' && typeof hash === 'string' && !anchors.has(number)) anchors.set(number, hash);
  }
  if (anchors.size === 0)
    throw new Error(`${path} tells of no checkpoint: the lines of a gateway's log with \`audit checkpoint\`.`);
  return anchors;
}

function checkpointIn(text: string): { number?: unknown; hash?: unknown } {
  try {
    return JSON.parse(text).checkpoint ?? {};
  } catch {
    return {};
  }
}
