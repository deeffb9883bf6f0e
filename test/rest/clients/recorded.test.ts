// Replays recorded.yaml. The test sends the recorded requests of each client, step by step, to a new gateway.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type RestClient, restClient } from '../../support/rest.ts';
import { type World, world } from '../../support/world.ts';

interface Answer {
  status?: number;
  text?: string;
  json?: unknown;
  includes?: unknown[];
}
interface Conversations {
  answers: Record<string, Answer | 'nothing'>;
  clients: Record<
    string,
    {
      accept?: string;
      content_type: string;
      without_body: string[];
      types?: Record<string, string>;
      sends: Record<string, string>;
    }
  >;
}

const { answers, clients }: Conversations = parse(readFileSync(join(import.meta.dirname, 'recorded.yaml'), 'utf8'));
const steps = Object.keys(answers);

/** Values that earlier answers contain, by placeholder: `<application>` and the id of the application. */
class Learnt {
  readonly #known = new Map<string, unknown>();

  learn(name: string, value: unknown): void {
    this.#known.set(name, value);
  }

  fill(text: string): string {
    return text.replace(/<\w+>/g, (name) => (this.#known.has(name) ? String(this.#known.get(name)) : name));
  }

  /**
   * Replaces known placeholders in `expected` by their values. Records the values of new placeholders from `actual`.
   */
  complete(expected: unknown, actual: unknown): unknown {
    if (typeof expected === 'string') {
      if (/^<\w+>$/.test(expected) && !this.#known.has(expected)) this.#known.set(expected, actual);
      return this.#known.get(expected) ?? this.fill(expected);
    }
    if (Array.isArray(expected)) {
      const list = Array.isArray(actual) ? actual : [];
      return expected.map((item, i) => this.complete(item, list.length === expected.length ? list[i] : undefined));
    }
    if (typeof expected !== 'object' || expected === null) return expected;
    const fields = (actual ?? {}) as Record<string, unknown>;
    return Object.fromEntries(Object.entries(expected).map(([name, one]) => [name, this.complete(one, fields[name])]));
  }
}

/** A matcher that ignores additional JSON fields. Two lists must have the same length, and may have any order. */
function shapeOf(expected: unknown): unknown {
  if (Array.isArray(expected)) {
    const items = expected.map(shapeOf);
    return expect.toSatisfy(
      (actual) => Array.isArray(actual) && actual.length === items.length && hasAll(actual, items),
      JSON.stringify(expected),
    );
  }
  if (typeof expected !== 'object' || expected === null) return expected;
  return expect.objectContaining(
    Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, shapeOf(value)])),
  );
}

function hasAll(actual: unknown[], items: unknown[]): boolean {
  return items.every((item) => {
    try {
      expect(actual).toContainEqual(item);
      return true;
    } catch {
      return false;
    }
  });
}

test('every recorded step belongs to a client, and no client uses an unknown step', () => {
  const taken = new Set(Object.values(clients).flatMap(({ sends }) => Object.keys(sends)));
  expect([...taken].sort()).toEqual([...steps].sort());
});

describe.each(Object.entries(clients))(
  'requests that were recorded from the client %s',
  (_, { accept, content_type, without_body, types = {}, sends }) => {
    let w: World;
    let client: RestClient;
    const learnt = new Learnt();
    beforeAll(async () => {
      w = await world();
      const operator = await w.application('operator', { roles: ['ADMIN'] });
      learnt.learn('<operator>', `app:${operator.id}`);
      client = restClient(w.url, operator.token);
    });
    afterAll(() => w.close());

    test.each(steps.filter((step) => step in sends))(
      'the gateway gives the recorded answer to the recorded step %s',
      async (step) => {
        const [, method = '', path = '', body] = /^(\S+) (\S+)(?: ([\s\S]*))?$/.exec(learnt.fill(sends[step]!)) ?? [];
        const typed = body !== undefined || without_body.includes(method);
        const headers = {
          ...(accept !== undefined && { accept }),
          ...(typed && { 'content-type': types[step] ?? content_type }),
        };
        const bytes = body === undefined ? undefined : Buffer.from(body);
        const answer = await client.send(method, path, bytes, { headers, revealing: step === 'create_access_key' });

        const given = answers[step]!;
        const { status = 200, text, json, includes }: Answer = given === 'nothing' ? { text: '' } : given;
        expect([step, answer.status]).toEqual([step, status]);
        if (text !== undefined) {
          const { headers } = answer;
          expect([answer.text, headers.get('content-length')]).toEqual([text, String(Buffer.byteLength(text))]);
          if (given !== 'nothing') expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
        }
        if (json !== undefined) expect(answer.json).toEqual(shapeOf(learnt.complete(json, answer.json)));
        if (includes !== undefined) {
          for (const item of includes) expect(answer.json).toContainEqual(shapeOf(learnt.complete(item, undefined)));
        }
      },
    );
  },
);
