import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { ConfigError } from '../src/settings/config-error.ts';
import { hasValueFile, SETTING_NAMES, settingOf, settingsOf } from '../src/settings/settings.ts';
import { collectSettings, type Environment } from '../src/settings/sources.ts';
import { readWorkerSettings } from '../src/worker/settings.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'settings-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, content: string): string {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
}

function problems(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('the sources of settings', () => {
  test('a flag takes precedence over an environment variable, and an environment variable over the configuration file', () => {
    const config = file('all.env', 'PORT=1\nHOST=file\nLOG_LEVEL=warn\n');
    const env = { HOST: 'environment', LOG_LEVEL: 'error', SECRETS_GATEWAY_CONFIG: config };
    const settings = collectSettings({ LOG_LEVEL: 'fatal' }, env);
    expect(settings).toMatchObject({ PORT: '1', HOST: 'environment', LOG_LEVEL: 'fatal' });
  });

  test('the flag --config takes precedence over SECRETS_GATEWAY_CONFIG', () => {
    const [one, two] = [file('one.env', 'PORT=1'), file('two.env', 'PORT=2')];
    const settings = collectSettings({ SECRETS_GATEWAY_CONFIG: one }, { SECRETS_GATEWAY_CONFIG: two });
    expect(settings.PORT).toBe('1');
  });

  test('an empty environment variable does not hide the value in the configuration file', () => {
    expect(collectSettings({ SECRETS_GATEWAY_CONFIG: file('port.env', 'PORT=1') }, { PORT: ' ' }).PORT).toBe('1');
  });

  test('a configuration file can have comments, quotes and empty lines', () => {
    const text = `# comment\n\nexport HOST="::1"\nADMIN_PASSWORD='a # b'\n`;
    expect(collectSettings({ SECRETS_GATEWAY_CONFIG: file('odd.env', text) }, {})).toMatchObject({
      HOST: '::1',
      ADMIN_PASSWORD: 'a # b',
    });
  });

  test('an unknown name in the configuration file is an error that contains the name but no value', () => {
    const path = file('typo.env', 'PROT=hunter2\nhunter3=x\n');
    const found = problems(() => collectSettings({ SECRETS_GATEWAY_CONFIG: path }, {}));
    expect(found).toEqual([expect.stringContaining('PROT'), expect.stringContaining(path)]);
    expect(found.join()).not.toContain('hunter');
  });

  test('a configuration file that does not exist is an error that contains the name of the file', () => {
    expect(problems(() => collectSettings({ SECRETS_GATEWAY_CONFIG: '/no/file' }, {}))).toEqual([
      expect.stringContaining('/no/file'),
    ]);
  });
});

describe('a secret setting in a file', () => {
  test.each(SETTING_NAMES.filter(hasValueFile))('%s_FILE names a file with the value of the setting', (name) => {
    const path = file('value', '  two lines\nof text\r\n');
    expect(collectSettings({}, { [`${name}_FILE`]: path })[name]).toBe('  two lines\nof text');
  });

  test('a setting and its file together are an error that contains both names', () => {
    const env: Environment = { ADMIN_PASSWORD: 'hunter2hunter2', ADMIN_PASSWORD_FILE: file('password', 'hunter3') };
    const found = problems(() => collectSettings({}, env));
    expect(found).toEqual([expect.stringMatching(/ADMIN_PASSWORD and ADMIN_PASSWORD_FILE/)]);
    expect(found.join()).not.toContain('hunter');
  });

  test('an unreadable file is an error that contains the setting and the path', () => {
    expect(problems(() => collectSettings({}, { DATABASE_URL_FILE: join(dir, 'missing') }))).toEqual([
      expect.stringMatching(/DATABASE_URL_FILE.*missing/),
    ]);
  });
});

describe('the list of settings', () => {
  /** Returns the names of the settings that a function reads. */
  const readBy = (read: (env: Environment) => unknown): Set<string> => {
    const names = new Set<string>();
    const env = new Proxy({}, { get: (_, name) => void names.add(String(name)) });
    problems(() => read(env));
    return names;
  };

  test('the gateway reads exactly its declared settings', () => {
    expect([...readBy(readConfig)].sort()).toEqual(settingsOf('gateway').sort());
  });

  test('the worker uses all of its declared settings', () => {
    const names = settingsOf('worker').filter((name) => settingOf(name).default === undefined);
    const required = problems(() => readWorkerSettings({})).join();
    for (const name of names.filter((name) => !/^CONDUCTOR_KEY|^OTEL_|^WORKER_PORT$/.test(name)))
      expect(required).toContain(name);
  });

  test('docs/settings.md contains every setting with its default value', () => {
    const rows = readFileSync(join(import.meta.dirname, '../docs/settings.md'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split(' | '));
    for (const name of SETTING_NAMES) {
      const row = rows.find(([names]) => names!.includes(`\`${name}\``));
      expect(row, name).toBeDefined();
      const standard = settingOf(name).default;
      if (standard !== undefined) expect(row![1], name).toContain(`\`${standard}\``);
    }
    const documented = rows.flatMap(([names]) => [...names!.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name!));
    const known: string[] = [...SETTING_NAMES, 'SECRETS_GATEWAY_CONFIG'];
    expect(documented.filter((name) => !known.includes(name))).toEqual([]);
  });
});
