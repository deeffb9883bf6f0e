// Encodes a text for JSON, URLs and HTML in the ways that are common in programs.

const hexOf = (unit: string) => unit.charCodeAt(0).toString(16);
const percentOf = (byte: string) => `%${hexOf(byte).toUpperCase().padStart(2, '0')}`;

/** Returns the encodings of `text` that common programs produce by default. The result contains no duplicates and does not contain `text` itself. */
export function encodingsOf(text: string): Set<string> {
  const all = new Set<string>();
  if (/["\\/]|[^ -~]/.test(text)) {
    const json = JSON.stringify(text).slice(1, -1);
    all.add(json).add(json.replaceAll('/', '\\/'));
    all.add(json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${hexOf(unit).padStart(4, '0')}`));
  }
  if (/[^\w.-]/.test(text)) {
    const url = encodeURIComponent(text.toWellFormed());
    all.add(url).add(url.replace(/%../g, (byte) => byte.toLowerCase()));
    all.add(url.replace(/[!'()*]/g, percentOf));
    all.add(new URLSearchParams([['', text]]).toString().slice(1));
    if (isLatin1(text) && /[\u0080-\u00ff]/.test(text)) {
      for (const others of [/[^\w.~-]/g, /[^\w.~!'()*-]/g]) all.add(text.replace(others, percentOf));
    }
  }
  if (/[&<>"']/.test(text)) {
    const html = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    all.add(html);
    for (const quote of ['&quot;', '&#34;']) {
      const quoted = html.replaceAll('"', quote);
      all.add(quoted);
      for (const single of ['&#39;', '&#x27;', '&#039;', '&apos;']) all.add(quoted.replaceAll("'", single));
    }
  }
  all.delete(text);
  return all;
}

/** Returns whether Latin-1 can encode every character of the text. */
export const isLatin1 = (text: string) => !/[\u0100-\uffff]/.test(text);
