// Two gateways that cache entitlements answer concurrent reads. After one gateway revokes access, the other gateway
// refuses the next request.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Access } from '../../src/generated/vocabulary.ts';
import { type Answer, type Client, type TestApp, testApp } from '../support/app.ts';
import { overhear } from '../support/sentinel.ts';
import { type Someone, type SomeSecret, type World, world } from '../support/world.ts';
import * as asking from './asking.ts';

let w: World;
let second: TestApp;
let urls: string[];
beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
  const { databaseUrl, keyring, adminPassword, clock } = w;
  second = await testApp({ databaseUrl, keyring, adminPassword, clock, tokenTtl: 86_400 });
  urls = [w.url, second.url];
});
afterAll(async () => {
  await second.close();
  await w.close();
});

/** Sends the request again if the gateway refused it because of overload. */
async function answered<T>(ask: () => Promise<T>, isBusy: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (!isBusy(answer)) return answer;
  }
}

/** Sends a GraphQL mutation. */
async function made(change: () => Promise<Answer>): Promise<Answer> {
  const answer = await answered(change, ({ errors }) => errors[0]?.extensions.code === 'UNAVAILABLE');
  expect(answer.errors).toEqual([]);
  return answer;
}

type Read = (url: string, token: string | undefined, name: string) => Promise<string | number>;

/** Reads a secret value with the token. Returns the secret value, or the HTTP status if the gateway refuses. */
async function getOnce(url: string, token: string | undefined, name: string): Promise<string | number> {
  const response = await fetch(`${url}/api/secrets/${name}`, { headers: { 'x-authorization': `${token}` } });
  const text = await response.text();
  if (response.status === 200) return text;
  overhear(text);
  return response.status;
}

/** Reads the same secret value through GraphQL. */
async function askOnce(url: string, token: string | undefined, name: string): Promise<string | number> {
  const client = url === w.url ? w.as(token) : second.as(token);
  const { data, errors } = await client.askRevealing(`{ secret(name: "${name}") { value(reveal: true) } }`);
  if (errors.length > 0) return STATUS[errors[0]?.extensions.code ?? ''] ?? 500;
  return data.secret?.value ?? 404;
}

const STATUS: Record<string, number> = { UNAUTHENTICATED: 401, UNAVAILABLE: 503 };

const get: Read = (...which) =>
  answered(
    () => getOnce(...which),
    (answer) => answer === 503,
  );
const ask: Read = (...which) =>
  answered(
    () => askOnce(...which),
    (answer) => answer === 503,
  );

interface Scene {
  who: Someone & { keyId?: string; keySecret?: string; password?: string };
  secret: SomeSecret;
  tag: `${string}:${string}`;
  group: string;
}

interface Way {
  kind: 'user' | 'application';
  /** Gives a principal access to read the secret, and returns a token of the principal. */
  give: (one: Scene) => Promise<string | undefined>;
  take: (one: Scene, by: Client) => Promise<Answer>;
  /** The answer that the test expects after the revocation. */
  refused: 401 | 404;
}

const READ: Access[] = ['READ'];
const signedIn = async ({ who }: Scene) => (await w.signIn(who.name, who.password!)).token;
const withKey = async (keyId: string, keySecret: string) =>
  (await made(() => asking.signInApplication(w.anonymous, keyId, keySecret))).data.signInApplication.token as string;
const granted = async ({ who, secret }: Scene) => {
  await made(() => asking.grant(w.admin, who.id, READ, secret.name));
};

const WAYS: Record<string, Way> = {
  'a grant on a tag': {
    kind: 'user',
    async give({ who, tag }) {
      await made(() => asking.grant(w.admin, who.id, READ, tag));
      return who.token;
    },
    take: ({ who, tag }, by) => asking.revoke(by, who.id, READ, tag),
    refused: 404,
  },
  'a grant on the name': {
    kind: 'application',
    async give(one) {
      await granted(one);
      return one.who.token;
    },
    take: ({ who, secret }, by) => asking.revoke(by, who.id, READ, secret.name),
    refused: 404,
  },
  'a membership': {
    kind: 'application',
    async give({ who, group, tag }) {
      await made(() => asking.grant(w.admin, group, READ, tag));
      await made(() => asking.addMembers(w.admin, group, who.id));
      return who.token;
    },
    take: ({ who, group }, by) => asking.removeMembers(by, group, who.id),
    refused: 404,
  },
  'a role': {
    kind: 'user',
    async give({ who }) {
      await made(() => asking.updateUser(w.admin, who.id, { roles: ['ADMIN'] }));
      return who.token;
    },
    take: ({ who }, by) => asking.updateUser(by, who.id, { roles: [] }),
    refused: 404,
  },
  "a group's role": {
    kind: 'user',
    async give({ who, group }) {
      await made(() => asking.updateGroup(w.admin, group, { roles: ['ADMIN'] }));
      await made(() => asking.addMembers(w.admin, group, who.id));
      return who.token;
    },
    take: ({ group }, by) => asking.updateGroup(by, group, { roles: [] }),
    refused: 404,
  },
  'the tag of the secret': {
    kind: 'user',
    async give({ who, secret, tag }) {
      await made(() => asking.grant(w.admin, who.id, READ, tag));
      await made(() => asking.tag(w.admin, secret.name, tag));
      return who.token;
    },
    take: ({ secret, tag }, by) => asking.untag(by, secret.name, tag),
    refused: 404,
  },
  'the group': {
    kind: 'user',
    async give(one) {
      one.group = await w.group(`short-lived ${crypto.randomUUID()}`, [one.who.id]);
      await made(() => asking.grant(w.admin, one.group, READ, one.secret.name));
      return one.who.token;
    },
    take: ({ group }, by) => asking.deleteGroup(by, group),
    refused: 404,
  },
  'the secret': {
    kind: 'user',
    async give(one) {
      const tags = [one.tag];
      one.secret = await w.secret(`short-lived-${crypto.randomUUID()}`, { tags });
      await made(() => asking.grant(w.admin, one.who.id, READ, one.tag));
      return one.who.token;
    },
    take: ({ secret }, by) => asking.deleteSecret(by, secret.name),
    refused: 404,
  },
  'the activity of the key': {
    kind: 'application',
    async give(one) {
      await granted(one);
      await made(() => asking.setKeyActive(w.admin, one.who.keyId!, true));
      return withKey(one.who.keyId!, one.who.keySecret!);
    },
    take: ({ who }, by) => asking.setKeyActive(by, who.keyId!, false),
    refused: 401,
  },
  'the key': {
    kind: 'application',
    async give(one) {
      await granted(one);
      const { accessKey, secret } = (await made(() => asking.createKey(w.admin, one.who.id))).data.createAccessKey;
      one.who.keyId = accessKey.id;
      return withKey(accessKey.id, secret);
    },
    take: ({ who }, by) => asking.deleteKey(by, who.keyId!),
    refused: 401,
  },
  'the application': {
    kind: 'application',
    async give(one) {
      one.who = await w.application(`short-lived ${crypto.randomUUID()}`);
      await granted(one);
      return one.who.token;
    },
    take: ({ who }, by) => asking.deleteApplication(by, who.id),
    refused: 401,
  },
  'the activity of the user': {
    kind: 'user',
    async give(one) {
      await made(() => asking.updateUser(w.admin, one.who.id, { active: true }));
      await granted(one);
      return signedIn(one);
    },
    take: ({ who }, by) => asking.updateUser(by, who.id, { active: false }),
    refused: 401,
  },
  'the password': {
    kind: 'user',
    async give(one) {
      await granted(one);
      return signedIn(one);
    },
    take: ({ who }, by) => asking.updateUser(by, who.id, { password: who.password }),
    refused: 401,
  },
};

test('under load, the gateway never reveals a secret value after the access to the value was revoked', {
  timeout: 120_000,
}, async () => {
  const reader = await w.user('reader');
  const shown = await w.secret('always-shown', { tags: ['always:shown'] });
  await w.grant(reader.id, 'READ', 'always:shown');
  const stranger = await w.user('stranger');

  const scenes: [Way, string, Scene][] = [];
  for (const [i, [name, way]] of Object.entries(WAYS).entries()) {
    const who = way.kind === 'user' ? await w.user(`user-${i}`) : await w.application(`application-${i}`);
    const [secret, group] = [await w.secret(`secret-${i}`), await w.group(`group-${i}`)];
    const tag = `scene:${i}` as const;
    if (name.includes('tag') || name.includes('membership')) await made(() => asking.tag(w.admin, secret.name, tag));
    scenes.push([way, name, { who, secret, group, tag }]);
  }

  let isOver = false;
  let reads = 0;
  // In every batch, callers with access can still read, and the gateway still refuses callers without access.
  const others = urls.flatMap((url) =>
    [get, ask].map(async (read) => {
      while (!isOver) {
        const answers = await Promise.all([
          read(url, reader.token, shown.name),
          read(url, stranger.token, shown.name),
          read(url, reader.token, 'absent'),
        ]);
        expect(answers).toEqual([shown.value, 404, 404]);
        reads += answers.length;
      }
    }),
  );

  const end = performance.now() + 20_000;
  const taken = new Map<string, number>();
  const take = async ([way, name, scene]: [Way, string, Scene], turn: number) => {
    const token = await way.give(scene);
    // Successive iterations use different callers, gateways and APIs.
    const read = turn % 4 < 2 ? get : ask;
    for (const url of urls)
      expect([name, await read(url, token, scene.secret.name)]).toEqual([name, scene.secret.value]);
    await made(() => way.take(scene, turn % 2 ? w.admin : second.as(w.admin.token)));
    const after = await Promise.all(urls.map((url) => read(url, token, scene.secret.name)));
    expect([name, ...after]).toEqual([name, way.refused, way.refused]);
    taken.set(name, (taken.get(name) ?? 0) + 1);
  };
  /**
   * Each method of revoking access belongs to exactly one loop, because two loops must not change the access to one
   * secret at the same time.
   */
  const lane = async (own: [Way, string, Scene][]) => {
    for (let turn = 0; turn === 0 || performance.now() < end; turn += 1) {
      for (const one of own) if (turn === 0 || performance.now() < end) await take(one, turn);
    }
  };
  try {
    await Promise.all([0, 1, 2].map((i) => lane(scenes.filter((_, place) => place % 3 === i))));
  } finally {
    isOver = true;
    await Promise.all(others);
  }
  expect([...taken.keys()].sort()).toEqual(Object.keys(WAYS).sort());
  expect(reads).toBeGreaterThan(0);
});

test('after a revocation, both gateways refuse thousands of concurrent requests of many callers', {
  timeout: 120_000,
}, async () => {
  const tag = 'crowd:all';
  const secret = await w.secret('crowded', { tags: [tag] });
  const crowd: (Someone & { token?: string })[] = [];
  for (let i = 0; i < 25; i += 1) crowd.push(await w.application(`crowd-${i}`));
  const group = await w.group(
    'crowd',
    crowd.map(({ id }) => id),
  );
  const TURNS: [give: () => Promise<Answer>, take: (by: Client) => Promise<Answer>][] = [
    [() => asking.grant(w.admin, group, READ, tag), (by) => asking.revoke(by, group, READ, tag)],
    [() => asking.grant(w.admin, group, READ, secret.name), (by) => asking.revoke(by, group, READ, secret.name)],
    [
      () => asking.updateGroup(w.admin, group, { roles: ['ADMIN'] }),
      (by) => asking.updateGroup(by, group, { roles: [] }),
    ],
  ];
  const read = (one: Someone & { token?: string }, url: string) => get(url, one.token, secret.name);
  const everyone = () => Promise.all(crowd.flatMap((one) => urls.map((url) => read(one, url))));

  let refused = 0;
  for (let turn = 0; refused < 3_000; turn += 1) {
    const [give, take] = TURNS[turn % TURNS.length]!;
    await made(give);
    expect(new Set(await everyone())).toEqual(new Set([secret.value]));
    // Concurrent reads may succeed during the revocation. After the revocation, the next read of each caller must
    // fail.
    const during = crowd.slice(0, 5).flatMap((one) => urls.map((url) => read(one, url)));
    await made(() => take(turn % 2 ? w.admin : second.as(w.admin.token)));
    const after = await everyone();
    expect(after).toEqual(Array(after.length).fill(404));
    refused += after.length;
    for (const answer of await Promise.all(during)) expect([secret.value, 404]).toContain(answer);
  }
});
