/** Settings that the gateway writes into the page. */
export const settings = {
  explorer: document.querySelector<HTMLMetaElement>('meta[name=explorer]')?.content === 'true',
} as const;

/** Nonce of the content security policy. Styles that the console creates use it. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '';
