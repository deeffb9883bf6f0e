import { NumberInput, Select, SimpleGrid, Text } from '@mantine/core';
import type { Alphabet } from '../generated/operations.ts';
import { MAX_VALUE_LENGTH } from '../limits.ts';
import { ALPHABETS } from './alphabets.ts';

export interface Generation {
  length: number;
  alphabet: Alphabet;
}

/** Entropy of a generated value, in bits. */
const bitsOf = ({ length, alphabet }: Generation): number => length * Math.log2(ALPHABETS[alphabet].characters.length);

/** Length and characters of a generated value. `length` is NaN while the field is empty. */
export function GenerateFields({
  value,
  onChange,
  error,
}: {
  value: Generation;
  onChange: (value: Generation) => void;
  error?: string | undefined;
}) {
  const { length, alphabet } = value;
  const bits = Math.floor(bitsOf(value));
  return (
    <div>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <NumberInput
          label="Length"
          required
          min={1}
          max={MAX_VALUE_LENGTH}
          allowDecimal={false}
          allowNegative={false}
          clampBehavior="blur"
          value={Number.isNaN(length) ? '' : length}
          onChange={(next) => onChange({ alphabet, length: next === '' ? Number.NaN : Number(next) })}
          error={error}
        />
        <Select
          label="Characters"
          allowDeselect={false}
          data={Object.entries(ALPHABETS).map(([name, { words }]) => ({ value: name, label: words }))}
          value={alphabet}
          onChange={(next) => next !== null && onChange({ length, alphabet: next as Alphabet })}
        />
      </SimpleGrid>
      <Text size="sm" mt="xs" aria-live="polite">
        {Number.isNaN(length) ? 'Enter a length.' : `${bits} bits: ${STRENGTHS.find(([from]) => bits >= from)?.[1]}`}
      </Text>
    </div>
  );
}

const STRENGTHS: [from: number, words: string][] = [
  [128, 'very strong. Nobody can guess this value.'],
  [80, 'strong enough for most purposes. Keys need 128 bits.'],
  [40, 'weak. An attacker with a hash of the value may find it.'],
  [0, 'very weak. An attacker can guess this value.'],
];
