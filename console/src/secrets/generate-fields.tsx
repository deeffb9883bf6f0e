import { NumberInput, Select, SimpleGrid, Text } from '@mantine/core';
import type { Alphabet } from '../generated/operations.ts';
import { MAX_VALUE_LENGTH } from '../limits.ts';
import { ALPHABETS } from './alphabets.ts';

export interface Generation {
  length: number;
  alphabet: Alphabet;
}

/** Computes the entropy of a generated value, in bits. */
const bitsOf = ({ length, alphabet }: Generation): number => length * Math.log2(ALPHABETS[alphabet].characters.length);

/** Input fields for the length and the character set of a generated value. `length` is NaN while the length field is empty. */
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
  [128, 'very strong. No attacker can guess this value.'],
  [80, 'strong enough for most purposes. For an encryption key, use at least 128 bits.'],
  [40, 'weak. An attacker who has a hash of this value may find the value.'],
  [0, 'very weak. An attacker can guess this value.'],
];
