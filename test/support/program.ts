// Runs a command of the program inside the process of the test.
import { vi } from 'vitest';
import { runProgram } from '../../src/commands/program.ts';
import { overhear } from './sentinel.ts';

export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** The commands that print values to standard output. */
const PRINTS_VALUES = ['export', 'get', 'render'];

/**
 * Runs the program with these arguments and environment variables, and returns its output. The leak test searches the output, except the standard
 * output of commands that print values.
 */
export async function program(args: string[], environment: Record<string, string>): Promise<Ran> {
  let [out, err] = ['', ''];
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const toOut = (text: unknown, end = '') => {
    out += `${text}${end}`;
    return true;
  };
  const toErr = (text: unknown, end = '') => {
    err += `${text}${end}`;
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => toOut(text)),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => toErr(text)),
    vi.spyOn(console, 'log').mockImplementation((text) => toOut(text, '\n')),
    vi.spyOn(console, 'error').mockImplementation((text) => toErr(text, '\n')),
  ];
  try {
    const code = await runProgram(args);
    overhear(PRINTS_VALUES.includes(args[0] ?? '') ? err : `${out}${err}`);
    return { code, out, err };
  } finally {
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
}
