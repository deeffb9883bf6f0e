// The workflow definition of a task with secrets must name the server that the task calls. All URL parsers must find
// the same server in the URL.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkAddress, checkPath, checkServer } from '../../src/conductor/address.ts';
import { httpRequest } from '../../src/conductor/http-request.ts';

const of = (uri: string) => ({ http_request: { uri, method: 'GET' } });

describe('a workflow definition that names the called server', () => {
  test.each([
    'https://post.example',
    'https://post.example/parcels/${workflow.input.parcel}',
    'https://post.example?of=${workflow.input.parcel}',
    'https://post.example#${workflow.input.parcel}',
    'https://post.example:8443/${workflow.input.parcel}',
    'https://[::1]:8443/${workflow.input.parcel}',
    ' HTTPS://post.example/${workflow.secrets.account}/${workflow.input.parcel}@there ',
    'https://${workflow.secrets.host}',
    'https://${workflow.secrets.host}:8443/parcels',
    'https://${workflow.secrets.host.name}/parcels/${workflow.input.parcel}',
    '${workflow.secrets.address}',
    '${workflow.secrets.address}/parcels/${workflow.input.parcel}',
    '${workflow.secrets.address}?of=${workflow.input.parcel}',
  ])('the worker accepts the URL %s in a workflow definition', (uri) => {
    expect(() => checkServer(of(uri))).not.toThrow();
    expect(() => checkServer({ uri, method: 'GET' })).not.toThrow();
  });
});

describe('a workflow definition that does not name the called server', () => {
  test.each([
    ['https://${workflow.input.host}/parcels', '${workflow.input.host}'],
    ['https://post.example${workflow.input.rest}', '${workflow.input.rest}'],
    ['https://post.example:${workflow.input.port}/', '${workflow.input.port}'],
    ['https://post.example\\${workflow.input.rest}/', '${workflow.input.rest}'],
    ['http:///${workflow.input.host}', undefined],
    ['http:////${workflow.input.host}/x', undefined],
    ['http://\n/${workflow.input.host}', undefined],
    [' http://\t/${workflow.input.host}', undefined],
    ['https:${workflow.input.rest}', '${workflow.input.rest}'],
    ['${workflow.input.base}/x', '${workflow.input.base}'],
    ['${fetch.output.response.body.next}', '${fetch.output.response.body.next}'],
    ['${workflow.env.base}/parcels', '${workflow.env.base}'],
    ['https://${workflow.env.host}/parcels/${workflow.input.parcel}', '${workflow.env.host}'],
    ['${workflow.secrets.address}${workflow.input.path}', '${workflow.input.path}'],
    ['https://${workflow.secrets.host}${workflow.input.path}', '${workflow.input.path}'],
    ['${workflow.secrets.scheme}://${workflow.input.host}/x', undefined],
    ['${workflow.secrets.scheme}:/${workflow.input.host}/x', undefined],
  ])('the worker rejects the URL %j in a workflow definition, and the error contains the reason', (uri, described) => {
    expect(() => checkServer(of(uri))).toThrow(/^http_request\.uri: /);
    if (described !== undefined) expect(() => checkServer(of(uri))).toThrow(`${described} comes before the path`);
    expect(() => checkAddress(of(uri), new URL('https://post.example/x'), new Map())).toThrow(
      'the final address differs',
    );
  });

  test('the worker rejects a workflow definition without a URL', () => {
    for (const request of ['${workflow.input.request}', { uri: 7 }, { uri: null }, null])
      expect(() => checkServer({ http_request: request })).toThrow(/^http_request\.uri: /);
  });
});

describe('a secret that replaces the host or the complete address of a URL', () => {
  test.each([
    'https://${workflow.secrets.tenant}.example/',
    'https://api.${workflow.secrets.domain}/',
    'https://post.example${workflow.secrets.rest}',
    'https://post.example:${workflow.secrets.port}/',
    'https://${workflow.secrets.host}:${workflow.secrets.port}/',
    'https://${workflow.secrets.a}${workflow.secrets.b}/',
    '${workflow.secrets.a}${workflow.secrets.b}',
    '${workflow.secrets.scheme}://post.example/',
    '${workflow.secrets.address}parcels/',
    'ftp://${workflow.secrets.host}/',
    'https://\ue000/',
    '\ue000/',
  ])('the worker rejects a URL with a partial secret before the path: %j', (uri) => {
    expect(() => checkServer(of(uri))).toThrow(/^http_request\.uri: /);
  });

  test.each([
    'https://${workflow.secrets.user}:${workflow.secrets.password}@post.example/',
    'https://pat@post.example/${workflow.input.parcel}',
    'https://pat@${workflow.secrets.host}/',
  ])('the worker rejects user and password in a URL: %j', (uri) => {
    expect(() => checkServer(of(uri))).toThrow(/header/);
  });
});

describe('the final address of a request', () => {
  const S = { host: 'post.example', ipv6: '[::1]:81', address: 'https://post.example/v1', id: 'a/b', up: '..' };
  const values = new Map(Object.entries(S).map(([name, value]) => [`\${workflow.secrets.${name}}`, value]));

  test.each<[string, string, boolean]>([
    ['https://post.example/a', 'https://post.example/a', true],
    [' https://POST.example:443/a ', 'https://post.example/a', true],
    ['https://post.example/a', 'https://post.example/b', false],
    ['https://post.example/a', 'https://thief.example/a', false],
    ['https://post.example/a/${workflow.input.id}', 'https://post.example/a/7?x#y', true],
    ['https://post.example/a/${workflow.input.id}', 'https://post.example/a/../b', false],
    ['https://post.example/a/${workflow.input.id}', 'https://post.example/a/%2e%2e/b', false],
    ['https://post.example/a/${workflow.input.id}', 'https://post.example/a/..\\b', false],
    ['https://post.example/a/${workflow.input.id}', 'http://post.example/a/7', false],
    ['https://post.example/a/${workflow.input.id}', 'https://post.example:444/a/7', false],
    ['https://post.example/${workflow.secrets.id}/${workflow.input.id}', 'https://post.example/a/b/7', true],
    ['https://post.example/${workflow.secrets.id}/${workflow.input.id}', 'https://post.example/a/b/../c', false],
    ['https://post.example/${workflow.secrets.id}', 'https://thief.example/a/b', false],
    ['https://post.example/x/${workflow.secrets.up}/${workflow.input.id}', 'https://post.example/7', true],
    ['https://${workflow.secrets.host}/a', 'https://post.example/a', true],
    ['https://${workflow.secrets.host}:81/a', 'https://post.example:81/a', true],
    ['https://${workflow.secrets.host}/a', 'https://thief.example/a', false],
    ['http://${workflow.secrets.ipv6}/a', 'http://[::1]:81/a', true],
    ['http://${workflow.secrets.ipv6}:82/a', 'http://[::1]:82/a', false],
    ['${workflow.secrets.address}/a/${workflow.input.id}', 'https://post.example/v1/a/7', true],
    ['${workflow.secrets.address}/a/${workflow.input.id}', 'https://post.example/v2/a/7', false],
    ['${workflow.secrets.address}/a', 'https://thief.example/v1/a', false],
    ['${workflow.secrets.address}', 'https://post.example/v1', true],
    ['https://${workflow.secrets.id}/a', 'https://a/b/a', false],
    ['https://${workflow.secrets.address}/a', 'https://https//post.example/v1/a', false],
    ['${workflow.secrets.host}/a', 'https://post.example/a', false],
    ['${workflow.secrets.none}/a', 'https://post.example/a', false],
  ])(
    'the worker accepts the address of a request only if it matches the workflow definition: %s, %s: %s',
    (uri, sent, said) => {
      const check = () => checkAddress(of(uri), new URL(sent), values);
      if (said) expect(check).not.toThrow();
      else expect(check).toThrow(/^http_request\.uri: /);
    },
  );

  test.each([
    'thief.example/',
    'thief.example?',
    'pat@thief.example',
    'a\\b',
    'a b',
    '',
    'a:b',
    'a:1:2',
    '[::1]x',
    '/x',
  ])(
    'if a secret replaces the host of a URL, the worker rejects a secret value that is more than a host: %j',
    (value) => {
      const uri = URL.canParse(`https://${value}/a`) ? new URL(`https://${value}/a`) : new URL('https://a/a');
      const check = () =>
        checkAddress(of('https://${workflow.secrets.h}/a'), uri, new Map([['${workflow.secrets.h}', value]]));
      expect(check).toThrow(/^http_request\.uri: the value of the secret/);
    },
  );

  test('for any inserted text, a request goes only to the server that the workflow definition names', () => {
    const hostile = fc.array(
      fc.constantFrom(
        '/',
        '\\',
        '..',
        '.',
        '@',
        ':',
        '?',
        '#',
        '%2e',
        '%2f',
        'thief.example',
        '//',
        'http://',
        ' ',
        '\t',
        'a',
      ),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(fc.constantFrom('/', '/a', '/a/', '?q=', '/a/.', '/a%'), hostile, (rest, parts) => {
        const text = `https://post.example${rest}${parts.join('')}`;
        const definition = of(`https://post.example${rest}\${workflow.input.x}`);
        checkServer(definition);
        let uri: URL;
        try {
          uri = httpRequest(of(text).http_request).uri;
          checkAddress(definition, uri, new Map());
        } catch {
          return;
        }
        expect(uri.origin).toBe('https://post.example');
        expect(uri.pathname.startsWith(rest.startsWith('/a/') ? '/a/' : '/')).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('workflow data in the path of a task with secrets', () => {
  const values = new Map([['${workflow.secrets.id}', 'g%2fp']]);
  const under = (data: string, uri = 'https://post.example/a/${workflow.input.x}') => {
    const sent = uri.replaceAll('${workflow.secrets.id}', 'g%2fp').replaceAll('${workflow.input.x}', () => data);
    checkPath(of(uri), sent, values);
  };

  test.each([
    ...['..', '../b', 'x/../../b', '.', './b', 'x/..', '..?x', '..#x', '\\..\\b', 'x\\..', '\t../b', '.. /b'],
    ...['%2e%2e/b', '%2E./b', '.%2e/b', '%2e', '%252e%252e/b', '%25252e%25252e/b', '%u002e%u002e/b', '%%32%65./b'],
    ...['..;/b', '..;x=1/b', '%2e%2e;/b', '..%3b/b', '..%3Bx/b', '..%253bx/b', '..%20/b', '%09../b'],
    ...[
      '..%2fb',
      '..%2Fb',
      'x%2fy',
      '%2f',
      'x%252fy',
      'x%25252Fy',
      'x%u002fy',
      'x%%32%66y',
      'x%2%66y',
      'x%2525252525252fy',
    ],
    ...['..%5cb', 'x%5cy', 'x%5Cy', 'x%255cy', 'x%u005cy', 'x%c0%afy', 'x%C1%9Cy', '%c0%ae%c0%ae/b', 'x%e0%80%afy'],
    ...['x%00', 'x%0d%0ay', 'x%7fy', 'x\x7fy', 'x%250ay', 'x%2500', '%%%%32%35%32%35%%32%35%32%35%32%35%32%35%32%66'],
  ])('the worker rejects workflow data in a path that could change the path: %j', (data) => {
    expect(() => under(data)).toThrow(/^http_request\.uri: data in the path must not contain/);
    expect(() => under(data, 'https://post.example/${workflow.secrets.id}/${workflow.input.x}/c?d=%2f')).toThrow(
      /^http_request\.uri: data in the path must not contain/,
    );
  });

  test.each([
    ...[
      '',
      '7',
      'a/b',
      'a/b/',
      'a..b',
      '..a',
      'a..',
      '...',
      '.well-known/x',
      'a.b;v=1',
      ';',
      'Ann%20Lee',
      'J%C3%BCrgen',
      'Jürgen',
    ],
    ...[
      '100%',
      '100%25',
      'a%25b',
      '%',
      '%E2%82%AC',
      'a+b',
      'a%3Db%26c',
      'a%3Fb%23',
      'x?y=../..%2f',
      'x#../%2f',
      'À»',
      'a%40b:8',
    ],
  ])('the worker accepts workflow data in a path: %j', (data) => {
    expect(() => under(data)).not.toThrow();
  });

  test('the worker rejects workflow data in a path if the data forms a separator or a dot segment with the text around it', () => {
    expect(() => under('2fb', 'https://post.example/a%${workflow.input.x}')).toThrow(
      'data in the path must not contain',
    );
    expect(() => under('%2', 'https://post.example/a/${workflow.input.x}fb')).toThrow(
      'data in the path must not contain',
    );
    expect(() => under('.', 'https://post.example/a/.${workflow.input.x}')).toThrow(
      'data in the path must not contain',
    );
    expect(() => under('..', 'https://post.example/a/${workflow.input.x}%2fb')).toThrow(
      'data in the path must not contain',
    );
    expect(() => under('..', 'https://post.example/a%2f${workflow.input.x}')).toThrow(
      'data in the path must not contain',
    );
  });

  test('the worker accepts workflow data in a path between encoded separators of the workflow definition or of a secret', () => {
    for (const uri of [
      'https://post.example/projects/group%2F${workflow.input.x}/files',
      'https://post.example/projects/${workflow.input.x}%2Ffiles?at=%2f',
      'https://post.example/x/${workflow.input.x}/g%2fp',
      'https://post.example/${workflow.input.x}/x/${workflow.input.x}',
    ])
      expect(() => under('name', uri)).not.toThrow();
    const beforeSecret = 'https://post.example/${workflow.input.x}/${workflow.secrets.id}';
    expect(() => under('name', beforeSecret)).not.toThrow();
    expect(() => under('a%2fb?', beforeSecret)).toThrow('data in the path must not contain');
  });

  test('a path with accepted workflow data stays below the path before the data, even on servers that decode three times and ignore path parameters', () => {
    const hostile = fc.array(
      fc.constantFrom(
        '/',
        '\\',
        '.',
        '..',
        ';',
        'a',
        '%',
        '25',
        '2e',
        '2f',
        '5c',
        '3b',
        '%2e',
        '%2f',
        '%5C',
        '%252e',
        '%253b',
      ),
      { maxLength: 8 },
    );
    const decoded = (path: string) =>
      path.replaceAll(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    fc.assert(
      fc.property(hostile, (parts) => {
        const data = parts.join('');
        try {
          under(data);
        } catch {
          return;
        }
        let path = data;
        for (let times = 0; times <= 3; times++, path = decoded(path)) {
          const segments = path.split(/[/\\]/).map((segment) => segment.replace(/;.*$/s, ''));
          expect(segments).not.toContain('..');
          expect(segments).toHaveLength(data.split(/[/\\]/).length);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('the worker does not check workflow data in the query of a URL', () => {
    expect(() => under('../%2f', 'https://post.example/a?b=${workflow.input.x}')).not.toThrow();
    expect(() => under('../%2f', 'https://post.example?b=${workflow.input.x}')).not.toThrow();
  });
});

test.each([
  'http:///thief.example/x',
  'http:////thief.example',
  'http://\n/thief.example',
  'http:thief.example',
  'http://a\tb/',
])('the worker rejects the address %j', (uri) => {
  expect(() => httpRequest({ uri, method: 'GET' })).toThrow('http_request.uri');
});
