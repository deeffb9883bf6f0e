// Tests bodies of PUT as Conductor clients send them, malformed bodies, and the answer of GET.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type RestClient, restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { connectConductor, MAJORS, type Major } from './clients/conductor-client.ts';
import { recorder } from './clients/recorder.ts';

type Text = string | { before?: string; repeat: string; times: number; after?: string };
type Sent = Text | { sent: Text; stored: Text; note: string };
interface Values {
  cases: Record<string, Text>;
  clients: {
    client: string;
    by: string;
    put: Record<string, string>;
    get: Record<string, string>;
    sends: Record<string, Sent>;
  }[];
}

const { cases, clients }: Values = parse(readFileSync(join(import.meta.dirname, 'clients', 'values.yaml'), 'utf8'));

function textOf(text: Text): string {
  if (typeof text === 'string') return text;
  return `${text.before ?? ''}${text.repeat.repeat(text.times)}${text.after ?? ''}`;
}

let w: World;
let admin: RestClient;
beforeAll(async () => {
  w = await world();
  admin = restClient(w.url, w.admin.token);
});
afterAll(() => w.close());

/** The request body as bytes, because `fetch` would add a content type to a string. */
const put = (name: string, body: string | Uint8Array, headers: Record<string, string>) =>
  admin.send('PUT', `/secrets/${name}`, Buffer.from(body as string), { headers });

/** The answer body as bytes, because reading it as a string would remove a byte order mark. */
async function get(name: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${w.url}/api/secrets/${name}`, {
    headers: { 'x-authorization': w.admin.token ?? '', ...headers },
  });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

describe.each(clients)(
  'secret values that the client $client sends',
  ({ client, put: putHeaders, get: getHeaders, sends }) => {
    test.each(Object.entries(sends))(
      'the gateway preserves every byte of the value that the client sends in the case %s',
      async (name, sent) => {
        const special = typeof sent === 'object' && 'sent' in sent ? sent : undefined;
        const body = textOf(special?.sent ?? (sent as Text));
        const stored = Buffer.from(textOf(special?.stored ?? cases[name]!));
        const secret = `${client.replace(/[^A-Za-z0-9]+/g, '-')}_${name}`;

        const written = await put(secret, body, putHeaders);
        expect([written.status, written.text]).toEqual([200, '']);
        const { status, headers, bytes } = await get(secret, getHeaders);
        expect(bytes.equals(stored)).toBe(true);
        expect([status, headers.get('content-type'), headers.get('content-length')]).toEqual([
          200,
          'text/plain; charset=utf-8',
          String(stored.byteLength),
        ]);
      },
    );
  },
);

test('the recordings of every client contain every test case, except cases that the client refuses to send', () => {
  const names = Object.keys(cases);
  const missing = clients.map(({ client, sends }) => [client, names.filter((name) => !(name in sends))]);
  expect(missing.filter(([, lacking]) => lacking?.length)).toEqual([[expect.stringMatching(/^Go/), ['empty']]]);
});

test.each(Object.keys(MAJORS) as Major[])(
  'the JavaScript client %s sends exactly the recorded request bodies',
  async (major) => {
    const { put: headers, sends } = clients.find(({ client }) => client.includes(major))!;
    const server = await recorder();
    const { secrets, close } = await connectConductor(major, {
      serverUrl: server.url,
      keyId: 'key',
      keySecret: 'secret',
      undocumented: true,
    });
    for (const [name, value] of Object.entries(cases)) await secrets.putSecret(name, textOf(value));
    close();
    server.close();
    const puts = server.requests.filter(({ method }) => method === 'PUT');
    expect(puts.map(({ path }) => path)).toEqual(Object.keys(cases).map((name) => `/api/secrets/${name}`));
    for (const { path, body, headers: sent } of puts) {
      const expected = textOf(sends[path.slice('/api/secrets/'.length)] as Text);
      expect({ path, same: body === expected, sent }).toMatchObject({ path, same: true, sent: headers });
    }
  },
);

const JSON_TYPE = { 'content-type': 'application/json' };
const TEXT = { 'content-type': 'text/plain' };

describe('request bodies that the gateway stores unchanged', () => {
  test.each([
    ['a JSON object', '{"user": "ann"}', JSON_TYPE],
    ['a JSON list', '["a"]', JSON_TYPE],
    ['a number', '123', JSON_TYPE],
    ['true', 'true', JSON_TYPE],
    ['null', 'null', JSON_TYPE],
    ['two JSON strings', '"a" "b"', JSON_TYPE],
    ['half a JSON string', '"a', JSON_TYPE],
    ['a JSON string with a line feed in it', '"a\nb"', JSON_TYPE],
    ['a JSON string as text', '"a"', TEXT],
    ['a JSON string as HTML', '"a"', { 'content-type': 'text/html; charset=utf-8' }],
    ['a JSON string of no type', '"a"', { 'content-type': '' }],
    ['a JSON string as bytes', '"a"', { 'content-type': 'application/octet-stream' }],
    ['a byte order mark', '\ufeffa', TEXT],
    ['a byte order mark before a JSON string', '\ufeff"a"', JSON_TYPE],
    ['NUL', 'a\0b', TEXT],
    ['text that ends in CRLF', 'a\r\nb\r\n', TEXT],
    ['a form', 'a=1&b=%20', { 'content-type': 'application/x-www-form-urlencoded' }],
  ])('PUT of a secret stores the request body unchanged: %s', async (_, body, headers) => {
    expect((await put('as_it_is', body, headers)).status).toBe(200);
    expect((await get('as_it_is')).bytes.toString()).toBe(body);
  });
});

describe('request bodies that the gateway decodes', () => {
  test.each([
    ['without anything else', '"a"', 'a', JSON_TYPE],
    ['with surrounding white space', ' \r\n\t"a"\n', 'a', JSON_TYPE],
    ['with escapes', '"\\ud83d\\udd11\\n\\"\\/"', '🔑\n"/', JSON_TYPE],
    ['with an escaped NUL', '"a\\u0000b"', 'a\0b', JSON_TYPE],
    ['once only', '"\\"a\\""', '"a"', JSON_TYPE],
    ['of a type in any case', '"a"', 'a', { 'content-type': 'Application/JSON;charset="UTF-8"' }],
    ['of a type based on JSON', '"a"', 'a', { 'content-type': 'application/problem+json' }],
  ])('PUT of a secret decodes a JSON string %s', async (_, body, value, headers) => {
    expect((await put('unwrapped', body, headers)).status).toBe(200);
    expect((await get('unwrapped')).bytes.toString()).toBe(value);
  });
});

describe('request bodies that the gateway rejects', () => {
  const LONGEST = 65_535;
  test.each([
    ['a value of too many characters', 'x'.repeat(LONGEST + 1), TEXT, 400],
    ['a JSON string of too many characters', JSON.stringify('x'.repeat(LONGEST + 1)), JSON_TYPE, 400],
    ['half of a surrogate pair', '"\\ud83d"', JSON_TYPE, 400],
    ['the other half of a surrogate pair in a text', '"a\\udd11b"', JSON_TYPE, 400],
  ])('PUT of a secret rejects %s, and the error names the value', async (_, body, headers, status) => {
    const answer = await put('refused', body, headers);
    expect([answer.status, answer.json.code, answer.json.validationErrors[0].path]).toEqual([
      status,
      'BAD_USER_INPUT',
      'value',
    ]);
  });

  test.each([
    ['a body that is not UTF-8', Buffer.from([0x61, 0xff, 0x62]), TEXT, 400],
    ['a surrogate encoded as UTF-8', Buffer.from([0xed, 0xa0, 0x80]), JSON_TYPE, 400],
    ['UTF-16', Buffer.from('\ufeffa', 'utf16le'), TEXT, 400],
    ['another charset', Buffer.from('a'), { 'content-type': 'text/plain; charset=iso-8859-1' }, 415],
    [
      'UTF-16 declared as the charset',
      Buffer.from('a', 'utf16le'),
      { 'content-type': 'text/plain; charset="utf-16"' },
      415,
    ],
    ['a compressed body', Buffer.from('a'), { ...TEXT, 'content-encoding': 'gzip' }, 415],
    ['a body of 1.5 MB', Buffer.alloc(1_500_000, 'x'), TEXT, 413],
  ])('PUT of a secret rejects %s', async (_, body, headers, status) => {
    const answer = await put('refused', body, headers);
    expect([answer.status, answer.json.status]).toEqual([status, status]);
  });

  test('if the gateway rejects a secret value, the error contains no part of the value', async () => {
    const value = sentinel();
    const answers = [
      await put('refused', `${value}${'x'.repeat(LONGEST)}`, TEXT),
      await put('refused', `"${value}\\ud83d"`, JSON_TYPE),
      await put('refused', Buffer.concat([Buffer.from(value), Buffer.from([0xff])]), TEXT),
    ];
    for (const { status, text } of answers) {
      expect(status).toBe(400);
      expect(text).not.toContain(value);
    }
  });

  test('if the gateway rejects a secret value, it does not store the value', async () => {
    expect((await get('refused')).status).toBe(404);
  });
});

test('if a request contains two content types, as requests of the Go client do, the first content type applies', async () => {
  // The function `fetch` would combine the two content types into one header.
  const twice = async (name: string, types: string[]) => {
    const headers = { 'x-authorization': w.admin.token ?? '', 'content-type': types as unknown as string };
    const asked = request(`${w.url}/api/secrets/${name}`, { method: 'PUT', headers }).end('"twice"');
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(200);
    return (await get(name)).bytes.toString();
  };
  expect(await twice('twice_json', ['application/json', 'application/json'])).toBe('twice');
  expect(await twice('twice_text', ['text/plain; charset=utf-8', 'application/json'])).toBe('"twice"');
});

test('a secret value may have 65,535 code points, and the gateway accepts 65,535 emoji both escaped and unescaped', async () => {
  const value = '🔑'.repeat(65_535);
  expect((await put('keys', value, TEXT)).status).toBe(200);
  expect((await get('keys')).bytes.equals(Buffer.from(value))).toBe(true);
  expect((await put('escaped', `"${'\\ud83d\\udd11'.repeat(65_535)}"`, JSON_TYPE)).status).toBe(200);
  expect((await get('escaped')).headers.get('content-length')).toBe(String(65_535 * 4));
});
