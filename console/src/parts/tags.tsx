import { Badge, Group, TagsInput, Text } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useAsk } from '../api/queries.ts';
import { TagSuggestions } from '../generated/operations.ts';
import { MAX_TAG_KEY_LENGTH, MAX_TAG_VALUE_LENGTH } from '../limits.ts';

/** Returns the reason why a text is not a valid tag. Returns undefined if the text is a valid tag. */
export function tagProblem(text: string): string | undefined {
  const colon = text.indexOf(':');
  if (colon < 0) return `“${text}” has no colon. Use the format key:value`;
  const { key, value } = tagOf(text);
  if (key === '' || value === '') return `“${text}” must have text before the colon and text after the colon`;
  if (key.length > MAX_TAG_KEY_LENGTH || value.length > MAX_TAG_VALUE_LENGTH)
    return `Use at most ${MAX_TAG_KEY_LENGTH} characters before the colon, and at most ${MAX_TAG_VALUE_LENGTH} characters after the colon`;
  return undefined;
}

/** Parses a tag in the format `key:value`. The function removes spaces around the tag key and around the tag value. */
export function tagOf(text: string): { key: string; value: string } {
  const colon = text.indexOf(':');
  return { key: text.slice(0, colon).trim(), value: text.slice(colon + 1).trim() };
}

/** Shows at most `most` tags as badges. If there are more tags, a further badge shows their number, and its tooltip lists them. */
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

/**
 * An input field for tags in the format `key:value`. The field suggests existing tags. An invalid tag stays in the field, and the field
 * shows an error message.
 */
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
        // Closes the list of suggestions after a change. The open list would cover the access preview.
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

/**
 * Returns the tags that the viewer may see, in the format `key:value`. If the user has typed a tag key, returns only the tags with this tag
 * key.
 */
export function useTagSuggestions(search: string): string[] {
  const key = search.includes(':') ? tagOf(search).key : null;
  const [asked] = useDebouncedValue(key === '' ? null : key, 200);
  const { data } = useAsk(TagSuggestions, { key: asked }, { keepPrevious: true });
  return data?.tags.nodes.map(({ id }) => id) ?? [];
}
