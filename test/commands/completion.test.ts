// The completion scripts, which real shells run.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runProgram } from '../../src/commands/program.ts';

// These tests start real shells, and the shells need more time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let dir: string;
let bin: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'completion-'));
  // A command that lists names as the real command does, and records its arguments.
  bin = join(dir, 'secrets-gateway');
  writeFileSync(bin, `#!/bin/sh\necho "$@" >> ${dir}/arguments\nprintf 'db-password\\ndb-url\\n'\n`, { mode: 0o755 });
  for (const shell of ['bash', 'zsh', 'fish']) {
    let script = '';
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      script += text;
      return true;
    });
    expect(await runProgram(['completion', shell])).toBe(0);
    write.mockRestore();
    writeFileSync(join(dir, shell), script);
  }
});
afterAll(() => rmSync(dir, { recursive: true }));

/** For each shell, returns the words that the shell offers for a command line that ends at the cursor. */
const OFFERED: Record<string, (line: string) => string[]> = {
  bash(line) {
    const code = 'source "$1"; COMP_LINE=$2 COMP_POINT=${#2}; _secrets_gateway; printf "%s\\n" "${COMPREPLY[@]}"';
    return lines(execFileSync('bash', ['-c', code, 'bash', join(dir, 'bash'), line], { encoding: 'utf8' }));
  },
  zsh(line) {
    const code = `
      _describe() { print -rl -- "\${(@P)2}"; }; _files() { print FILES; }; compdef() { :; }
      source "$1"; words=("\${(@s: :)2}"); CURRENT=$#words; _secrets_gateway`;
    const said = execFileSync('zsh', ['-f', '-c', code, 'zsh', join(dir, 'zsh'), line], { encoding: 'utf8' });
    const last = line.split(' ').at(-1)!;
    // zsh itself leaves out the words that do not begin with the text before the cursor.
    return lines(said)
      .map((text) => /^(?:\\\\:|\\:|[^:])*/.exec(text)![0].replaceAll('\\:', ':'))
      .filter((word) => word.startsWith(last));
  },
  fish(line) {
    const said = execFileSync(
      'fish',
      ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', join(dir, 'fish'), line],
      {
        encoding: 'utf8',
        env: { PATH: `${dir}:${process.env.PATH}`, HOME: dir },
      },
    );
    return lines(said).map((text) => text.split('\t')[0]!);
  },
};
const lines = (text: string) => text.split('\n').filter((line) => line !== '');

describe.each(Object.keys(OFFERED))('the completion script for %s', (shell) => {
  const isInstalled = spawnSync(shell, ['--version']).status === 0;
  const name = (text: string) => (isInstalled ? text : `${text} (left out, because ${shell} is not installed)`);
  const offered = (line: string) => OFFERED[shell]!(line);

  test.skipIf(!isInstalled)(name('offers commands, commands of commands, options and values of options'), () => {
    expect(offered('secrets-gateway sig')).toEqual(['signing-keys']);
    expect(offered('secrets-gateway keys r').sort()).toEqual(['remove', 'rewrap', 'rotate']);
    expect(offered('secrets-gateway audit verify --a').sort()).toEqual(['--after', '--anchors']);
    expect(offered('secrets-gateway serve --console ').sort()).toEqual(['explorer', 'off', 'on']);
    expect(offered('secrets-gateway completion z')).toEqual(['zsh']);
  });

  test.skipIf(!isInstalled)(
    name('offers names of secrets, which it asks of the gateway with the chosen profile'),
    () => {
      rmSync(join(dir, 'arguments'), { force: true });
      const program = shell === 'fish' ? 'secrets-gateway' : bin;
      expect(offered(`${program} get db-`).sort()).toEqual(['db-password', 'db-url']);
      expect(offered(`${program} export db-u`)).toEqual(['db-url']);
      expect(offered(`${program} run --profile staging --secret db-p`)).toEqual(['db-password']);
      const asked = readFileSync(join(dir, 'arguments'), 'utf8');
      expect(asked).toMatch(/^list --names --limit 200 --name db-$/m);
      expect(asked).toMatch(/^list --names --limit 200 --name db-p --profile staging$/m);
    },
  );

  test.skipIf(!isInstalled)(name('completes a command with a colon in its name'), () => {
    // Bash replaces only the text after the colon.
    expect(offered('secrets-gateway demo:r')).toEqual([shell === 'bash' ? 'rotation' : 'demo:rotation']);
  });
});
