// Runs the examples in docs/audits.md. A table on the page lists the changes that the test repeats. Below each query,
// the page shows the expected answer.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Access } from '../../src/generated/vocabulary.ts';
import { addMembers, removeMembers } from '../access/asking.ts';
import { restClient } from '../support/rest.ts';
import { type Someone, type SomeUser, type World, world } from '../support/world.ts';

const FILE = join(import.meta.dirname, '../../docs/audits.md');
const page = readFileSync(FILE, 'utf8');
const story = [...page.matchAll(/^\| (\d{4}-\d\d-\d\d) (\d\d:\d\d) \| (.*) \|$/gm)].map(([, day, time, what = '']) => ({
  at: new Date(`${day}T${time}:00Z`),
  what,
}));
const examples = [...page.matchAll(/^```(graphql|http)\n(.*?)^```\n\n```(?:json|csv)\n(.*?)^```$/gms)].map(
  ([, kind = '', question = '', answer = '']) => ({
    kind,
    question,
    answer,
    line: page.slice(0, page.indexOf(question)).split('\n').length,
  }),
);

let w: World;
let admin: Someone;
/** The difference between the times in docs/audits.md and the times in the test. */
let ahead: number;
const somebody = new Map<string, Someone & Partial<SomeUser>>();
const ids = new Map<string, string>();

const accesses = (text: string) => text.split(', ') as Access[];
const HAPPENINGS: [RegExp, (...words: string[]) => Promise<unknown>][] = [
  [/^an administrator creates the user `(\w+)`$/, async (name) => know(name, await w.user(name))],
  [/^an administrator creates the application `(\w+)`$/, async (name) => know(name, await w.application(name))],
  [
    /^an administrator creates the group `(\w+)` with the members (.+)$/,
    async (name, members) => ids.set(name, await w.group(name, named(members).map(id))),
  ],
  [
    /^an administrator creates the secret `(\w+)` with the tags (.+)$/,
    async (name, tags) => w.secret(name, { tags: named(tags) as `${string}:${string}`[], by: admin }),
  ],
  [
    /^an administrator grants `(\w+)` ([A-Z, ]+) on `([\w:]+)`$/,
    async (name, access, on) => w.grant(id(name), accesses(access), on, { by: admin }),
  ],
  [
    /^an administrator grants `(\w+)` ([A-Z, ]+) on `([\w:]+)` until (\S+)$/,
    async (name, access, on, until) =>
      w.grant(id(name), accesses(access), on, { expiresAt: shifted(until), by: admin }),
  ],
  [/^an administrator removes `(\w+)` from `(\w+)`$/, async (name, group) => removeMembers(admin, id(group), id(name))],
  [/^an administrator adds `(\w+)` to `(\w+)`$/, async (name, group) => addMembers(admin, id(group), id(name))],
  [/^`(\w+)` reveals the value of `(\w+)`$/, async (name, secret) => w.reveal(await again(name), secret)],
  [
    /^`(\w+)` uses `(\w+)` in a workflow$/,
    async (name, secret) => expect((await resolve(name, secret)).status).toBe(200),
  ],
  [
    /^`(\w+)` tries to use `(\w+)`, and the gateway refuses$/,
    async (name, secret) => expect((await resolve(name, secret)).status).toBe(422),
  ],
  [/^now$/, async () => undefined],
];
const named = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
const id = (name: string) => ids.get(name) ?? expect.fail(`No ${name}`);
const know = (name: string, one: Someone) => {
  somebody.set(name, one);
  ids.set(name, one.id);
};
/** The user signs in again after some days. */
const again = async (name: string) => {
  const one = somebody.get(name) as SomeUser & { keyId: string; keySecret: string };
  if (one.password !== undefined) return w.signIn(name, one.password);
  const { signInApplication } = await w.anonymous.get(
    'mutation ($k: String!, $s: SecretValue!) { signInApplication(keyId: $k, keySecret: $s) { token } }',
    { k: one.keyId, s: one.keySecret },
  );
  return w.as(signInApplication.token);
};
const resolve = async (name: string, secret: string) =>
  restClient(w.url, (await again(name)).token).send(
    'POST',
    '/payloads/resolve',
    { payload: `\${workflow.secrets.${secret}}` },
    { revealing: true },
  );

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const shifted = (text: string) => new Date(new Date(text).getTime() + ahead).toISOString();
/** Returns a query from docs/audits.md with the ids that exist in the test. */
const asked = (text: string) =>
  text.replace(TIME, shifted).replace(/\b(?:usr|app|grp)_([a-z]+)\b/g, (_, name: string) => id(name));
/**
 * Converts an answer of the test to the notation in docs/audits.md, with names in place of ids and with times without
 * seconds.
 */
const written = (text: string) => {
  const names = new Map([...ids].map(([name, one]) => [one, `${one.slice(0, 4)}${name}`]));
  return text
    .replace(/\b[a-z]{3}_[0-9a-f]{32}\b/g, (one) => names.get(one) ?? `${one.slice(0, 4)}…`)
    .replace(TIME, (time) => {
      const minute = Math.floor((new Date(time).getTime() - ahead) / 60_000) * 60_000;
      return new Date(minute).toISOString().replace('.000Z', 'Z');
    });
};

beforeAll(async () => {
  w = await world();
  admin = { ...w.admin, id: '', name: 'admin' };
  // One day after the creation of the administrator, rounded to a full minute.
  ahead = Math.ceil((w.clock.now().getTime() + 86_400_000) / 60_000) * 60_000 - story[0]!.at.getTime();
  for (const { at, what } of story) {
    w.clock.advance({ seconds: (at.getTime() + ahead - w.clock.now().getTime()) / 1_000 });
    admin = { ...admin, ...(await w.signIn('admin', w.adminPassword)) };
    w.admin.ask = admin.ask;
    w.admin.get = admin.get;
    const found = HAPPENINGS.map(([form, does]) => [form.exec(what), does] as const).find(([match]) => match !== null);
    if (found === undefined) expect.fail(`Nothing is known of: ${what}`);
    await found![1](...found![0]!.slice(1));
  }
  const auditor = await w.user('auditor', { roles: ['AUDITOR'] });
  know('auditor', auditor);
}, 60_000);
afterAll(() => w?.close());

test('docs/audits.md contains a table of events, and a query of every kind', () => {
  expect(story.length).toBeGreaterThan(15);
  const fields = examples.flatMap(({ question }) => /^\s*(\w+)\(/m.exec(question)?.[1] ?? []);
  expect(new Set(fields)).toEqual(
    new Set(['accessEntries', 'auditEvents', 'explainAccess', 'simulateAccess', 'accessChanges', 'unusedPermissions']),
  );
  expect(page.match(/^```(?:graphql|http)$/gm)).toHaveLength(examples.length);
});

test.each(examples.map((one) => [one.line, one] as const))(
  'the query on line %i of docs/audits.md returns the documented answer',
  async (_, example) => {
    const auditor = await again('auditor');
    if (example.kind === 'http') {
      const [, path = ''] = /^GET \/api(\S+)$/m.exec(asked(example.question)) ?? [];
      const { text } = await restClient(w.url, auditor.token).send('GET', path);
      expect(written(text).replaceAll('\r\n', '\n')).toBe(example.answer);
      return;
    }
    const data = await auditor.get(asked(example.question));
    expect(JSON.parse(written(JSON.stringify(data)))).toEqual(JSON.parse(example.answer));
  },
);

test('every link in docs/audits.md leads to an existing target', () => {
  const titles = [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title.toLowerCase().replace(/[^\w -]/g, ''));
  const anchors = new Set(titles.map((title) => `#${title.replaceAll(' ', '-')}`));
  for (const [, to = ''] of page.matchAll(/\]\(([^)]+)\)/g)) {
    if (to.startsWith('#')) expect(anchors).toContain(to);
    else expect(() => readFileSync(join(FILE, '..', to.replace(/#.*/, '')))).not.toThrow();
  }
});
