/**
 * Returns the first encoding in `available` that the Accept-Encoding header accepts (RFC 9110, section 12.5.3). Returns undefined if the answer must
 * be sent without an encoding.
 */
export function chooseEncoding(
  header: string | string[] | undefined,
  available: readonly string[],
): string | undefined {
  const accepted = new Map(
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
  return available.find((coding) => (accepted.get(coding) ?? accepted.get('*') ?? 0) > 0);
}
