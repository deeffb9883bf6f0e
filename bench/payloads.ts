// Measures the time to resolve and mask payloads. The reference is the time of `JSON.parse` and `JSON.stringify` for the same payload. Resolving,
// masking and the comparison alternate, so that other load on the machine affects all of them equally. The bench compares medians. The measured time
// does not include reading secrets from the database.

import { maskedPayload } from '../src/payloads/masking/masking.ts';
import { findReferences, resolved, SecretValuesByName } from '../src/payloads/references/references.ts';
import { type Json, type JsonObject, parseJson } from '../src/primitives/json.ts';
import { Sensitive } from '../src/sensitive.ts';
import { readArguments } from './arguments.ts';
import { spread } from './beside/results.ts';
import { KINDS, SLOW } from './masked-texts.ts';
import { realLookingSecrets } from './real-looking-secrets.ts';

const SIZES = [1_000, 100_000, 1_000_000];
const REFERENCES = [1, 10, 100];
const KEYS = new Set(['_secrets', '_masked', 'ssn']);

/** Creates the input of a task. The input consists of about `size` characters of JSON, and contains `references` references to different secrets. */
function definitionOf(size: number, references: number): Json {
  const items: Json[] = [];
  // A reference consists of about 45 characters. An item without a reference consists of about 240 characters.
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

/** Creates 1 MB of records. Each record contains a masked field. */
const recordsOf = (count: number): Json =>
  Array.from({ length: count }, (_, i) => ({
    id: i,
    name: `customer ${i}`,
    ssn: `${100 + (i % 900)}-${10 + (i % 90)}-${1_000 + ((i * 7_919) % 9_000)}`,
    note: 'Ring twice, please, and leave nothing at the door.',
  }));

const withSecrets = (payload: Json): Json => ({
  _secrets: { user: 'post_office', password: 'p@ss w/rd"1 of the office', token: 'tok-5f2c9a77d1e04b6c' },
  ...(payload as JsonObject),
});

/** Returns the median duration of each function in `works`, in milliseconds per call. */
function measured(works: readonly (() => unknown)[], size: number): number[] {
  const calls = Math.max(1, Math.round(200_000 / size));
  const rounds = 21;
  const times = works.map(() => [] as number[]);
  for (let round = -10; round < rounds; round++) {
    for (const [i, work] of works.entries()) {
      const start = performance.now();
      for (let call = 0; call < calls; call++) work();
      if (round >= 0) times[i]?.push((performance.now() - start) / calls);
    }
  }
  return times.map((all) => spread(all).median);
}

/** Highest allowed ratio between the time to mask 1 MB and the time to parse and write 1 MB. */
const MOST = 10;

/** Lets the command fail if the ratio is higher than `most`. */
function hold(what: string, ratio: number, most = MOST): void {
  if (ratio > most) fail(`Masking ${what} costs more than ${most} times parsing and writing it`);
}

function fail(problem: string): void {
  console.error(problem);
  process.exitCode = 1;
}

const row = (what: string, secrets: number, mask: number, base: number) =>
  console.log(
    `${what.padEnd(36)} ${String(secrets).padStart(7)} ${mask.toFixed(2).padStart(9)} ms ${(mask / base).toFixed(2).padStart(7)}`,
  );

/** Returns two times in milliseconds: the time to parse and write `payload`, and the time to mask `payload` with the secret values. */
function maskedIn(payload: Json, values: readonly string[]): { base: number; mask: number } {
  const text = JSON.stringify(payload);
  const mask = () => maskedPayload(payload, { keys: KEYS, values });
  const [base = 0, time = 0] = measured([() => JSON.stringify(JSON.parse(text)), mask], text.length);
  return { base, mask: time };
}

/** Measures each kind of text whose name contains `only`, with one secret value and with many. */
function holdKinds(only: string): void {
  for (const { what, most, payload } of KINDS.filter((kind) => kind.what.includes(only))) {
    for (const secrets of [1, 200]) {
      const { base, mask } = maskedIn(payload(1_000_000), realLookingSecrets(secrets));
      row(what, secrets, mask, base);
      hold(`${what} with ${secrets} secrets`, mask / base, most);
    }
  }
}

/** Highest allowed growth of the time, in relation to the growth of the payload or of the number of secrets. */
const MOST_GROWTH = 1.6;

/** Checks that the time grows in proportion to the size of the payload and to the number of secret values. */
function holdGrowth(): void {
  const sizes = [250_000, 1_000_000].map((size) => {
    const { base, mask } = maskedIn(definitionOf(size, 1), realLookingSecrets(100));
    row(`typical payload of ${size / 1_000} kB`, 100, mask, base);
    return mask;
  });
  const counts = [100, 1_000].map((secrets) => {
    const { base, mask } = maskedIn(definitionOf(1_000_000, 1), realLookingSecrets(secrets));
    row('typical payload of 1000 kB', secrets, mask, base);
    return mask;
  });
  const growth = (times: number[]) => (times[1] ?? 0) / (times[0] ?? 1);
  console.log(
    `four times the size: ${growth(sizes).toFixed(1)} times the time; ten times the secrets: ${growth(counts).toFixed(1)}`,
  );
  if (growth(sizes) > 4 * MOST_GROWTH) fail('The time to mask grows faster than the payload');
  if (growth(counts) > 10 * MOST_GROWTH) fail('The time to mask grows faster than the number of secrets');
}

/** Highest allowed time to mask 1 kB with ten secret values, in microseconds. The time includes preparing the values. */
const MOST_SMALL = 100;

function holdSmall(): void {
  const payload = definitionOf(1_000, 1);
  const values = realLookingSecrets(200)
    .filter((value) => value.length <= 64)
    .slice(0, 10);
  const [mask = 0] = measured([() => maskedPayload(payload, { keys: KEYS, values })], 1_000);
  console.log(`1 kB with ${values.length} secrets, prepared for this payload only: ${(mask * 1_000).toFixed(0)} µs`);
  if (mask * 1_000 > MOST_SMALL) fail(`Masking 1 kB with ${values.length} secrets takes more than ${MOST_SMALL} µs`);
}

/** Measures payloads that were made to be slow and whose names contain `only`. Names the slowest. */
function printSlowest(only: string): void {
  const once = (payload: Json, values: readonly string[]) => {
    const start = performance.now();
    maskedPayload(payload, { keys: KEYS, values });
    return performance.now() - start;
  };
  const times = SLOW.filter(({ what }) => what.includes(only)).map(({ what, made }) => {
    const [small, large] = [made(500_000), made(1_000_000)];
    let [half, full] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = 0; round < 3 && (round === 0 || full < 1_000); round++) {
      full = Math.min(full, once(large.payload, large.values));
      half = Math.min(half, once(small.payload, small.values));
    }
    console.log(`${what.padEnd(60)} ${full.toFixed(0).padStart(6)} ms, ${(full / half).toFixed(1)} times the half`);
    // The time of a short run varies by tens of milliseconds.
    if (full > 3 * half + 100) fail(`The time to mask ${what} grows faster than the payload`);
    return { what, full };
  });
  const [slowest] = times.toSorted((a, b) => b.full - a.full);
  if (slowest !== undefined)
    console.log(`slowest 1 MB that was made to be slow: ${slowest.what}, ${slowest.full.toFixed(0)} ms`);
}

const USAGE = `npm run bench -- payloads [--only TEXT]

Resolves and masks payloads, compares the time with JSON.parse plus JSON.stringify of the same payloads, and prints the ratios. Takes a minute or two.
Fails if masking 1 MB takes more than ${MOST} times as long, for texts in URL encoding 25 times, for base64 30 times.

  --only TEXT  measures only the masking of texts whose kind contains TEXT, for example \`base64\``;

export function run(args: readonly string[]): void {
  const asked = readArguments(USAGE, args, { texts: ['only'] });
  if (asked === undefined) return;
  const only = asked.texts.get('only');
  if (only !== undefined) {
    holdKinds(only);
    printSlowest(only);
    return;
  }
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
      const columns = [
        `${(text.length / 1_000).toFixed(1)} kB`.padStart(10),
        String(names.length).padStart(10),
        `${base.toFixed(4)} ms`.padStart(15),
        `${resolve.toFixed(4)} ms`.padStart(12),
        (resolve / base).toFixed(2).padStart(7),
        `${mask.toFixed(4)} ms`.padStart(12),
        (mask / base).toFixed(2).padStart(7),
      ];
      console.log(columns.join(' '));
      if (size === 1_000_000) hold(`1 MB with ${references} references`, mask / base);
    }
  }
  console.log('\nmasking                              secrets             ratio');
  holdKinds('');
  holdGrowth();
  holdSmall();
  printSlowest('');
  const records = recordsOf(10_000);
  for (const [what, payload, values] of [
    ['archive with three secrets', withSecrets(definitionOf(1_000_000, 1)), []],
    ['archive of 10,000 masked fields', records, []],
    ['mask of 10,000 masked fields', records, [textOf(1)]],
  ] satisfies [string, Json, string[]][]) {
    const { base, mask } = maskedIn(payload, values);
    row(what, 0, mask, base);
    hold(what, mask / base);
  }
  // The gateway's JSON parser preserves the exact text of numbers. The benchmark measures the cost of this parser for a payload whose numbers a
  // double can represent.
  const text = JSON.stringify(definitionOf(1_000_000, 1));
  const [usual = 0, exact = 0] = measured([() => JSON.parse(text), () => parseJson(text)], text.length);
  console.log(`parsing 1 MB with exact numbers, relative to JSON.parse: ${(exact / usual).toFixed(2)}`);
}
