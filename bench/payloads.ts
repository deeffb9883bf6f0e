// Resolving and masking payloads, against `JSON.parse` plus `JSON.stringify` of the same payload. Runs of the three alternate, so that whatever
// else the machine does falls on all alike; medians are compared. Reading secrets is the database's time and is not in it.
import { type Json, parseJson } from '../src/json.ts';
import { maskedPayload } from '../src/payloads/masking.ts';
import { findReferences, resolved, SecretValuesByName } from '../src/payloads/references.ts';
import { Sensitive } from '../src/sensitive.ts';

const SIZES = [1_000, 100_000, 1_000_000];
const REFERENCES = [1, 10, 100];
const KEYS = new Set(['_secrets', '_masked', 'ssn']);

/** What a task gets, of about `size` characters of JSON, with `references` to as many secrets spread over it. */
function definitionOf(size: number, references: number): Json {
  const items: Json[] = [];
  // A reference takes some 45 characters, an item without one some 240.
  const plain = Math.max(0, Math.round((size - references * 45) / ITEM));
  const every = Math.max(1, Math.floor(plain / references));
  for (let i = 0; i < Math.max(plain, 1); i++) {
    items.push({
      id: i,
      name: `order ${(i * 2_654_435_761) % 4_294_967_296}`,
      active: i % 3 === 0,
      price: i * 1.25,
      tags: ['alpha', 'beta', `t${i % 17}`],
      note: 'Deliver between nine and five; ring twice, please, and leave nothing at the door.',
      address: { street: `${i} Long Acre Road`, city: 'Springfield', zip: String(10_000 + (i % 90_000)) },
    });
    if (i % every === 0 && i / every < references) items.push(`Bearer \${workflow.secrets.s${i / every}}`);
  }
  for (let i = Math.ceil(Math.max(plain, 1) / every); i < references; i++)
    items.push(`Bearer \${workflow.secrets.s${i}}`);
  return { method: 'POST', items };
}
const ITEM = 235;

const textOf = (i: number) => `v-${((i + 1) * 40_503) % 65_536}-${'abcdefghijklmnop'.slice(i % 7)}-${i}`;

function median(times: number[]): number {
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] as number;
}

/** Medians of each, in milliseconds a call. */
function measured(works: readonly (() => unknown)[], size: number): number[] {
  const calls = Math.max(1, Math.round(200_000 / size));
  const rounds = 41;
  const times = works.map(() => [] as number[]);
  for (let round = -10; round < rounds; round++) {
    for (const [i, work] of works.entries()) {
      const start = performance.now();
      for (let call = 0; call < calls; call++) work();
      if (round >= 0) times[i]?.push((performance.now() - start) / calls);
    }
  }
  return times.map(median);
}

export function run(): void {
  console.log('payload   references   parse+stringify      resolve   ratio         mask   ratio');
  for (const size of SIZES) {
    for (const references of REFERENCES) {
      const definition = definitionOf(size, references);
      const names = findReferences(definition, 'payload', 'CERTAIN').names;
      const texts = names.map((_, i) => textOf(i));
      const secrets = new Map(names.map((name, i) => [name, new Sensitive(texts[i] as string)]));
      const payload = resolved(definition, new SecretValuesByName(secrets));
      const text = JSON.stringify(payload);
      const [base = 0, resolve = 0, mask = 0] = measured(
        [
          () => JSON.stringify(JSON.parse(text)),
          () => {
            findReferences(definition, 'payload', 'CERTAIN');
            return resolved(definition, new SecretValuesByName(secrets));
          },
          () => maskedPayload(payload, { definition, keys: KEYS, values: texts }),
        ],
        text.length,
      );
      const row = [
        `${(text.length / 1_000).toFixed(1)} kB`.padStart(10),
        String(names.length).padStart(10),
        `${base.toFixed(4)} ms`.padStart(15),
        `${resolve.toFixed(4)} ms`.padStart(12),
        (resolve / base).toFixed(2).padStart(7),
        `${mask.toFixed(4)} ms`.padStart(12),
        (mask / base).toFixed(2).padStart(7),
      ];
      console.log(row.join(' '));
    }
  }
  // Numbers are kept exact by a reader of our own; what it costs where there is none to keep.
  const text = JSON.stringify(definitionOf(1_000_000, 1));
  const [plain = 0, exact = 0] = measured([() => JSON.parse(text), () => parseJson(text)], text.length);
  console.log(`reading 1 MB with numbers kept exact, against JSON.parse: ${(exact / plain).toFixed(2)}`);
}
