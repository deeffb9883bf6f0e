/** A key as the environment of a program: what `npm run worker` takes. */
function keyText({ id, secret }: { id: string; secret: string }): string {
  return `GATEWAY_URL=${location.origin}\nGATEWAY_KEY_ID=${id}\nGATEWAY_KEY_SECRET=${secret}\n`;
}

/** Has the browser save a key as a file that is named after its application. */
export function downloadKey(application: string, key: { id: string; secret: string }): void {
  const url = URL.createObjectURL(new Blob([keyText(key)], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${application.replaceAll(/[^A-Za-z0-9_-]+/g, '-') || 'application'}.env`;
  link.click();
  // Once the browser has begun to save it.
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
