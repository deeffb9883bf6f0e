/** Has the browser save it, as if it had been downloaded. */
export function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has it once it began to write.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
