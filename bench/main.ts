// The command `npm run bench -- NAME` runs one benchmark. Each benchmark compares the gateway with a named reference in the same run. The default
// benchmark is `beside`.
const BENCHES: Record<string, () => Promise<{ run: (args: readonly string[]) => void | Promise<void> }>> = {
  audits: () => import('./audits.ts'),
  beside: () => import('./beside/beside.ts'),
  conductor: () => import('./conductor.ts'),
  console: () => import('./console.ts'),
  lists: () => import('./lists.ts'),
  memory: () => import('./beside/memory.ts'),
  'over-masking': () => import('./over-masking.ts'),
  payloads: () => import('./payloads.ts'),
  polls: () => import('./polls.ts'),
  requests: () => import('./requests/requests.ts'),
  workers: () => import('./beside/workers.ts'),
};

const [first = '', ...others] = process.argv.slice(2);
const [name, args] = first === '' || first.startsWith('-') ? ['beside', process.argv.slice(2)] : [first, others];
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (bench === undefined) {
  console.error(`Unknown benchmark. Choose one of: ${Object.keys(BENCHES).join(', ')}`);
  process.exitCode = 2;
} else await (await bench()).run(args);
