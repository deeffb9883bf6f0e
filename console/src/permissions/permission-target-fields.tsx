import { Autocomplete, Group, Radio } from '@mantine/core';
import { useTagSuggestions } from '../parts/tags.tsx';
import { SecretSelect } from '../secrets/secret-select.tsx';
import { isAdmin, useViewer } from '../session/viewer.ts';
import type { TargetType } from './target.ts';

/**
 * Input fields for the target of a grant. The target is a tag or a secret. When the user switches between tag and secret, the form keeps
 * the input for both.
 */
export function PermissionTargetFields({
  type,
  texts,
  onType,
  onTexts,
  checked,
  error,
}: {
  type: TargetType;
  texts: Readonly<Record<TargetType, string>>;
  onType: (type: TargetType) => void;
  onTexts: (texts: Record<TargetType, string>) => void;
  /** If `checked` is true, the fields also show errors for incomplete input. */
  checked: boolean;
  error: string | undefined;
}) {
  const admin = isAdmin(useViewer());
  return (
    <>
      <Radio.Group
        label="Target type"
        description={admin ? undefined : 'Only administrators can grant access to tags.'}
        value={type}
        onChange={(next) => onType(next as TargetType)}
      >
        <Group mt={4}>
          {admin && <Radio value="Tag" label="Tag" />}
          <Radio value="Secret" label="Secret" />
        </Group>
      </Radio.Group>
      {type === 'Tag' ? (
        <TagTarget
          value={texts.Tag}
          onChange={(next) => onTexts({ ...texts, Tag: next })}
          error={checked || !isBeginning(texts.Tag) ? error : undefined}
        />
      ) : (
        <SecretSelect
          description="You can also enter a secret that does not exist yet."
          value={texts.Secret}
          onChange={(next) => onTexts({ ...texts, Secret: next })}
          error={error}
        />
      )}
    </>
  );
}

/** Returns true if further typing could turn `text` into a valid tag. The field shows no error for such a text. */
const isBeginning = (text: string) => !text.includes(':') || text.endsWith(':');

function TagTarget({
  value,
  onChange,
  error,
}: {
  value: string;
  onChange: (value: string) => void;
  error: string | undefined;
}) {
  const suggestions = useTagSuggestions(value);
  return (
    <Autocomplete
      label="Tag"
      description="Format: key:value. You can also enter a tag that no secret has yet."
      placeholder="env:prod"
      data={suggestions}
      limit={50}
      value={value}
      onChange={onChange}
      error={error}
      autoCapitalize="none"
      spellCheck={false}
    />
  );
}
