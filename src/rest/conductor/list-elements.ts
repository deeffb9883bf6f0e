// Parses a JSON array that arrives in chunks, element by element. The gateway therefore never buffers the complete array.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

export interface ListElements {
  /** Adds a chunk to the parser. Returns the JSON strings of the array elements that this chunk completes. */
  add(chunk: Buffer): Buffer[];
}

/** Creates a parser for a valid JSON array. The parser omits elements of more than `limitBytes` bytes. */
export function listElements(limitBytes: number): ListElements {
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  let pieces: Buffer[] = [];
  let size = 0;

  const keep = (piece: Buffer) => {
    size += piece.length;
    // The parser discards the bytes of an element that is too long.
    if (size > limitBytes) pieces = [];
    else pieces.push(piece);
  };
  const taken = (): Buffer[] => {
    const element = size > limitBytes ? undefined : Buffer.concat(pieces);
    pieces = [];
    size = 0;
    return element === undefined || element.toString('latin1').trim() === '' ? [] : [element];
  };

  return {
    add(chunk) {
      const complete: Buffer[] = [];
      let start = 0;
      for (let i = 0; i < chunk.length; i++) {
        const byte = chunk[i] as number;
        if (inString) {
          if (isEscaped) isEscaped = false;
          else if (byte === BACKSLASH) isEscaped = true;
          else if (byte === QUOTE) inString = false;
        } else if (byte === QUOTE) inString = true;
        else if (OPEN.has(byte)) {
          depth += 1;
          if (depth === 1) start = i + 1;
        } else if ((byte === COMMA && depth === 1) || (CLOSE.has(byte) && --depth === 0)) {
          keep(chunk.subarray(start, i));
          complete.push(...taken());
          start = i + 1;
        }
      }
      if (depth > 0) keep(chunk.subarray(start));
      return complete;
    },
  };
}
