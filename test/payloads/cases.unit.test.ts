// Runs the test cases in the YAML files of this directory.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { BadInput } from '../../src/errors.ts';
import { hidingKeys, maskedPayload } from '../../src/payloads/masking/masking.ts';
import { secretToUpdate } from '../../src/payloads/references/update-secret-task.ts';
import { type Json, parseJson } from '../../src/primitives/json.ts';
import { resolving } from './resolving.ts';

const archived = (payload: Json, keys: ReadonlySet<string>): Json => maskedPayload(payload, { keys, values: [] });

interface Case {
  what: string;
  /** The payload. If YAML would change the payload, `payloadText` contains the payload as JSON. */
  payload?: Json;
  payloadText?: string;
  input?: Json;
  inputText?: string;
  definition?: Json;
  fields?: string[];
  values?: string[];
  /** The expected result. If YAML would change the result, `givesText` contains the result as JSON. */
  gives?: Json;
  givesText?: string;
  shows?: Json;
  showsText?: string;
  keeps?: Json;
  writes?: [name: string, value: string];
  refused?: [name: string, problem: string, ...pointers: string[]][] | string;
  /** The argument that the error must name. */
  refusedInput?: string;
}

const table = (name: string): { secrets: Record<string, string>; cases: Case[] } =>
  parse(readFileSync(join(import.meta.dirname, `${name}.yaml`), 'utf8'));
const tables = {
  resolving: table('resolving'),
  masking: table('masking'),
  archiving: table('archiving'),
  update: table('update-secret'),
};
const payloadOf = ({ payload, payloadText }: Case): Json =>
  payloadText === undefined ? payload! : parseJson(payloadText);
const inputOf = ({ input, inputText }: Case): Json | undefined =>
  inputText === undefined ? input : parseJson(inputText);
const faultOf = (act: () => unknown): unknown => {
  try {
    return { done: act() };
  } catch (error) {
    return error instanceof BadInput ? { field: error.field } : error;
  }
};

test('the YAML files contain enough test cases', () => {
  const all = Object.values(tables).flatMap(({ cases }) => cases);
  expect(all.length).toBeGreaterThan(200);
});

describe('resolving the payloads in resolving.yaml', () => {
  const { secrets, cases } = tables.resolving;
  test.each(cases.map((one) => [one.what, one] as const))('resolving: %s', (_, one) => {
    const before = JSON.stringify(payloadOf(one));
    const payload = payloadOf(one);
    const outcome = faultOf(() => resolving(payload, { secrets, expired: ['old'], input: inputOf(one) }));
    if (one.refusedInput !== undefined) expect(outcome).toEqual({ field: one.refusedInput });
    else if (one.refused !== undefined) {
      expect(outcome).toEqual({ done: { refused: one.refused } });
    } else if (one.givesText !== undefined) {
      expect(JSON.stringify((outcome as { done: { gives: Json } }).done.gives)).toBe(one.givesText);
    } else expect(outcome).toEqual({ done: { gives: one.gives } });
    expect(JSON.stringify(payload)).toBe(before);
  });
});

describe('masking the payloads in masking.yaml', () => {
  test.each(tables.masking.cases.map((one) => [one.what, one] as const))('masking: %s', (_, one) => {
    const keys = hidingKeys(one.fields ?? [], ['_secrets', '_masked']);
    const { definition, values = [] } = one;
    const shown = maskedPayload(payloadOf(one), { definition, keys, values });
    expect(JSON.stringify(shown)).toBe(one.showsText ?? JSON.stringify(one.shows));
  });
});

describe('archiving the payloads in archiving.yaml', () => {
  test.each(tables.archiving.cases.map((one) => [one.what, one] as const))('archiving: %s', (_, one) => {
    const keys = hidingKeys(one.fields ?? [], ['_secrets']);
    const kept = archived(payloadOf(one), keys);
    expect(kept).toEqual(one.keeps);
    expect(archived(kept, keys)).toEqual(kept);
  });
});

describe('the input of an UPDATE_SECRET task', () => {
  test.each(tables.update.cases.map((one) => [one.what, one] as const))('UPDATE_SECRET input: %s', (_, one) => {
    const outcome = faultOf(() => {
      const { name, value } = secretToUpdate(one.input!);
      return [name, value.expose()];
    });
    expect(outcome).toEqual(one.refused === undefined ? { done: one.writes } : { field: one.refused });
  });
});
