// Reads the JSON reports of Vitest for .ci/run.
//   test-outcome.ts --files-to-repeat REPORT   prints the failed test files, if at most three files failed
//   test-outcome.ts REPORT [SECOND]            prints each failed test and the counts
// SECOND is the report of a second run, of the failed files alone.
import { existsSync, readFileSync } from 'node:fs';

interface TestFile {
  name: string;
  status: string;
  message: string;
  assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
}

const MAX_FILES_TO_REPEAT = 3;
/** This test searches the output of the complete run, so a run of this test alone would prove nothing. */
const SENTINEL = 'leaks/sentinel.test.ts';

const filesOf = (path: string): TestFile[] => JSON.parse(readFileSync(path, 'utf8')).testResults;
const failed = (files: TestFile[]) => files.filter(({ status }) => status === 'failed');
const count = (files: TestFile[], statuses: string[]) =>
  files.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => statuses.includes(status)).length;

function printFailures(files: TestFile[], run: string): void {
  for (const { name, message, assertionResults } of failed(files)) {
    const tests = assertionResults.filter(({ status }) => status === 'failed');
    if (tests.length === 0) console.log(`FAILED ${run}: ${name}\n${message}`);
    for (const test of tests)
      console.log(`FAILED ${run}: ${name}: ${test.fullName}\n${test.failureMessages.join('\n')}`);
  }
}

const [first, second] = process.argv.slice(2) as [string, string | undefined];
if (first === '--files-to-repeat') {
  const names = failed(filesOf(second!)).map(({ name }) => name);
  const repeatable = names.length <= MAX_FILES_TO_REPEAT && !names.some((name) => name.endsWith(SENTINEL));
  if (repeatable) for (const name of names) console.log(name);
} else {
  const complete = filesOf(first);
  const alone = second !== undefined && existsSync(second) ? filesOf(second) : [];
  printFailures(complete, 'in the complete run');
  printFailures(alone, 'alone');
  const repeated = new Set(alone.map(({ name }) => name));
  const files = [...complete.filter(({ name }) => !repeated.has(name)), ...alone];
  // A file can fail without a failed test, for example in its `beforeAll`.
  const failures = Math.max(count(files, ['failed']), failed(files).length);
  console.log(
    `${count(files, ['passed'])} passed, ${failures} failed, ${count(files, ['pending', 'skipped', 'todo'])} skipped`,
  );
}
