// `npm run bench -- NAME`: measures one thing against something named, in the same run.
const BENCHES: Record<string, () => Promise<{ run: (args: readonly string[]) => void | Promise<void> }>> = {
  audits: () => import('./audits.ts'),
  payloads: () => import('./payloads.ts'),
};

const [name = '', ...args] = process.argv.slice(2);
const bench = BENCHES[name];
if (bench === undefined) {
  console.error(`Which one? ${Object.keys(BENCHES).join(', ')}`);
  process.exitCode = 1;
} else await (await bench()).run(args);
