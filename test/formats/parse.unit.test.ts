import { describe, expect, test } from 'vitest';
import { proposedName } from '../../src/formats/collect.ts';
import { FORMATS, type FormatName, guessedFormat } from '../../src/formats/formats.ts';

/** Returns the entries as `line name=value`, and the problems as `line CODE name`. */
function read(format: FormatName, text: string) {
  const { entries, problems } = FORMATS[format].parse(text);
  return {
    entries: entries.map(({ line, name, value }) => `${line} ${name}=${value}`),
    problems: problems.map(({ line, code, name }) => `${line} ${code}${name === undefined ? '' : ` ${name}`}`),
  };
}

describe('parsing a file with secrets in the format dotenv', () => {
  test('reads comments, `export`, quotes and values of several lines, and counts lines', () => {
    const text = '# first\n\nexport A=1 # one\nB="x\\ny"\nC=\'p\nq\'\r\nD=`it\'s "d"`\nE: e\nF=\n';
    expect(read('dotenv', text)).toEqual({
      entries: ['3 A=1', '4 B=x\ny', '5 C=p\nq', '7 D=it\'s "d"', '8 E=e', '9 F='],
      problems: [],
    });
  });

  test('reports a missing quote and a text without a name by line, and reads the other lines', () => {
    const { entries, problems } = read('dotenv', 'A=1\nhunter2\nB="open\nC=3\n');
    expect(problems).toEqual(['2 SYNTAX', '3 UNTERMINATED_QUOTE B']);
    expect(entries).toEqual(['1 A=1', '4 C=3']);
  });

  test('warns about a comment that cuts a value, a kept escape and a kept variable', () => {
    const { entries, problems } = read('dotenv', 'A=pass#word\nB="a\\tb"\nC=$HOME\nD="x\\"y"\n');
    expect(problems).toEqual(['1 COMMENT_CUT A', '2 ESCAPE_KEPT B', '3 EXPANSION_KEPT C', '4 ESCAPE_KEPT D']);
    expect(entries).toEqual(['1 A=pass', '2 B=a\\tb', '3 C=$HOME', '4 D=x\\"y']);
  });
});

test.each(['dotenv', 'docker', 'shell'] as const)(
  'a private key of several lines without quotes is one problem in the format %s, and its lines are not read as names',
  (format) => {
    const text = 'A=1\nKEY=-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg=\nabc\n-----END PRIVATE KEY-----\nB=2\n';
    expect(read(format, text)).toEqual({ entries: ['1 A=1', '6 B=2'], problems: ['2 UNQUOTED_LINES KEY'] });
  },
);

describe('parsing a file with secrets in the format docker', () => {
  test('keeps quotes, and warns about them', () => {
    expect(read('docker', 'A="a b"\nB=c\n')).toEqual({
      entries: ['1 A="a b"', '2 B=c'],
      problems: ['1 QUOTES_KEPT A'],
    });
  });

  test('reports a line without a value, and does not repeat the line', () => {
    expect(read('docker', 'A=1\nhunter2\nB = 2\n').problems).toEqual(['2 NO_VALUE', '3 SYNTAX']);
  });
});

describe('parsing a file with secrets in the format shell', () => {
  test('joins quoted parts, and reads what bash prints', () => {
    const text = `export A='it'\\''s' # c\ndeclare -x B="x\\$y"\nC=$'a\\nb\\x41\\u00e9'\nD=a\\ b; \nE='p\nq'\nF=6\n`;
    expect(read('shell', text)).toEqual({
      entries: ["1 A=it's", '2 B=x$y', '3 C=a\nbAé', '4 D=a b', '5 E=p\nq', '7 F=6'],
      problems: [],
    });
  });

  test.each(['A=$(id)', 'A=`id`', 'A="$HOME"', 'A=$HOME', 'A=~/x', 'A=${B:-c}', 'A="`id`"'])(
    'does not run or replace anything in %s',
    (text) => expect(read('shell', text)).toEqual({ entries: [], problems: ['1 SUBSTITUTION A'] }),
  );

  test.each(['echo hunter2', 'A=b command', 'A=b && c', 'A=(b)', 'if true'])('reports %s as a wrong line', (text) => {
    const { entries, problems } = read('shell', text);
    expect(entries).toEqual([]);
    expect(problems[0]).toMatch(/^1 SYNTAX/);
  });
});

describe('parsing a file with secrets in the format json', () => {
  test('keeps the JSON text of an object, a list, a number and a boolean', () => {
    const text = '{\n "a": "x",\n "b": {"c": 1.50},\n\n "d": [1, 2], "e": 12345678901234567890,\n "f": true\n}';
    expect(read('json', text)).toEqual({
      entries: ['2 a=x', '3 b={"c": 1.50}', '5 d=[1, 2]', '5 e=12345678901234567890', '6 f=true'],
      problems: [],
    });
  });

  test('reports null, duplicates and the line of a syntax error', () => {
    expect(read('json', '{"a": null}').problems).toEqual(['1 NO_VALUE a']);
    expect(read('json', '{"a": "null"}').entries).toEqual(['1 a=null']);
    expect(read('json', '{"a": "1",\n"b": "2",\n"a": "3"}')).toEqual({
      entries: ['2 b=2'],
      problems: ['1 DUPLICATE a', '3 DUPLICATE a'],
    });
    for (const text of [
      '{"a": "1"\n"b": "2"}',
      '{"a":\nx}',
      '[]',
      '{"a": "1",\n}',
      '{}\nx',
      '',
      '{"a": "b\nc"}',
      '{"a" "b"}',
      '{,}',
    ])
      expect(read('json', text), text).toEqual({ entries: [], problems: [expect.stringMatching(/^\d SYNTAX$/)] });
    expect(read('json', '{"__proto__": "x", "constructor": "y"}').entries).toEqual([
      '1 __proto__=x',
      '1 constructor=y',
    ]);
  });
});

describe('parsing a file with secrets in the format yaml', () => {
  test('reads texts of every style, and keeps the spelling of numbers and booleans', () => {
    const text =
      '# c\na: x\nb: "y\\nz"\nc: |\n  p\n  q\nd: 007\ne: 0x1F\nf: yes\ng: 1.50\nh: 2026-01-31\n"i": \'it\'\'s\'\n';
    expect(read('yaml', text)).toEqual({
      entries: [
        '2 a=x',
        '3 b=y\nz',
        '4 c=p\nq\n',
        '7 d=007',
        '8 e=0x1F',
        '9 f=yes',
        '10 g=1.50',
        '11 h=2026-01-31',
        "12 i=it's",
      ],
      problems: [],
    });
  });

  test('reports a nested value, an empty value, a duplicate and the line of a syntax error', () => {
    expect(read('yaml', 'a:\n  b: c\nd:\ne: [1]\nf: 1\nf: 2\n')).toEqual({
      entries: [],
      problems: ['1 NESTED a', '3 NO_VALUE d', '4 NESTED e', '5 DUPLICATE f', '6 DUPLICATE f'],
    });
    expect(read('yaml', 'a: b\n c: "\n').problems).toEqual([expect.stringContaining('SYNTAX')]);
    expect(read('yaml', '- a\n').problems).toEqual(['1 SYNTAX']);
  });
});

describe('parsing Kubernetes manifests', () => {
  const SECRET = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n';

  test('reads `data` in base64, and prefers `stringData`', () => {
    const text = `${SECRET}data:\n  user: YWRtaW4=\n  old: eA==\nstringData:\n  old: new\n  tls.crt: c\n`;
    expect(read('kubernetes', text)).toEqual({
      entries: ['6 user=admin', '9 old=new', '10 tls.crt=c'],
      problems: ['10 INVALID_NAME tls.crt'],
    });
  });

  test('adds the name of the manifest to each name if the file has several manifests', () => {
    const other = SECRET.replace('db', 'web');
    expect(
      read('kubernetes', `${SECRET}data: {a: eA==}\n---\n${other}data: {a: eQ==}\n---\nkind: ConfigMap\n`),
    ).toEqual({
      entries: ['5 db_a=x', '11 web_a=y'],
      problems: ['13 NOT_A_SECRET ConfigMap'],
    });
    const list = JSON.stringify({
      kind: 'List',
      items: ['db', 'web'].map((name) => ({ kind: 'Secret', metadata: { name }, data: { a: 'eA==' } })),
    });
    expect(read('kubernetes', list).entries).toEqual(['1 db_a=x', '1 web_a=x']);
  });

  test('reports data that is not base64, and data that is not text', () => {
    const { problems } = read('kubernetes', `${SECRET}data:\n  a: "*"\n  b: /w==\n  c: YQ\n`);
    expect(problems).toEqual(['6 NOT_TEXT a', '7 NOT_TEXT b', '8 NOT_TEXT c']);
  });
});

describe("parsing Doppler's downloads", () => {
  test.each([
    ['JSON', '{"DOPPLER_CONFIG":"dev",\n"A":"x"}'],
    ['JSON of `doppler secrets`', '{"DOPPLER_CONFIG":{"computed":"dev"},\n"A":{"computed":"x","note":""}}'],
    ['env', 'DOPPLER_CONFIG="dev"\nA="x"\n'],
    ['yaml', 'DOPPLER_CONFIG: dev\nA: x\n'],
    ['docker', 'DOPPLER_CONFIG=dev\nA=x\n'],
  ])('leaves out the entries that Doppler adds: %s', (_, text) => {
    expect(read('doppler', text)).toEqual({ entries: ['2 A=x'], problems: ['1 NOT_A_SECRET DOPPLER_CONFIG'] });
  });

  test('reads quotes, backslashes and line breaks in env', () => {
    expect(read('doppler', 'A="say \\"hi\\" \\\\n"\nB="p\nq"\nC="x\n').entries).toEqual([
      '1 A=say "hi" \\n',
      '2 B=p\nq',
    ]);
    expect(read('doppler', 'A="1"\nC="x\n').problems).toEqual(['2 UNTERMINATED_QUOTE C']);
  });
});

describe("parsing Infisical's exports", () => {
  test.each([
    ['json', '[{"key":"A","value":"it\'s\\nb","type":"shared"},\n{"key":"B","value":"y"}]', ["1 A=it's\nb", '2 B=y']],
    ['dotenv', "A='it's\nb'\nB='y'\n", ["1 A=it's\nb", '3 B=y']],
    ['dotenv-export', "export A='it's\nb'\nexport B='y'\n", ["1 A=it's\nb", '3 B=y']],
    ['yaml', 'A: |-\n  it\'s\n  b\nB: "y"\n', ["1 A=it's\nb", '4 B=y']],
    ['csv', 'Key,Value\nA,"it\'s\nb"\nB,y\n', ["2 A=it's\nb", '4 B=y']],
  ])('reads %s', (_, text, entries) => {
    expect(read('infisical', text)).toEqual({ entries, problems: [] });
  });

  test('warns about values in which Infisical may have encoded line breaks', () => {
    expect(read('infisical', "A='a\\nb'\n")).toEqual({ entries: ['1 A=a\\nb'], problems: ['1 ESCAPE_KEPT A'] });
  });
});

describe('names in files with secrets', () => {
  test('get a valid proposal if the name is invalid', () => {
    expect(FORMATS.json.parse('{"api.key/β": "x"}').entries).toEqual([
      { name: 'api.key/β', value: 'x', line: 1, proposal: 'api_key_' },
    ]);
    expect(proposedName('x'.repeat(300))).toHaveLength(255);
  });

  test('are duplicates if their proposals are the same', () => {
    expect(read('json', '{"a.b": "1", "a_b": "2"}').problems).toEqual([
      '1 INVALID_NAME a.b',
      '1 DUPLICATE a.b',
      '1 DUPLICATE a_b',
    ]);
  });
});

test('the problem of a duplicate names at most five lines', () => {
  const { problems } = FORMATS.dotenv.parse('A=b\n'.repeat(1_000));
  expect(problems).toHaveLength(1_000);
  expect(problems[0]?.message).toMatch(/ Lines: 1, 2, 3, 4, 5 and more\.$/);
});

test('a value that is longer than a secret value, or that UTF-8 cannot encode, is a problem', () => {
  expect(read('json', `{"a": "${'x'.repeat(65_536)}"}`).problems).toEqual(['1 TOO_LONG a']);
  expect(read('json', '{"a": "\\ud800"}').problems).toEqual(['1 NOT_TEXT a']);
});

test.each([
  ['.env', '', 'dotenv'],
  ['config/.env.production', '', 'dotenv'],
  ['prod.env', '', 'dotenv'],
  ['a.json', '{"a": "b"}', 'json'],
  ['a.json', '[{"key": "a"}]', 'infisical'],
  ['a.json', '{"apiVersion":"v1","kind":"Secret"}', 'kubernetes'],
  ['a.yaml', 'a: b\n', 'yaml'],
  ['a.YML', 'apiVersion: v1\nkind: Secret\n', 'kubernetes'],
  ['a.csv', 'Key,Value\n', 'infisical'],
  ['a.sh', '', 'shell'],
  ['secrets.txt', 'A=b', undefined],
])('the guessed format of %s with the text %j is %s', (name, text, format) => {
  expect(guessedFormat(name, text)).toBe(format);
});
