import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/**
 * Reads the anchors in an application log of the gateway. An anchor is a log line with the number and the hash of a checkpoint. Returns the hash of
 * each checkpoint, by checkpoint number. Skips all other log lines. If two anchors have the same checkpoint number, the function uses the first
 * anchor.
 * @throws Error if the file cannot be read, or has no anchor
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
    throw new Error(`${path} has no anchors. Expected lines of a gateway's log with the message \`audit checkpoint\`.`);
  return anchors;
}

function checkpointIn(text: string): { number?: unknown; hash?: unknown } {
  try {
    return JSON.parse(text).checkpoint ?? {};
  } catch {
    return {};
  }
}
