/** Formats an access key as a file of environment variables. `secrets-gateway worker` reads these environment variables. */
function keyText({ id, secret }: { id: string; secret: string }): string {
  return `GATEWAY_URL=${location.origin}\nGATEWAY_KEY_ID=${id}\nGATEWAY_KEY_SECRET=${secret}\n`;
}

/** Downloads an access key as a file. The file name contains the name of the application. */
export function downloadKey(application: string, key: { id: string; secret: string }): void {
  const url = URL.createObjectURL(new Blob([keyText(key)], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${application.replaceAll(/[^A-Za-z0-9_-]+/g, '-') || 'application'}.env`;
  link.click();
  // The URL stays valid until the browser has started the download.
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
