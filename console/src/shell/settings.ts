/** Settings of the gateway, which the gateway inserts into the HTML of the page. */
export const settings = {
  explorer: document.querySelector<HTMLMetaElement>('meta[name=explorer]')?.content === 'true',
} as const;

/** Nonce of the content security policy. The console adds the nonce to the style elements that the console creates. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '';
