// Decodes the body of an HTTP response according to its content-encoding and its charset. The worker needs decoded text, because the worker can find
// and hide secret values only in decoded text.
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib';

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The worker could not decode the body of an HTTP response. */
export class Unreadable extends Error {
  readonly reason: 'too long' | 'unknown encoding' | 'broken';
  constructor(reason: Unreadable['reason']) {
    super(reason);
    this.reason = reason;
  }
}

type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;
const DECODERS: Readonly<Record<string, readonly Decoder[]>> = {
  gzip: [promisify(gunzip)],
  'x-gzip': [promisify(gunzip)],
  // The worker tries two decoders, because servers use the name `deflate` for two formats.
  deflate: [promisify(inflate), promisify(inflateRaw)],
  br: [promisify(brotliDecompress)],
  zstd: [promisify(zstdDecompress)],
};

/** Decodes a body. The argument `limit` is the maximum number of bytes after each decoding step. @throws Unreadable */
export async function answerText(bytes: Buffer, headers: Headers, limit: number): Promise<string> {
  let decoded = bytes;
  for (const encoding of encodingsOf(headers).reverse()) {
    if (decoded.length === 0) return '';
    decoded = await decode(decoded, encoding, limit);
  }
  return textOf(decoded, headers);
}

/** Returns the content-encodings in the order in which the server applied them. */
export function encodingsOf(headers: Headers): string[] {
  return [headers['content-encoding'] ?? []]
    .flat()
    .flatMap((value) => value.split(','))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
}

async function decode(bytes: Buffer, encoding: string, maxOutputLength: number): Promise<Buffer> {
  const decoders = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (decoders === undefined) throw new Unreadable('unknown encoding');
  for (const decoder of decoders) {
    try {
      return await decoder(bytes, { maxOutputLength });
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw new Unreadable('too long');
    }
  }
  throw new Unreadable('broken');
}

/** Decodes bytes with the charset that the content type names. If the charset is missing or unknown, the function uses UTF-8. */
function textOf(bytes: Buffer, headers: Headers): string {
  const type = [headers['content-type'] ?? ''].flat()[0] ?? '';
  const [, label = 'utf-8'] = /;\s*charset\s*=\s*"?([^"\s;]+)/i.exec(type) ?? [];
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
