// `npm run bench -- NAME`: measures one thing against something named, in the same run.
const BENCHES: Record<string, () => Promise<{ run: () => void }>> = {
  payloads: () => import('./payloads.ts'),
};

const bench = BENCHES[process.argv[2] ?? ''];
if (bench === undefined) {
  console.error(`Which one? ${Object.keys(BENCHES).join(', ')}`);
  process.exitCode = 1;
} else (await bench()).run();
