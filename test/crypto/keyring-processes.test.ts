import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createKeyringFile, openKeyringFile } from '../../src/crypto/keyring-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyring-'));
  path = join(folder, 'keyring.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('several processes that share one keyring file', () => {
  const MODULE = new URL('../../src/crypto/keyring-file.ts', import.meta.url).href;

  test('if several processes create the keyring file at once, one file is created, and all processes use its encryption key', async () => {
    const outcomes = await Promise.all(
      [1, 2, 3].map(() =>
        run(`
          import { createKeyringFile, openKeyringFile } from '${MODULE}';
          await new Promise((resolve) => setTimeout(resolve, ${Date.now() + 700} - Date.now()));
          let outcome = 'MADE';
          try { createKeyringFile(process.env.FILE); } catch (error) { outcome = error.reason; }
          console.log(JSON.stringify([outcome, openKeyringFile(process.env.FILE).ids()]));
        `),
      ),
    );
    expect(outcomes.map(([outcome]) => outcome).sort()).toEqual(['EXISTS', 'EXISTS', 'MADE']);
    expect(outcomes.map(([, ids]) => ids)).toEqual(Array(3).fill(openKeyringFile(path).ids()));
    expect(readdirSync(folder)).toEqual(['keyring.json']);
  });

  test('if several processes add encryption keys to a keyring file at once, the file contains every added encryption key', async () => {
    const first = createKeyringFile(path);
    const added = await Promise.all(
      [1, 2].map(() =>
        run(`
          import { addKey } from '${MODULE}';
          await new Promise((resolve) => setTimeout(resolve, ${Date.now() + 700} - Date.now()));
          const ids = [];
          while (ids.length < 20) {
            try { ids.push(addKey(process.env.FILE)); } catch (error) { if (error.reason !== 'BUSY') throw error; }
          }
          console.log(JSON.stringify(ids));
        `),
      ),
    );
    expect(openKeyringFile(path).ids().sort()).toEqual([first, ...added.flat()].sort());
    expect(readdirSync(folder)).toEqual(['keyring.json']);
  });

  async function run(code: string) {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      env: { FILE: path, NODE_NO_WARNINGS: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    const [status] = await once(child, 'close');
    expect(status).toBe(0);
    return JSON.parse(output);
  }
});
