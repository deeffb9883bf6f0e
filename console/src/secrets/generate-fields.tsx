import { NumberInput, Select, SimpleGrid, Text } from '@mantine/core';
import type { Alphabet } from '../generated/operations.ts';
import { ALPHABETS } from './alphabets.ts';

export const MOST_CHARACTERS = 65_535;

export interface Generation {
  length: number;
  alphabet: Alphabet;
}

/** How many bits nobody can guess a generated value has. */
const bitsOf = ({ length, alphabet }: Generation): number => length * Math.log2(ALPHABETS[alphabet].characters.length);

/** How a value is to be made: how long, and of what. `length` is NaN while none stands there. */
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
          max={MOST_CHARACTERS}
          allowDecimal={false}
          allowNegative={false}
          clampBehavior="blur"
          value={Number.isNaN(length) ? '' : length}
          onChange={(next) => onChange({ alphabet, length: next === '' ? Number.NaN : Number(next) })}
          error={error}
        />
        <Select
          label="Made of"
          allowDeselect={false}
          data={Object.entries(ALPHABETS).map(([name, { words }]) => ({ value: name, label: words }))}
          value={alphabet}
          onChange={(next) => next !== null && onChange({ length, alphabet: next as Alphabet })}
        />
      </SimpleGrid>
      <Text size="sm" mt="xs" aria-live="polite">
        {Number.isNaN(length)
          ? 'How many characters?'
          : `${bits} bits: ${STRENGTHS.find(([from]) => bits >= from)?.[1]}`}
      </Text>
    </div>
  );
}

const STRENGTHS: [from: number, words: string][] = [
  [128, 'nobody can guess it.'],
  [80, 'strong enough for most things; 128 is what keys should have.'],
  [40, 'weak: who gets at its hash may find it.'],
  [0, 'very weak: it can be guessed.'],
];
