import { Badge, Group, TagsInput, Text } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useAsk } from '../api/queries.ts';
import { TagSuggestions } from '../generated/operations.ts';
import { MAX_TAG_KEY_LENGTH, MAX_TAG_VALUE_LENGTH } from '../limits.ts';

/** The reason why a text is not a valid tag; undefined if the text is a valid tag. */
export function tagProblem(text: string): string | undefined {
  const colon = text.indexOf(':');
  if (colon < 0) return `“${text}” has no colon. Use the format key:value`;
  const { key, value } = tagOf(text);
  if (key === '' || value === '') return `“${text}” needs a key before the colon and a value after the colon`;
  if (key.length > MAX_TAG_KEY_LENGTH || value.length > MAX_TAG_VALUE_LENGTH)
    return `Use at most ${MAX_TAG_KEY_LENGTH} characters for the key and ${MAX_TAG_VALUE_LENGTH} for the value`;
  return undefined;
}

/** Parses `key:value`. Spaces around key and value are dropped. */
export function tagOf(text: string): { key: string; value: string } {
  const colon = text.indexOf(':');
  return { key: text.slice(0, colon).trim(), value: text.slice(colon + 1).trim() };
}

/** Shows at most `most` tags. For further tags, shows their number, and their names in a tooltip. */
export function TagBadges({ tags, most = Infinity }: { tags: readonly { id: string }[]; most?: number }) {
  const rest = tags.slice(most);
  return (
    <Group gap={4}>
      {tags.slice(0, most).map(({ id }) => (
        <Badge key={id} variant="default" tt="none" fw={500} maw="100%" title={id}>
          {id}
        </Badge>
      ))}
      {rest.length > 0 && (
        <Text size="xs" c="dimmed" title={rest.map(({ id }) => id).join('\n')}>
          and {rest.length} more
        </Text>
      )}
    </Group>
  );
}

/** Input for tags in the format `key:value`, with suggestions. Invalid tags stay in the input, with an error message. */
export function TagsField({
  label = 'Tags',
  value,
  onChange,
  error,
  description = 'Format: key:value. Press Enter after each tag.',
}: {
  label?: string;
  value: readonly string[];
  onChange: (value: string[]) => void;
  error?: string | undefined;
  description?: string;
}) {
  const [search, setSearch] = useState('');
  const [opened, { open, close }] = useDisclosure();
  const suggestions = useTagSuggestions(search);
  const wrong = value.map(tagProblem).find((problem) => problem !== undefined);
  return (
    <TagsInput
      label={label}
      description={description}
      placeholder={value.length === 0 ? 'env:prod' : ''}
      data={suggestions}
      value={[...value]}
      onChange={(texts) => {
        onChange([...new Set(texts.map(trimmed))]);
        // Closes the list of suggestions, because the list would cover the preview.
        close();
      }}
      dropdownOpened={opened}
      onDropdownOpen={open}
      onDropdownClose={close}
      searchValue={search}
      onSearchChange={setSearch}
      acceptValueOnBlur
      splitChars={[',']}
      clearable
      maxTags={50}
      error={error ?? wrong}
    />
  );
}

function trimmed(text: string): string {
  if (!text.includes(':')) return text.trim();
  const { key, value } = tagOf(text);
  return `${key}:${value}`;
}

/** The tags that the viewer may see, as texts. After the user has typed a tag key, only tags with this tag key. */
export function useTagSuggestions(search: string): string[] {
  const key = search.includes(':') ? tagOf(search).key : null;
  const [asked] = useDebouncedValue(key === '' ? null : key, 200);
  const { data } = useAsk(TagSuggestions, { key: asked }, { keepPrevious: true });
  return data?.tags.nodes.map(({ id }) => id) ?? [];
}
