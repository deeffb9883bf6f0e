import { Autocomplete } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useAsk } from '../api/queries.ts';
import { SecretNames } from '../generated/operations.ts';

/**
 * An input field for the name of a secret. The field suggests visible secrets. The user can also enter a name that is not among the
 * suggestions.
 */
export function SecretSelect({
  label = 'Secret',
  description,
  value,
  onChange,
  error,
  required = false,
}: {
  label?: string;
  description?: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  required?: boolean;
}) {
  const [search] = useDebouncedValue(value.trim(), 200);
  const { data } = useAsk(SecretNames, { name: search === '' ? null : search }, { keepPrevious: true });
  return (
    <Autocomplete
      label={label}
      description={description}
      placeholder="Enter a part of the name"
      data={data?.secrets.nodes.map(({ name }) => name) ?? []}
      filter={({ options }) => options}
      value={value}
      onChange={onChange}
      error={error}
      required={required}
      autoCapitalize="none"
      spellCheck={false}
    />
  );
}
