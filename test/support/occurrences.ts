// Searches a text of several hundred megabytes for several thousand values in one pass.

/** The number of bytes that the search uses to identify a value. */
const HEAD = 8;

export interface Occurrence {
  value: string;
  /** The text before and after the first position of the value. */
  context: string;
}

/** Returns each of `values` that `text` contains, once. Searches values of fewer than 8 bytes individually. */
export function occurrences(text: Buffer, values: readonly string[]): Occurrence[] {
  const headOf = (bytes: Buffer, at: number) => bytes.toString('latin1', at, at + HEAD);
  const found: Occurrence[] = [];
  const contextOf = (at: number, end: number) => text.toString('utf8', Math.max(0, at - 300), end);
  const byHead = new Map<string, Buffer[]>();
  // At nearly every position, a check of four bytes shows that no value starts there.
  const begins = new Uint8Array(1 << 16);
  const mark = (fourBytes: number) => Math.imul(fourBytes, 0x9e3779b1) >>> 16;
  for (const value of new Set(values)) {
    const bytes = Buffer.from(value);
    if (bytes.length < HEAD) {
      const at = text.indexOf(bytes);
      if (at >= 0) found.push({ value, context: contextOf(at, at + bytes.length) });
      continue;
    }
    begins[mark(bytes.readInt32LE(0))] = 1;
    const head = headOf(bytes, 0);
    byHead.set(head, [...(byHead.get(head) ?? []), bytes]);
  }
  let fourBytes = text.length < HEAD ? 0 : text.readInt32LE(0) << 8;
  for (let at = 0; at + HEAD <= text.length; at += 1) {
    fourBytes = (fourBytes >>> 8) | (text[at + 3]! << 24);
    if (begins[mark(fourBytes)] === 0) continue;
    const head = headOf(text, at);
    const candidates = byHead.get(head);
    if (candidates === undefined) continue;
    const others = candidates.filter((bytes) => {
      const end = at + bytes.length;
      if (end > text.length || text.compare(bytes, 0, bytes.length, at, end) !== 0) return true;
      found.push({ value: bytes.toString(), context: contextOf(at, end) });
      return false;
    });
    if (others.length < candidates.length) byHead.set(head, others);
  }
  return found;
}
