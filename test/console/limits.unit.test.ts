import { expect, test } from 'vitest';
import * as shown from '../../console/src/limits.ts';
import { ALPHABETS as SHOWN_ALPHABETS } from '../../console/src/secrets/alphabets.ts';
import { MOST_TAGS } from '../../src/access/tag-owner.ts';
import { MOST_CHANGES } from '../../src/access-audit/history/access-change.ts';
import { MOST_DAYS } from '../../src/access-audit/history/history.ts';
import { MIN_PASSWORD_LENGTH } from '../../src/identity/passwords.ts';
import { MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, MAX_VALUE_LENGTH } from '../../src/primitives/input.ts';
import { ALPHABETS } from '../../src/primitives/random-text.ts';
import { DAYS_TO_RESTORE } from '../../src/secrets/secret.ts';
import { MAX_TAG_KEY_LENGTH, MAX_TAG_VALUE_LENGTH } from '../../src/tags/tag.ts';
import { MAX_EMAIL_LENGTH } from '../../src/users/user.ts';

test('every limit of the console is equal to the limit of the gateway', () => {
  // `toEqual` also finds a limit of the console that this list does not have.
  expect({ ...shown }).toEqual({
    MAX_NAME_LENGTH,
    MAX_DESCRIPTION_LENGTH,
    MAX_EMAIL_LENGTH,
    MIN_PASSWORD_LENGTH,
    MAX_VALUE_LENGTH,
    MAX_TAG_KEY_LENGTH,
    MAX_TAG_VALUE_LENGTH,
    MAX_TAGS: MOST_TAGS,
    MAX_SIMULATED_CHANGES: MOST_CHANGES,
    MAX_SEARCHED_DAYS: MOST_DAYS,
    RESTORABLE_DAYS: DAYS_TO_RESTORE,
  });
});

test('the console generates values from the same characters as the gateway', () => {
  const characters = Object.entries(SHOWN_ALPHABETS).map(([name, alphabet]) => [name, alphabet.characters]);
  expect(Object.fromEntries(characters)).toEqual(ALPHABETS);
});
