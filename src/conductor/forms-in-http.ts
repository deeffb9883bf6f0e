/** The forms of a secret value in HTTP messages. HTTP removes spaces around header values and addresses, so both forms must be hidden. */
export function formsInHttp(value: string): string[] {
  const trimmed = value.trim();
  return trimmed === '' || trimmed === value ? [value] : [value, trimmed];
}
