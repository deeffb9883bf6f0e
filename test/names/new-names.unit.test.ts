// Compares names with test vectors from two libraries. The vectors were generated once. `username` and `nickname`
// come from precis-i18n 1.1.2 on Unicode 15.1; null means that the library rejects the name. `go` comes from
// golang.org/x/text/secure/precis 0.44.0, which applies the Bidi Rule to all names.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { eachNamed, nameKey, oneNamed } from '../../src/primitives/name-key.ts';
import { newDisplayName, newGroupName, newName, newUsername } from '../../src/primitives/new-name.ts';
import { customRoleName } from '../../src/roles/role.ts';
import vectors from './vectors.json' with { type: 'json' };

type Vector = { name: string; username: string | null; nickname: string | null; go: string | null };
const VECTORS: Vector[] = vectors;

/**
 * Returns the checked name. Returns null if the check rejects the name with an error that names the field and does
 * not contain the name.
 */
function accepted(check: (text: string, field: string) => string, name: string): string | null {
  try {
    return check(name, 'input.name');
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    expect([error.code, error.field]).toEqual(['BAD_USER_INPUT', 'input.name']);
    return null;
  }
}

const withoutJoiners = VECTORS.filter(({ name }) => !/[\u200c\u200d]/.test(name));
/** The library rejects spaces. RFC 8265, section 3.5 allows a protocol to join several userparts with spaces. */
const userparts = withoutJoiners.filter(({ name }) => !/[ \u3000]/.test(name));

describe('rules for a new username', () => {
  test('the gateway accepts exactly the usernames that UsernameCaseMapped accepts', () => {
    const other = userparts.filter(
      ({ name, username }) => (accepted(newUsername, name) === null) !== (username === null),
    );
    expect(other.map((vector) => JSON.stringify(vector))).toEqual([]);
    expect(userparts.filter(({ username }) => username !== null).length).toBeGreaterThan(100);
  });

  test('the comparison form of a username equals the output of UsernameCaseMapped', () => {
    const known = userparts.filter(({ username }) => username !== null);
    expect(known.map(({ name }) => nameKey(name))).toEqual(known.map(({ username }) => username));
  });

  test('the gateway and the Go library treat the same pairs of usernames as equal, except usernames with a final sigma', () => {
    const known = userparts.filter(({ go, name }) => go && !/\u03a3$/u.test(name));
    expect(known.map(({ name }) => nameKey(name))).toEqual(known.map(({ go }) => go));
    expect(known.length).toBeGreaterThan(80);
  });
});
describe('rules for a new group name', () => {
  /**
   * The gateway rejects spaces before and after a name, but Nickname removes these spaces. The compatibility form of
   * U+FFE3 starts with a space.
   */
  const inner = withoutJoiners.filter(({ name }) => name.trim() === name && !name.includes('\uffe3'));
  /**
   * The gateway allows some visible characters that Nickname allows only beside certain other characters. An example
   * is a middle dot.
   */
  const showing = inner.filter(({ name }) => !/[\u00b7\u0375\u05f3\u05f4\u30fb\u0660-\u0669\u06f0-\u06f9]/.test(name));

  test('the gateway accepts all group names that Nickname accepts', () => {
    const other = showing.filter(
      ({ name, nickname }) => (accepted(newGroupName, name) === null) !== (nickname === null),
    );
    expect(other.map((vector) => JSON.stringify(vector))).toEqual([]);
    expect(accepted(newGroupName, 'Ops \u00b7 EU')).toBe('Ops \u00b7 EU');
  });

  test('the comparison form of a group name equals the output of Nickname', () => {
    const known = inner.filter(({ nickname }) => nickname !== null);
    expect(known.map(({ name }) => nameKey(name))).toEqual(known.map(({ nickname }) => nickname));
    expect(known.length).toBeGreaterThan(150);
  });
});

describe('rules for every kind of new name', () => {
  test('the gateway stores a new name as the user wrote it, in Unicode form NFC', () => {
    expect(newUsername('testUser', 'f')).toBe('testUser');
    expect(newUsername('jose\u0301', 'f')).toBe('jos\u00e9');
    expect(newGroupName('Ops  EU', 'f')).toBe('Ops  EU');
    expect(nameKey('Ops  EU')).toBe('ops eu');
  });

  test.each([
    ...[
      'admins\u200b',
      'ad\u00admin',
      '\ufeffa',
      'a\u2060b',
      'a\u034fb',
      'a\u200db',
      '\u3164',
      'a\u2028b',
      'a\u{e0061}b',
    ],
    ...['\u202eadmin', 'a\u200eb', 'a\u061cb', '\u2066a\u2069', '\u2800', 'a\ufff9b', 'a\u{13430}b'],
  ])('the gateway rejects an invisible character in every kind of new name (%j)', (name) => {
    for (const check of [newName, newGroupName, newUsername]) expect(accepted(check, name)).toBeNull();
  });

  test('a display name may contain the joiners that some languages need, and no other invisible character', () => {
    for (const name of [
      '\u0639\u0644\u06cc\u200c\u0631\u0636\u0627',
      '\u0dc1\u0dca\u200d\u0dbb\u0dd3',
      'Ann \u2764\ufe0f',
    ])
      expect(accepted(newDisplayName, name)).toBe(name);
    for (const name of ['Ann\u200b', '\u202eAnn', 'A\u00adnn']) expect(accepted(newDisplayName, name)).toBeNull();
  });

  test.each(['.', '..', '...', '\uff0e\uff0e', '\u2025', '.\u2024'])(
    'the gateway rejects a name that consists only of dots for a user, group or role, because a URL path cannot contain this name (%j)',
    (name) => {
      for (const check of [newUsername, newGroupName, customRoleName]) expect(accepted(check, name)).toBeNull();
      for (const check of [newUsername, newGroupName, customRoleName]) expect(accepted(check, 'a..')).toBe('a..');
    },
  );

  test('a username cannot look like the id of an application, in any spelling', () => {
    for (const name of ['app:x', 'APP:x', '\uff41pp:x', 'app\uff1ax']) expect(accepted(newUsername, name)).toBeNull();
  });

  test('a username may be an e-mail address or several words', () => {
    for (const name of [
      'user@example.org',
      'first.last+tag@example.org',
      'a-b_c',
      "O'Brien",
      'Ann Smith',
      'DOMAIN\\user',
    ])
      expect(accepted(newUsername, name)).toBe(name);
    expect(accepted(newUsername, 'Ann  Smith')).toBeNull();
  });
});

describe('comparison forms of names', () => {
  test('computing the comparison form twice gives the same result as computing it once, for every character', () => {
    const other: string[] = [];
    for (let point = 0; point <= 0x10ffff; point++) {
      const key = nameKey(String.fromCodePoint(point));
      if (nameKey(key) !== key) other.push(point.toString(16));
    }
    expect(other).toEqual([]);
  });

  test('computing the comparison form twice gives the same result as computing it once, and every Unicode form of a string has the same comparison form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (name) => {
        const key = nameKey(name);
        expect(nameKey(key)).toBe(key);
        for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) expect(nameKey(name.normalize(form))).toBe(key);
      }),
      { numRuns: 2_000 },
    );
  });

  test('for a string that is longer than any name, the comparison form is computed without slow normalization', () => {
    const endless = `a${'\u0315\u0300'.repeat(250_000)}`;
    expect(nameKey(endless)).toMatch(/^sha256:[0-9a-f]{64}$/);
    // The normalized form of each of these 255 characters consists of four characters.
    const longest = '\u1f82'.repeat(255);
    expect(nameKey(longest.normalize('NFD'))).toBe(nameKey(longest));
  });

  test('the comparison form of a long name fits into a database index, and different names have different comparison forms', () => {
    const [one, other] = ['\ufdfa'.repeat(255), `${'\ufdfa'.repeat(254)}a`];
    expect([one, other].map((name) => Buffer.byteLength(nameKey(name)))).toEqual([71, 71]);
    expect(nameKey(one)).not.toBe(nameKey(other));
  });
});

describe('looking up a name by its comparison form', () => {
  const nameOf = (row: { name: string }) => row.name;

  test('a lookup by any spelling of a name finds the database row of the name', () => {
    for (const spelling of ['admin', 'ADMIN', 'ａｄｍｉｎ'])
      expect(oneNamed([{ name: 'Admin' }], spelling, nameOf)?.name).toBe('Admin');
  });

  test('if several rows have the same name key, a lookup finds no row, because the unique index is missing or damaged', () => {
    const rows = [{ name: 'Admin' }, { name: 'admin' }];
    for (const spelling of ['Admin', 'admin', 'ADMIN']) expect(oneNamed(rows, spelling, nameOf)).toBeUndefined();
  });

  test('a lookup by name ignores a row whose stored comparison form does not match its name', () => {
    const [alice, mallory] = [{ name: 'alice' }, { name: 'mallory' }];
    expect(oneNamed([mallory], 'alice', nameOf)).toBeUndefined();
    expect(eachNamed([mallory], ['alice']).size).toBe(0);
    expect([...eachNamed([mallory, alice], ['Alice', 'mallory'])]).toEqual([
      ['Alice', alice],
      ['mallory', mallory],
    ]);
  });
});
