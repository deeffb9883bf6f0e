/** What the gateway says of itself in the page. */
export const settings = {
  explorer: document.querySelector<HTMLMetaElement>('meta[name=explorer]')?.content === 'true',
} as const;

/** Of the one answer that the page came with: styles that the page makes itself carry it. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '';
