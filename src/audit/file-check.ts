// Checks an exported audit log without the database. The check needs the keyring that sealed the audit keys in the file.
import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Keyring } from '../crypto/keyring.ts';
import type { GlobalIdText } from '../primitives/ids.ts';
import type { RecordedValue } from './audit-checkpoint.ts';
import { digest, FORMAT, keyFromFile, type Line, macOf } from './audit-file.ts';
import { openKeys, type Verification, verificationOf } from './audit-verification.ts';
import type { FactLedger } from './fact-check.ts';
import { readFacts } from './facts.ts';
import { type LogCheck, logCheck } from './log-check.ts';
import type { SecretLife } from './secret-life.ts';

export interface CheckedFile extends Verification {
  /** The month, such as `2026-11`, if the exported file contains one month. The field is null if the file contains the whole audit log. */
  month: string | null;
  /** The newest recorded value of each secret in the file, by the secret's global id. */
  values: ReadonlyMap<GlobalIdText, RecordedValue>;
  /** The deletion, expiry time and destroyed versions of each secret, by the secret's global id. */
  lives: ReadonlyMap<GlobalIdText, SecretLife>;
  /** For each fact of a database row: the number of times that the fact began, minus the number of times that the fact ended. */
  facts: ReadonlyMap<string, number>;
}

/** @throws Error if the file cannot be read */
export async function checkFile(
  path: string,
  keyring: Keyring,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<CheckedFile> {
  const { size } = await stat(path);
  const file = fileCheck(keyring);
  let read = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    read += chunk.length;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      file.line(bytes.subarray(start, end + 1));
      start = end + 1;
    }
    rest = bytes.subarray(start);
    onProgress(read, size);
    if (file.isUnreadable()) break;
  }
  return file.end(rest.length > 0);
}

/** Checks a file line by line. */
function fileCheck(keyring: Keyring) {
  const soFar: Hash = digest();
  let lines = 0;
  let month: string | null = null;
  const facts = new Map<string, number>();
  const ledger: FactLedger = {
    checkpoint: ({ changes }) => ledger.event(changes),
    event: (changes) =>
      readFacts(changes, (digest, sign) => {
        const count = (facts.get(digest) ?? 0) + sign;
        if (count === 0) facts.delete(digest);
        else facts.set(digest, count);
      }),
  };
  let check: LogCheck = logCheck(new Map());
  let keys = openKeys(keyring, []);
  let wrong: string | undefined;
  let ended = false;
  const events = () => check.eventsChecked();

  const take = (line: Line): void => {
    if ('header' in line) {
      if (lines > 1 || line.header.format !== FORMAT)
        wrong = 'The file is not an exported audit log, or the format of the file is not supported.';
      keys = openKeys(keyring, line.header.keys.map(keyFromFile));
      if (keys.size < line.header.keys.length) wrong = 'The keyring cannot decrypt the audit keys in the file.';
      month = line.header.month;
      check = logCheck(keys, undefined, ledger);
    } else if (lines === 1) wrong = 'The file is not an exported audit log: the first line is not a header.';
    else if ('checkpoint' in line) check.checkpoint(line.checkpoint);
    else if ('stream' in line) check.stream(line.stream);
    else if ('elsewhere' in line) check.elsewhere(line.elsewhere.stream, line.elsewhere);
    else if ('event' in line) check.event(line.event);
    else if ('end' in line) {
      ended = true;
      check.end();
      const key = keys.get(line.end.auditKeyId);
      const isGenuine = key !== undefined && macOf(key, soFar) === line.end.mac && line.end.events === events();
      if (!isGenuine) wrong = 'The file was changed: its last line does not match the previous lines.';
    } else wrong = `Line ${lines} is not a line of an audit log.`;
  };

  return {
    isUnreadable: () => wrong !== undefined,
    line(bytes: Buffer) {
      if (wrong !== undefined) return;
      lines += 1;
      if (ended) {
        wrong = `Line ${lines} follows the line \`end\`, which must be the last line.`;
        return;
      }
      try {
        take(JSON.parse(bytes.toString('utf8')) as Line);
      } catch (error) {
        if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
        wrong = `Line ${lines} is not a line of an audit log.`;
      }
      soFar.update(bytes);
    },
    end(hasRest: boolean): CheckedFile {
      const cut =
        !ended || hasRest ? `The file is incomplete: the line \`end\` is missing after ${events()} events.` : undefined;
      const problem = wrong ?? cut;
      const secrets = { values: check.values(), lives: check.lives() };
      return {
        ...verificationOf(check, problem === undefined ? [] : [problem]),
        month,
        ...secrets,
        facts,
      };
    },
  };
}
