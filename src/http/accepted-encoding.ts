/** The first of `offered` that Accept-Encoding admits (RFC 9110, 12.5.3); undefined for what is not encoded. */
export function preferred(header: string | string[] | undefined, offered: readonly string[]): string | undefined {
  const admitted = new Map(
    [header ?? []]
      .flat()
      .join(',')
      .split(',')
      .map((part) => {
        const [coding = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
        const quality = parameters.find((text) => text.startsWith('q='))?.slice(2);
        return [coding, quality === undefined ? 1 : Number(quality)] as const;
      }),
  );
  return offered.find((coding) => (admitted.get(coding) ?? admitted.get('*') ?? 0) > 0);
}
