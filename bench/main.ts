// The command `npm run bench -- NAME` runs one benchmark. Each benchmark compares the gateway with a named reference in the same run. The default
// benchmark is `reads`.
const BENCHES: Record<string, () => Promise<{ run: (args: readonly string[]) => void | Promise<void> }>> = {
  audits: () => import('./audits.ts'),
  conductor: () => import('./conductor.ts'),
  console: () => import('./console.ts'),
  large: () => import('./reads/large.ts'),
  lists: () => import('./lists.ts'),
  memory: () => import('./reads/memory.ts'),
  'over-masking': () => import('./over-masking.ts'),
  payloads: () => import('./payloads.ts'),
  polls: () => import('./polls.ts'),
  reads: () => import('./reads/reads.ts'),
  requests: () => import('./requests/requests.ts'),
  workers: () => import('./reads/workers.ts'),
};

const [first = '', ...others] = process.argv.slice(2);
const [name, args] = first === '' || first.startsWith('-') ? ['reads', process.argv.slice(2)] : [first, others];
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (bench === undefined) {
  console.error(`Unknown benchmark. Choose one of: ${Object.keys(BENCHES).join(', ')}`);
  process.exitCode = 2;
} else await (await bench()).run(args);
